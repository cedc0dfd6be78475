from __future__ import annotations

from pathlib import Path

from gan_core.objectives.table import OBJECTIVES
from tests.pages.screen import open_page, words


def test_an_unknown_topic_is_the_first_one(lab: Path) -> None:
    at = open_page("learn", topic="Nonsense")
    assert not at.exception
    assert OBJECTIVES["gan"].title in words(at)
