"""Directions of latent space that mean something, found in four ways.

Each way gives a family of unit vectors; to add one, write a function and add a line to
:data:`FAMILIES`. They are found at first use and kept (:mod:`gan_core.latent.direction_files`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.data.loading import LUMA
from gan_core.images.pixels import to_uint8
from gan_core.latent.vectors import Directions, noise, principal_directions
from gan_core.networks.build import Generator
from gan_core.training.trainer import sample

MAX_DIRECTIONS = 12  # of a family that has an order
MIN_OF_A_CLASS = 20  # samples, below which a mean says nothing
SIGMA = {"normal": 1.0, "uniform": 3**-0.5}  # deviation of the prior in each number

CONFIDENT = 0.9  # probability of a class from which a picture counts as one of it

_PRINCIPAL_SAMPLES = 2048
_MOST_SAMPLES = 8192
_MOST_PIXELS = 2**23  # of all samples together


@dataclass(frozen=True)
class Samples:
    """What a generator makes of draws from its prior, the same at every call."""

    z: np.ndarray  # (N, latent_dim)
    pictures: np.ndarray  # (N, H, W, C) uint8
    labels: np.ndarray | None  # (N,) the classes that it was told, in turn


def samples(generator: Generator, kind: str, n: int) -> Samples:
    """So many pictures of a generator; ``kind`` of noise as in :func:`gan_core.latent.vectors.draw`."""
    z = noise(n, generator.latent_dim, seed=0, kind=kind)
    y = torch.arange(n) % generator.n_classes if generator.n_classes else None
    pictures = [
        to_uint8(sample(generator, z[i : i + 512], None if y is None else y[i : i + 512]))
        for i in range(0, n, 512)
    ]
    return Samples(z.numpy(), np.concatenate(pictures), None if y is None else y.numpy())


def _principal(generator: Generator, kind: str, read: Reader | None) -> Directions:
    drawn = samples(generator, kind, _PRINCIPAL_SAMPLES)
    pictures = drawn.pictures.astype(np.float32)
    for label in range(generator.n_classes):  # what sets classes apart is no direction of z
        pictures[label :: generator.n_classes] -= pictures[label :: generator.n_classes].mean(0)
    return principal_directions(drawn.z, pictures)


def _first_layer(generator: Generator, kind: str, read: Reader | None) -> Directions:
    return sefa(first_layer(generator))


def _measured(generator: Generator, kind: str, read: Reader | None) -> Directions:
    drawn = samples(generator, kind, _many(generator))
    return measured_directions(drawn.z, drawn.pictures, drawn.labels)


def _classes(generator: Generator, kind: str, read: Reader | None) -> Directions:
    assert read is not None
    drawn = samples(generator, kind, _many(generator))
    probabilities = read(drawn.pictures)
    labels = named(probabilities)
    return class_directions(drawn.z, labels, [str(k) for k in range(probabilities.shape[1])])


def named(probabilities: np.ndarray) -> np.ndarray:
    """The likeliest class (N,) by probabilities (N, K); -1 where it is not :data:`CONFIDENT`."""
    return np.where(probabilities.max(1) < CONFIDENT, -1, probabilities.argmax(1))


def _many(generator: Generator) -> int:
    """Samples for a mean or a regression: more where pictures are small."""
    pixels = int(np.prod(generator.image_shape))
    return max(_PRINCIPAL_SAMPLES, min(_MOST_SAMPLES, _MOST_PIXELS // pixels))


# Pictures (N, H, W, C) uint8 to probabilities (N, K) of the classes that they show.
Reader = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Family:
    """A way to find directions."""

    title: str
    find: Callable[[Generator, str, Reader | None], Directions]
    reads: bool = False  # needs a reader, and a generator that is not told its classes


FAMILIES = {
    "pca": Family("Principal", _principal),
    "sefa": Family("First layer", _first_layer),
    "measured": Family("Measured", _measured),
    "classes": Family("Classes", _classes, reads=True),
}


def first_layer(generator: Generator) -> Tensor:
    """The weights (units, latent_dim) with which a generator's first layer takes z.

    A transposed convolution on 1 x 1 maps is such a matrix too. Weights of a class are left out.
    """
    for module in generator.body.modules():
        if isinstance(module, nn.Linear):
            weight = module.weight
        elif isinstance(module, nn.ConvTranspose2d):
            weight = module.weight.flatten(1).T
        else:
            continue
        return weight.detach()[:, : generator.latent_dim].float()
    raise ValueError("the generator's first layer is neither linear nor a transposed convolution")


def sefa(weight: Tensor, k: int = MAX_DIRECTIONS) -> Directions:
    """The directions that a first layer amplifies most.

    The eigenvectors of ``A^T A`` with the largest eigenvalues (SeFa, Shen and Zhou 2021,
    arXiv:2007.06600, equation 5), without any sample. GANSpace on the activations of that layer
    finds the same ones: where z is isotropic, their covariance is ``A A^T``.

    Args:
        weight: A, (units, latent_dim).
        k: directions wanted.
    """
    values, vectors = torch.linalg.eigh((weight.T @ weight).double())
    top = vectors.flip(1)[:, :k].T
    # An eigenvector has no sign; its largest number is made positive, so that it comes back.
    largest = top.gather(1, top.abs().argmax(1, keepdim=True))
    top = top * largest.sign()
    gains = values.flip(0).clamp(min=0)
    return Directions(
        top.float().numpy(),
        (gains / gains.sum().clamp(min=1e-12))[:k].numpy(),
        "eigenvectors of the first layer's weights (SeFa)",
        unit="of the first layer's gain",
    )


@dataclass(frozen=True)
class Attribute:
    """Something that can be measured in a picture."""

    title: str  # of the direction along which it grows
    measure: Callable[[np.ndarray], np.ndarray]  # light (N, H, W) from 0 to 1 to values (N,)
    strokes: bool = True  # makes sense for light strokes on a dark ground alone


def brightness(light: np.ndarray) -> np.ndarray:
    """Mean light (N,) of pictures (N, H, W) from 0 to 1."""
    return light.mean((1, 2))


def thickness(light: np.ndarray) -> np.ndarray:
    """Width of the strokes in pixels, (N,), of pictures (N, H, W) from 0 to 1.

    Twice their area by the length of their outline, which for grey pictures is the total
    variation: a line of length L and width w has the area L w and the outline 2 L.
    """
    framed = np.pad(light, ((0, 0), (1, 1), (1, 1)))
    down = np.diff(framed, axis=1)[:, :, :-1]
    right = np.diff(framed, axis=2)[:, :-1, :]
    outline = np.hypot(down, right).sum((1, 2))
    return 2 * light.sum((1, 2)) / np.maximum(outline, 1e-6)


def slant(light: np.ndarray) -> np.ndarray:
    """How far strokes lean to the right, (N,): columns that they shift by for a row upwards.

    From second moments about the centre of mass, ``-mu_11 / mu_02``.
    """
    _, x, y = _centred(light)
    mu_02 = (light * y**2).sum((1, 2))
    return -(light * x * y).sum((1, 2)) / np.maximum(mu_02, 1e-6)


def width(light: np.ndarray) -> np.ndarray:
    """Deviation of the light about its centre of mass along a row, in pixels, (N,)."""
    mass, x, _ = _centred(light)
    return np.sqrt((light * x**2).sum((1, 2)) / mass)


def _centred(light: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mass (N,) of pictures, and columns and rows counted from their centres of mass."""
    _, rows, columns = light.shape
    x, y = np.arange(columns)[None, None, :], np.arange(rows)[None, :, None]
    mass = np.maximum(light.sum((1, 2)), 1e-6)
    middle_x = (light * x).sum((1, 2)) / mass
    middle_y = (light * y).sum((1, 2)) / mass
    return mass, x - middle_x[:, None, None], y - middle_y[:, None, None]


