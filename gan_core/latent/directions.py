"""Directions of latent space that mean something, found in four ways.

Each way gives a family of unit vectors; to add one, write a function and add a line to
:data:`FAMILIES`. Finding takes seconds, so what comes of it is kept with the generator
(:mod:`gan_core.latent.direction_files`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from gan_core.data.dataset import LUMA
from gan_core.latent.attributes import ATTRIBUTES
from gan_core.latent.family import Directions
from gan_core.latent.vectors import noise
from gan_core.libraries import one_at_a_time
from gan_core.networks.base import Generator
from gan_core.networks.sampling import balanced_labels, draw

MAX_DIRECTIONS = 12  # of a family that has an order
MIN_OF_A_CLASS = 20  # samples, below which a mean says nothing

_PRINCIPAL_SAMPLES = 2048
_MOST_SAMPLES = 8192
_MOST_PIXELS = 2**23  # of all samples together


class ClassReader(NamedTuple):
    """What tells the classes of pictures that were drawn without labels."""

    names: tuple[str, ...]  # of the classes
    label: Callable[[np.ndarray], np.ndarray]  # pixels (N, H, W, C) uint8 to (N,); -1: not sure


@dataclass(frozen=True)
class Samples:
    """What a generator makes of draws from its prior, the same at every call."""

    z: np.ndarray  # (N, latent_dim)
    pixels: np.ndarray  # (N, H, W, C) uint8
    labels: np.ndarray | None  # (N,) the classes that they were drawn as, in turn


def sample_prior(generator: Generator, kind: str, n: int) -> Samples:
    """So many samples of a generator; ``kind`` of noise as :func:`.vectors.draw_latent` has it."""
    z = noise(n, generator.latent_dim, seed=0, kind=kind)
    y = balanced_labels(n, generator.n_classes)
    return Samples(z.numpy(), draw(generator, z, y), None if y is None else y.numpy())


def _principal(generator: Generator, kind: str, reader: ClassReader | None) -> Directions:
    samples = sample_prior(generator, kind, _PRINCIPAL_SAMPLES)
    pixels = samples.pixels.astype(np.float32)
    for label in range(generator.n_classes):  # what sets classes apart is no direction of z
        pixels[label :: generator.n_classes] -= pixels[label :: generator.n_classes].mean(0)
    return principal_directions(samples.z, pixels)


def _first_layer(generator: Generator, kind: str, reader: ClassReader | None) -> Directions:
    return sefa(first_layer(generator))


def _attributes(generator: Generator, kind: str, reader: ClassReader | None) -> Directions:
    samples = sample_prior(generator, kind, _sample_count(generator))
    return measured_directions(samples.z, samples.pixels, samples.labels)


def _classes(generator: Generator, kind: str, reader: ClassReader | None) -> Directions:
    assert reader is not None
    samples = sample_prior(generator, kind, _sample_count(generator))
    return class_directions(samples.z, reader.label(samples.pixels), reader.names)


def _sample_count(generator: Generator) -> int:
    """Samples for a mean or a regression: more where pictures are small."""
    pixels = int(np.prod(generator.image_shape))
    return max(_PRINCIPAL_SAMPLES, min(_MOST_SAMPLES, _MOST_PIXELS // pixels))


@dataclass(frozen=True)
class Family:
    """A way to find directions."""

    title: str
    find: Callable[[Generator, str, ClassReader | None], Directions]
    reads: bool = False  # needs a reader, and a generator that takes no labels


FAMILIES = {
    "pca": Family("Principal", _principal),
    "sefa": Family("First layer", _first_layer),
    "measured": Family("Measured", _attributes),
    "classes": Family("Classes", _classes, reads=True),
}


def principal_directions(
    z: np.ndarray, pixels: np.ndarray, k: int = MAX_DIRECTIONS, seed: int = 0
) -> Directions:
    """The latent directions along which a generator's pictures vary most.

    Principal components of the pictures, carried back to latent space by least squares: the
    direction of component j is the z that its coordinate predicts, ``sum_i x_ij z_i / sum_i
    x_ij^2`` (GANSpace, Härkönen et al. 2020, arXiv:2004.02546, section 2.2, on the generator's
    output), scaled to unit length.

    Args:
        z: (N, latent_dim) draws from the prior.
        pixels: (N, ...) what the generator makes of them.
        k: how many directions; fewer come back where latent_dim or N is smaller.
        seed: of the randomised decomposition.
    """
    with one_at_a_time:
        from sklearn.decomposition import PCA

    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    k = min(k, z.shape[1], len(flat) - 1, flat.shape[1])
    pca = PCA(n_components=k, svd_solver="randomized", random_state=seed)
    coordinates = pca.fit_transform(flat)
    vectors = (coordinates.T @ z) / np.maximum((coordinates**2).sum(0), 1e-12)[:, None]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return Directions(
        vectors.astype(np.float32),
        pca.explained_variance_ratio_,
        "principal components of generated pictures, carried back to z by least squares (GANSpace)",
    )


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
        k: how many directions.
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


def measured_directions(
    z: np.ndarray, pixels: np.ndarray, labels: np.ndarray | None = None
) -> Directions:
    """For each attribute the direction along which it grows; see :func:`least_squares`.

    Args:
        z: (N, latent_dim) draws from the prior.
        pixels: (N, H, W, C) uint8, what the generator makes of them. Attributes of strokes are
            measured where there is one channel and the border is dark.
        labels: (N,) classes that they were drawn as; what sets these apart is taken out first.
    """
    light = pixels.astype(np.float32) / 255
    light = light @ np.array(LUMA, np.float32) if light.shape[3] == 3 else light[..., 0]
    border = np.concatenate([light[:, 0], light[:, -1], light[:, :, 0], light[:, :, -1]], 1)
    strokes = pixels.shape[3] == 1 and float(border.mean()) < 0.1
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
    offsets, rest = z - z.mean(0), values - values.mean()
    total = float(rest @ rest)
    gradient = np.linalg.lstsq(offsets.astype(np.float64), rest, rcond=None)[0]
    length = float(np.linalg.norm(gradient))
    if total < 1e-12 * len(values) or length == 0:
        return np.zeros(z.shape[1], np.float32), 0.0
    error = rest - offsets @ gradient
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
