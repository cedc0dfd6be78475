"""A file of points, uploaded where a training begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.data.drawing import save_drawing
from pages.train.settings import setting_key
from tests.pages.screen import laboratory, open_page, words

RECIPE = "ring-gan"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def on(dataset: str) -> AppTest:
    at = open_page("train", recipe=RECIPE)
    return at.selectbox(setting_key(RECIPE, "dataset")).set_value(dataset).run()


def test_an_uploaded_file_becomes_the_data_set(lab: Path) -> None:
    at = on("points")
    rows = "".join(f"{x},{y}\n" for x in range(5) for y in range(5))
    at.file_uploader[0].set_value(("my points.csv", rows.encode(), "text/csv")).run()
    assert not at.exception and not at.error
    place = at.text_input(setting_key(RECIPE, "folder")).value or ""
    assert (lab / "data" / place).read_text("utf-8") == rows
    assert "25 points. The points were moved, (2, 2) to the middle" in words(at)
    assert not [box for box in at.number_input if box.key == setting_key(RECIPE, "points")]


def test_what_cannot_be_read_is_told_and_not_kept(lab: Path) -> None:
    at = on("points")
    at.file_uploader[0].set_value(("text.csv", b"a,b\nc,d\n", "text/csv")).run()
    assert [box.value for box in at.error] == [
        "Line 2 of text.csv holds text (c, d); give two numbers a line."
    ]
    assert list((lab / "data" / "points").iterdir()) == []
    assert at.text_input(setting_key(RECIPE, "folder")).value == ""


def test_a_drawing_is_named_by_its_file(lab: Path) -> None:
    place = save_drawing([[[k / 20, 0.5] for k in range(20)], [[0.0, -0.5]]], lab / "data")
    at = on("drawing")
    assert "Drawings are made on the page Plane." in words(at) and not at.file_uploader
    at.text_input(setting_key(RECIPE, "folder")).set_value(place).run()
    assert "strokes: 2. Points are spread along them." in words(at)
    at.text_input(setting_key(RECIPE, "folder")).set_value("gone.json").run()
    assert "gone.json; give one under Data." in words(at)
