"""Critics: opened from a run, from a saved state, and from what was exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from gan_core.errors import CheckpointError
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import (
    export_checkpoint,
    has_critic,
    load_training,
    open_critic,
)
from tests.gan_core import helpers


def test_the_critic_of_a_run_is_that_of_its_training_state(run: RunFolder) -> None:
    opened = open_critic(run.path)
    assert not opened.critic.training
    assert not any(weight.requires_grad for weight in opened.critic.parameters())
    assert opened.critic(torch.zeros(3, 1, 8, 8)).score.shape == (3,)
    state = load_training(run, helpers.CPU)
    assert helpers.differences(state["critic"], opened.critic.state_dict()) == []


def test_a_checkpoint_keeps_it_without_the_training_state(run: RunFolder, tmp_path: Path) -> None:
    shipped = export_checkpoint(run, tmp_path / "shipped")
    again = export_checkpoint(shipped, tmp_path / "again")

    assert shipped.critic_path.is_file()
    assert not shipped.resumable
    expected = open_critic(run.path).critic.state_dict()
    for copy in (shipped, again):
        assert helpers.differences(expected, open_critic(copy.path).critic.state_dict()) == []


def test_one_exported_without_it_says_so(run: RunFolder, tmp_path: Path) -> None:
    shipped = export_checkpoint(run, tmp_path / "shipped")
    shipped.critic_path.unlink()

    assert not has_critic(shipped)
    with pytest.raises(CheckpointError, match="shipped has no critic: it was exported before"):
        open_critic(shipped.path)


def test_a_damaged_one_is_refused_by_name(run: RunFolder, tmp_path: Path) -> None:
    shipped = export_checkpoint(run, tmp_path / "shipped")
    shipped.critic_path.write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match=r"critic\.safetensors is damaged"):
        open_critic(shipped.path)


def test_one_of_another_network_is_refused(run: RunFolder, tmp_path: Path) -> None:
    shipped = export_checkpoint(run, tmp_path / "shipped")
    path = shipped.path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"architecture": "mlp"}))
    with pytest.raises(CheckpointError, match="critic of shipped does not fit"):
        open_critic(shipped.path)
