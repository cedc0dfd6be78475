from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from gan_core.data.dataset import Modes
from gan_core.quality.plane import coverage, sliced_wasserstein

CENTRES = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
MODES = Modes(CENTRES, 0.1)


def test_coverage_by_hand() -> None:
    # Three at the first mode, one of them at 2.9 deviations; one at 3.1 is near none.
    points = torch.tensor([[0.0, 0.0], [0.1, 0.0], [0.0, 0.29], [0.0, -0.31]])
    assert coverage(points, MODES) == (1, 0.75, (0.75, 0))
    assert coverage(torch.cat([points, CENTRES]), MODES) == (2, 5 / 6, (4 / 6, 1 / 6))
    # One of thirty is less than a tenth of the fair half.
    many = torch.cat([CENTRES[:1].expand(29, 2), CENTRES[1:]])
    assert coverage(many, MODES).found == 1
    # What has diverged is near nothing.
    assert coverage(torch.full((3, 2), float("nan")), MODES) == (0, 0, (0, 0))
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
