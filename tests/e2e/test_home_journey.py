"""A visitor comes to Home, sees a generator at work, and takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import ROOT
from tests.e2e.pictures import pixels, wait_for_other

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="module")
def home_url(streamlit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    runs: Path = tmp_path_factory.mktemp("runs")
    with streamlit_server(ROOT / "app.py", env={"GAN_RUNS_DIR": str(runs)}) as url:
        yield url


def open_walk(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("combobox", name="Generator").select_option("cgan-mnist")
    page.get_by_role("radio", name="9", exact=True).wait_for(state="attached")


def test_the_walk_goes_on_and_is_taken_over(home_url: str, page: Page) -> None:
    open_walk(page, home_url)
    canvas = page.get_by_role("img", name="A picture on the walk")
    way = page.get_by_role("slider", name="Along the walk")
    wait_for_other(canvas, pixels(canvas))
    way.press("ArrowRight")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    here, place = pixels(canvas), way.input_value()
    page.wait_for_timeout(300)
    assert (pixels(canvas), way.input_value()) == (here, place)
    way.press("End")
    there = wait_for_other(canvas, here)
    way.press("Home")
    wait_for_other(canvas, here)
    assert pixels(canvas) == there, "the walk ends where it begins"
    page.get_by_role("radio", name="7", exact=True).check()
    seven = wait_for_other(canvas, there)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_for_other(canvas, seven)


def test_nothing_moves_by_itself_for_those_who_ask_for_that(home_url: str, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_walk(page, home_url)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    way = page.get_by_role("slider", name="Along the walk")
    page.wait_for_timeout(500)
    expect(way).to_have_value("0")


def test_a_generator_without_classes_has_no_class_picker(home_url: str, page: Page) -> None:
    open_walk(page, home_url)
    page.get_by_role("combobox", name="Generator").select_option("dcgan-mnist")
    expect(page.get_by_role("radio", name="9", exact=True)).to_have_count(0)
    canvas = page.get_by_role("img", name="A picture on the walk")
    wait_for_other(canvas, pixels(canvas))
