"""What can be trained on: every data set becomes one uint8 tensor with labels.

To add a data set, write a function that reads it and add a line to :data:`DATASETS`. torch and
torchvision are imported where they are used, so that the table itself can be shown without them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from gan_core.errors import ConfigError, DataError, DownloadError

if TYPE_CHECKING:
    import torch
    from PIL import Image
    from torch import Tensor

Progress = Callable[[float, str], None]  # share done from 0 to 1, and what is being done
Split = Literal["train", "test"]

PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue: ITU-R BT.601, as Pillow's convert("L")
FOLDER_IMAGE_SIZE = 64  # where neither the settings nor the network ask for a size
CELEBA_FOLDER = "img_align_celeba"  # what torchvision unpacks its pictures into
CELEBA_CROP = 178  # pixels: the width of its pictures, which are higher than wide
MAT_FILE = "mnist_all.mat"
MAT_SIDE = 28
# What torchvision raises on files that are missing, cut short or not what they are called.
_UNREADABLE = (RuntimeError, OSError, ValueError, EOFError, AssertionError, LookupError)
_ON_DEVICE_LIMIT = 4 * 2**30  # bytes; larger sets stay in main memory


def ignore_progress(share: float, what: str) -> None:
    """The progress of those who do not watch."""


@dataclass(frozen=True)
class ImageData:
    """A data set in memory."""

    name: str
    images: Tensor  # (N, C, H, W) uint8
    labels: Tensor  # (N,) int64
    classes: tuple[str, ...]
    fingerprint: str  # of pixels and labels: equal data, equal fingerprint
    skipped: tuple[str, ...] = ()  # files left out because they cannot be read

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
        per_epoch = max(1, len(self.data) // self.batch_size)
        epoch, first = divmod(index, per_epoch)
        while True:
            order = self._permutation(epoch)
            for batch in range(first, per_epoch):
                chosen = order[batch * self.batch_size : (batch + 1) * self.batch_size]
                yield to_unit_range(self.data.images[chosen]), self.data.labels[chosen]
            epoch, first = epoch + 1, 0

    def _permutation(self, epoch: int) -> Tensor:
        import torch

        random = torch.Generator().manual_seed((self.seed << 20) + epoch)
        order = torch.randperm(len(self.data), generator=random)
        if len(order) < self.batch_size:
            order = order.repeat(-(-self.batch_size // len(order)))
        return order.to(self.data.images.device)


def to_unit_range(images: Tensor) -> Tensor:
    """uint8 0..255 to -1..1, in torch's default floating-point type."""
    import torch

    return images.to(torch.get_default_dtype()).div_(127.5).sub_(1.0)


# Images (N, C, H, W) uint8, labels (N,), the classes' names, and what had to be left out.
Rows = tuple[Any, Any, tuple[str, ...], tuple[str, ...]]
# Told the data folder and the side asked for, 0 for any; what is larger may be scaled while read.
Reader = Callable[[Path, Progress, int], Rows]


@dataclass(frozen=True)
class DatasetSpec:
    """How a data set is called, what it holds and where it comes from."""

    title: str
    source: str
    licence: str
    images: int | None  # None: depends on the folder
    shape: tuple[int, int, int] | None  # channels, height, width
    classes: tuple[str, ...]
    read: Reader
    torchvision_class: str | None = None
    download_bytes: int = 0  # of the archives that torchvision fetches
    own_folder: str = ""  # where torchvision puts it inside the data folder
    archives: str = "*.gz"  # what it fetches
    read_test: Reader | None = None  # the part that its authors keep for tests


def default_data_dir() -> Path:
    """``GAN_DATA_DIR`` where it is set, else ``data`` in the working directory."""
    return Path(os.environ.get("GAN_DATA_DIR") or "data")


