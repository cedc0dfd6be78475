"""Lists that open under a box."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from playwright.sync_api import TimeoutError

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def pick(page: Page, box: Locator, option: Locator, search: str = "") -> None:
    """Open the list of a box, or search it, and choose an option.

    A list that opens while what is around it still unfolds is closed again, so this opens it until
    it stays. How long it takes to open is up to the machine: each time it has two seconds.
    """
    for _ in range(30):
        box.press("ArrowDown")
        if search:
            box.fill(search)
        with suppress(TimeoutError):
            option.click(timeout=2000)
            return
    option.click()
