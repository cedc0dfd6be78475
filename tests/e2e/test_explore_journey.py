"""Journey 3: open Explore, move a slider with the keyboard, interpolate, save and load."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from gan_core.latent import vectors as latent_vectors
from gan_core.networks.sampling import draw
from gan_core.runs.generators import find_checkpoint, open_generator
from tests.e2e.pictures import pixels, wait_for_pixels, wait_for_the_panel

if TYPE_CHECKING:
    from playwright.sync_api import Page

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def explore_url(streamlit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Explore on a shipped generator that takes no labels."""
    runs = tmp_path_factory.mktemp("runs")
    with streamlit_server(APP, env={"GAN_RUNS_DIR": str(runs)}) as url:
        yield f"{url}/explore?g=checkpoints/dcgan-mnist"


def picture(page: Page) -> str:
    return pixels(page.get_by_role("img", name="Generated picture"))


def wait_for_picture(page: Page, other_than: str) -> str:
    """Wait until the panel shows another picture, and return it."""
    page.wait_for_function(
        """before => {
            const hosts = document.querySelectorAll('[data-testid=stBidiComponentIsolated]');
            const panels = [...hosts].map((host) => host.shadowRoot?.querySelector('.panel'));
            const panel = panels.find(Boolean);
            return Number(panel?.dataset.pictures) > 0
                && panel.querySelector('canvas').toDataURL() !== before;
        }""",
        arg=other_than,
    )
    return picture(page)


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    return waiting.value.path().read_bytes()


def test_a_vector_is_explored_saved_and_loaded(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(explore_url)
    first = wait_for_picture(page, "")
    slider = page.get_by_role("slider", name=re.compile("^Direction 1 "))
    for _ in range(25):
        slider.press("ArrowRight")
    expect(slider).to_have_value("2.5")
    wait_for_picture(page, first)
    # The page hears of the sliders a moment after the reader lets go.
    page.wait_for_timeout(600)
    settle(page)
    wait_for_the_panel(page)
    picture_after = picture(page)
    content = download(page, "Latent vector (JSON)")
    vector = json.loads(content)["latent"]
    assert len(vector) > 1 and all(isinstance(number, float) for number in vector)

    page.get_by_role("button", name="New random point").click()
    wait_for_picture(page, picture_after)
    settle(page)
    expect(slider).to_have_value("0")
    wait_for_the_panel(page)
    assert picture(page) != picture_after

    page.get_by_role("button", name="Load a latent vector").click()
    file: Any = {"name": "point.json", "mimeType": "application/json", "buffer": content}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("Base: point.json").wait_for()
    settle(page)
    wait_for_pixels(page.get_by_role("img", name="Generated picture"), picture_after)
    assert json.loads(download(page, "Latent vector (JSON)"))["latent"] == vector

    # All raw coordinates at rest are the same point still.
    page.keyboard.press("Escape")
    page.get_by_text("Raw coordinates").click()
    page.get_by_role("slider", name="z[0]", exact=True).wait_for()
    settle(page)
    page.wait_for_timeout(300)
    wait_for_the_panel(page)
    assert picture(page) == picture_after


def test_the_browser_draws_by_itself(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(explore_url.replace("dcgan", "cgan"))
    first = wait_for_picture(page, "")
    settle(page)
    page.locator('.panel[data-drawn="here"]').wait_for()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    slider = page.get_by_role("slider", name=re.compile("^Direction 1 "))
    shown = {first}
    for _ in range(10):
        before = picture(page)
        slider.press("ArrowRight")
        shown.add(wait_for_picture(page, before))
    assert len(shown) > 5
    assert not [url for url in requests if "/picture" in url]

    page.wait_for_timeout(600)
    settle(page)
    about = json.loads(download(page, "Latent vector (JSON)"))
    generator = open_generator(find_checkpoint("cgan-mnist")).generator
    vector, label = np.array([about["latent"]], np.float32), np.array([about["label"]])
    expected = draw(generator, vector, label)[0, :, :, 0].astype(int)
    content = base64.b64decode(picture(page).removeprefix("data:image/png;base64,"))
    drawn = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    assert np.abs(drawn - expected).max() <= 1


def test_interpolate_scrub_and_download(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(explore_url)
    wait_for_picture(page, "")
    page.get_by_role("button", name="Random keys").click()
    page.get_by_role("button", name="Frame 37", exact=True).wait_for()
    settle(page)

    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    frames = page.get_by_role("slider", name="Frame")
    pictures = set()
    for number in range(2, 38):
        frames.press("ArrowRight")
        canvas = page.get_by_role("img", name=f"frame {number}", exact=True)
        canvas.wait_for()
        pictures.add(pixels(canvas))
    expect(frames).to_have_attribute("aria-valuetext", "frame 37")
    assert len(pictures) > 20
    assert [url for url in requests if not url.startswith("data:")] == []

    for name, kind in (("GIF", "GIF"), ("WebP", "WEBP")):
        page.get_by_role("radio", name=name).click()
        settle(page)
        with Image.open(io.BytesIO(download(page, f"Save {name}"))) as animation:
            assert animation.format == kind
            assert animation.n_frames > 20  # type: ignore[attr-defined]
    page.get_by_role("radio", name="Strip (PNG)").click()
    settle(page)
    with Image.open(io.BytesIO(download(page, "Save PNG"))) as strip:
        assert strip.width > 30 * strip.height

    # A frame of the strip becomes the point.
    before = picture(page)
    page.get_by_role("button", name="Frame 20", exact=True).click()
    page.get_by_text("Base: frame 20 of a walk").wait_for()
    wait_for_picture(page, before)


def sheet(page: Page) -> np.ndarray:
    """The pictures (N, H, W) of the sample sheet, once all are there."""
    page.locator('.gallery[aria-label="Samples"][aria-busy="false"]').wait_for()
    addresses = page.locator(".gallery[aria-label='Samples'] img").evaluate_all(
        "images => images.map(image => image.src)"
    )
    contents = [base64.b64decode(address.split(",", 1)[1]) for address in addresses]
    return np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("L")) for one in contents])


def test_the_sheet_is_drawn_here_and_by_the_server_alike(
    explore_url: str, page: Page, settle: Any
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    model = open_generator(find_checkpoint("cgan-mnist"))
    drawing = latent_vectors.sheet(40, model.config.latent_dim, 0, model.config.noise, 10)
    assert drawing.y is not None
    expected = draw(model.generator, drawing.z, drawing.y.numpy())[..., 0].astype(int)

    address = f"{explore_url.replace('dcgan', 'cgan')}&tool=Sample+sheet"
    page.goto(address)
    assert np.abs(sheet(page) - expected).max() <= 1
    assert not [url for url in asked if "/pictures" in url]

    page.route("**/program?*", lambda route: route.abort())
    page.goto(address)
    assert np.abs(sheet(page) - expected).max() <= 1
    assert len([url for url in asked if "/pictures" in url]) == 2  # 32 of them, and the rest


def test_a_sample_is_picked_from_the_sheet(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(explore_url)
    before = wait_for_picture(page, "")
    page.get_by_role("tab", name="Sample sheet").click()
    page.get_by_role("button", name="Sample 1", exact=True).focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_text("Base: sample 7 of 36 from seed 0").wait_for()
    wait_for_picture(page, before)
