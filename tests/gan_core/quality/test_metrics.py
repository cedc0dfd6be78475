"""Every measure against an independent computation, or values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import linalg
from torch import Tensor

from gan_core.errors import ConfigError
from gan_core.quality import metrics
from tests.gan_core import helpers


def cloud(n: int, d: int, seed: int, shift: float = 0.0) -> Tensor:
    random = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=torch.Generator().manual_seed(99))
    return torch.randn(n, d, generator=random) @ mix + shift


def test_the_frechet_distance_agrees_with_scipys_matrix_square_root() -> None:
    a, b = cloud(200, 6, 1), cloud(150, 6, 2, shift=0.5) * 1.3
    x, y = a.double().numpy(), b.double().numpy()
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(s @ t).real
    expected = ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(s + t - 2 * root)
    assert metrics.FrechetDistance(a)(b) == pytest.approx(expected, rel=1e-6)


def test_the_frechet_distance_of_shifted_points_is_the_shift_squared() -> None:
    a = cloud(100, 4, 1)
    distance = metrics.FrechetDistance(a)
    assert distance(a + 3) == pytest.approx(4 * 9, rel=1e-4)
    assert distance(a) == pytest.approx(0, abs=1e-4)  # and remembers nothing of the call before


def test_the_kernel_distance_by_hand() -> None:
    a, b = torch.tensor([[0.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.0, 2.0], [2.0, 2.0]])
    # k(x, y) = (x.y / 2 + 1)^3: among a 1, among b (4/2 + 1)^3 = 27, across 1, 1, 1 and 27.
    expected = 1 + 27 - 2 * (1 + 1 + 1 + 27) / 4
    result = metrics.kernel_distance(a, b)
    assert (result.mean, result.spread) == pytest.approx((expected, 0))
    assert result.subset_size == 2


def test_the_kernel_distance_moves_no_random_state() -> None:
    before = helpers.random_states()
    first = metrics.kernel_distance(cloud(80, 3, 1), cloud(60, 3, 2))
    assert helpers.random_states() == before
    assert metrics.kernel_distance(cloud(80, 3, 1), cloud(60, 3, 2)) == first
    assert first.spread >= 0


def brute_force(real: np.ndarray, fake: np.ndarray) -> tuple[float, ...]:
    """Straight from the papers' equations, one pair at a time."""

    def radius(points: np.ndarray, i: int, k: int) -> float:
        others = [math.dist(points[i], p) for j, p in enumerate(points) if j != i]
        return sorted(others)[k - 1]

    def inside(p: np.ndarray, points: np.ndarray, i: int, k: int) -> bool:
        return math.dist(p, points[i]) <= radius(points, i, k)

    m, n = range(len(real)), range(len(fake))
    return (
        sum(any(inside(p, real, i, 3) for i in m) for p in fake) / len(fake),
        sum(any(inside(p, fake, i, 3) for i in n) for p in real) / len(real),
        sum(inside(p, real, i, 5) for p in fake for i in m) / (5 * len(fake)),
        sum(any(inside(p, real, i, 5) for p in fake) for i in m) / len(real),
    )


def test_neighbourhoods_agree_with_a_brute_force_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 7)  # several chunks, the last one shorter
    real, fake = cloud(30, 2, 1), cloud(25, 2, 2, shift=3)
    result = metrics.neighbourhood(real, fake)
    assert result == pytest.approx(brute_force(real.double().numpy(), fake.double().numpy()))
    assert 0 < result.precision < 1 and 0 < result.recall < 1


def test_a_set_among_itself_is_precise_and_covered() -> None:
    points = cloud(40, 3, 1)
    result = metrics.neighbourhood(points, points)
    assert (result.precision, result.recall, result.coverage) == (1, 1, 1)
    assert result.density >= 1


def test_too_few_for_neighbourhoods() -> None:
    with pytest.raises(ConfigError, match="5 pictures against 40 are too few"):
        metrics.neighbourhood(cloud(40, 3, 1), cloud(5, 3, 1))


def pictures(*values: float) -> Tensor:
    """Pictures of 2 x 2, each of one grey level."""
    return torch.tensor(values).to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)


def test_the_nearest_image_and_how_far_it_is() -> None:
    result = metrics.nearest(pictures(10, 200), pictures(0, 13, 190, 255))
    assert result.index.tolist() == [1, 2]
    assert result.distance.tolist() == [3, 10]
    assert result.second.tolist() == [10, 55]


def test_no_image_is_its_own_neighbour() -> None:
    result = metrics.nearest(pictures(0, 10, 30), pictures(0, 10, 30), apart=True)
    assert result.index.tolist() == [1, 0, 1]
    assert result.distance.tolist() == [10, 10, 20]


def test_nearest_agrees_with_a_brute_force_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "CHUNK", 6)
    monkeypatch.setattr(metrics, "_IMAGES_AT_ONCE", 7)
    random = np.random.default_rng(1)
    a, b = random.integers(0, 256, (2, 20, 3, 4, 4), dtype=np.uint8)
    result = metrics.nearest(torch.from_numpy(a), torch.from_numpy(b))
    every = np.sqrt(((a[:, None].astype(float) - b[None]) ** 2).mean((2, 3, 4)))
    among = np.sqrt(((b[:, None].astype(float) - b[None]) ** 2).mean((2, 3, 4)))
    np.fill_diagonal(among, np.inf)
    others = metrics.nearest(torch.from_numpy(b), torch.from_numpy(b), apart=True)
    assert others.index.tolist() == among.argmin(1).tolist()
    assert result.index.tolist() == every.argmin(1).tolist()
    assert result.distance.numpy() == pytest.approx(every.min(1), rel=1e-5)


def test_copies_are_told_from_new_pictures() -> None:
    train = pictures(*range(0, 250, 10))
    real = metrics.nearest(pictures(4, 14, 25, 36), train)
    copies = metrics.copying(metrics.nearest(pictures(50, 90, 120, 44), train), real)
    assert (copies.copies, copies.near) == (0.75, 0.75)
    assert (copies.real_copies, copies.real_distance) == (0, 4)
    assert metrics.copying(real, real).near == 0


def test_the_spread_is_the_mean_over_all_pairs() -> None:
    assert metrics.spread(pictures(0, 3, 9)) == pytest.approx((3 + 9 + 6) / 3)
    assert metrics.spread(pictures(7, 7)) == 0


def test_the_classifier_score_by_hand() -> None:
    sure = torch.eye(4)
    assert metrics.classifier_score(sure) == pytest.approx(4)
    assert metrics.classifier_score(sure[[0, 0, 0]]) == pytest.approx(1)
    assert metrics.classifier_score(torch.full((5, 4), 0.25)) == pytest.approx(1)
    mixed = torch.tensor([[0.9, 0.1], [0.1, 0.9]])
    expected = math.exp(0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5))
    assert metrics.classifier_score(mixed) == pytest.approx(expected)
