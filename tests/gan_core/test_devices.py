from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from gan_core import devices
from gan_core.data.table import DATASETS
from gan_core.devices import choose_device
from gan_core.errors import ConfigError
from gan_core.latent import vectors
from gan_core.networks.sampling import balanced_labels, draw
from gan_core.quality.pictures import draw_samples
from gan_core.runs.generators import open_generator
from tests.gan_core import helpers


def test_devices_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == choose_device("cpu").type == "cpu"
    assert devices.device_name(choose_device("cpu")) == "CPU, 1 thread"
    with pytest.raises(ConfigError, match="device is 'cuda', but torch finds no GPU"):
        choose_device("cuda")
    with pytest.raises(ConfigError, match="device is 'tpu'; choose one of auto, cpu, cuda"):
        choose_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cpu").type == "cpu"


@pytest.fixture
def notebook() -> Iterator[None]:
    """Double precision by default, on a device without any numbers, as a notebook may leave it."""
    torch.set_default_dtype(torch.float64)
    torch.set_default_device("meta")
    yield
    torch.set_default_device(None)
    torch.set_default_dtype(torch.float32)


def test_a_notebooks_defaults_do_not_reach_us(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setitem(DATASETS, "tiny", helpers.tiny_spec())

    def everything(folder: Path) -> list[torch.Tensor]:
        run = helpers.trained(folder, objective="cgan", measure_every=5)
        model = open_generator(run.path)
        z = vectors.noise(3, 4, 0)
        pictures = draw(model.generator, z, balanced_labels(3, 2))
        samples = draw_samples(model, 8)
        return [
            *model.generator.state_dict().values(), z, torch.from_numpy(pictures), samples.images,
        ]  # fmt: skip

    expected = everything(tmp_path / "plain")
    request.getfixturevalue("notebook")
    with torch.device("cpu"):
        monkeypatch.setitem(DATASETS, "tiny", helpers.tiny_spec())
    values = everything(tmp_path / "notebook")
    for ours, theirs in zip(values, expected, strict=True):
        assert ours.dtype == theirs.dtype and torch.equal(ours, theirs)
    assert torch.get_default_dtype() == torch.float64  # and it finds its own again
    assert torch.get_default_device().type == "meta"
