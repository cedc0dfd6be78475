from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_core import files
from gan_core.errors import CheckpointError
from gan_core.files import write_atomic
from gan_core.runs import states
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from tests.gan_core import helpers


def test_the_state_and_generator_of_every_saved_step_open(run: RunFolder) -> None:
    assert run.saved_steps() == [0, 5, 10]
    for step in run.saved_steps():
        state = load_training(run, helpers.CPU, step)
        assert state["step"] == step
        opened_generator = open_generator(run.path, step)
        assert helpers.differences(state["averaged"], opened_generator.generator.state_dict()) == []
    with pytest.raises(CheckpointError, match=r"no state of step 7; it keeps 0, 5, 10\."):
        load_training(run, helpers.CPU, 7)
    with pytest.raises(CheckpointError, match="no generator of step 7"):
        open_generator(run.path, 7)


def test_the_latest_state_of_a_run_without_others_is_a_saved_step(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "run", keep_states=0)
    assert not (run.path / "states").exists()
    assert run.saved_steps() == [10]
    assert load_training(run, helpers.CPU, 10)["step"] == 10
    assert open_generator(run.path, 10).name == "run"


def keep(run: RunFolder, step: int, most: int, size: int = 10) -> None:
    for name in ("training.pt", "generator.safetensors"):
        files.write_atomic(run.path / name, b"x" * size)
    run.keep_state(step, most)


def steps(run: RunFolder) -> list[int]:
    return sorted(int(path.stem) for path in run.path.glob("states/*.pt"))


def test_states_are_thinned_and_stay_spread_over_the_training(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    lists = []
    for step in range(0, 900, 100):
        keep(run, step, most=4)
        lists.append(steps(run))
    # Worked by hand: the one whose neighbours lie nearest together goes, the earliest of equals.
    assert lists[4:] == [
        [0, 200, 300, 400],
        [0, 200, 400, 500],
        [0, 200, 400, 600],
        [0, 200, 400, 700],
        [0, 400, 700, 800],
    ]
    assert {p.suffix for p in run.path.glob("states/*")} == {".pt", ".safetensors"}


def test_steps_whose_generator_can_be_opened_beside_the_latest(run: RunFolder) -> None:
    assert run.kept_steps() == [0, 5]
    run.generator_path(5).unlink()
    assert run.kept_steps() == [0]


def test_what_was_noted_of_a_state_goes_with_it(run: RunFolder) -> None:
    for step in (None, 0, 5):
        write_atomic(run.notes_path(step) / "direction-names.json", b"{}")
    run.states.drop_after(0)
    assert run.notes_path().joinpath("direction-names.json").is_file()
    assert run.notes_path(0).joinpath("direction-names.json").is_file()
    assert not run.notes_path(5).exists()


def test_states_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "MAX_STATES_BYTES", 70)
    run = RunFolder(tmp_path)
    for step in (0, 1, 2, 3):
        keep(run, step, most=100, size=10)  # 20 bytes a state with its generator
    assert steps(run) == [0, 2, 3]
    keep(run, 4, most=100, size=50)  # more than may be, all by itself
    assert steps(run) == []


def test_a_kept_state_is_not_touched_by_the_next_save(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    keep(run, 0, most=4, size=10)
    files.write_atomic(run.path / "training.pt", b"new")
    assert (run.path / "states" / "000000.pt").read_bytes() == b"x" * 10


def test_states_are_copied_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    keep(RunFolder(tmp_path), 5, most=4)
    assert steps(RunFolder(tmp_path)) == [5]
    assert not list(tmp_path.rglob("*.tmp"))
