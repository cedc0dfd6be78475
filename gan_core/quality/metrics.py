"""How near one set of pictures is to another, measured on features (N, D): plain mathematics.

Which features, and of which pictures, is for :mod:`gan_core.quality.evaluation` to say: a distance
has a name only together with the network whose features it compares.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_core.errors import ConfigError
from gan_core.libraries import one_at_a_time

PRECISION_NEIGHBOURS = 3  # Kynkaanniemi et al. 2019, section 3
DENSITY_NEIGHBOURS = 5  # Naeem et al. 2020, section 4
KERNEL_SUBSETS = 50
KERNEL_SUBSET_SIZE = 1000
COPY_RATIO = 1 / 3  # Yoon et al. 2023: a copy is three times nearer than the next real image
CHUNK = 2000  # rows of a distance matrix that are held at once
_IMAGES_AT_ONCE = 8192


class _Identity(nn.Module):
    """Stands where torchmetrics has its extractor, because it gets features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


class FrechetDistance:
    """The squared Frechet distance of feature sets from one reference set.

    ``|m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^(1/2))`` of means m and covariances S (Heusel et al.
    2017, arXiv:1706.08500, equation 6), as torchmetrics computes it, in double precision. It falls
    with the number of pictures, so only distances of equally many may be compared.

    Args:
        reference: (M, D) features of real images, M >= 2; summed up once.
    """

    def __init__(self, reference: Tensor) -> None:
        with one_at_a_time:
            from torchmetrics.image.fid import FrechetInceptionDistance

        self._metric = FrechetInceptionDistance(
            _Identity(reference.shape[1]), reset_real_features=False
        )
        self._metric.update(reference.double(), real=True)

    def __call__(self, features: Tensor) -> float:
        """The distance of features (N, D), N >= 2."""
        self._metric.reset()
        self._metric.update(features.double(), real=False)
        return max(0.0, float(self._metric.compute()))  # rounding can leave a set just below 0


class KernelDistance(NamedTuple):
    """The kernel distance: mean over subsets, and their standard deviation."""

    mean: float
    spread: float
    subset_size: int


def kernel_distance(reference: Tensor, features: Tensor, seed: int = 0) -> KernelDistance:
    """The squared maximum mean discrepancy under the kernel ``(x.y / D + 1)^3``, unbiased: 0 in the
    mean where both sets come from one distribution, and then as often below it as above.

    Binkowski et al. 2018 (arXiv:1801.01401), section 4, as torchmetrics computes it, over
    :data:`KERNEL_SUBSETS` random subsets. No global random state is moved.

    Args:
        reference: (M, D) features of real images.
        features: (N, D) features of pictures.
        seed: of the subsets.
    """
    with one_at_a_time:
        from torchmetrics.image.kid import KernelInceptionDistance

    size = min(KERNEL_SUBSET_SIZE, len(reference), len(features))
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore", UserWarning)  # that it keeps all features
        torch.random.manual_seed(seed)
        metric = KernelInceptionDistance(
            _Identity(reference.shape[1]), subsets=KERNEL_SUBSETS, subset_size=size
        )
        metric.update(reference.double(), real=True)
        metric.update(features.double(), real=False)
        mean, spread = metric.compute()
    return KernelDistance(float(mean), float(spread), size)


class Neighbourhood(NamedTuple):
    """How two sets of features lie among each other, as shares; density alone may exceed 1."""

    precision: float  # of the pictures that lie among real images: are they believable?
    recall: float  # of the real images that lie among pictures: is everything drawn?
    density: float  # real neighbourhoods that a picture lies in, over those expected
    coverage: float  # of the real images that have a picture in their neighbourhood


Progress = Callable[[float], None]


