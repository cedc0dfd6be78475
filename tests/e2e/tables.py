"""Tables, which are drawn on a canvas: a row is found by its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_HEAD, _ROW = 36, 64  # pixels


def select_first_row(page: Page, name: str) -> None:
    """Select the first run of the Runs page, whose name is that, and wait for its details."""
    table = page.get_by_test_id("stDataFrame").first
    table.get_by_test_id("data-grid-canvas").wait_for()
    page.wait_for_timeout(500)
    table.click(position={"x": 20, "y": _HEAD + _ROW / 2})
    page.get_by_role("heading", name=name).wait_for()
