from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from pages.shared.pairs.report_charts import MAX_POINTS, Chart, draw_charts
from pages.shared.pairs.sides import read_side
from pages.shared.server.sources import Source
from tests.pages.screen import laboratory
from tests.tiny import train


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the curves of a run."""
    with laboratory(tmp_path, monkeypatch) as folder:
        yield train(folder / "runs", "one").path / "metrics.jsonl"


def draw() -> list[Chart]:
    return draw_charts([read_side("Run", Source("runs", "one"))])


def write(path: Path, rows: Sequence[Mapping[str, float]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_the_first_chart_alone_brings_plotly(history: Path) -> None:
    first, *others = draw()
    assert others
    assert "plotly.js v" in first.html
    assert not any("plotly.js v" in chart.html for chart in others)
    assert first.words == "" and all(chart.words for chart in others)


def test_gaps_stay_gaps_and_long_curves_are_thinned(history: Path) -> None:
    rows = [{"step": step, "d/loss": 0.125} for step in range(1, 10_000)]
    write(history, [*rows, {"step": 10_000}])
    html = draw()[0].html
    assert html.count("0.125") == MAX_POINTS - 1
    assert "NaN" not in html.partition("Plotly.newPlot")[2]


def test_nothing_logged_is_nothing_drawn(history: Path) -> None:
    write(history, [])
    assert draw() == []