ATTRIBUTES = {
    "thickness": Attribute("Thicker strokes", thickness),
    "slant": Attribute("Slanted to the right", slant),
    "width": Attribute("Wider", width),
    "brightness": Attribute("Brighter", brightness, strokes=False),
}


def measured_directions(
    z: np.ndarray, pictures: np.ndarray, labels: np.ndarray | None = None
) -> Directions:
    """For each attribute the direction along which it grows; see :func:`least_squares`.

    Args:
        z: (N, latent_dim) draws from the prior.
        pictures: (N, H, W, C) uint8, what the generator makes of them. Attributes of strokes are
            measured where there is one channel and the border is dark.
        labels: (N,) classes that it was told; what sets them apart is taken out first.
    """
    light = pictures.astype(np.float32) / 255
    light = light @ np.array(LUMA, np.float32) if light.shape[3] == 3 else light[..., 0]
    border = np.concatenate([light[:, 0], light[:, -1], light[:, :, 0], light[:, :, -1]], 1)
    strokes = pictures.shape[3] == 1 and float(border.mean()) < 0.1
    vectors, shares, titles = [], [], []
    for attribute in ATTRIBUTES.values():
        if attribute.strokes and not strokes:
            continue
        values = attribute.measure(light).astype(np.float64)
        if labels is not None:
            means = {k: values[labels == k].mean() for k in np.unique(labels)}
            values = values - np.array([means[k] for k in labels])
        vector, share = least_squares(z, values)
        if vector.any():
            vectors.append(vector)
            shares.append(share)
            titles.append(attribute.title)
    return Directions(
        np.array(vectors, np.float32).reshape(-1, z.shape[1]),
        np.array(shares),
        "least squares from z to what is measured in the pictures: stroke width, and slant and "
        "width from image moments",
        tuple(titles),
        "of its variance",
    )


