from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.runs.generators import open_critic
from pages.shared.server import critics, generators, process, sources
from tests.tiny import train

BLANK = np.zeros((28, 28, 1), np.uint8)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    options = process.Options(tmp_path / "data", tmp_path / "runs", "cpu")
    monkeypatch.setattr(process, "options", lambda: options)
    return options.runs_dir


def version_of(name: str) -> generators.SavedVersion:
    return generators.saved_version(sources.find_source(f"runs/{name}"))


def test_a_critic_is_opened_once_for_each_version(runs: Path) -> None:
    train(runs, "one", steps=1, architecture="mlp-small")
    version = version_of("one")
    assert critics.open_critic(version) is critics.open_critic(version)
    with pytest.raises(generators.SavedAnewError):
        critics.open_critic(version._replace(number=version.number + 1))


def test_batch_norm_goes_by_real_and_generated_pictures(runs: Path) -> None:
    run = train(runs, "normed", steps=2, architecture="dcgan-28", batch_size=8)
    kept = open_critic(run.path).critic.state_dict()
    anew = critics.open_critic(version_of("normed")).critic.state_dict()
    differing = {
        name.rpartition(".")[2] for name in kept if not torch.equal(kept[name], anew[name])
    }
    assert differing == {"running_mean", "running_var", "num_batches_tracked"}


def test_beside_the_map_stands_that_of_the_same_network_before_training(runs: Path) -> None:
    train(runs, "one", steps=3, architecture="mlp-small")
    said = critics.verdict(version_of("one"), BLANK, None)
    assert said["overlay"] != said["untrained"]


def test_a_value_that_is_no_number_is_null(runs: Path) -> None:
    train(runs, "one", steps=1, architecture="mlp-small", objective="acgan")
    version = version_of("one")
    judge = critics.open_critic(version)
    assert sum(critics.verdict(version, BLANK, None)["classes"]) == pytest.approx(1)
    for weight in judge.critic.parameters():
        weight.data.fill_(float("nan"))
    said = critics.verdict(version, BLANK, None)
    assert said["value"] is None and said["classes"] == [0.0] * 10
    critics._open.cache_clear()
