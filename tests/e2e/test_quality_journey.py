"""A journey in a browser: fork a run, see what the doctor says, take a report, read the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from gan_core.data import loading
from gan_core.quality import evaluation
from gan_core.quality.pictures import draw_samples
from gan_core.runs.generators import open_generator
from gan_core.runs.store import RunStore
from tests.e2e.lists import pick
from tests.e2e.tables import select_first_row
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Settled = Callable[["Page"], None]

RACE_MS = 120_000


def test_fork_a_run_and_take_the_report(
    page: Page, context: BrowserContext, settle: Settled, url: str, runs: RunStore, tmp_path: Path
) -> None:
    train(runs.root, "parent", save_every=5, sample_every=5, log_every=5)
    page.goto(f"{url}/runs")
    settle(page)
    select_first_row(page, "parent")

    page.get_by_role("link", name="Compare it").click()
    page.wait_for_url(re.compile(r"/compare\?.*a=runs(/|%2F)parent"))
    settle(page)
    page.get_by_role("link", name="Runs").click()
    page.get_by_role("heading", name="parent").wait_for()
    settle(page)

    page.get_by_text("Fork: go on from a saved step with other settings").click()
    box = page.get_by_role("combobox", name="Change in fork B")
    option = page.get_by_role("option", name="Generator learning rate")
    pick(page, box, option, search="Generator learning rate")
    settle(page)
    page.keyboard.press("Escape")  # the list stays open for more
    page.get_by_role("spinbutton", name="Generator learning rate").fill("0.0001")
    page.keyboard.press("Enter")
    settle(page)
    page.get_by_role("button", name="Train both forks").click()
    page.get_by_text("The race is over").wait_for(timeout=RACE_MS)
    settle(page)
    forks = [run for run in runs.list() if run.name != "parent"]
    assert {run.info().parent for run in forks} == {"parent"}
    assert sorted(run.config().lr_g for run in forks) == [0.0001, 0.002]
    expect(page.get_by_text("Doctor:")).to_have_count(2)

    with page.expect_download() as caught:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    caught.value.save_as(report)
    context.set_offline(True)
    reader = context.new_page()
    reader.goto(report.as_uri())
    for run in forks:
        expect(reader.get_by_role("heading", level=1)).to_contain_text(run.name)
    reader.locator(".js-plotly-plot .main-svg").first.wait_for()
    reader.wait_for_function(
        "document.images.length >= 2 && [...document.images].every(img => img.naturalWidth > 0)"
    )


def test_the_board_shows_one_generator_in_full(
    page: Page, settle: Settled, url: str, runs: RunStore, tmp_path: Path
) -> None:
    run = train(runs.root, "measured")

    data = loading.load("digits", tmp_path / "data", image_size=28)
    pictures = draw_samples(open_generator(run.path), 64, run=run)
    evaluation.save(run, evaluation.evaluate(pictures, data, tmp_path / "data"))
    page.goto(f"{url}/leaderboard")
    settle(page)
    box = page.get_by_role("combobox", name="Data set")
    pick(page, box, page.get_by_role("option", name="digits (1)"))
    settle(page)
    page.get_by_role("heading", name="One generator in full").wait_for()
    page.get_by_role("cell", name="Frechet distance").wait_for()
    page.get_by_text("Has it memorised the training images?").wait_for()
    sheet = page.get_by_role("img").last
    sheet.scroll_into_view_if_needed()
    page.wait_for_function("img => img.naturalWidth > 0", arg=sheet.element_handle())
