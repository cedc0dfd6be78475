"""A visitor follows a point through training, sees two generators at once, and sends a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.lists import pick
from tests.e2e.pictures import pixels, wait_for_other, wait_for_pixels, wait_for_the_panel
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import Page

APP = Path(__file__).resolve().parents[2] / "app.py"
STEPS, EVERY = 30, 10


@pytest.fixture(scope="module")
def explore_url(streamlit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Explore on a run that kept states at steps 0, 10 and 20, and whose vectors are as long as
    those of the generators that ship."""
    runs = tmp_path_factory.mktemp("runs")
    train(runs, "mine", steps=STEPS, save_every=EVERY, latent_dim=64)
    with streamlit_server(APP, env={"GAN_RUNS_DIR": str(runs)}) as url:
        yield f"{url}/explore?g=runs/mine"


def test_a_point_is_followed_through_training(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(f"{explore_url}&tool=Through+training")
    scrub = page.get_by_role("slider", name="Step", exact=True)
    scrub.wait_for()
    settle(page)
    film = page.get_by_role("img", name="step 0", exact=True)
    film.wait_for()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    scrub.focus()
    for step in (10, 20, 30):
        scrub.press("ArrowRight")
        page.get_by_role("img", name=f"step {step}", exact=True).wait_for()
    assert not [url for url in requests if url.startswith("http")], "the server was asked"
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Save MP4").click()
    assert waiting.value.suggested_filename == "mine-through-training.mp4"

    canvas = page.get_by_role("img", name="Generated picture")
    wait_for_the_panel(page)
    latest = pixels(canvas)
    page.get_by_role("button", name="Step 10", exact=True).click()
    page.get_by_text("trained 10 steps").wait_for()
    page.wait_for_url(re.compile("step=10"))
    wait_for_other(canvas, latest)


def test_two_generators_follow_the_same_sliders(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(explore_url)
    beside = page.get_by_role("combobox", name="Beside it")
    pick(page, beside, page.get_by_role("option", name="acgan-mnist (shipped)"))
    first = page.get_by_role("img", name="Generated picture, mine", exact=True)
    second = page.get_by_role("img", name="Generated picture, acgan-mnist (shipped)", exact=True)
    first.wait_for()
    second.wait_for()
    settle(page)
    wait_for_the_panel(page)
    before = pixels(first), pixels(second)
    slider = page.get_by_role("slider", name=re.compile("^Direction 1 "))
    for _ in range(20):
        slider.press("ArrowRight")
    wait_for_other(first, before[0])
    wait_for_other(second, before[1])
    page.wait_for_timeout(600)
    settle(page)
    wait_for_the_panel(page)
    pixels_after = pixels(first), pixels(second)
    # The class is told to the one that is told one.
    page.get_by_role("radio", name="7", exact=True).click()
    wait_for_other(second, pixels_after[1])
    assert pixels(first) == pixels_after[0]


def test_a_link_opens_the_same_view(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(f"{explore_url}&step=20&g2=checkpoints/dcgan-mnist&tool=Map")
    slider = page.get_by_role("slider", name=re.compile("^Direction 2 "))
    slider.wait_for()
    settle(page)
    page.get_by_role("button", name="New random point").click()
    page.get_by_text(re.compile(r"^Base: seed [1-9]")).wait_for()
    settle(page)
    for _ in range(15):
        slider.press("ArrowRight")
    expect(slider).to_have_value("1.5")
    page.wait_for_timeout(600)
    settle(page)
    wait_for_the_panel(page)
    names = "mine, step 20", "dcgan-mnist (shipped)"
    shown = [pixels(page.get_by_role("img", name=f"Generated picture, {n}")) for n in names]
    page.get_by_role("button", name="Link to this view").click()
    link = page.get_by_test_id("stPopoverBody").locator("code").inner_text()
    address = "".join(link.split())
    assert address.startswith("http://127.0.0.1:")

    page.goto("about:blank")
    page.goto(address)
    page.get_by_text("Base: a link").wait_for()
    settle(page)
    expect(slider).to_have_value("1.5")
    expect(page.get_by_role("tab", name="Map")).to_have_attribute("aria-selected", "true")
    for name, before in zip(names, shown, strict=True):
        wait_for_pixels(page.get_by_role("img", name=f"Generated picture, {name}"), before)

    page.goto("about:blank")
    page.goto(re.sub("z=[^&]*", "z=cut", address))
    page.get_by_text("The link's point is damaged").wait_for()
    settle(page)
    expect(page.get_by_role("tab", name="Map")).to_have_attribute("aria-selected", "true")
    page.get_by_text("trained 20 steps").wait_for()
