"""The data sets that torchvision downloads and reads as one array of pixels."""

from __future__ import annotations

import math
import struct
from functools import partial
from pathlib import Path
from typing import Any

from gan_core.data.dataset import TEN_DIGITS, UNREADABLE, DatasetSpec, Download, Request, Rows
from gan_core.files import is_file, is_folder
from gan_core.libraries import one_at_a_time


def open_set(name: str, data_dir: Path, *, download: bool = False, **part: Any) -> Any:
    """torchvision's own data set, of that class; ``part`` in the words of the class.

    Raises:
        one of UNREADABLE: it is not there or damaged; with ``download``, no network or no room.
    """
    with one_at_a_time:
        import torchvision.datasets

    return getattr(torchvision.datasets, name)(root=str(data_dir), download=download, **part)


_IDX_FILES = (
    "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)  # fmt: skip
_CIFAR10 = "cifar-10-batches-py"


def has_idx(folder: str, data_dir: Path) -> bool:
    """Whether torchvision can read the training part of a set of the MNIST family: all files are
    there, and those of that part are whole. Found out without torchvision, as pages ask for it."""
    paths = [data_dir / folder / file for file in _IDX_FILES]
    images, labels = paths[:2]
    return all(map(is_file, paths)) and _is_whole(images, 3) and _is_whole(labels, 1)


def _is_whole(path: Path, dimensions: int) -> bool:
    """Whether a file is as long as the sizes at its beginning say: a magic number of bytes in so
    many dimensions, then each size, all in four bytes (yann.lecun.com/exdb/mnist)."""
    numbers = struct.Struct(f">{1 + dimensions}I")
    try:
        with path.open("rb") as file:
            magic, *sizes = numbers.unpack(file.read(numbers.size))
        length = path.stat().st_size
    except (OSError, struct.error):
        return False
    return magic == 0x800 + dimensions and length == numbers.size + math.prod(sizes)


def _fetch_idx(name: str, folder: str, data_dir: Path) -> None:
    """Fetch what is missing or damaged; where that fails, all that was there is there still."""
    aside = {}
    if not has_idx(folder, data_dir):
        # torchvision takes any file of the right name for a good one, so what an interrupted
        # download left half unpacked would stay; the archives it checks.
        for path in (data_dir / folder).glob("*-ubyte"):
            aside[path] = path.rename(data_dir / name / f".{path.name}.aside")
    try:
        open_set(name, data_dir, download=True)
    except BaseException:
        for path, other in aside.items():
            other.replace(path)
        raise
    for other in aside.values():
        other.unlink(missing_ok=True)


def _idx(
    name: str, classes: tuple[str, ...], *, title: str, source: str, licence: str, size: int,
    digits: bool = False,
) -> DatasetSpec:  # fmt: skip
    """A set of the MNIST family: 60,000 grey images of 28 x 28; ``size`` is that of its archives
    in bytes."""
    folder = f"{name}/raw"

    def read(request: Request) -> Rows:
        data = open_set(name, request.data_dir, train=request.split == "train")
        return Rows(data.data.unsqueeze(1), data.targets, classes)

    return DatasetSpec(
        title=title,
        source=source,
        licence=licence,
        images=60000,
        shape=(1, 28, 28),
        classes=classes,
        read=read,
        is_present=partial(has_idx, folder),
        files=tuple(f"{folder}/{file}" for file in _IDX_FILES),
        download=Download(partial(_fetch_idx, name, folder), size, folder),
        has_test=True,
        digits=digits,
    )


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


def _has_cifar10(data_dir: Path) -> bool:
    if not is_folder(data_dir / _CIFAR10):
        return False  # without torchvision, which takes seconds to load
    try:
        open_set("CIFAR10", data_dir)
    except UNREADABLE:
        return False
    return True


def _read_cifar10(request: Request) -> Rows:
    """As torchvision reads it, from files whose checksums it has verified."""
    import torch

    data = open_set("CIFAR10", request.data_dir, train=request.split == "train")
    images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
    return Rows(images, torch.tensor(data.targets), CIFAR10.classes)


CIFAR10 = DatasetSpec(
    title="CIFAR-10",
    source="Krizhevsky 2009",
    licence="not stated by its authors",
    images=50000,
    shape=(3, 32, 32),
    classes=(
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ),
    read=_read_cifar10,
    is_present=_has_cifar10,
    files=tuple(
        f"{_CIFAR10}/{name}"
        for name in ("batches.meta", *(f"data_batch_{n}" for n in range(1, 6)), "test_batch")
    ),
    download=Download(partial(open_set, "CIFAR10", download=True), 170_498_071),
    has_test=True,
)  # fmt: skip
