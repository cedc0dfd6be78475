"""A journey in a browser: read about an objective, then undo one point of DCGAN and watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

Settled = Callable[["Page"], None]

PATIENCE = 120_000  # milliseconds; the machine may be busy with other tests


def picture_of(page: Page, name: str) -> Locator:
    """The picture of that name, once it is drawn."""
    canvas = page.locator(f'canvas[aria-label^="{name}"]').last
    canvas.wait_for(timeout=PATIENCE)
    return canvas


def test_read_a_lesson_then_race_a_point_against_its_opposite(
    page: Page, settle: Settled, url: str, runs: RunStore
) -> None:
    # A link opens its objective: equations are typeset, the code is that of the library.
    page.goto(f"{url}/learn?objective=wgan-gp")
    page.get_by_role("heading", name="WGAN-GP, gradient penalty").wait_for(timeout=PATIENCE)
    page.get_by_text("Its code, as it runs").wait_for()
    settle(page)
    page.locator(".katex").nth(5).wait_for(state="attached")
    code = page.locator('[data-testid="stCode"]', has_text="class WGANGP(Objective)")
    code.first.wait_for()
    assert page.locator(".katex-error").count() == 0

    # A topic is in the address too.
    page.get_by_role("radio", name="DCGAN").click()
    page.wait_for_url(lambda address: "topic=DCGAN" in address)
    page.get_by_text("LeakyReLU", exact=True).click()
    page.wait_for_url(lambda address: "point=LeakyReLU" in address)
    settle(page)

    # The race of a point against its opposite, on the bundled digits, to its end.
    steps = page.get_by_role("spinbutton", name="Steps")
    steps.fill("60")
    steps.press("Enter")
    settle(page)
    page.get_by_role("button", name="Train LeakyReLU against ReLU").click()
    page.get_by_role("button", name="Stop the race").wait_for(timeout=PATIENCE)
    picture_of(page, "A: LeakyReLU")
    picture_of(page, "B: ReLU")
    page.get_by_text("What a trial showed").wait_for(timeout=PATIENCE)
    picture_of(page, "LeakyReLU")
    picture_of(page, "ReLU")
    page.get_by_role("slider", name="Training step of the grid").wait_for()
    names = sorted(run.name for run in runs.list())
    networks = {run.config().architecture for run in runs.list()}
    assert networks == {"dcgan-28", "dcgan-28-relu"}
    assert {run.status().phase for run in runs.list()} == {Phase.FINISHED}

    # It is still there after a reload, and a link carries both to Compare.
    page.reload()
    picture_of(page, "LeakyReLU")
    page.get_by_text("Compare the two in full").click()
    page.wait_for_url(lambda address: "/compare" in address and all(n in address for n in names))
