"""Two journeys in a browser: compare two generators and race two more; look after the runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from tests.e2e.lists import pick
from tests.e2e.pictures import pixels, wait_for_other
from tests.e2e.tables import select_first_row
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Settled = Callable[["Page"], None]

SHIPPED = ("gan-mnist", "dcgan-mnist")
RACE_MS = 120_000


def picture_of(page: Page, name: str) -> Locator:
    """The picture of that name, once it is drawn."""
    canvas = page.locator(f'canvas[aria-label^="{name}"]').last
    canvas.wait_for()
    return canvas


def choose(page: Page, label: str, option: str) -> None:
    box = page.get_by_role("combobox", name=label)
    pick(page, box, page.get_by_role("option", name=option, exact=True))


def test_compare_two_generators_then_race_two_more(
    page: Page, settle: Settled, url: str, runs: RunStore
) -> None:
    shipped = all((CHECKPOINTS_DIR / name / "config.json").is_file() for name in SHIPPED)
    if not shipped:
        train(runs.root, "one", sample_every=5)
        train(runs.root, "two", sample_every=5, architecture="mlp-small")
    first, second = SHIPPED if shipped else ("two", "one")
    page.set_viewport_size({"width": 1280, "height": 3000})  # a chart is drawn where it is seen
    page.goto(f"{url}/compare")
    settle(page)

    # One slider moves both sheets to the same moment.
    slider = page.get_by_role("slider", name="Moment of training")
    slider.wait_for()
    left, right = picture_of(page, f"A: {first}"), picture_of(page, f"B: {second}")
    page.wait_for_timeout(500)
    before = pixels(left), pixels(right)
    slider.focus()
    slider.press("Home")
    wait_for_other(left, before[0])
    wait_for_other(right, before[1])

    # The same control measures pictures and curves.
    page.get_by_role("radio", name="Images seen").click()
    page.wait_for_function(
        "[...document.querySelectorAll('.gs-chart-plot')]"
        ".some(plot => plot.drawing?.axes[0].label === 'Images seen')"
    )
    page.get_by_role("cell", name="Generator multiply-adds per image").wait_for()

    # A race of two on the bundled digits, to its end.
    settle(page)
    page.get_by_text("Race: train two recipes").click()
    choose(page, "Recipe B", "gan-small-mnist")
    settle(page)
    steps = page.get_by_label("Steps", exact=True)
    steps.fill("60")
    steps.press("Enter")
    settle(page)
    page.get_by_role("button", name="Start the race").click()
    page.get_by_role("button", name="Stop the race").wait_for()
    picture_of(page, "A: gan-mnist")
    picture_of(page, "B: gan-small-mnist")
    page.get_by_text("The race is over").wait_for(timeout=RACE_MS)
    settle(page)
    racers = sorted(run.name for run in runs.list() if run.name not in ("one", "two"))
    assert len(racers) == 2
    page.wait_for_url(lambda address: all(run in address for run in racers))
    assert {runs.get(run).status().phase for run in racers} == {Phase.FINISHED}


def test_rename_download_delete_and_import_a_run(
    page: Page, settle: Settled, url: str, runs: RunStore
) -> None:
    train(runs.root, "old-name")
    page.goto(f"{url}/runs")
    settle(page)
    select_first_row(page, "old-name")

    page.get_by_role("button", name="Rename", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="New name").fill("new-name")
    dialog.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("heading", name="new-name").wait_for()
    assert [run.name for run in runs.list()] == ["new-name"]

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as zip").click()
    page.keyboard.press("Escape")
    archive = download.value.path()
    assert download.value.suggested_filename == "new-name.zip"

    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Keep it").click()
    dialog.wait_for(state="hidden")
    assert [run.name for run in runs.list()] == ["new-name"]
    page.get_by_role("button", name="Delete", exact=True).click()
    dialog.get_by_role("button", name="Delete for good").click()
    page.get_by_text("There are no runs yet").wait_for()
    assert runs.list() == []

    page.locator('input[type="file"]').set_input_files(
        {
            "name": "new-name.zip",
            "mimeType": "application/zip",
            "buffer": Path(archive).read_bytes(),
        }
    )
    page.get_by_text("Imported as new-name.").wait_for()
    page.get_by_role("heading", name="new-name").wait_for()
    settle(page)
    assert [run.name for run in runs.list()] == ["new-name"]
