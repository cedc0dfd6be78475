"""A visitor takes a walk away as a film, and the generator as ONNX, and opens both."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import onnxruntime
import pytest

from tests.e2e.lists import pick

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def explore_url(streamlit_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    runs = str(tmp_path_factory.mktemp("runs"))
    with streamlit_server(ROOT / "app.py", env={"GAN_RUNS_DIR": runs}) as url:
        yield f"{url}/explore?g=checkpoints/cgan-mnist&tool="


@pytest.fixture(autouse=True)
def patient(page: Page) -> None:
    """Tracing a network takes a while on a busy machine."""
    page.set_default_timeout(120_000)


def download(page: Page) -> tuple[str, bytes]:
    """The name and the content of the file that Save hands over."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile("^Save( |$)")).click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_a_walk_becomes_an_mp4_that_plays_here(explore_url: str, page: Page, settle: Any) -> None:
    page.goto(f"{explore_url}Interpolate")
    page.get_by_role("button", name="Random keys").click()
    page.get_by_role("button", name="Frame 37", exact=True).wait_for()
    settle(page)
    scale = page.get_by_role("combobox", name="Scale")
    pick(page, scale, page.get_by_role("option", name=re.compile("^16x")))
    page.get_by_role("button", name="Make the file").click()
    page.get_by_role("button", name=re.compile(r"^Save \(")).wait_for()
    settle(page)
    name, content = download(page)
    assert name == "cgan-mnist-walk.mp4"
    with av.open(io.BytesIO(content), "r") as opened:
        shapes = {(frame.height, frame.width) for frame in opened.decode(video=0)}
        assert shapes == {(448, 448)}
    size = page.evaluate(
        """async (url) => {
            const video = document.createElement('video');
            video.muted = true;
            video.src = url;
            await video.play();
            return [video.videoWidth, video.videoHeight, video.duration];
        }""",
        f"data:video/mp4;base64,{base64.b64encode(content).decode()}",
    )
    assert size[:2] == [448, 448]
    assert size[2] == pytest.approx(37 / 12, abs=0.1)


def test_the_generator_becomes_an_onnx_file_that_draws(
    explore_url: str, page: Page, settle: Any
) -> None:
    page.goto(f"{explore_url}As+ONNX")
    page.get_by_role("button", name="Make the file").click()
    page.get_by_role("button", name=re.compile(r"^Save \(")).wait_for()
    settle(page)
    name, content = download(page)
    assert name == "cgan-mnist.onnx"
    session = onnxruntime.InferenceSession(content)
    z = np.random.default_rng(0).standard_normal((4, 64)).astype(np.float32)
    (images,) = session.run(["images"], {"z": z, "y": np.array([1, 1, 7, 7])})
    assert images.shape == (4, 1, 28, 28)
    assert images.min() < -0.9 and images.max() > 0.9
