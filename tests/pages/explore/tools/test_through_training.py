from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages.explore import picture_choice
from tests.pages.explore.screen import (
    button,
    keep_states,
    labels,
    selectbox,
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import STEPS, train


def test_one_state_gives_a_sentence(lab: Path) -> None:
    train(lab / "runs", "short", steps=1, keep_states=0)
    at = open_page("explore", tool="Through training")
    assert not at.exception
    assert "Saved step" not in labels(at)
    assert "`keep_states`" in words(at)


def test_the_point_is_drawn_by_every_saved_state(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_states(lab)
    strips: list[list[dict[str, str]]] = []

    def strip(pictures: list[dict[str, str]], **_: Any) -> None:
        strips.append(pictures)

    monkeypatch.setattr(picture_choice, "gallery", strip)
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    names = ["Step 0", "Step 5", "Step 10", "Step 15", f"Step {STEPS} (latest)"]
    assert [picture["label"] for picture in strips[-1]] == names
    assert len({picture["url"] for picture in strips[-1]}) == 5
    downloads: Any = at.get("download_button")
    assert "Save MP4" in {b.label for b in downloads}
    first = strips[-1]
    state(at).go_to_seed(5)
    button(at, "Follow the point above")
    assert all(a["url"] != b["url"] for a, b in zip(first, strips[-1], strict=True))


def test_a_picked_state_is_explored(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_states(lab)
    clicks: list[int | None] = [2]

    def strip(pictures: Any, **_: Any) -> int | None:
        return clicks.pop() if clicks else None

    monkeypatch.setattr(picture_choice, "gallery", strip)
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    assert selectbox(at, "Saved step").value == 10


def test_a_damaged_state_is_left_out_of_the_strip(lab: Path) -> None:
    run = keep_states(lab)
    run.generator_path(10).write_bytes(b"no such file format")
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    (warning,) = at.warning
    assert "Step 10 is left out. long/states/000010.safetensors is damaged" in warning.value
    assert "through 4 saved states" in words(at)
