"""Weights from elsewhere, on the Runs page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch import nn

from pages.shared.server import sources
from tests.gan_core import foreign
from tests.pages.screen import laboratory, open_page, words


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def saved(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def imported(generator: object, critic: object | None = None) -> AppTest:
    """The page after the dialog was filled in."""
    at = open_page("runs")
    at.button(key="runs_weights").click().run()
    uploads = [("weights_generator", generator), ("weights_critic", critic)]
    for key, value in uploads:
        if value is not None:
            at.file_uploader(key=key).set_value((f"{key}.pth", saved(value), "")).run()
    at.selectbox(key="weights_layout").set_value("pytorch-gan-gan").run()
    at.selectbox(key="weights_dataset").set_value("digits").run()
    return at.button(key="weights_import").click().run()


def test_both_networks_become_a_run(lab: Path) -> None:
    pair = foreign.dense(8 * 8, 16)
    at = imported(pair.generator.state_dict(), pair.critic.state_dict())
    assert not at.exception
    (run,) = sources.store("runs").list()
    assert run.resumable
    assert at.success[0].value.startswith(f"Imported as {run.name}. GAN of PyTorch-GAN: latent")
    assert "Its discriminator came along" in at.success[0].value
    assert "Imported from weights_generator.pth (GAN of PyTorch-GAN)." in words(at)
    assert run.config().dataset == "digits"


def test_a_pickled_network_is_refused_with_what_to_do(lab: Path) -> None:
    at = imported(nn.Linear(2, 2))
    assert "holds more than weights" in words(at)
    assert at.code[0].value.splitlines()[1] == "torch.save(model.state_dict(), 'weights.pt')"
    assert not at.exception
    assert sources.store("runs").list() == []
