from __future__ import annotations

import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from gan_core.errors import CheckpointError
from gan_core.latent import vectors
from gan_core.networks.sampling import sample
from gan_core.runs import generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import find_checkpoint, load_training, open_generator, save_training
from tests.gan_core import helpers


class Trap:
    """Something that, unpickled, makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def test_a_generator_opens_and_draws(run: RunFolder) -> None:
    opened_generator = open_generator(run.path)
    assert opened_generator.name == "my-run"
    assert not opened_generator.generator.training
    assert sample(opened_generator.generator, vectors.noise(3, 4, seed=0)).shape == (3, 1, 8, 8)
    state = load_training(run, helpers.CPU)
    assert helpers.differences(state["averaged"], opened_generator.generator.state_dict()) == []


def edit_config(run: RunFolder, /, **changes: Any) -> None:
    path = run.path / "config.json"
    values = json.loads(path.read_text())
    values |= changes
    path.write_text(json.dumps(values))


def remove(run: RunFolder, name: str) -> None:
    (run.path / name).unlink()


def truncate(run: RunFolder, name: str, keep: int) -> None:
    path = run.path / name
    path.write_bytes(path.read_bytes()[:keep])


def overwrite(run: RunFolder, name: str, content: bytes) -> None:
    (run.path / name).write_bytes(content)


def other_tensors(run: RunFolder) -> None:
    save_file({"body.0.weight": torch.zeros(3)}, run.path / "generator.safetensors")


DAMAGES: list[tuple[Callable[[RunFolder], None], str]] = [
    (lambda run: remove(run, "generator.safetensors"), "has no generator.safetensors"),
    (lambda run: truncate(run, "generator.safetensors", 1000), "is damaged"),
    (lambda run: truncate(run, "generator.safetensors", 0), "is damaged"),
    (other_tensors, "does not fit the network in its config.json"),
    (lambda run: edit_config(run, latent_dim=5), r"does not fit .*latent_dim 5"),
    (lambda run: edit_config(run, architecture="mlp"), r"does not fit .*mlp"),
    (lambda run: edit_config(run, architecture="dcgan-28"), "does not fit"),
    (lambda run: edit_config(run, architecture="nonsense"), "does not fit"),
    (lambda run: edit_config(run, run={"image_shape": [1, 16, 16]}), "does not fit"),
    (lambda run: remove(run, "config.json"), "has no config.json"),
    (lambda run: truncate(run, "config.json", 30), "config.json cannot be read"),
    (lambda run: overwrite(run, "config.json", b"\xff"), "cannot be read"),
    (lambda run: overwrite(run, "config.json", b"[" * 50_000), "cannot be read"),
    (lambda run: overwrite(run, "config.json", b"[]"), "does not hold settings"),
    (lambda run: edit_config(run, surprise=1), "'surprise' is not a setting"),
    (lambda run: edit_config(run, lr_g=7), "lr_g is 7"),
    (lambda run: edit_config(run, run=3), "does not say what pictures it makes"),
    (lambda run: edit_config(run, run={}), "does not say what pictures it makes"),
    (lambda run: edit_config(run, run={"image_shape": [1, 8]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [2, 8, 8]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [1, 8, 9]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [1, 1e999, 8]}), "does not say what"),
    (lambda run: edit_config(run, run={"image_shape": [1, 9999, 9999]}), "does not say what"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_checkpoint_is_refused_by_name(
    run: RunFolder, damage: Callable[[RunFolder], None], message: str
) -> None:
    damage(run)
    with pytest.raises(CheckpointError, match=message) as caught:
        open_generator(run.path)
    assert "my-run" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", ["generator.safetensors", "model.pt", "model.pkl", "training.pt"])
def test_a_pickle_is_refused_and_nothing_in_it_runs(run: RunFolder, name: str) -> None:
    sprung = run.path.parent / "sprung"
    for weights in ("generator.safetensors", "training.pt"):
        remove(run, weights)
    (run.path / name).write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(CheckpointError, match="my-run"):
        open_generator(run.path)
    with pytest.raises(CheckpointError, match="my-run"):
        load_training(run, helpers.CPU)
    assert not sprung.exists()
    pickle.loads((run.path / name).read_bytes())
    assert sprung.exists()  # the trap works, so the refusal is what kept it shut


def test_a_torch_file_with_a_pickle_inside_runs_nothing(run: RunFolder) -> None:
    sprung = run.path.parent / "sprung"
    torch.save({"step": 1, "surprise": Trap(sprung)}, run.path / "training.pt")
    with pytest.raises(CheckpointError, match="nothing in it was run"):
        load_training(run, helpers.CPU)
    assert not sprung.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_damaged_training_state_is_refused_whatever_the_damage(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "my-run")
    save_training(run, {"step": 3, "weights": {"a": torch.zeros(4)}, "random": torch.zeros(9)}, {})
    path, chance = run.path / "training.pt", random.Random(0)
    whole = path.read_bytes()
    assert load_training(run, helpers.CPU)["step"] == 3
    for _ in range(200):
        path.write_bytes(whole[: chance.randrange(len(whole))])
        with pytest.raises(CheckpointError, match="my-run"):
            load_training(run, helpers.CPU)
        path.write_bytes(chance.randbytes(chance.randrange(200)))
        with pytest.raises(CheckpointError, match="my-run"):
            load_training(run, helpers.CPU)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="not a training state"):
        load_training(run, helpers.CPU)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"my-run cannot be resumed: it has no training\.pt"):
        load_training(run, helpers.CPU)


def test_checkpoints_are_found_by_path_and_by_shipped_name(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "CHECKPOINTS_DIR", run.path.parent)
    assert find_checkpoint(str(run.path)) == run.path
    assert find_checkpoint("my-run") == run.path
    with pytest.raises(CheckpointError, match=r"'other' is neither .* \(shipped: my-run\)"):
        find_checkpoint("other")
    with pytest.raises(CheckpointError, match="never opened, because a pickle can run code"):
        find_checkpoint(str(run.path / "training.pt"))
    with pytest.raises(CheckpointError):
        find_checkpoint("../runs/my-run")


def test_a_shipped_checkpoint_is_a_run_less_its_training_state(
    run: RunFolder, tmp_path: Path
) -> None:
    (run.path / "events.jsonl").write_text('{"step": 3, "event": "turn", "name": "d"}\n')
    checkpoint = generators.export_checkpoint(run, tmp_path / "checkpoints" / "mine", grids=2)
    assert open_generator(checkpoint.path).config == run.config()
    assert not checkpoint.resumable
    assert checkpoint.grids() == [0, 10]
    assert checkpoint.grid_path(None).is_file()
    assert checkpoint.curves()["step"].tolist() == run.curves()["step"].tolist()
    assert checkpoint.events() == run.events() != ()  # it still says how it came about
    with pytest.raises(CheckpointError, match="exists already"):
        generators.export_checkpoint(run, checkpoint.path)


def test_a_state_that_holds_more_than_plain_values_is_refused(
    run: RunFolder, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    (run.path / "states" / "000005.pt").write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CheckpointError, match=r"states/000005\.pt is damaged"):
        load_training(run, helpers.CPU, 5)
    assert not mark.exists()
