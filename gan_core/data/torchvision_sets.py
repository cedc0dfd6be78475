"""The data sets that torchvision downloads and reads."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any

from gan_core.data.dataset import (
    FOLDER_IMAGE_SIZE,
    TEN_DIGITS,
    UNREADABLE,
    DatasetSpec,
    Request,
    Rows,
    Split,
)

CELEBA_FOLDER = "img_align_celeba"  # what torchvision unpacks its pictures into
CELEBA_CROP = 178  # pixels: the width of its pictures, which are higher than wide


def fetch(spec: DatasetSpec, data_dir: Path) -> None:
    """Download a data set, checked against torchvision's checksums.

    Raises:
        one of UNREADABLE: no network, a damaged file, or no room.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    folder = data_dir / spec.own_folder
    if spec.own_folder and not spec.is_present(data_dir):
        # torchvision takes any file of the right name for a good one, so what an interrupted
        # download left half unpacked would stay; the archives it checks.
        for path in folder.glob("*-ubyte"):
            path.unlink()
        if (folder / f"{CELEBA_FOLDER}.zip").is_file():
            shutil.rmtree(folder / CELEBA_FOLDER, ignore_errors=True)
    _open(spec.torchvision_class or "", data_dir, download=True)
    if not spec.is_present(data_dir):
        raise FileNotFoundError(f"what is in {folder} is incomplete")


def _open(name: str, data_dir: Path, *, download: bool = False, split: Split = "train") -> Any:
    """torchvision's own data set, of that class."""
    import torchvision.datasets

    kind = getattr(torchvision.datasets, name)
    part: dict[str, Any] = {"train": split == "train"}
    if name == "CelebA":
        part = {"split": split}
    return kind(root=str(data_dir), download=download, **part)


def _can_open(name: str, own_folder: str, data_dir: Path) -> bool:
    if not (data_dir / own_folder).is_dir():
        return False  # told without torchvision, which takes seconds to load
    try:
        _open(name, data_dir)
    except UNREADABLE:
        return False
    return True


def _idx(
    name: str, classes: tuple[str, ...], *, title: str, source: str, licence: str, size: int,
    digits: bool = False,
) -> DatasetSpec:  # fmt: skip
    """A set of the MNIST family: 60,000 grey images of 28 x 28; ``size`` is that of its archives
    in bytes."""

    def read(request: Request) -> Rows:
        data = _open(name, request.data_dir, split=request.split)
        return Rows(data.data.unsqueeze(1), data.targets, classes)

    return DatasetSpec(
        title=title,
        source=source,
        licence=licence,
        images=60000,
        shape=(1, 28, 28),
        classes=classes,
        read=read,
        is_present=partial(_can_open, name, f"{name}/raw"),
        has_test=True,
        digits=digits,
        torchvision_class=name,
        download_bytes=size,
        own_folder=f"{name}/raw",
    )


def _read_cifar10(request: Request) -> Rows:
    """As torchvision reads it, from files whose checksums it has verified."""
    import torch

    data = _open("CIFAR10", request.data_dir, split=request.split)
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return Rows(images, torch.tensor(data.targets), CIFAR10.classes)


def _read_celeba(request: Request) -> Rows:
    """The central square of each face, 178 pixels, scaled down; by whether it smiles."""
    import numpy as np
    import torch
    from PIL import Image

    data = _open("CelebA", request.data_dir, split=request.split)
    side = request.image_size or FOLDER_IMAGE_SIZE
    pixels = np.empty((len(data), 3, side, side), np.uint8)
    for index in range(len(data)):
        if index % 500 == 0:
            request.progress(index / len(data), f"Reading face {index:,} of {len(data):,}")
        with Image.open(_celeba_picture(data, index)) as picture:
            left, top = ((length - CELEBA_CROP) / 2 for length in picture.size)
            square = (left, top, left + CELEBA_CROP, top + CELEBA_CROP)
            face = picture.convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box=square)
        pixels[index] = np.asarray(face).transpose(2, 0, 1)
    smiling = data.attr[:, data.attr_names.index("Smiling")]
    return Rows(torch.from_numpy(pixels), smiling, CELEBA.classes)


def _celeba_is_present(data_dir: Path) -> bool:
    """Whether its pictures are there, down to the last one to be unpacked."""
    if not (data_dir / CELEBA.own_folder).is_dir():
        return False
    try:
        data = _open("CelebA", data_dir)
    except UNREADABLE:
        return False
    return _celeba_picture(data, -1).is_file()


def _celeba_picture(data: Any, index: int) -> Path:
    """Where torchvision has unpacked a picture of its CelebA."""
    return Path(data.root) / data.base_folder / CELEBA_FOLDER / data.filename[index]


MNIST = _idx(
    "MNIST",
    TEN_DIGITS,
    title="MNIST",
    source="LeCun, Cortes and Burges",
    licence="CC BY-SA 3.0",
    size=11_594_722,
    digits=True,
)
FASHION_MNIST = _idx(
    "FashionMNIST",
    (
        "T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
        "Ankle boot",
    ),
    title="Fashion-MNIST",
    source="Xiao, Rasul and Vollgraf 2017 (arXiv:1708.07747)",
    licence="MIT",
    size=30_878_645,
)  # fmt: skip
KMNIST = _idx(
    "KMNIST",
    ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    title="Kuzushiji-MNIST",
    source="Clanuwat et al. 2018 (arXiv:1812.01718)",
    licence="CC BY-SA 4.0",
    size=21_251_469,
)
CIFAR10 = DatasetSpec(
    title="CIFAR-10",
    source="Krizhevsky 2009",
    licence="not stated by its authors",
    images=50000,
    shape=(3, 32, 32),
    classes=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    read=_read_cifar10,
    is_present=partial(_can_open, "CIFAR10", ""),
    has_test=True,
    torchvision_class="CIFAR10",
    download_bytes=170_498_071,
    own_folder="",
)
CELEBA = DatasetSpec(
    title="CelebA faces",
    source="Liu et al. 2015 (arXiv:1411.7766)",
    licence="non-commercial research only",
    images=162770,
    shape=(3, FOLDER_IMAGE_SIZE, FOLDER_IMAGE_SIZE),
    classes=("not smiling", "smiling"),
    read=_read_celeba,
    is_present=_celeba_is_present,
    has_test=True,
    torchvision_class="CelebA",
    download_bytes=1_494_710_800,
    own_folder="celeba",
    archives="*.[tz]*",  # .zip, .txt, and .zip*.part while it arrives
)
