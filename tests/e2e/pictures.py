"""What the canvases on a page show."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.e2e.conftest import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page


def pixels(canvas: Locator) -> str:
    return str(canvas.evaluate("canvas => canvas.toDataURL()"))


def wait_for_pixels(canvas: Locator, state: str) -> None:
    """Wait until a canvas shows that picture."""
    _wait(canvas, lambda shown: shown == state)


def wait_for_other(canvas: Locator, before: str) -> str:
    """Wait until a canvas shows another picture, and return it."""
    return _wait(canvas, lambda shown: shown != before)


def _wait(canvas: Locator, reached: Callable[[str], bool]) -> str:
    until = time.monotonic() + PATIENCE / 1e3
    while not reached(shown := pixels(canvas)):
        assert time.monotonic() < until, f"{canvas} still shows {shown[:80]}"
        canvas.page.wait_for_timeout(50)
    return shown


def wait_for_the_panel(page: Page) -> None:
    """Wait until the latent panel has an answer to all that it was asked for."""
    page.locator('.pictures[aria-busy="false"]').first.wait_for()