def dataset_spec(name: str) -> DatasetSpec:
    """The data set of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in DATASETS:
        raise ConfigError(f"dataset is {name!r}; choose one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def is_present(name: str, data_dir: Path) -> bool:
    """Whether the data set can be read without a download."""
    spec = dataset_spec(name)
    if name == "mat":
        return _is_mat(data_dir / MAT_FILE)
    if spec.torchvision_class is None:
        return name == "digits" or data_dir.is_dir()
    if not (data_dir / spec.own_folder).is_dir():
        return False  # told without torchvision, which takes seconds to load
    try:
        data = _torchvision(spec, data_dir, download=False)
    except _UNREADABLE:
        return False
    return name != "celeba" or _celeba_picture(data, -1).is_file()  # the last one to be unpacked


def load(
    name: str,
    data_dir: Path,
    *,
    image_size: int = 0,
    channels: int = 0,
    folder: str = "",
    split: Split = "train",
    progress: Progress = ignore_progress,
) -> ImageData:
    """Read a data set into memory, at the size and number of channels asked for.

    Args:
        name: a key of :data:`DATASETS`.
        data_dir: where data sets live; nothing is downloaded.
        image_size: side in pixels; 0 keeps the data set's own.
        channels: 1, 3 or 0 for the data set's own.
        folder: for ``folder``, the pictures' place relative to ``data_dir``, or absolute.
        split: what is trained on, or what the data set's authors keep for tests.
        progress: told the share that is done.

    Raises:
        ConfigError: no data set has that name.
        DataError: it is not on disk, holds nothing that can be read, or has no such split.
    """
    import torch

    spec = dataset_spec(name)
    read = spec.read if split == "train" else spec.read_test
    if read is None:
        raise DataError(f"{spec.title} has no part kept for tests; take another data set.")
    if name == "folder":
        size = image_size or FOLDER_IMAGE_SIZE
        images, labels, classes, skipped = _read_folder(
            data_dir / folder, size, channels or 3, progress
        )
    else:
        progress(0.0, f"Reading {spec.title}")
        try:
            images, labels, classes, skipped = read(data_dir, progress, image_size)
        except _UNREADABLE as error:
            raise DataError(
                f"{spec.title} cannot be read from {data_dir} ({_first_line(error)}). Download it "
                f"on the Train page or with 'python -m gan_core download {name}', point --data-dir "
                "or GAN_DATA_DIR at it, or take the data set 'digits', which needs no download."
            ) from error
    images = _with_channels(images, channels or images.shape[1])
    images = _with_size(images, image_size or images.shape[2], progress)
    digest = hashlib.sha256()
    digest.update(repr(tuple(images.shape)).encode())
    digest.update(images.contiguous().numpy().data)
    digest.update(labels.contiguous().numpy().data)
    progress(1.0, f"Read {len(images):,} images")
    return ImageData(
        name, images, labels.to(torch.int64), classes, digest.hexdigest()[:16], skipped
    )


def download(name: str, data_dir: Path) -> None:
    """Fetch a data set with torchvision's own download, checked against its checksums.

    Raises:
        ConfigError: the data set is not one that is downloaded.
        DownloadError: no network, a damaged file, or no room.
    """
    spec = dataset_spec(name)
    if spec.torchvision_class is None:
        raise ConfigError(f"dataset {name!r} needs no download.")
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if spec.own_folder and not is_present(name, data_dir):
            # torchvision takes any file of the right name for a good one, so what an interrupted
            # download left half unpacked would stay; the archives it checks.
            folder = data_dir / spec.own_folder
            for path in folder.glob("*-ubyte"):
                path.unlink()
            if (folder / f"{CELEBA_FOLDER}.zip").is_file():
                shutil.rmtree(folder / CELEBA_FOLDER, ignore_errors=True)
        _torchvision(spec, data_dir, download=True)
        if not is_present(name, data_dir):
            raise FileNotFoundError(f"what is in {data_dir / spec.own_folder} is incomplete")
    except _UNREADABLE as error:
        raise DownloadError(
            f"{spec.title} could not be downloaded ({_first_line(error)}). Check the network "
            "connection and try again; the data set 'digits' is built in and needs no download."
        ) from error


def downloaded_bytes(name: str, data_dir: Path) -> int:
    """Bytes of the data set's archives that have arrived so far."""
    spec = dataset_spec(name)
    total = 0
    for path in (data_dir / spec.own_folder).glob(spec.archives):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total


