"""The table of data sets. To add one, write a file beside this one and add a line here."""

from __future__ import annotations

from gan_core.data.celeba import CELEBA
from gan_core.data.dataset import DatasetSpec
from gan_core.data.digits import DIGITS
from gan_core.data.drawing import DRAWING
from gan_core.data.folder import FOLDER
from gan_core.data.mat import MAT
from gan_core.data.own_points import OWN_POINTS
from gan_core.data.plane import (
    CHECKERBOARD,
    GRID,
    LINE,
    MOONS,
    PINWHEEL,
    RING,
    SPIRAL,
    TWO_GAUSSIANS,
)
from gan_core.data.torchvision_sets import CIFAR10, FASHION_MNIST, KMNIST, MNIST
from gan_core.errors import ConfigError

DATASETS: dict[str, DatasetSpec] = {
    "digits": DIGITS,
    "mnist": MNIST,
    "fashion_mnist": FASHION_MNIST,
    "kmnist": KMNIST,
    "cifar10": CIFAR10,
    "celeba": CELEBA,
    "mat": MAT,
    "folder": FOLDER,
    "ring": RING,
    "grid": GRID,
    "two-gaussians": TWO_GAUSSIANS,
    "spiral": SPIRAL,
    "moons": MOONS,
    "line": LINE,
    "checkerboard": CHECKERBOARD,
    "pinwheel": PINWHEEL,
    "points": OWN_POINTS,
    "drawing": DRAWING,
}


def dataset_spec(name: str) -> DatasetSpec:
    """The data set of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in DATASETS:
        raise ConfigError(f"dataset is {name!r}; choose one of {', '.join(DATASETS)}.")
    return DATASETS[name]


def is_digits(name: str) -> bool:
    """Whether a data set holds digits as MNIST does; False for a name that this version of the
    program does not have."""
    return name in DATASETS and DATASETS[name].digits
