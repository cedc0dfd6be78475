"""Points of latent space as plain numbers, for those who do without torch."""

from __future__ import annotations

import numpy as np

from gan_core.errors import ConfigError

MAX_COLUMNS = 10  # of a grid with a column for each class
RAW = "raw"  # instead of a family of directions: the numbers of the vector themselves
SIGMA = {"normal": 1.0, "uniform": 3**-0.5}  # deviation of the prior in each number

# How far sliders go along directions, by noise. Normal noise: in units of its deviation. Three
# would span the prior, but along the last of the twelve principal directions of a DCGAN on MNIST
# that changes a picture by less than half the distance between two random pictures; five reach 0.6
# of it there, and all of it along the first. Uniform noise: as many deviations of 0.58.
REACH = {"normal": 5.0, "uniform": 3.0}


def latent_point(
    base: np.ndarray, basis: str, coordinates: dict[int, float], vectors: np.ndarray, psi: float
) -> np.ndarray:
    """The latent vector that a panel of sliders stands for.

    Args:
        base: (latent_dim,) the point that the sliders start from.
        basis: :data:`RAW`: coordinates replace the numbers of ``base``; else, the name of a family
            of directions: they are added along unit ``vectors``.
        coordinates: slider values by index.
        vectors: (K, latent_dim) directions of that family.
        psi: truncation, applied last.

    Raises:
        ConfigError: an index that the basis does not have.
    """
    limit = len(base) if basis == RAW else len(vectors)
    point = base.astype(np.float32).copy()
    for index, value in coordinates.items():
        if not 0 <= index < limit:
            raise ConfigError(f"coordinate {index} does not exist; there are {limit}.")
        if basis == RAW:
            point[index] = value
        else:
            point += value * vectors[index]
    return point * np.float32(psi)


def arithmetic(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """``mean(a) - mean(b) + mean(c)`` of groups of latent vectors (N, D), each with its own N.

    DCGAN (Radford et al. 2015, arXiv:1511.06434, section 6.3.2): the mean of a group stands for
    what its pictures share, which a single vector does not.
    """
    return (a.mean(0) - b.mean(0) + c.mean(0)).astype(np.float32)
