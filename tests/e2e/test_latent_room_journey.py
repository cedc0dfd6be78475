"""A visitor walks about the latent space: directions, maps, arithmetic, a drawing of their own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.pictures import pixels, wait_for_other, wait_for_the_panel

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with the weights of a shipped generator, whose folder may be written."""
    folder = tmp_path_factory.mktemp("runs")
    shutil.copytree(ROOT / "checkpoints" / "gan-mnist", folder / "mine")
    return folder


@pytest.fixture(scope="module")
def room_url(streamlit_server: Any, runs: Path) -> Iterator[str]:
    with streamlit_server(ROOT / "app.py", env={"GAN_RUNS_DIR": str(runs)}) as url:
        yield f"{url}/explore?g=runs/mine&tool="


def base(page: Page, words: str) -> None:
    """The point came from there."""
    page.get_by_text(re.compile(f"^Base: {words}")).wait_for()


def test_a_direction_is_named_and_moves_the_picture(
    room_url: str, page: Page, settle: Any, runs: Path
) -> None:
    page.goto(f"{room_url}Directions")
    page.get_by_role("button", name="Slanted to the right, +3 sigma").click()
    base(page, re.escape("Slanted to the right, +3 sigma"))
    settle(page)
    page.get_by_label("Name", exact=True).fill("Leaning")
    page.get_by_role("button", name="Save the name").click()
    page.get_by_role("button", name="Leaning, -1 sigma").wait_for()
    names = json.loads((runs / "mine" / "direction-names.json").read_text())
    assert list(names["names"].values()) == ["Leaning"]
    # The sliders know the name, and move along that direction.
    page.get_by_role("radio", name="Measured").first.click()
    slider = page.get_by_role("slider", name=re.compile("^Leaning"))
    slider.wait_for()
    settle(page)
    canvas = page.get_by_role("img", name="Generated picture")
    wait_for_the_panel(page)
    before = pixels(canvas)
    for _ in range(10):
        slider.press("ArrowRight")
    wait_for_other(canvas, before)


def test_a_point_is_picked_on_the_plane_and_on_the_map_of_samples(
    room_url: str, page: Page, settle: Any
) -> None:
    page.goto(f"{room_url}Map")
    page.get_by_role("button", name="Row 3, column 4", exact=True).click()
    base(page, "row 3, column 4 of the plane")
    settle(page)
    page.get_by_text("Samples", exact=True).click()
    field = page.get_by_role("application", name=re.compile("^Map of 2,000 samples"))
    field.focus()
    field.press("ArrowRight")
    hover = page.locator(".hover canvas")
    hover.wait_for()
    page.wait_for_function(
        """() => [...document.querySelectorAll('[data-testid=stBidiComponentIsolated]')]
            .map((host) => host.shadowRoot?.querySelector('.hover canvas')).filter(Boolean)
            .some((c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data
                .some((value, i) => i % 4 < 3 && value > 200))"""
    )
    field.press("Enter")
    base(page, r"sample \d+ of the map")


def test_groups_are_added_and_subtracted(room_url: str, page: Page, settle: Any) -> None:
    page.goto(f"{room_url}Arithmetic")
    for group, sample in (("A", 1), ("B", 2), ("C", 3)):
        page.get_by_role("radio", name=group, exact=True).click()
        settle(page)
        page.get_by_role("button", name=f"Sample {sample}", exact=True).click()
        page.get_by_role("button", name=f"Sample {sample}, {group}", exact=True).wait_for()
        settle(page)
    page.get_by_role("button", name="Explore the result").click()
    base(page, re.escape("means of 1 - 1 + 1 samples"))


def test_a_drawing_is_found_and_explored(room_url: str, page: Page, settle: Any) -> None:
    page.goto(f"{room_url}Your+picture")
    sheet = page.get_by_role("img", name=re.compile("^Sheet to draw on"))
    sheet.scroll_into_view_if_needed()
    settle(page)
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] - 40, steps=8)
    page.mouse.up()
    find = page.get_by_role("button", name="Find it in latent space")
    find.click()
    page.get_by_text(re.compile("Mean squared error")).wait_for(timeout=120_000)
    error_text = page.get_by_text(re.compile("Mean squared error")).inner_text()
    assert float(re.findall(r"0\.\d{4}", error_text)[0]) < 0.02  # a straight stroke is nearly a one
    page.get_by_text("The way there, as a film").click()
    page.get_by_role("slider", name="Step").wait_for()
    page.get_by_role("button", name="Explore it").click()
    base(page, "projection of drawing")
