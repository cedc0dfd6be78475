"""Runs from weights that were trained elsewhere."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.errors import CheckpointError, ConfigError
from gan_core.networks.sampling import sample
from gan_core.runs.generators import open_generator
from gan_core.runs.store import RunStore
from gan_core.training import importing, opening
from gan_core.training.importing import Imported, WeightFile, import_weights
from tests.gan_core import foreign, helpers


def file(state: Mapping[str, Any], name: str = "netG.pth") -> WeightFile:
    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    return WeightFile(name, buffer.getvalue())


TINY = {"dataset": "tiny", "batch_size": 8, "steps": 4}
DIGITS = {**TINY, "dataset": "digits", "measure_every": 0}


def imported(tmp_path: Path, *arguments: Any, **options: Any) -> Imported:
    return import_weights(RunStore(tmp_path / "runs"), *arguments, **options)


def test_a_generator_alone_draws_the_same_pictures(tmp_path: Path) -> None:
    theirs = foreign.dense(8 * 8, 16).generator
    result = imported(tmp_path, file(theirs.state_dict()), "mlp-norm", TINY)
    opened = open_generator(result.run.path)
    assert (opened.config.latent_dim, opened.config.image_size) == (16, 8)
    assert opened.info.origin == "netG.pth (GAN of PyTorch-GAN)"
    assert opened.info.image_shape == (1, 8, 8)
    assert opened.step == 0
    z = torch.randn(5, 16, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(
            sample(opened.generator, z), theirs(z).view(-1, 1, 8, 8), rtol=0, atol=1e-6
        )
    assert result.run.grids() == [0]
    assert not result.run.resumable
    assert "Without its discriminator" in result.words


def test_with_its_discriminator_training_goes_on(tmp_path: Path) -> None:
    pair = foreign.dense(8 * 8, 16)
    both = {"generator": pair.generator.state_dict(), "discriminator": pair.critic.state_dict()}
    result = imported(tmp_path, file(both), "pytorch-gan-gan", {**TINY, "ema_decay": 0.9})
    assert result.run.name.endswith("-netG")
    assert "it can be trained on" in result.words
    assert result.run.resumable
    session = opening.resume(result.run, {}, tmp_path, helpers.CPU, helpers.quiet)
    first = session.trainer.critic.state_dict()["trunk.1.weight"]
    assert torch.equal(first, pair.critic.state_dict()["model.0.weight"])
    helpers.finish(session)
    info = result.run.info()
    assert (info.dataset_fingerprint, info.dataset_size) == ("fingerprint", 40) or (
        info.dataset_fingerprint and info.dataset_size == 40
    )
    assert result.run.grid_path(None).is_file()
    assert result.run.status().step == 4


def test_the_discriminator_in_another_file(tmp_path: Path) -> None:
    pair = foreign.labelled(8 * 8, 16)
    critic = file(pair.critic.state_dict(), "netD.pth")
    generator = file(pair.generator.state_dict())
    result = imported(tmp_path, generator, "pytorch-gan-cgan", DIGITS, critic)
    assert result.run.config().objective == "cgan"
    assert result.run.resumable
    helpers.finish(opening.resume(result.run, {}, tmp_path, helpers.CPU, helpers.quiet))
    with pytest.raises(CheckpointError, match=r"netD.pth is not its discriminator: GAN of"):
        imported(
            tmp_path, file(foreign.dense(64, 16).generator.state_dict()), "mlp-norm", TINY, critic
        )


def test_a_run_of_our_own_comes_back(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "run")
    content = (run.path / "training.pt").read_bytes()
    result = imported(tmp_path, WeightFile("training.pt", content), "mlp-small", TINY)
    ours, theirs = (open_generator(r.path).generator for r in (result.run, run))
    assert not helpers.differences(ours.state_dict(), theirs.state_dict())
    assert result.run.resumable
    weights = (run.path / "generator.safetensors").read_bytes()
    result = imported(tmp_path, WeightFile("generator.safetensors", weights), "mlp-small", TINY)
    assert not result.run.resumable


def test_a_discriminator_that_does_not_fit_is_left_out(tmp_path: Path) -> None:
    pair = foreign.dense(8 * 8, 16)
    both = {"G": pair.generator.state_dict(), "D": foreign.dense(9 * 9).critic.state_dict()}
    result = imported(tmp_path, file(both), "mlp-norm", TINY)
    assert "left out: GAN of PyTorch-GAN needs model.0.weight of 512 x 64" in result.words
    assert not result.run.resumable


def test_what_fits_nothing_is_told_with_what_was_tried(tmp_path: Path) -> None:
    state = foreign.tutorial(width=32).generator.state_dict()
    with pytest.raises(CheckpointError) as caught:
        imported(tmp_path, file(state), "dcgan-64")
    assert str(caught.value) == (
        "netG.pth fits no layout of dcgan-64. Tried: DCGAN of PyTorch's tutorial and examples "
        "needs main.0.weight of 100 x 512 x 4 x 4, which is 100 x 256 x 4 x 4; GANscope's own "
        "needs body.1.weight, which is not in the file."
    )
    assert RunStore(tmp_path / "runs").list() == []
    with pytest.raises(ConfigError, match="neither a layout nor an architecture"):
        imported(tmp_path, file(state), "netG")
    classes = foreign.labelled(8 * 8, 16, classes=3).generator.state_dict()
    with pytest.raises(CheckpointError, match="has 3 classes, where digits has 10"):
        imported(tmp_path, file(classes), "mlp-norm-dropout", DIGITS)
    large = foreign.dense(200 * 200, 4).generator.state_dict()
    with pytest.raises(CheckpointError, match="image_size is 200"):
        imported(tmp_path, file(large), "mlp-norm", {"dataset": "tiny"})


def test_nan_weights_are_refused(tmp_path: Path) -> None:
    state = foreign.dense(8 * 8, 16).generator.state_dict()
    state["model.5.weight"][0, 0] = np.nan
    with pytest.raises(CheckpointError, match=r"^netG.pth holds numbers that are NaN or infinite"):
        imported(tmp_path, file(state), "mlp-norm", TINY)
    assert not (tmp_path / "runs").exists()


def test_a_run_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(importing, "save_generator", full)
    with pytest.raises(OSError, match="No space"):
        imported(tmp_path, file(foreign.dense(64, 4).generator.state_dict()), "mlp-norm", TINY)
    assert list((tmp_path / "runs").iterdir()) == []
