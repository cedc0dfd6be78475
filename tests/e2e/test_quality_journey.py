"""A journey in a browser: fork a run, see what the doctor says, take a report, read the board."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core import datasets, evaluation
from gan_core.runs import RunStore, open_generator
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Settled = Callable[["Page"], None]

RACE_MS = 120_000
ROW = 64  # pixels


def test_fork_a_run_and_take_the_report(
    page: Page, context: BrowserContext, settled: Settled, url: str, runs: RunStore, tmp_path: Path
) -> None:
    train(runs.root, "parent", save_every=5, sample_every=5, log_every=5)
    page.goto(f"{url}/runs")
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for()
    page.wait_for_timeout(500)
    table.click(position={"x": 20, "y": 36 + ROW / 2})
    page.get_by_role("heading", name="parent").wait_for()

    page.get_by_text("Fork: go on from a saved step otherwise").click()
    box = page.get_by_role("combobox", name="Change in fork B")
    box.fill("Generator learning rate")
    page.get_by_role("option", name="Generator learning rate").click()
    settled(page)
    page.keyboard.press("Escape")  # the list stays open for more
    page.get_by_role("spinbutton", name="Generator learning rate").fill("0.0001")
    page.keyboard.press("Enter")
    settled(page)
    page.get_by_role("button", name="Train both forks").click()
    page.get_by_text("The race is over").wait_for(timeout=RACE_MS)
    settled(page)
    forks = [run for run in runs.list() if run.name != "parent"]
    assert {run.info().parent for run in forks} == {"parent"}
    assert sorted(run.config().lr_g for run in forks) == [0.0001, 0.002]
    assert page.get_by_text("Doctor:").count() == 2

    with page.expect_download() as caught:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    caught.value.save_as(report)
    context.set_offline(True)
    reader = context.new_page()
    reader.goto(report.as_uri())
    for run in forks:
        assert run.name in reader.get_by_role("heading", level=1).inner_text()
    reader.locator(".js-plotly-plot .main-svg").first.wait_for()
    widths = reader.locator("img").evaluate_all("all => all.map(img => img.naturalWidth)")
    assert len(widths) >= 2 and all(widths)


def test_the_board_shows_one_generator_in_full(
    page: Page, settled: Settled, url: str, runs: RunStore, tmp_path: Path
) -> None:
    run = train(runs.root, "measured")

    data = datasets.load("digits", tmp_path / "data", image_size=28)
    pictures = evaluation.draw(open_generator(run.path), 64, folder=run.path)
    evaluation.save(run, evaluation.evaluate(pictures, data, tmp_path / "data"))
    page.goto(f"{url}/leaderboard")
    settled(page)
    page.get_by_role("combobox", name="Data set").press("ArrowDown")
    page.get_by_role("option", name="digits (1)").click()
    settled(page)
    page.get_by_role("heading", name="One generator in full").wait_for()
    assert page.get_by_role("cell", name="Frechet distance").is_visible()
    assert page.get_by_text("Has it memorised the training images?").is_visible()
    sheet = page.get_by_role("img").last
    sheet.scroll_into_view_if_needed()
    assert sheet.evaluate("img => img.complete && img.naturalWidth") > 0
