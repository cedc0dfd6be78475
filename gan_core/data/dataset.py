"""A data set: images in memory and their order; and how one is described, fetched and read.

To add a data set, write a file beside this one: a function from a :class:`Request` to
:class:`Rows`, and a :class:`DatasetSpec` that names it. Then add a line to
:mod:`gan_core.data.table`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import torch
    from torch import Tensor


Progress = Callable[[float, str], None]  # share done from 0 to 1, and what is being done
Split = Literal["train", "test"]
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow's convert("L")
TEN_DIGITS = tuple("0123456789")
POINT = (2, 1, 1)  # the shape of a picture that is a point of the plane: across, and up
BUILT_IN = "digits"  # the data set that comes with the program
FOLDER_IMAGE_SIZE = 64  # where neither the settings nor the network ask for a size
# What torchvision raises on files that are missing, cut short or not what they are called.
UNREADABLE = (RuntimeError, OSError, ValueError, EOFError, AssertionError, LookupError)
_AT_ONCE_LIMIT = 2**20  # bytes; of smaller sets an epoch is made ready at once, four times as large
_ON_DEVICE_LIMIT = 4 * 2**30  # bytes; larger sets stay in main memory


def ignore_progress(share: float, what: str) -> None:
    """The progress of those who do not watch."""


class Kept(NamedTuple):
    """What a run keeps of a data set that a person gave in a file, so that it needs it no more."""

    content: str  # of its distribution.json, which the same reader reads
    words: str  # what was done to the points, a sentence; empty where nothing was


@dataclass(frozen=True)
class ImageData:
    """A data set in memory."""

    name: str
    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor  # (N,) int64
    classes: tuple[str, ...]
    fingerprint: str  # of pixels and labels: equal data, equal fingerprint
    left_out: tuple[str, ...] = ()  # what a folder holds and is not read, a phrase for each kind
    kept: Kept | None = None  # of a set that lies in a file: what its runs keep of it

    def __len__(self) -> int:
        return len(self.images)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        _, channels, height, width = self.images.shape
        return channels, height, width

    def to(self, device: torch.device) -> ImageData:
        """The same data on a device, unless it is too large to live there."""
        if self.images.nbytes > _ON_DEVICE_LIMIT:
            return self
        return replace(self, images=self.images.to(device), labels=self.labels.to(device))


@dataclass(frozen=True)
class Batches:
    """The order of a data set: a fresh permutation each epoch, drawn from the seed alone.

    Which images batch ``i`` holds follows from ``(seed, i)``, so a training resumes in the middle
    of an epoch without any saved state, and watching it cannot change the order.
    """

    data: ImageData
    batch_size: int
    seed: int

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        return self.starting_at(0)

    def starting_at(self, index: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches from batch ``index`` on: images (N, C, H, W) in [-1, 1] and labels."""
        import torch

        per_epoch = max(1, len(self.data) // self.batch_size)
        epoch, first = divmod(index, per_epoch)
        while True:
            order = self._permutation(epoch)
            parts = order.split(self.batch_size)[first:per_epoch]
            if self.data.images.nbytes > _AT_ONCE_LIMIT:
                for rows in parts:
                    yield to_unit_range(self.data.images[rows]), self.data.labels[rows]
            else:
                rows = torch.cat(parts)
                images, labels = to_unit_range(self.data.images[rows]), self.data.labels[rows]
                yield from zip(
                    images.split(self.batch_size), labels.split(self.batch_size), strict=True
                )
            epoch, first = epoch + 1, 0

    def _permutation(self, epoch: int) -> Tensor:
        import torch

        random = torch.Generator().manual_seed((self.seed << 20) + epoch)
        order = torch.randperm(len(self.data), generator=random)
        if len(order) < self.batch_size:
            order = order.repeat(-(-self.batch_size // len(order)))
        return order.to(self.data.images.device)


def class_index(classes: Sequence[str], text: str) -> int | None:
    """Which class a person means: that of this name, else that of this name in other capitals, or
    where there is none of that name, that of this number from 0; None where it is neither."""
    if text in classes:
        return classes.index(text)
    names = [name.casefold() for name in classes]
    if text.casefold() in names:
        return names.index(text.casefold())
    is_number = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_number and int(text) < len(names) else None


def to_unit_range(images: Tensor) -> Tensor:
    """uint8 0..255 to -1..1, in torch's default floating-point type."""
    import torch

    return images.to(torch.get_default_dtype()).div_(127.5).sub_(1.0)


@dataclass(frozen=True)
class Request:
    """What a reader is to read. It may give another size and other channels than it is asked for:
    these are changed later."""

    data_dir: Path  # where data sets live
    split: Split = "train"
    image_size: int = 0  # side in pixels; 0: any
    channels: int = 0  # 1, 3; 0: any
    folder: str = ""  # what a person names: where it is, relative to the data folder
    points: int = 0  # of the plane; 0: the distribution's own number
    deviation: float = 0.0  # of points of the plane; 0: the distribution's own
    progress: Progress = ignore_progress


class Rows(NamedTuple):
    """What a reader gives: N images and what is on them."""

    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor  # (N,) whole numbers, indices of the classes
    classes: tuple[str, ...]
    left_out: tuple[str, ...] = ()  # what a folder holds and is not read, a phrase for each kind
    kept: Kept | None = None  # of a set that lies in a file: what its runs keep of it


Reader = Callable[[Request], Rows]  # raises one of UNREADABLE, or a DataError that says what to do


@dataclass(frozen=True)
class Download:
    """How a data set comes onto this machine."""

    fetch: Callable[[Path], None]  # into that data folder; raises one of UNREADABLE
    size: int  # bytes of the archives
    folder: str = ""  # where they arrive, inside the data folder
    archives: str = "*.gz"  # what they are called


def _always(data_dir: Path) -> bool:
    return True


class Modes(NamedTuple):
    """Where the points of a distribution in the plane gather."""

    centres: Tensor  # (K, 2) in [-1, 1]
    deviation: float  # of the points around each, in either direction


@dataclass(frozen=True)
class DatasetSpec:
    """How a data set is called, what it holds, where it comes from and how it is read."""

    title: str
    source: str
    licence: str
    images: int | None  # of the training part; None: depends on the folder
    shape: tuple[int, int, int] | None  # channels, height, width; None: depends on the folder
    classes: tuple[str, ...]  # none: depends on the folder
    read: Reader
    is_present: Callable[[Path], bool] = _always  # whether it can be read from that data folder
    files: tuple[str, ...] = ()  # inside the data folder: without them it cannot be read
    download: Download | None = None  # None: nothing is downloaded
    has_test: bool = False  # whether its authors keep a part for tests
    in_folder: bool = False  # whether a person names the folder that it is read from
    in_file: bool = False  # whether a person names the file that it is read from, which runs keep
    digits: bool = False  # whether its classes are MNIST's, so that the digit classifier reads it
    deviation: float = 0.0  # of points of the plane around where they would lie without noise
    centres: Callable[[], Tensor] | None = None  # of its modes (K, 2), in the order of its classes

    def modes(self, deviation: float = 0.0) -> Modes | None:
        """Its modes with that deviation, or with its own for 0; None where it has none that a point
        could be near."""
        return Modes(self.centres(), deviation or self.deviation) if self.centres else None

    @property
    def points(self) -> bool:
        """Whether it holds points of the plane, see :mod:`gan_core.data.plane`."""
        return self.shape == POINT

    @property
    def named(self) -> bool:
        """Whether a person says in the setting ``folder`` where it lies."""
        return self.in_folder or self.in_file

    @property
    def made(self) -> bool:
        """Whether it holds points that are made here: as many as one likes, and with noise."""
        return self.points and self.images is not None

    @property
    def download_bytes(self) -> int:
        """Of the archives; 0 where nothing is downloaded."""
        return self.download.size if self.download else 0
