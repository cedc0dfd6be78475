from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.explore.screen import (
    button,
    open_tool,
    saves,
    scale_of,
    walk_of_two,
)
from tests.pages.screen import laboratory, open_page
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def test_a_walk_is_offered_at_every_scale_that_fits(lab: Path) -> None:
    at = walk_of_two(lab)
    assert scale_of(at, "mp4").options[0] == "1x · 28 x 28"
    assert scale_of(at, "mp4").options[-1] == "32x · 896 x 896"
    assert scale_of(at, "mp4").value == 8
    at.segmented_control("explore_walk_file_kind").set_value("png").run()
    assert not at.exception
    assert scale_of(at, "png").options[0] == f"1x · {13 * 30 - 2} x 28"
    assert saves(at, "explore_walk_file") == ["Save PNG"]


@pytest.mark.parametrize(
    ("tool", "key"),
    [
        ("Map", "explore_map_file"),
        ("Directions", "explore_strips_file"),
        ("Sample sheet", "explore_sheet_file"),
    ],
)
def test_a_grid_is_taken_as_a_png(lab: Path, tool: str, key: str) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, tool)
    assert saves(at, key) == ["Save PNG"]
    assert at.selectbox(f"{key}_scale_png").value == 2
    at.selectbox(f"{key}_scale_png").set_value(16).run()
    assert not at.exception


def test_a_large_film_is_made_with_a_bar_and_kept(lab: Path) -> None:
    at = walk_of_two(lab)
    at.slider("explore_steps").set_value(30).run()
    scale_of(at, "mp4").set_value(16).run()
    assert saves(at, "explore_walk_file") == []
    button(at, "Make the file")
    assert saves(at, "explore_walk_file")[0].startswith("Save (")
    at.run()
    assert saves(at, "explore_walk_file")[0].startswith("Save (")
    at.slider("explore_steps").set_value(29).run()  # another walk is another file
    assert saves(at, "explore_walk_file") == []


def test_without_pyav_a_sentence_stands_in_place_of_the_button(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = walk_of_two(lab)
    monkeypatch.setitem(sys.modules, "av", None)
    at.run()
    assert "MP4 needs the package av" in at.error[0].value
    assert saves(at, "explore_walk_file") == []
    at.segmented_control("explore_walk_file_kind").set_value("webp").run()
    assert not at.error and saves(at, "explore_walk_file") == ["Save WebP"]
