"""Lists that open under a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def pick(page: Page, box: Locator, option: Locator, search: str = "") -> None:
    """Open the list of a box, or search it, and choose an option.

    A list that opens while what is around it still unfolds is closed again, so this opens it until
    it stays.
    """
    for _ in range(40):
        if option.is_visible():
            break
        box.press("ArrowDown")
        if search:
            box.fill(search)
        page.wait_for_timeout(250)
    option.click()
