"""What the doctor sees of points, in histories made by hand. Trained ones are in the collection of
``benchmarks/doctor_runs.py``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from gan_core.config import TrainConfig
from gan_core.presets import preset
from gan_core.runs.history import Curves
from gan_core.training.doctor import examine
from gan_core.training.findings import Finding

RING = preset("ring-gan")  # 3,000 steps, so that its warm-up ends at 800
EVEN = np.full(8, 1 / 8)


def history(shares: Sequence[np.ndarray], near: float = 0.9) -> tuple[Curves, Curves]:
    """Of points with those shares at each mode (T, 8), so many of them near it: the curves, and
    the measurements after each hundred steps."""
    rows = np.stack(shares)
    steps = np.arange(1, len(rows) + 1) * 100.0
    quality = {"step": steps, "diversity": np.ones(len(rows)), "modes/real": np.full(len(rows), 8)}
    quality["modes"] = (near * rows >= 0.1 / 8).sum(1).astype(float)
    for mode in range(8):
        quality[f"mode/{mode}"] = near * rows[:, mode]
        quality[f"nearest/{mode}"] = rows[:, mode]
    return {"step": steps, "d/real": np.full(len(rows), np.log(2))}, quality


def found(shares: Sequence[np.ndarray], config: TrainConfig = RING) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(config, *history(shares))}


def at(*modes: int) -> np.ndarray:
    """Equal shares at those modes."""
    return np.isin(np.arange(8), modes) / len(modes)


def test_points_everywhere_are_healthy() -> None:
    assert found([EVEN] * 15) == {}


def test_points_that_stay_at_some_modes_do_not_rotate() -> None:
    missing = found([at(0, 1, 2, 3, 4, 6)] * 15)
    assert list(missing) == ["modes"]
    assert missing["modes"].step == 100
    assert missing["modes"].evidence == "6 of 8 modes have points, missing are 5, 7."
    collapsed = found([at(2, 3, 4, 5)] * 15)
    assert list(collapsed) == ["collapse"]
    assert collapsed["collapse"].evidence == "4 of 8 modes have points, missing are 0, 1, 6, 7."


def test_points_that_go_round_the_ring_do() -> None:
    settled = [at(0)] * 4
    around = [at(mode % 8) for mode in range(1, 12)]
    findings = found([*settled, *around])
    assert set(findings) == {"rotation", "collapse"}
    assert findings["rotation"].step == 500  # the first measurement at another mode
    assert "100% of the points went to another mode" in findings["rotation"].evidence
    assert "at the modes 6, 7, 0, 1, 2, 3, one after" in findings["rotation"].evidence


def test_two_groups_that_go_round_on_opposite_sides_rotate_as_well() -> None:
    """Though their middle stays where it is."""
    assert "rotation" in found([at(mode % 8, (mode + 4) % 8) for mode in range(15)])


@pytest.mark.parametrize(
    "shares",
    [
        [at(k % 8) for k in range(7)],  # before the end of the warm-up
        [*(at(k % 8) for k in range(10)), *[at(1)] * 3],  # which has ended
        [at(0), at(1)] * 7,  # there and back between two
        [0.8 * EVEN + 0.2 * at(k % 8) for k in range(15)],  # a trembling
    ],
    ids=["early", "over", "between two", "trembling"],
)
def test_what_is_no_rotation(shares: Sequence[np.ndarray]) -> None:
    assert "rotation" not in found(shares)


def test_what_is_still_finding_modes_misses_none() -> None:
    growing = [at(*range(k)) for k in (5, 5, 5, 5, 5, 5, 5, 6, 6, 7, 7)]
    assert found(growing) == {}
    assert "modes" in found([*growing, at(*range(7)), at(*range(7))])


def test_where_nothing_was_measured_of_modes_nothing_is_said() -> None:
    curves, quality = history([at(0)] * 15)
    bare = {name: column for name, column in quality.items() if "mode" not in name}
    assert examine(RING, curves, {k: v for k, v in bare.items() if "nearest" not in k}) == ()
    assert examine(RING, curves) == ()
