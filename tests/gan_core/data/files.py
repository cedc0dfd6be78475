"""Data sets on disk as their makers lay them out, small."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets
from PIL import Image
from scipy.io import savemat

from gan_core.data.table import DATASETS


def is_present(name: str, data_dir: Path) -> bool:
    """Whether a data set can be read, looked up anew."""
    return DATASETS[name].is_present(data_dir)


def write_mnist(data_dir: Path, images: int = 3) -> np.ndarray:
    """MNIST's four files as torchvision unpacks them, with so many images in each split.

    The test images are the training images with black and white exchanged.
    """
    raw = data_dir / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (images, 28, 28), dtype=np.uint8)
    header = struct.pack(">IIII", 0x803, images, 28, 28)
    labels = struct.pack(">II", 0x801, images) + bytes(i % 10 for i in range(images))
    for split, content in (("train", pixels), ("t10k", 255 - pixels)):
        (raw / f"{split}-images-idx3-ubyte").write_bytes(header + content.tobytes())
        (raw / f"{split}-labels-idx1-ubyte").write_bytes(labels)
    return pixels


def write_celeba(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, smiles: tuple[int, ...] = (1, -1, 1, 1)
) -> None:
    """CelebA's files as torchvision unpacks them, whose checksums it is told.

    Each picture has a red square in its middle with a white corner, and blue above and below, which
    the crop takes away. Those after the first two belong to the test split.
    """
    folder = data_dir / "celeba"
    pictures = folder / "img_align_celeba"
    pictures.mkdir(parents=True)
    names = [f"{number:06d}.jpg" for number in range(1, len(smiles) + 1)]
    for name in names:
        picture = Image.new("RGB", (178, 218), (0, 0, 255))
        picture.paste((255, 0, 0), (0, 20, 178, 198))
        picture.paste((255, 255, 255), (0, 20, 89, 109))
        picture.save(pictures / name, quality=95, subsampling=0)
    count = str(len(names))
    splits = [0 if index < 2 else 2 for index in range(len(names))]
    rows = list(zip(names, smiles, strict=True))
    files = {
        "list_attr_celeba.txt": [count, "Young Smiling", *(f"{n} -1 {s:2}" for n, s in rows)],
        "identity_CelebA.txt": [f"{name} 7" for name in names],
        "list_bbox_celeba.txt": [count, "image_id x", *(f"{name} 1 2 3 4" for name in names)],
        "list_landmarks_align_celeba.txt": [count, "lefteye_x", *(f"{name} 1" for name in names)],
        "list_eval_partition.txt": [f"{n} {s}" for n, s in zip(names, splits, strict=True)],
    }
    checksums = [("", "", "img_align_celeba.zip")]
    for name, lines in files.items():
        content = "".join(f"{line}\n" for line in lines).encode()
        (folder / name).write_bytes(content)
        checksums.append(("", hashlib.md5(content).hexdigest(), name))
    monkeypatch.setattr(torchvision.datasets.CelebA, "file_list", checksums)


def write_mat(data_dir: Path, **changes: np.ndarray | None) -> dict[str, np.ndarray]:
    """A mnist_all.mat with one row of zero, two of one and so on; None leaves an array out."""
    arrays = {}
    for split, offset in (("train", 0), ("test", 100)):
        for digit in range(10):
            rows = np.zeros((digit + 1, 784), np.uint8)
            rows[:, 1] = offset + digit  # the second pixel of the first line
            arrays[f"{split}{digit}"] = rows
    arrays |= changes  # type: ignore[arg-type]
    content = {key: rows for key, rows in arrays.items() if rows is not None}
    savemat(data_dir / "mnist_all.mat", content, do_compression=True)
    return content


def write_picture(path: Path, colour: tuple[int, ...], mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (12, 8), colour).save(path)
