"""MNIST from Sam Roweis' MATLAB file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from gan_core.data.dataset import BUILT_IN, TEN_DIGITS, DatasetSpec, Request, Rows, Split
from gan_core.errors import DataError, first_line
from gan_core.files import is_file
from gan_core.libraries import one_at_a_time

if TYPE_CHECKING:
    import numpy as np

MAT_FILE = "mnist_all.mat"
MAT_SIDE = 28


def _read(request: Request) -> Rows:
    """For each digit an array of rows of 28 x 28 pixels.

    The rows hold a picture line by line, as C has it; MATLAB itself has to transpose them.
    """
    import numpy as np
    import torch

    path = request.data_dir / MAT_FILE
    arrays = _arrays(path, [f"{request.split}{digit}" for digit in TEN_DIGITS])
    rows = np.concatenate(arrays)
    labels = np.repeat(np.arange(len(arrays)), [len(array) for array in arrays])
    images = torch.from_numpy(rows).view(-1, 1, MAT_SIDE, MAT_SIDE)
    return Rows(images, torch.from_numpy(labels), TEN_DIGITS)


def _arrays(path: Path, keys: list[str]) -> list[np.ndarray]:
    """The arrays of those names, each uint8 with rows of 28 x 28 pixels.

    Raises:
        DataError: no file, a damaged one, or one that is not MNIST.
    """
    with one_at_a_time:
        from scipy.io import loadmat

    if not is_file(path):
        raise DataError(
            f"There is no {MAT_FILE} in {path.parent}; put the file there, point --data-dir or "
            f"GAN_DATA_DIR at its folder, or take the data set {BUILT_IN!r}, which is built in."
        )
    try:
        arrays = loadmat(path, variable_names=keys)
    except Exception as error:  # scipy raises nearly anything on a damaged file
        raise DataError(
            f"{path} is damaged or no MATLAB file of version 5 ({first_line(error)})."
        ) from error
    for key in keys:
        if key not in arrays:
            raise DataError(f"{path} is not MNIST: it has no array {key}.")
        if not _is_mat_array(arrays[key].shape, str(arrays[key].dtype)):
            raise DataError(
                f"{path} is not MNIST: {key} is {arrays[key].dtype} of the shape "
                f"{arrays[key].shape}; it must be uint8, with rows of {MAT_SIDE**2}."
            )
    return [arrays[key] for key in keys]


def _is_mat_array(shape: tuple[int, ...], kind: str) -> bool:
    return kind == "uint8" and len(shape) == 2 and shape[0] > 0 and shape[1] == MAT_SIDE**2


def _is_present(data_dir: Path) -> bool:
    """Whether the file holds MNIST: both of its parts can be read."""
    path = data_dir / MAT_FILE
    if not is_file(path):
        return False  # without scipy, which takes its time to load
    try:
        _arrays(path, [f"{split}{digit}" for split in get_args(Split) for digit in TEN_DIGITS])
    except (DataError, OSError):
        return False
    return True


MAT = DatasetSpec(
    title=f"MNIST from {MAT_FILE}",
    source="LeCun, Cortes and Burges, as Sam Roweis' MATLAB file",
    licence="CC BY-SA 3.0",
    images=60000,
    shape=(1, MAT_SIDE, MAT_SIDE),
    classes=TEN_DIGITS,
    read=_read,
    is_present=_is_present,
    files=(MAT_FILE,),
    has_test=True,
    digits=True,
)