def least_squares(z: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """The unit direction along which a value grows, and the share of its variance explained.

    Ordinary least squares with an intercept: the gradient of the linear function of z that comes
    nearest to the values, and its R^2.

    Args:
        z: (N, latent_dim).
        values: (N,); where they do not vary, the direction is zero.
    """
    centred, rest = z - z.mean(0), values - values.mean()
    total = float(rest @ rest)
    gradient = np.linalg.lstsq(centred.astype(np.float64), rest, rcond=None)[0]
    length = float(np.linalg.norm(gradient))
    if total < 1e-12 * len(values) or length == 0:
        return np.zeros(z.shape[1], np.float32), 0.0
    error = rest - centred @ gradient
    return (gradient / length).astype(np.float32), 1 - float(error @ error) / total


def class_directions(z: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> Directions:
    """From each class to each other: the difference of their mean latent vectors, of length 1.

    Args:
        z: (N, latent_dim) draws from the prior.
        labels: (N,) the class that each picture shows; below 0 where none is clear.
        names: of the classes. One with fewer than :data:`MIN_OF_A_CLASS` samples is left out.

    Returns:
        Grouped by the class that they lead away from; none where fewer than two classes are left.
    """
    means = {
        k: z[labels == k].mean(0)
        for k in range(len(names))
        if (labels == k).sum() >= MIN_OF_A_CLASS
    }
    pairs = [(a, b) for a in means for b in means if a != b]
    steps = np.array([means[b] - means[a] for a, b in pairs]).reshape(-1, z.shape[1])
    lengths = np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-12)
    return Directions(
        (steps / lengths).astype(np.float32),
        np.full(len(pairs), np.nan),
        "differences of the mean latent vectors of samples that the digit classifier reads as one "
        "class and as the other",
        tuple(f"From {names[a]} to {names[b]}" for a, b in pairs),
        groups=tuple(f"From {names[a]}" for a, _ in pairs),
    )


def fingerprint(generator: Generator) -> str:
    """32 hexadecimal digits that change with any weight of a generator."""
    digest = hashlib.sha256()
    for name, tensor in sorted(generator.state_dict().items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:32]
