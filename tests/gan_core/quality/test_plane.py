from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, wasserstein_distance

from gan_core.data.dataset import Modes
from gan_core.data.loading import load
from gan_core.data.table import DATASETS
from gan_core.quality.measures import MEASURES
from gan_core.quality.plane import (
    PlaneMeasures,
    coverage,
    density,
    jensen_shannon,
    kullback_leibler,
    sliced_wasserstein,
)

CENTRES = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
MODES = Modes(CENTRES, 0.1)


def test_coverage_by_hand() -> None:
    # Three at the first mode, one of them at 2.9 deviations; one at 3.1 is near none.
    points = torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.0, 0.29], [0.0, -0.31]])
    assert coverage(points, MODES) == ((True, False), 0.75, (0.75, 0), (1, 0))
    assert coverage(torch.cat([points, CENTRES]), MODES) == (
        (True, True),
        5 / 6,
        (4 / 6, 1 / 6),
        (5 / 6, 1 / 6),
    )
    # One of thirty is less than a tenth of the fair half.
    many = torch.cat([CENTRES[:1].expand(29, 2), CENTRES[1:]])
    assert coverage(many, MODES).found == 1
    # What has diverged is near nothing.
    assert coverage(torch.full((3, 2), float("nan")), MODES) == ((False, False), 0, (0, 0), (1, 0))
    with pytest.raises(ValueError, match="no points"):
        coverage(many[:0], MODES)


def test_sliced_wasserstein_is_the_mean_of_the_distances_of_projections() -> None:
    random = torch.Generator().manual_seed(0)
    one, other = (torch.randn(50, 2, generator=random, dtype=torch.float64) for _ in range(2))
    angles = np.arange(16) * np.pi / 16
    expected = np.mean(
        [
            wasserstein_distance(one.numpy() @ axis, other.numpy() @ axis)
            for axis in np.stack([np.cos(angles), np.sin(angles)], 1)
        ]
    )
    assert sliced_wasserstein(one, other, 16) == pytest.approx(expected, rel=1e-12)
    assert sliced_wasserstein(one, one.flip(0)) == pytest.approx(0)


def test_sliced_wasserstein_of_a_shift_is_its_mean_projection() -> None:
    points = torch.rand(40, 2, dtype=torch.float64)
    # The mean of |cos| over the half circle is 2 / pi.
    moved = points + torch.tensor([3.0, 0.0])
    assert sliced_wasserstein(points, moved, 512) == pytest.approx(3 * 2 / np.pi, rel=1e-4)
    with pytest.raises(ValueError, match="cannot be set against"):
        sliced_wasserstein(points, moved[1:])


def test_density_by_hand() -> None:
    # From -1 to 1 in two cells a side; what lies beyond the plane counts at its edge.
    points = torch.tensor([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.9], [7.0, 1.0]])
    assert density(points, 2).tolist() == [0.25, 0.25, 0, 0.5]
    assert density(torch.zeros(3, 2), 25).argmax() == 12 * 25 + 12  # the middle of the middle cell


def test_divergences_are_those_of_scipy() -> None:
    random = torch.Generator().manual_seed(0)
    one, other = (density(torch.randn(400, 2, generator=random) / 3, 8) for _ in range(2))
    assert (one == 0).any() and not one.equal(other)
    expected = jensenshannon(one.numpy(), other.numpy()) ** 2
    assert jensen_shannon(one, other) == pytest.approx(expected, rel=1e-12)
    p, q = (0.99 * shares.numpy() + 0.01 / 64 for shares in (one, other))
    assert kullback_leibler(one, other) == pytest.approx(entropy(p, q), rel=1e-12)


def test_divergences_of_equal_and_of_separate_densities() -> None:
    left, right = torch.tensor([1.0, 0, 0, 0]).double(), torch.tensor([0, 0, 0.5, 0.5]).double()
    assert jensen_shannon(left, left) == kullback_leibler(left, left) == 0
    assert jensen_shannon(left, right) == pytest.approx(np.log(2))
    # 0.9925 log(0.9925 / 0.0025) and what the spread-out hundredth gives back
    assert kullback_leibler(left, right) == pytest.approx(
        0.9925 * np.log(397) + 2 * 0.0025 * np.log(0.0025 / 0.4975)
    )


def test_real_points_are_measured_against_others_of_their_kind() -> None:
    data = load("grid", Path("nowhere"), points=900)
    measures = PlaneMeasures(data, DATASETS["grid"].modes())
    assert measures.size == 450
    assert list(measures.real) == [name for name, one in MEASURES.items() if one.points]
    assert measures.real["modes"] == 25 and measures.real["near_mode"] > 0.95
    one_corner = measures.of(torch.rand(450, 2))
    assert sum(one_corner[f"mode/{k}"] for k in range(25)) == pytest.approx(one_corner["near_mode"])
    for name in ("sliced_wasserstein", "jensen_shannon", "kullback_leibler"):
        assert one_corner[name] > 2 * measures.real[name]


def test_without_modes_there_are_no_figures_of_modes() -> None:
    measures = PlaneMeasures(load("moons", Path("nowhere"), points=100), None)
    assert set(measures.of(torch.zeros(50, 2))) == set(measures.real)
    assert set(measures.real) == {"sliced_wasserstein", "jensen_shannon", "kullback_leibler"}
