from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.data.table import dataset_spec
from gan_core.errors import CheckpointError, ConfigError
from gan_core.presets import PRESETS, preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.runs.store import RunStore
from gan_core.training import forks, opening
from gan_core.training.session import TrainingSession
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, finish


@pytest.fixture
def parent(tmp_path: Path) -> RunFolder:
    return helpers.trained(tmp_path / "parent", ema_decay=0.5)


def fork(parent: RunFolder, name: str, step: int = 5, **changes: Any) -> TrainingSession:
    folder = parent.path.parent / name
    folder.mkdir()
    return opening.fork(
        RunFolder(folder), parent, step, changes, parent.path, helpers.CPU, helpers.quiet
    )


def final_state(run: RunFolder) -> dict[str, Any]:
    state = load_training(run, helpers.CPU)
    del state["seconds"]
    return state


def lines(run: RunFolder) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in run.rows()]


def test_a_fork_with_nothing_changed_repeats_its_parent_bit_for_bit(parent: RunFolder) -> None:
    torch.manual_seed(3)
    child = finish(fork(parent, "child")).run
    assert differences(final_state(parent), final_state(child)) == []
    assert lines(parent) == lines(child)
    for name in ("generator.safetensors", "samples/000010.png", "samples/000005.png"):
        assert (parent.path / name).read_bytes() == (child.path / name).read_bytes()
    assert child.config() == parent.config()


@pytest.mark.parametrize("name", PRESETS)
def test_a_fork_of_any_recipe_goes_on_as_its_parent_did(name: str, tmp_path: Path) -> None:
    # Step 3 lies within a round of those with two generator updates.
    parent = RunFolder(tmp_path / "parent")
    few = {"steps": 5, "epochs": 0, "batch_size": 2, "save_every": 3}
    config = preset(name).with_settings({**few, "measure_every": 0})
    if not dataset_spec(config.dataset).points:
        config = config.with_settings({"dataset": "digits"})
    if config.batch_size_g:
        config = config.with_settings({"batch_size_g": 4})
    arguments = (tmp_path, helpers.CPU, helpers.quiet)
    finish(opening.start(parent, config, *arguments))
    child = finish(opening.fork(RunFolder(tmp_path / "child"), parent, 3, {}, *arguments)).run
    assert differences(final_state(parent), final_state(child)) == []


def test_a_fork_begins_with_the_history_of_its_parent(parent: RunFolder) -> None:
    (parent.path / "quality.jsonl").write_text('{"step": 4, "kl": 1.5}\n{"step": 8, "kl": 1.0}\n')
    session = fork(parent, "child", lr_g=0.1)
    session.close()
    child = session.run
    assert [row["step"] for row in child.rows()] == [2, 4, 5]
    assert [row["step"] for row in child.quality_rows()] == [4]
    assert child.grids() == [0, 5] and child.grid_path(None).is_file()
    assert child.saved_steps() == [5]
    assert child.status().seconds == load_training(parent, helpers.CPU, 5)["seconds"]
    assert (child.info().parent, child.info().forked_at) == ("parent", 5)
    assert (parent.info().parent, parent.info().forked_at) == ("", 0)
    assert lines(parent)[-1]["step"] == 10  # the parent keeps all of its own


def test_a_changed_rate_meets_the_moments_of_the_parent(parent: RunFolder) -> None:
    session = fork(parent, "child", lr_g=0.5, beta1=0.25)
    session.close()
    before, after = (
        load_training(run, helpers.CPU, 5)["optimizer_g"] for run in (parent, session.run)
    )
    assert differences(before["state"], after["state"]) == []
    (group,) = after["param_groups"]
    assert (group["lr"], group["betas"]) == (0.5, (0.25, 0.999))


def test_a_rate_of_nothing_leaves_the_generator_where_it_was(parent: RunFolder) -> None:
    child = finish(fork(parent, "child", lr_g=0.0)).run
    before = load_training(parent, helpers.CPU, 5)["generator"]
    after = final_state(child)["generator"]
    names = [name for name in differences(before, after) if not name.endswith(("mean", "var"))]
    assert [name for name in names if "num_batches" not in name] == []
    assert differences(final_state(parent)["critic"], final_state(child)["critic"]) != []


