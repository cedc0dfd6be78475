"""Data sets read, fetched and looked for: each becomes one uint8 tensor with labels.

torch is imported where it is used, so that pages can ask what is there without it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.data.dataset import (
    BUILT_IN,
    LUMA,
    UNREADABLE,
    DatasetSpec,
    ImageData,
    Progress,
    Request,
    Split,
    ignore_progress,
)
from gan_core.data.missing import missing_words
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError, DataError, DownloadError, first_line
from gan_core.files import describe_os_error, written

if TYPE_CHECKING:
    from torch import Tensor


PREFERRED = "mnist"  # the data set to begin with, where it is on disk

_SEEN: set[tuple[str, Path, tuple[int, ...]]] = set()  # data sets on disk, and their versions


def default_data_dir() -> Path:
    """``GAN_DATA_DIR`` where it is set, else ``data`` in the working directory."""
    return Path(os.environ.get("GAN_DATA_DIR") or "data")


def default_dataset(data_dir: Path) -> str:
    """The data set to begin with, which needs no download: the preferred one, else what comes with
    the program."""
    return PREFERRED if on_disk(PREFERRED, data_dir) else BUILT_IN


def on_disk(name: str, data_dir: Path) -> bool:
    """Whether a data set can be read without a download."""
    spec = dataset_spec(name)
    if not spec.files:
        return spec.is_present(data_dir)
    # torchvision reads the whole set to find out: too slow to ask again once it is there.
    version = (name, data_dir, written(*(data_dir / file for file in spec.files)))
    if version not in _SEEN and spec.is_present(data_dir):
        _SEEN.add(version)
    return version in _SEEN


def load(
    name: str,
    data_dir: Path,
    *,
    image_size: int = 0,
    channels: int = 0,
    folder: str = "",
    points: int = 0,
    deviation: float = 0.0,
    split: Split = "train",
    progress: Progress = ignore_progress,
) -> ImageData:
    """Read a data set into memory, at the size and number of channels that are given.

    Args:
        name: a key of :data:`gan_core.data.table.DATASETS`.
        data_dir: where data sets live; nothing is downloaded.
        image_size: side in pixels; 0 keeps the data set's own.
        channels: 1, 3 or 0 for the data set's own.
        folder: of a data set that a person names: its folder or file relative to ``data_dir``, or
            absolute.
        points: how many points of the plane; 0 for the data set's own number.
        deviation: of points of the plane; 0 for the data set's own.
        split: what is trained on, or what the data set's authors keep for tests.
        progress: called with the share that is done and what is being done.

    Raises:
        ConfigError: no data set has that name.
        DataError: it is not on disk, holds nothing that can be read, or has no such split.
    """
    import torch

    spec = dataset_spec(name)
    if split == "test" and not spec.has_test:
        raise DataError(f"{spec.title} has no part kept for tests; take another data set.")
    progress(0.0, f"Reading {spec.title}")
    request = Request(
        data_dir=data_dir,
        split=split,
        image_size=image_size,
        channels=channels,
        folder=folder,
        points=points,
        deviation=deviation,
        progress=progress,
    )
    try:
        images, labels, classes, left_out, kept = spec.read(request)
    except UNREADABLE as error:
        download_words = (
            f"Download it on the Train page or with 'python -m gan_core download {name}', point"
            if spec.download
            else "Point"
        )
        raise DataError(
            f"{spec.title} cannot be read from {data_dir}. {_reason(spec, data_dir, error)} "
            f"{download_words} --data-dir or GAN_DATA_DIR at it, or take the data set "
            f"{BUILT_IN!r}, which needs no download."
        ) from error
    images = _with_channels(images, channels or images.shape[1])
    images = scale(images, image_size or images.shape[2], progress)
    fingerprint = _fingerprint(images, labels)
    progress(1.0, f"Read {len(images):,} images")
    return ImageData(name, images, labels.to(torch.int64), classes, fingerprint, left_out, kept)


def in_class_order(data: ImageData, classes: tuple[str, ...]) -> ImageData:
    """The same images with their classes as a run has them that was trained on them, where these
    are the same, or where it had one alone: folders of pictures were once sorted letter by letter,
    and one subfolder around the classes taken for the only class."""
    if data.classes == classes or not (
        len(classes) == 1 or sorted(data.classes) == sorted(classes)
    ):
        return data
    import torch

    alone = len(classes) == 1
    numbers = torch.tensor([0 if alone else classes.index(name) for name in data.classes])
    labels = numbers[data.labels]
    fingerprint = _fingerprint(data.images, labels)
    return replace(data, labels=labels, classes=classes, fingerprint=fingerprint)


def _reason(spec: DatasetSpec, data_dir: Path, error: Exception) -> str:
    if isinstance(error, PermissionError):
        return describe_os_error(error)
    return missing_words(spec, data_dir) if spec.files else f"{first_line(error)}."


def _fingerprint(images: Tensor, labels: Tensor) -> str:
    digest = hashlib.sha256()
    digest.update(repr(tuple(images.shape)).encode())
    digest.update(images.contiguous().numpy().data)
    digest.update(labels.contiguous().numpy().data)
    return digest.hexdigest()[:16]


def download(name: str, data_dir: Path) -> None:
    """Fetch a data set, or what is missing or damaged of it; torchvision checks its checksums.

    Raises:
        ConfigError: the data set is not one that is downloaded.
        DownloadError: no network, a damaged file, or no room.
    """
    spec = dataset_spec(name)
    if spec.download is None:
        raise ConfigError(f"dataset {name!r} needs no download.")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        spec.download.fetch(data_dir)
        if not spec.is_present(data_dir):
            raise FileNotFoundError(f"what is in {data_dir / spec.download.folder} is incomplete")
    except UNREADABLE as error:
        if isinstance(error, OSError) and error.errno and error.filename:  # of this machine
            raise DownloadError(
                f"{spec.title} could not be downloaded. {describe_os_error(error)}"
            ) from error
        raise DownloadError(
            f"{spec.title} could not be downloaded ({first_line(error)}). Check the network "
            f"connection and try again; the data set {BUILT_IN!r} is built in and needs no "
            "download."
        ) from error


def downloaded_bytes(name: str, data_dir: Path) -> int:
    """Bytes of the data set's archives that have arrived so far."""
    download = dataset_spec(name).download
    if download is None:
        return 0
    total = 0
    for path in (data_dir / download.folder).glob(download.archives):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _with_channels(images: Tensor, channels: int) -> Tensor:
    if images.shape[1] == channels:
        return images
    if channels == 3:
        return images.expand(-1, 3, -1, -1).contiguous()
    import torch

    weights = torch.tensor(LUMA).view(1, 3, 1, 1)
    grey = torch.empty(len(images), 1, *images.shape[2:], dtype=torch.uint8)
    for into, part in zip(grey.split(4096), images.split(4096), strict=True):
        into.copy_((part.float() * weights).sum(1, keepdim=True).round_())
    return grey


def scale(images: Tensor, size: int, progress: Progress = ignore_progress) -> Tensor:
    """Images (N, C, H, W) uint8 at another side, (N, C, size, size), smoothed as they shrink."""
    if images.shape[2] == images.shape[3] == size:
        return images
    import torch
    from torch.nn.functional import interpolate

    result = torch.empty(*images.shape[:2], size, size, dtype=torch.uint8)
    for start in range(0, len(images), 4096):
        progress(start / len(images), f"Scaling image {start:,} of {len(images):,}")
        part = images[start : start + 4096].float()
        part = interpolate(part, size=(size, size), mode="bilinear", antialias=True)
        result[start : start + 4096] = part.round_().clamp_(0, 255).to(torch.uint8)
    return result
