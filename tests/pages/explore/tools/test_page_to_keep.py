from __future__ import annotations

from pathlib import Path

from tests.pages.explore.screen import open_tool
from tests.pages.screen import open_page
from tests.tiny import train


def test_the_page_is_offered(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, "As a page")
    labels = [button.label for button in at.download_button if button.key == "explore_page"]
    assert labels == ["Explorer page (HTML)"]
