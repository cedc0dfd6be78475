from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gan_core.runs.history import Curves
from gan_core.training.snapshot import Phase, Snapshot
from pages.shared.pairs import sides
from pages.shared.pairs.report_charts import MAX_POINTS, draw_charts
from pages.shared.pairs.sides import Side
from pages.shared.server.sources import Source
from tests.pages.screen import laboratory
from tests.tiny import train


@pytest.fixture
def side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    with laboratory(tmp_path, monkeypatch) as folder:
        train(folder / "runs", "one")
        yield sides.read_side("Run", Source("runs", "one"))


def with_curves(side: Side, curves: Curves) -> Side:
    live = Snapshot(side.source.name, Phase.RUNNING, side.config, curves=curves)
    return replace(side, state=replace(side.state, live=live))


def test_the_first_chart_alone_brings_plotly(side: Side) -> None:
    first, *others = draw_charts([side])
    assert others
    assert "plotly.js v" in first.html
    assert not any("plotly.js v" in chart.html for chart in others)
    assert first.words == "" and all(chart.words for chart in others)


def test_gaps_stay_gaps_and_long_curves_are_thinned(side: Side) -> None:
    steps = np.arange(1.0, 10_001.0)
    losses = np.where(steps < 10_000, 0.125, np.nan)
    long = with_curves(side, {"step": steps, "d/loss": losses})
    html = draw_charts([long])[0].html
    assert html.count("0.125") == MAX_POINTS - 1
    assert "NaN" not in html.partition("Plotly.newPlot")[2]


def test_nothing_logged_is_nothing_drawn(side: Side) -> None:
    assert draw_charts([with_curves(side, {})]) == []
