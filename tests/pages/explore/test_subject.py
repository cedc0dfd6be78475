from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pages.explore.screen import (
    button,
    choose_class,
    open_tool,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_pictures_are_of_the_class_chosen(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes: list[set[int]] = []

    def gallery(shown: list[dict[str, str]], *, drawn: dict[str, Any], **options: Any) -> None:
        assert len(drawn["classes"]) == len(shown)
        classes.append(set(drawn["classes"]))

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told")
    choose_class(at, "4")
    classes.clear()
    button(at, "Random keys")
    assert classes.count({4}) == 2  # the key points, and the walk
    open_tool(at, "Sample sheet")
    assert "a column one class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in words(at)
    at.number_input("explore_rows").set_value(3).run()
    assert classes[-1] == set(range(10))


def test_a_damaged_second_leaves_the_first(lab: Path, panels: list[list[str]]) -> None:
    train(lab / "runs", "a", steps=1)
    broken = train(lab / "runs", "b", steps=1)
    (broken.path / "generator.safetensors").write_bytes(b"no such file format")
    at = open_page("explore", g="runs/a", g2="runs/b")
    assert not at.exception
    assert "b/generator.safetensors is damaged" in at.warning[0].value
    assert len(panels[-1]) == 1
