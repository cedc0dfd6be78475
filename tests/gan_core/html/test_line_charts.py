from __future__ import annotations

import numpy as np
import pytest

from gan_core.html.line_charts import HEIGHT, LEFT, MAX_POINTS, RIGHT, TOP, WIDTH, draw
from gan_core.presets import preset

CONFIG = preset("digits")


def test_the_losses_fill_the_chart() -> None:
    curves = {
        "step": np.array([0.0, 50, 100]),
        "d/loss": np.array([1.0, 2, 3]),
        "g/loss": np.array([2.0, 2, 2]),
    }
    losses = draw(curves, CONFIG)[0]
    assert (losses.title, [line.name for line in losses.lines]) == (
        "Losses",
        ["discriminator", "generator"],
    )
    (points,) = losses.lines[0].pieces
    first, middle, last = (tuple(map(float, pair.split(","))) for pair in points.split())
    assert first == (LEFT, HEIGHT - 24)
    assert last == (WIDTH - RIGHT, TOP)
    assert middle == pytest.approx((LEFT + (WIDTH - LEFT - RIGHT) / 2, (TOP + HEIGHT - 24) / 2))
    assert [tick.label for tick in losses.x] == ["0", "50", "100"]
    assert [tick.label for tick in losses.y] == ["1", "1.5", "2", "2.5", "3"]


def test_gaps_stay_gaps_and_long_curves_are_thinned() -> None:
    steps = np.arange(1000.0)
    loss = np.where((steps > 400) & (steps < 600), np.nan, steps)
    line = draw({"step": steps, "d/loss": loss, "g/loss": steps}, CONFIG)[0].lines[0]
    assert len(line.pieces) == 2
    assert sum(len(piece.split()) for piece in line.pieces) < MAX_POINTS


def test_what_the_objective_has_to_watch_comes_with_its_levels() -> None:
    curves = {"step": np.array([1.0, 2]), "d/D(x)": np.array([0.7, 0.6])}
    _, watch = draw(curves, CONFIG)
    assert watch.title == "What the discriminator says" and watch.words
    assert [level.label for level in watch.levels] == ["chance"]
    assert [tick.label for tick in watch.y] == ["0", "0.5", "1"]


@pytest.mark.parametrize("values", [[1.0, 1.0], [np.nan, np.nan]])
def test_a_flat_curve_and_an_empty_one(values: list[float]) -> None:
    losses, *_ = draw({"step": np.array([1.0, 2]), "d/loss": np.array(values)}, CONFIG)
    assert losses.y and all(np.isfinite(tick.at) for tick in losses.y)


def test_nothing_logged_gives_no_chart() -> None:
    assert draw({}, CONFIG) == []
    assert draw({"step": np.array([])}, CONFIG) == []
