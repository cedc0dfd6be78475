"""CelebA's faces, which torchvision downloads and unpacks as a file each."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from gan_core.data.dataset import (
    FOLDER_IMAGE_SIZE,
    UNREADABLE,
    DatasetSpec,
    Download,
    Request,
    Rows,
)
from gan_core.data.torchvision_sets import open_set
from gan_core.files import is_folder

FOLDER = "celeba"  # inside the data folder
PICTURES = "img_align_celeba"  # what torchvision unpacks its pictures into
CROP = 178  # pixels: the width of its pictures, which are higher than wide


def _read(request: Request) -> Rows:
    """The central square of each face, 178 pixels, scaled down; by whether it smiles."""
    import numpy as np
    import torch
    from PIL import Image

    data = open_set("CelebA", request.data_dir, split=request.split)
    side = request.image_size or FOLDER_IMAGE_SIZE
    pixels = np.empty((len(data), 3, side, side), np.uint8)
    for index in range(len(data)):
        if index % 500 == 0:
            request.progress(index / len(data), f"Reading face {index:,} of {len(data):,}")
        with Image.open(_picture(data, index)) as picture:
            left, top = ((length - CROP) / 2 for length in picture.size)
            square = (left, top, left + CROP, top + CROP)
            face = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box=square)
        pixels[index] = np.asarray(face).transpose(2, 0, 1)
    smiling = data.attr[:, data.attr_names.index("Smiling")]
    return Rows(torch.from_numpy(pixels), smiling, CELEBA.classes)


def _is_present(data_dir: Path) -> bool:
    """Whether its pictures are there, every one of them."""
    if not is_folder(data_dir / FOLDER):
        return False  # without torchvision, which takes seconds to load
    try:
        data = open_set("CelebA", data_dir)
        return {*data.filename} <= {path.name for path in _picture(data, 0).parent.iterdir()}
    except UNREADABLE:
        return False


def _fetch(data_dir: Path) -> None:
    # torchvision takes a folder of that name for a whole one, so what an interrupted download left
    # half unpacked would stay.
    folder = data_dir / FOLDER
    if (folder / f"{PICTURES}.zip").is_file() and not _is_present(data_dir):
        shutil.rmtree(folder / PICTURES, ignore_errors=True)
    open_set("CelebA", data_dir, download=True)


def _picture(data: Any, index: int) -> Path:
    """Where torchvision has unpacked a picture of its CelebA."""
    return Path(data.root) / data.base_folder / PICTURES / data.filename[index]


CELEBA = DatasetSpec(
    title="CelebA faces",
    source="Liu et al. 2015 (arXiv:1411.7766)",
    licence="non-commercial research only",
    images=162770,
    shape=(3, FOLDER_IMAGE_SIZE, FOLDER_IMAGE_SIZE),
    classes=("not smiling", "smiling"),
    read=_read,
    is_present=_is_present,
    files=(f"{FOLDER}/list_attr_celeba.txt", f"{FOLDER}/{PICTURES}/000001.jpg"),
    # .zip, .txt, and .zip*.part while it arrives
    download=Download(_fetch, 1_494_710_800, FOLDER, archives="*.[tz]*"),
    has_test=True,
)
