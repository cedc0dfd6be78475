from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.data.drawing import Drawing, read_drawing, save_drawing
from gan_core.data.loading import load
from gan_core.errors import DataError

# A line of length 1.2 in thirteen points, one of 0.4 in eleven, and a dot.
LONG = [[-0.6 + 0.1 * k, 0.5] for k in range(13)]
SHORT = [[0.0, -0.4 + 0.04 * k] for k in range(11)]
STROKES = [LONG, SHORT, [[0.9, -0.9]]]


def spread(strokes: Any, deviation: float = 1e-9) -> tuple[torch.Tensor, torch.Tensor]:
    return Drawing.of(strokes).spread(20_000, deviation, torch.Generator().manual_seed(0))


def test_points_lie_evenly_along_the_strokes() -> None:
    points, strokes = spread(STROKES)
    shares = torch.bincount(strokes).double() / len(points)
    # By length, but for the dot, which gets a hundredth of the others' points.
    assert shares.tolist() == pytest.approx([1.2 / 1.616, 0.4 / 1.616, 0.016 / 1.616], abs=0.01)
    across, up = points[strokes == 0].T
    assert (up - 0.5).abs().max() < 1e-6
    assert torch.histc(across, 6, -0.6, 0.6).div(len(across)).tolist() == pytest.approx(
        [1 / 6] * 6, abs=0.01
    )
    torch.testing.assert_close(points[strokes == 2][0], torch.tensor([0.9, -0.9]))


def test_noise_is_around_them() -> None:
    points, strokes = spread(STROKES, 0.05)
    _, up = points[strokes == 0].T
    assert float(up.std()) == pytest.approx(0.05, rel=0.05)


def test_the_same_drawing_gives_the_same_points(tmp_path: Path) -> None:
    place = save_drawing(STROKES, tmp_path)
    assert place == save_drawing(STROKES, tmp_path)
    data = load("drawing", tmp_path, folder=place)
    assert data.fingerprint == load("drawing", tmp_path, folder=place).fingerprint
    assert data.classes == ("0", "1", "2") and len(data) == 8192
    assert len(load("drawing", tmp_path, folder=place, points=300)) == 300
    noisy = load("drawing", tmp_path, folder=place, deviation=0.1)
    assert noisy.fingerprint != data.fingerprint
    assert data.kept is not None
    kept = tmp_path / "distribution.json"
    kept.write_text(data.kept.content, "utf-8")
    assert load("drawing", Path("nowhere"), folder=str(kept)).fingerprint == data.fingerprint
    assert read_drawing(kept) == Drawing.of(STROKES)


@pytest.mark.parametrize(
    ("strokes", "words"),
    [
        ([LONG[:10], SHORT[:9]], r"The drawing has 19 points; draw some more, 20 at least"),
        ([], r"The drawing has 0 points; draw some more"),
        ([[[0.5, 0.5]] * 30], r"All points of the drawing are equal; draw a line"),
        ([LONG, [*SHORT, [math.nan, 0]]], r"A point of the drawing is NaN or infinite"),
        ([LONG, [*SHORT, [1.2, 0]]], r"lies outside the plane from -1 to 1"),
        ([LONG, SHORT, []], r"A stroke of the drawing has no points"),
        ([LONG] * 101, r"101 strokes of 1,313 points; draw 100 strokes and 100,000 points at"),
        ([LONG * 8000], r"1 strokes of 104,000 points; draw 100 strokes"),
        ([LONG, [["0.1", "0.2"]] * 20], r"A drawing is a list of strokes, each a list of points"),
        ([LONG, [[1, 2, 3]] * 20], r"A drawing is a list of strokes"),
        ([[1, 2], LONG], r"A drawing is a list of strokes"),
        ("strokes", r"A drawing is a list of strokes"),
        (None, r"A drawing is a list of strokes"),
    ],
)
def test_what_is_no_drawing_is_refused(tmp_path: Path, strokes: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        save_drawing(strokes, tmp_path)
    assert not (tmp_path / "drawings").exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", "\x00", '{"strokes": 7}'])
def test_a_damaged_file_is_told(tmp_path: Path, content: str) -> None:
    path = tmp_path / "drawing.json"
    path.write_text(content, "utf-8")
    with pytest.raises(DataError, match=r"drawing.json holds no drawing|A drawing is a list"):
        read_drawing(path)
    with pytest.raises(DataError, match=r"There is no drawing"):
        load("drawing", tmp_path, folder="gone.json")
    with pytest.raises(DataError, match=r"folder is empty; give the file of the drawing"):
        load("drawing", tmp_path)


def test_a_drawing_is_json(tmp_path: Path) -> None:
    place = tmp_path / save_drawing(STROKES, tmp_path)
    assert json.loads(place.read_text("utf-8"))["strokes"][2] == [[0.9, -0.9]]
