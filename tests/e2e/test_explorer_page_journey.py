"""A visitor opens an explorer page from disk, without a network, and plays with the generator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gan_core.html.explorer import write_explorer
from gan_core.networks.sampling import draw
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import OpenedGenerator, find_checkpoint, open_generator
from tests.e2e.pictures import pixels, wait_for_other

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SHOWN = """canvas => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return Array.from(data).filter((_, i) => i % 4 === 0);
}"""


@pytest.fixture
def model() -> OpenedGenerator:
    return open_generator(find_checkpoint("cgan-mnist"))


@pytest.fixture
def opened(page: Page, model: OpenedGenerator, tmp_path: Path) -> Page:
    path = tmp_path / "cgan.html"
    path.write_text(write_explorer(RunFolder(find_checkpoint("cgan-mnist")), model), "utf-8")
    page.context.set_offline(True)
    page.goto(path.as_uri())
    page.locator("html[data-ready]").wait_for(state="attached")
    return page


def assert_true_to_its_vector(page: Page, model: OpenedGenerator) -> int:
    """The picture is what the generator draws of the vector that stands below it; its label."""
    about = json.loads(page.get_by_label("Latent vector as JSON").input_value())
    vector = np.array([about["latent"]], np.float32)
    expected = draw(model.generator, vector, np.array([about["label"]]))[0, :, :, 0]
    shown = np.array(page.get_by_label("Generated picture").evaluate(SHOWN)).reshape(28, 28)
    assert np.abs(shown - expected.astype(int)).max() <= 4  # half precision
    return int(about["label"])


def test_sliders_classes_and_walks_move_the_picture(opened: Page, model: OpenedGenerator) -> None:
    picture = opened.get_by_label("Generated picture")
    first = pixels(picture)
    assert assert_true_to_its_vector(opened, model) == 0

    slider = opened.get_by_role("group", name="Directions").get_by_role("slider").first
    slider.press("End")
    second = wait_for_other(picture, first)
    assert assert_true_to_its_vector(opened, model) == 0

    opened.get_by_role("radio", name="7").check()
    third = wait_for_other(picture, second)
    assert assert_true_to_its_vector(opened, model) == 7

    opened.get_by_role("button", name="Reset sliders").click()
    fourth = wait_for_other(picture, third)
    opened.get_by_role("radio", name="0").check()
    assert wait_for_other(picture, fourth) == first

    between = opened.get_by_label("The picture in between")
    begins = pixels(between)
    opened.get_by_role("slider", name="How far along").press("End")
    assert wait_for_other(between, begins) == pixels(opened.get_by_label("The last picture"))


def test_a_sample_and_a_vector_become_the_point(opened: Page, model: OpenedGenerator) -> None:
    picture = opened.get_by_label("Generated picture")
    before = pixels(picture)
    opened.get_by_role("button", name="Sample 4, class 3", exact=True).click()
    wait_for_other(picture, before)
    assert assert_true_to_its_vector(opened, model) == 3
    field: Locator = opened.get_by_label("Latent vector as JSON")
    kept, shown = field.input_value(), pixels(picture)
    opened.get_by_role("button", name="Random point", exact=True).click()
    wait_for_other(picture, shown)
    for text, words in (("[1, 2]", "Give 64 numbers"), ("{", "is not JSON")):
        field.fill(text)
        opened.get_by_role("button", name="Use it").click()
        assert words in opened.get_by_role("alert").inner_text()
    field.fill(kept)
    other = pixels(picture)
    opened.get_by_role("button", name="Use it").click()
    assert wait_for_other(picture, other) == shown
    assert opened.get_by_role("alert").is_hidden()


def test_a_slow_generator_draws_in_a_worker(
    page: Page, model: OpenedGenerator, tmp_path: Path
) -> None:
    path = tmp_path / "slow.html"
    html = write_explorer(RunFolder(find_checkpoint("cgan-mnist")), model)
    path.write_text(html.replace("const FRAME_MS = 12;", "const FRAME_MS = 0;"), "utf-8")
    page.goto(path.as_uri())
    page.locator("html[data-ready]").wait_for(state="attached")
    assert len(page.workers) == 1
    assert assert_true_to_its_vector(page, model) == 0