def _torchvision(
    spec: DatasetSpec, data_dir: Path, *, download: bool, split: Split = "train"
) -> Any:
    import torchvision.datasets

    kind = getattr(torchvision.datasets, spec.torchvision_class or "")
    part: dict[str, Any] = {"train": split == "train"}
    if spec.torchvision_class == "CelebA":
        part = {"split": split}
    return kind(root=str(data_dir), download=download, **part)


def _read_idx(name: str, split: Split = "train") -> Reader:
    """A reader of the MNIST family: 28 x 28 grey images."""

    def read(data_dir: Path, progress: Progress, size: int) -> Rows:
        data = _torchvision(DATASETS[name], data_dir, download=False, split=split)
        return data.data.unsqueeze(1), data.targets, DATASETS[name].classes, ()

    return read


def _read_cifar10(split: Split = "train") -> Reader:
    """CIFAR-10 as torchvision reads it, from files whose checksums it has verified."""

    def read(data_dir: Path, progress: Progress, size: int) -> Rows:
        import torch

        data = _torchvision(DATASETS["cifar10"], data_dir, download=False, split=split)
        images = torch.from_numpy(data.data).permute(0, 3, 1, 2).contiguous()
        return images, torch.tensor(data.targets), DATASETS["cifar10"].classes, ()

    return read


def _read_celeba(split: Split = "train") -> Reader:
    """CelebA's faces, their central square of 178 pixels scaled down, by whether they smile."""

    def read(data_dir: Path, progress: Progress, size: int) -> Rows:
        import numpy as np
        import torch
        from PIL import Image

        spec = DATASETS["celeba"]
        data = _torchvision(spec, data_dir, download=False, split=split)
        side = size or FOLDER_IMAGE_SIZE
        pixels = np.empty((len(data), 3, side, side), np.uint8)
        for index in range(len(data)):
            if index % 500 == 0:
                progress(index / len(data), f"Reading face {index:,} of {len(data):,}")
            with Image.open(_celeba_picture(data, index)) as opened:
                left, top = ((length - CELEBA_CROP) / 2 for length in opened.size)
                square = (left, top, left + CELEBA_CROP, top + CELEBA_CROP)
                face = opened.convert("RGB").resize(
                    (side, side), Image.Resampling.LANCZOS, box=square
                )
            pixels[index] = np.asarray(face).transpose(2, 0, 1)
        smiling = data.attr[:, data.attr_names.index("Smiling")]
        return torch.from_numpy(pixels), smiling, spec.classes, ()

    return read


def _celeba_picture(data: Any, index: int) -> Path:
    """Where torchvision has unpacked a picture of its CelebA."""
    return Path(data.root) / data.base_folder / CELEBA_FOLDER / data.filename[index]


def _read_mat(split: Split = "train") -> Reader:
    """MNIST as in Sam Roweis' MATLAB file: for each digit an array of rows of 28 x 28 pixels.

    The rows hold a picture line by line, as C has it; MATLAB itself has to transpose them.
    """

    def read(data_dir: Path, progress: Progress, size: int) -> Rows:
        import numpy as np
        import torch
        from scipy.io import loadmat

        path = data_dir / MAT_FILE
        keys = [f"{split}{digit}" for digit in _TEN_DIGITS]
        if not path.is_file():
            raise DataError(
                f"There is no {MAT_FILE} in {data_dir}; put the file there, point --data-dir or "
                "GAN_DATA_DIR at its folder, or take the data set 'digits', which is built in."
            )
        try:
            arrays = loadmat(path, variable_names=keys)
        except Exception as error:  # scipy raises nearly anything on a damaged file
            raise DataError(
                f"{path} is damaged or no MATLAB file of version 5 ({_first_line(error)})."
            ) from error
        for key in keys:
            if key not in arrays:
                raise DataError(f"{path} is not MNIST: it has no array {key}.")
            if not _is_mat_array(arrays[key].shape, str(arrays[key].dtype)):
                raise DataError(
                    f"{path} is not MNIST: {key} is {arrays[key].dtype} of the shape "
                    f"{arrays[key].shape}; it must be uint8, with rows of {MAT_SIDE**2}."
                )
        rows = np.concatenate([arrays[key] for key in keys])
        labels = np.repeat(np.arange(len(keys)), [len(arrays[key]) for key in keys])
        images = torch.from_numpy(rows).view(-1, 1, MAT_SIDE, MAT_SIDE)
        return images, torch.from_numpy(labels), DATASETS["mat"].classes, ()

    return read