def test_forks_of_one_state_meet_the_same_noise_and_images(parent: RunFolder) -> None:
    one = finish(fork(parent, "one", lr_d=1e-6)).run
    other = finish(fork(parent, "other", lr_d=1e-3)).run
    assert differences(final_state(one)["critic"], final_state(other)["critic"]) != []
    assert torch.equal(final_state(one)["random"], final_state(other)["random"])


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_the_average_can_be_switched_on_and_off(tmp_path: Path, decay: float) -> None:
    parent = helpers.trained(tmp_path / "parent", ema_decay=0.9 - decay)
    session = fork(parent, "child", ema_decay=decay)
    weights = session.trainer.generator.state_dict()
    if decay:
        assert session.trainer.averaged is not None
        assert differences(weights, session.trainer.averaged.state_dict()) == []
    else:
        assert session.trainer.averaged is None
    finish(session)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latent_dim": 8}, "latent_dim cannot change in a fork: the networks .* shapes"),
        ({"dataset": "digits"}, "dataset cannot change in a fork: .* same real images"),
        ({"seed": 4}, "seed cannot change in a fork: .* same noise"),
        ({"batch_size": 4}, "batch_size cannot change in a fork: the place in the order"),
        ({"optimizer": "rmsprop"}, "optimizer cannot change in a fork: what the optimizer"),
        ({"objective": "wgan-gp"}, "objective cannot change from 'gan' to 'wgan-gp' in a fork"),
        ({"objective": "nonsense"}, "objective is 'nonsense'"),
        ({"lr_g": 7.0}, "lr_g is 7.0; it must be"),
        ({"speed": 1}, "'speed' is not a setting"),
        ({"steps": 5}, "has done all its 5 steps; set steps to more"),
    ],
)
def test_changes_that_a_fork_cannot_make(
    parent: RunFolder, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        fork(parent, "child", **changes)


@pytest.mark.parametrize("counted", [True, False])
def test_a_fork_with_other_rounds_goes_on_with_the_next_real_images(
    parent: RunFolder, counted: bool
) -> None:
    if not counted:  # a state of before there were such rounds to count
        state = load_training(parent, helpers.CPU, 5)
        for name in ("batches", "in_round"):
            del state[name]
        torch.save(state, parent.path / "states" / "000005.pt")
    session = fork(parent, "child", d_steps=3, g_steps=2)
    assert session.trainer.images_seen == 5 * 8
    finish(session)
    assert session.history.view()["images"].tolist() == [16, 32, 40, 64, 88, 112]


def test_an_objective_of_the_same_networks_can_be_changed_to(parent: RunFolder) -> None:
    assert finish(fork(parent, "child", objective="lsgan")).run.config().objective == "lsgan"


def test_a_step_that_is_not_kept(parent: RunFolder) -> None:
    with pytest.raises(CheckpointError, match=r"no state of step 7; it keeps 0, 5, 10\."):
        fork(parent, "child", step=7, lr_g=0.1)


def test_other_images_than_the_parents(parent: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (parent.path / "config.json").read_text()
    fingerprint = parent.info().dataset_fingerprint
    (parent.path / "config.json").write_text(text.replace(fingerprint, "other"))
    with pytest.raises(CheckpointError, match="parent was trained on other images"):
        fork(parent, "child")


@pytest.mark.parametrize(
    ("name", "changes", "title"),
    [
        ("20261121-1030-gan-mnist", {"lr_g": 0.0005}, "gan-mnist-at-50-lr_g-0.0005"),
        ("20261121-1030-gan-mnist-at-20-lr_g-0.1", {}, "gan-mnist-at-50-unchanged"),
        ("mine", {"objective": "lsgan", "steps": 9}, "mine-at-50-objective-lsgan-steps-9"),
    ],
)
def test_forks_are_named_by_what_they_are(
    tmp_path: Path, name: str, changes: dict[str, Any], title: str
) -> None:
    run = forks.new_fork(RunStore(tmp_path), RunFolder(tmp_path / name), 50, changes)
    assert run.name[14:] == title
