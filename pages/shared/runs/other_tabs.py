"""A training that another tab begins or ends, noticed by this one."""

from __future__ import annotations

from pages.shared.fragments import fragment, redraw_page
from pages.shared.server import process

LOOK_EVERY = 3.0  # seconds


def notice_other_tabs() -> None:
    """Draw the page anew when the server's training is another one, or has begun or ended.

    Called at the end of a page: it draws nothing, and its empty box would move what stands below.
    """
    fragment(_compare, every=LOOK_EVERY)(_now())


def _compare(before: tuple[int, bool]) -> None:
    if _now() != before:
        redraw_page()


def _now() -> tuple[int, bool]:
    trainings = process.trainings()
    return id(trainings.job), trainings.active is not None