def _is_mat_array(shape: tuple[int, ...], kind: str) -> bool:
    return kind == "uint8" and len(shape) == 2 and shape[0] > 0 and shape[1] == MAT_SIDE**2


def _is_mat(path: Path) -> bool:
    """Whether a MATLAB file holds MNIST, judged by its headers and by its last array."""
    from scipy.io import loadmat, whosmat

    try:
        arrays = {name: _is_mat_array(shape, kind) for name, shape, kind in whosmat(path)}
        last = next(reversed(arrays))
        loadmat(path, variable_names=[last])  # a file that was cut short ends before it
    except Exception:  # scipy raises nearly anything on a damaged file
        return False
    return all(arrays.get(f"{split}{digit}") for split in get_args(Split) for digit in _TEN_DIGITS)


def _read_digits(data_dir: Path, progress: Progress, size: int) -> Rows:
    """scikit-learn's handwritten digits, 8 x 8 with 17 grey levels, scaled up to 28 x 28."""
    import torch
    from sklearn.datasets import load_digits
    from torch.nn.functional import interpolate

    bunch = load_digits()
    small = torch.from_numpy(bunch.images).float().unsqueeze(1) / 16
    large = interpolate(small, size=(28, 28), mode="bicubic", align_corners=False)
    images = large.clamp(0, 1).mul(255).round().to(torch.uint8)
    return images, torch.from_numpy(bunch.target), DATASETS["digits"].classes, ()


def _read_from_folder_is_special(data_dir: Path, progress: Progress, size: int) -> Rows:
    raise AssertionError("load() reads folders itself, because they need a size")


def _read_folder(
    folder: Path, size: int, channels: int, progress: Progress
) -> tuple[Tensor, Tensor, tuple[str, ...], tuple[str, ...]]:
    """All pictures below a folder; those inside a subfolder take its name as their class."""
    import numpy as np
    import torch

    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give the folder that holds the pictures.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS)
    if not paths:
        raise DataError(
            f"{folder} holds no pictures; put {', '.join(sorted(PICTURE_ENDINGS))} files there."
        )
    pictures, names, skipped = [], [], []
    for number, path in enumerate(paths):
        if number % 100 == 0:
            progress(number / len(paths), f"Reading picture {number:,} of {len(paths):,}")
        try:
            pictures.append(np.asarray(_open_picture(path, size, channels)))
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            skipped.append(f"{path.relative_to(folder)} ({_first_line(error)})")
            continue
        inside = path.relative_to(folder).parts
        names.append(inside[0] if len(inside) > 1 else folder.name)
    if not pictures:
        raise DataError(f"None of the {len(paths)} pictures in {folder} can be read: {skipped[0]}.")
    classes = tuple(sorted(set(names)))
    stacked = torch.from_numpy(np.stack(pictures))
    images = stacked.unsqueeze(1) if channels == 1 else stacked.permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([classes.index(name) for name in names])
    return images, labels, classes, tuple(skipped)


def _open_picture(path: Path, size: int, channels: int) -> Image.Image:
    """A picture upright, on white where it is transparent, cropped to a square and scaled."""
    from PIL import Image, ImageOps

    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened)
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture)
        picture = picture.convert("L" if channels == 1 else "RGB")
        return ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)


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