def neighbourhood(
    reference: Tensor, features: Tensor, progress: Progress = lambda share: None
) -> Neighbourhood:
    """Precision and recall (Kynkaanniemi et al. 2019, arXiv:1904.06991, equations 1 to 3), density
    and coverage (Naeem et al. 2020, arXiv:2002.09797, equations 3 and 4), with Euclidean distances.

    A point's neighbourhood is the ball that reaches to its k-th nearest point of the same set,
    itself left out: k is :data:`PRECISION_NEIGHBOURS` for the first two and
    :data:`DENSITY_NEIGHBOURS` for the others.

    Args:
        reference: (M, D) features of real images, more than :data:`DENSITY_NEIGHBOURS`.
        features: (N, D) features of pictures, as many or more.
        progress: called with the share that is done.

    Raises:
        ConfigError: too few of either.
    """
    if min(len(reference), len(features)) <= DENSITY_NEIGHBOURS:
        raise ConfigError(
            f"{len(features)} pictures against {len(reference)} are too few: precision, recall, "
            f"density and coverage need more than {DENSITY_NEIGHBOURS} of each."
        )
    real_radii = _radii(reference, (PRECISION_NEIGHBOURS, DENSITY_NEIGHBOURS))
    progress(0.33)
    (fake_radius,) = _radii(features, (PRECISION_NEIGHBOURS,))
    progress(0.67)
    within = {k: torch.zeros(len(features), dtype=torch.int64) for k in range(2)}
    recall, coverage = 0, 0
    start = 0
    for part in reference.split(CHUNK):
        distances = _distances(part, features)
        rows = slice(start, start + len(part))
        for k, radius in enumerate(real_radii):
            within[k] += (distances <= radius[rows, None]).sum(0)
        recall += int((distances <= fake_radius[None]).any(1).sum())
        coverage += int((distances.min(1).values <= real_radii[1][rows]).sum())
        start += len(part)
    progress(1.0)
    return Neighbourhood(
        precision=float((within[0] > 0).double().mean()),
        recall=recall / len(reference),
        density=float(within[1].double().mean()) / DENSITY_NEIGHBOURS,
        coverage=coverage / len(reference),
    )


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances (len(a), len(b)).

    Through a matrix product, which is quick and loses the smallest distances to rounding: in double
    precision they are lost only where nobody looks.
    """
    return torch.cdist(a.double(), b.double(), compute_mode="use_mm_for_euclid_dist")


def _radii(points: Tensor, orders: tuple[int, ...]) -> list[Tensor]:
    """For each order k, the distance (N,) of each point to its k-th nearest other point."""
    smallest = []
    for start in range(0, len(points), CHUNK):
        distances = _distances(points[start : start + CHUNK], points)
        own = torch.arange(len(distances))
        distances[own, own + start] = torch.inf
        smallest.append(distances.topk(max(orders), largest=False).values)
    together = torch.cat(smallest)
    return [together[:, k - 1] for k in orders]


@dataclass(frozen=True)
class Nearest:
    """The nearest images of a set to each of N pictures."""

    index: Tensor  # (N,) of the nearest
    distance: Tensor  # (N,) to the nearest
    second: Tensor  # (N,) to the next


def nearest(
    samples: Tensor,
    images: Tensor,
    *,
    apart: bool = False,
    progress: Progress = lambda share: None,
) -> Nearest:
    """The image nearest to each sample, and how far it is: root mean square difference in grey
    levels of a pixel, from 0 to 255.

    Args:
        samples: (N, C, H, W) uint8.
        images: (M, C, H, W) uint8, at least two.
        apart: ``samples`` are ``images``, and none counts as its own neighbour.
        progress: called with the share that is done.
    """
    best = torch.full((len(samples), 2), torch.inf)
    index = torch.zeros((len(samples), 2), dtype=torch.int64)
    # |a - b|^2 - |a|^2 = |b|^2 - 2 ab puts the images in order through a matrix product, up to
    # rounding; the two that it finds are then measured as they are.
    for first in range(0, len(images), _IMAGES_AT_ONCE):
        others = _rows(images[first : first + _IMAGES_AT_ONCE])
        squares = others.square().sum(1)
        for start in range(0, len(samples), CHUNK):
            rows = slice(start, start + CHUNK)
            order = torch.addmm(squares[None], _rows(samples[rows]), others.T, alpha=-2)
            if apart:
                own = torch.arange(start, start + len(order))
                inside = (own >= first) & (own < first + len(others))
                order[inside.nonzero()[:, 0], own[inside] - first] = torch.inf
            near = order.topk(min(2, len(others)), largest=False)
            values, places = torch.cat([best[rows], near.values], 1).topk(2, largest=False)
            index[rows] = torch.cat([index[rows], near.indices + first], 1).gather(1, places)
            best[rows] = values
        progress(min(1.0, (first + len(others)) / len(images)))
    distances = torch.empty_like(best)
    for start in range(0, len(samples), CHUNK):
        rows = slice(start, start + CHUNK)
        for place in range(2):
            gap = _rows(samples[rows]) - _rows(images[index[rows, place]])
            distances[rows, place] = gap.square().mean(1).sqrt()
    distances, places = distances.sort(1)
    return Nearest(index.gather(1, places)[:, 0], distances[:, 0], distances[:, 1])


def _rows(images: Tensor) -> Tensor:
    return images.flatten(1).float()


class Copying(NamedTuple):
    """Whether pictures lie nearer to the training images than new real images do."""

    copies: float  # share three times nearer to one training image than to any other
    real_copies: float  # the same share of new real images
    near: float  # share nearer to a training image than 99 of 100 new real images are
    distance: float  # median to the nearest training image, in grey levels of a pixel
    real_distance: float  # the same of new real images


def copying(samples: Nearest, real: Nearest) -> Copying:
    """Set the distances of pictures to the training images against those of new real images.

    A generator that draws as the data are distributed has as many near ones as chance has, 1%. A
    picture is called a copy if its nearest training image is :data:`COPY_RATIO` times as far as the
    next one (Yoon et al. 2023, "Diffusion probabilistic models generalize when they fail to
    memorize", section 4), which a picture that is merely smooth is not.
    """
    limit = torch.quantile(real.distance.double(), 0.01)
    return Copying(
        copies=_copy_share(samples),
        real_copies=_copy_share(real),
        near=float((samples.distance.double() < limit).double().mean()),
        distance=float(samples.distance.median()),
        real_distance=float(real.distance.median()),
    )


def _copy_share(nearest: Nearest) -> float:
    return float((nearest.distance < COPY_RATIO * nearest.second).double().mean())


def spread(images: Tensor) -> float:
    """The mean distance between two of N images (N, C, H, W) uint8, over all pairs: root mean
    square difference in grey levels of a pixel. A single image has a spread of 0."""
    if len(images) < 2:
        return 0.0
    rows = _rows(images) / _rows(images[:1]).shape[1] ** 0.5
    return float(torch.nn.functional.pdist(rows).mean())


def classifier_score(probabilities: Tensor) -> float:
    """``exp E KL(p(y|x) || p(y))`` of class probabilities (N, K): from 1, nothing told apart, to K,
    every picture sure and all classes equally often.

    The formula of the Inception score (Salimans et al. 2016, arXiv:1606.03498, section 4), over all
    pictures at once.
    """
    p = probabilities.double()
    marginal = p.mean(0, keepdim=True)
    return float((torch.xlogy(p, p) - torch.xlogy(p, marginal)).sum(1).mean().exp())
