"""A visitor brings a generator that was trained with other code, and explores it."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image
from torch import nn

from gan_core.images.pixels import to_uint8
from gan_core.latent.vectors import noise
from gan_core.runs.store import RunStore
from tests.e2e.lists import pick
from tests.e2e.pictures import wait_for_the_panel
from tests.gan_core import foreign

if TYPE_CHECKING:
    from playwright.sync_api import Page

Settled = Callable[["Page"], None]


def file(value: object) -> Any:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    kind = "application/octet-stream"
    return {"name": "theirs.pth", "mimeType": kind, "buffer": buffer.getvalue()}


def test_weights_from_elsewhere_become_a_run_that_draws_the_same(
    page: Page, settle: Settled, url: str, runs: RunStore
) -> None:
    theirs = foreign.dense().generator
    page.goto(f"{url}/runs")
    settle(page)
    page.get_by_role("button", name="Import weights from elsewhere").click()
    dialog = page.get_by_role("dialog")
    upload = dialog.locator('input[type="file"]').first
    network = dialog.get_by_role("combobox", name=re.compile("Whose networks"))
    pick(page, network, page.get_by_role("option", name="GAN of PyTorch-GAN", exact=True))
    settle(page)

    # A network as a whole would have to be unpickled, which runs what it holds.
    upload.set_input_files(file(nn.Linear(2, 2)))
    settle(page)
    dialog.get_by_role("button", name="Import", exact=True).click()
    dialog.get_by_text("holds more than weights").wait_for()
    assert runs.list() == []

    upload.set_input_files(file(theirs.state_dict()))
    dialog.get_by_text("holds more than weights").wait_for(state="hidden")
    settle(page)
    dialog.get_by_role("button", name="Import", exact=True).click()
    page.get_by_text("Imported as").first.wait_for()
    (run,) = runs.list()

    page.goto(f"{url}/explore?g=runs/{run.name}")
    canvas = page.get_by_role("img", name="Generated picture")
    page.locator(".panel:not([data-pictures='0'])").wait_for()
    settle(page)
    wait_for_the_panel(page)
    shown = canvas.evaluate("canvas => canvas.toDataURL()").removeprefix("data:image/png;base64,")
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(shown))).convert("L"))
    with torch.no_grad():
        expected = to_uint8(theirs(noise(1, 100, seed=0)).view(1, 1, 28, 28))[0, :, :, 0]
    assert np.abs(drawn.astype(int) - expected).max() <= 1
