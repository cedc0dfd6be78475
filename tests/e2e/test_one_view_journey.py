"""A page is drawn once, also where a busy machine holds back what it draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import serve_warm
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import Page

Settled = Callable[["Page"], None]
SCRIPT = Path(__file__).with_name("starved_app.py")
SHIPPED_TABLES = 1  # of those that came with the program
WATCHED = 8.0  # seconds, in which a page is drawn anew a few times
VIEWS = "() => document.body.innerText.split('Training time').length - 1"
HEADINGS = "() => [...document.querySelectorAll('h3')].map(heading => heading.innerText)"


@pytest.fixture
def starved(tmp_path: Path) -> Iterator[str]:
    """The address of the app on a server that sends late."""
    folders = {"GAN_RUNS_DIR": str(tmp_path / "runs"), "GAN_DATA_DIR": str(tmp_path / "data")}
    with serve_warm(SCRIPT, folders) as address:
        yield address


def watch(page: Page, views: int, headings: set[str]) -> None:
    """From when they are there on, never another number of views, and never a heading less."""
    page.wait_for_function(f"count => ({VIEWS})() === count", arg=views)
    until = time.monotonic() + WATCHED
    while time.monotonic() < until:
        assert page.evaluate(VIEWS) == views
        assert headings <= set(page.evaluate(HEADINGS))
        page.wait_for_timeout(100)


def test_a_training_is_shown_once_from_its_start(page: Page, starved: str, tmp_path: Path) -> None:
    page.goto(f"{starved}/train?recipe=digits")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Training time")).to_have_count(1)
    run = next(iter((tmp_path / "runs").iterdir())).name
    watch(page, 1, {run})
    page.get_by_role("button", name="Whole log").wait_for()
    watch(page, 1, {run})
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped at step").wait_for()
    watch(page, 1, {run})


def test_other_pages_keep_their_headings(page: Page, starved: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(tmp_path / "runs", name)
    page.goto(f"{starved}/train?recipe=digits")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Training time")).to_have_count(1)
    page.goto(f"{starved}/compare?a=runs/one&b=runs/two")
    headings = {"On fresh noise", "Over the course of training", "In numbers"}
    page.get_by_role("heading", name="In numbers").wait_for()
    watch(page, 1, headings)  # the table of numbers has a row of that name
    page.goto(f"{starved}/runs")
    page.get_by_test_id("stDataFrame").first.wait_for()
    watch(page, 0, set())
    expect(page.get_by_test_id("stDataFrame")).to_have_count(1 + SHIPPED_TABLES)
