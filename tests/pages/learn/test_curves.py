from __future__ import annotations

from pathlib import Path

from tests.pages.screen import open_page, words


def test_the_curves_are_explained(lab: Path) -> None:
    at = open_page("learn", topic="Curves")
    assert not at.exception
    assert "A loss is a score of a game" in words(at)