def _with_size(images: Tensor, size: int, progress: Progress) -> Tensor:
    if images.shape[2] == images.shape[3] == size:
        return images
    import torch
    from torch.nn.functional import interpolate

    scaled = torch.empty(*images.shape[:2], size, size, dtype=torch.uint8)
    for start in range(0, len(images), 4096):
        progress(start / len(images), f"Scaling image {start:,} of {len(images):,}")
        part = images[start : start + 4096].float()
        part = interpolate(part, size=(size, size), mode="bilinear", antialias=True)
        scaled[start : start + 4096] = part.round_().clamp_(0, 255).to(torch.uint8)
    return scaled


def _first_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".:")


_TEN_DIGITS = tuple("0123456789")

DATASETS: dict[str, DatasetSpec] = {
    "digits": DatasetSpec(
        title="Bundled digits",
        source="UCI Optical Recognition of Handwritten Digits, as scikit-learn ships it",
        licence="CC BY 4.0",
        images=1797,
        shape=(1, 28, 28),
        classes=_TEN_DIGITS,
        read=_read_digits,
    ),
    "mnist": DatasetSpec(
        title="MNIST",
        source="LeCun, Cortes and Burges",
        licence="CC BY-SA 3.0",
        images=60000,
        shape=(1, 28, 28),
        classes=_TEN_DIGITS,
        read=_read_idx("mnist"),
        read_test=_read_idx("mnist", "test"),
        torchvision_class="MNIST",
        download_bytes=11_594_722,
        own_folder="MNIST/raw",
    ),
    "fashion_mnist": DatasetSpec(
        title="Fashion-MNIST",
        source="Xiao, Rasul and Vollgraf 2017 (arXiv:1708.07747)",
        licence="MIT",
        images=60000,
        shape=(1, 28, 28),
        classes=(
            "T-shirt",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        read=_read_idx("fashion_mnist"),
        read_test=_read_idx("fashion_mnist", "test"),
        torchvision_class="FashionMNIST",
        download_bytes=30_878_645,
        own_folder="FashionMNIST/raw",
    ),
    "kmnist": DatasetSpec(
        title="Kuzushiji-MNIST",
        source="Clanuwat et al. 2018 (arXiv:1812.01718)",
        licence="CC BY-SA 4.0",
        images=60000,
        shape=(1, 28, 28),
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        read=_read_idx("kmnist"),
        read_test=_read_idx("kmnist", "test"),
        torchvision_class="KMNIST",
        download_bytes=21_251_469,
        own_folder="KMNIST/raw",
    ),
    "cifar10": DatasetSpec(
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
        read=_read_cifar10(),
        read_test=_read_cifar10("test"),
        torchvision_class="CIFAR10",
        download_bytes=170_498_071,
        own_folder="",
    ),
    "celeba": DatasetSpec(
        title="CelebA faces",
        source="Liu et al. 2015 (arXiv:1411.7766)",
        licence="non-commercial research only",
        images=162770,
        shape=(3, FOLDER_IMAGE_SIZE, FOLDER_IMAGE_SIZE),
        classes=("not smiling", "smiling"),
        read=_read_celeba(),
        read_test=_read_celeba("test"),
        torchvision_class="CelebA",
        download_bytes=1_494_710_800,
        own_folder="celeba",
        archives="*.[tz]*",  # .zip, .txt, and .zip*.part while it arrives
    ),
    "mat": DatasetSpec(
        title=f"MNIST from {MAT_FILE}",
        source="LeCun, Cortes and Burges, as Sam Roweis' MATLAB file",
        licence="CC BY-SA 3.0",
        images=60000,
        shape=(1, MAT_SIDE, MAT_SIDE),
        classes=_TEN_DIGITS,
        read=_read_mat(),
        read_test=_read_mat("test"),
    ),
    "folder": DatasetSpec(
        title="A folder of pictures",
        source="your own",
        licence="yours",
        images=None,
        shape=None,
        classes=(),
        read=_read_from_folder_is_special,
    ),
}
