from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_core.errors import DivergedError
from gan_core.runs import generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import (
    load_training,
    open_generator,
    settle,
    weights_content,
)
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from gan_core.training import opening
from gan_core.training.findings import NOT_FINITE
from gan_core.training.handlers import Draw
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, finish, resume, start


def state(folder: Path) -> dict[str, object]:
    """The saved state, less what a clock measured."""
    values = load_training(RunFolder(folder), helpers.CPU)
    del values["seconds"]
    return values


def scalars(folder: Path) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in RunFolder(folder).rows()]


@pytest.mark.parametrize("architecture", ["mlp", "mlp-small", "dcgan-28"])
def test_five_steps_saved_and_resumed_equal_ten(tmp_path: Path, architecture: str) -> None:
    changes = {"architecture": architecture, "image_size": 28}
    finish(start(tmp_path / "whole", **changes))
    finish(start(tmp_path / "parts", **changes, steps=5))
    torch.manual_seed(1)
    torch.rand(100)
    finish(resume(tmp_path / "parts", steps=10))
    assert differences(state(tmp_path / "whole"), state(tmp_path / "parts")) == []
    assert scalars(tmp_path / "whole") == scalars(tmp_path / "parts")
    for name in ("generator.safetensors", "samples/000010.png"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert RunFolder(tmp_path / "parts").config().steps == 10


def test_what_happened_after_the_saved_state_happens_again(tmp_path: Path) -> None:
    finish(start(tmp_path / "whole"))
    session = start(tmp_path / "cut")
    while session.step < 8:
        session.advance(0)
    Draw().handle(session)
    session.close()  # as a crash would: logged and drawn up to 8, saved at 5
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as sink:
        sink.write('{"step": 8, "im')
    again = resume(tmp_path / "cut")
    assert again.step == 5
    assert again.grids == (0, 5)
    assert not again.run.grid_path(8).exists()
    assert again.history.view()["step"].tolist() == [2, 4, 5]
    assert [row["step"] for row in again.run.rows()] == [2, 4, 5]
    finish(again)
    assert differences(state(tmp_path / "whole"), state(tmp_path / "cut")) == []
    assert [row["step"] for row in again.run.rows()] == [2, 4, 5, 6, 8, 10]


class Killed(BaseException):
    """The end of the process, as far as a test can bring it about."""


def test_an_end_at_any_write_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, writes = Path.replace, 0

    def count(self: Path, target: Path) -> Path:
        nonlocal writes
        writes += 1
        if writes == last:
            raise Killed
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", count)
    last = 0
    finish(start(tmp_path / "whole"))
    total = writes
    assert total > 10
    for last in range(1, total + 1):
        writes = 0
        folder = tmp_path / f"killed-{last}"
        with pytest.raises(Killed):
            finish(start(folder))
        names = [run.name for run in RunStore(tmp_path).list()]
        if folder.name not in names:
            assert last <= 6  # before the first state was complete there is no run yet
            continue
        open_generator(folder)
        for step in (run := RunFolder(folder)).saved_steps():
            assert load_training(run, helpers.CPU, step)["step"] == step
            open_generator(folder, step)
        if last < total:  # the last write is the status: all is saved already
            finish(resume(folder))
        assert differences(state(tmp_path / "whole"), state(folder)) == []
        assert scalars(tmp_path / "whole") == scalars(folder)


def test_a_generator_of_another_moment_than_the_state_gives_way(tmp_path: Path) -> None:
    run = finish(start(tmp_path / "run", ema_decay=0.5)).run
    later = run.generator_path().read_bytes()
    for name in ("training.pt", "generator.safetensors"):
        suffix = Path(name).suffix
        (run.path / name).write_bytes((run.path / f"states/000005{suffix}").read_bytes())
    agreeing = run.generator_path().read_bytes()
    run.generator_path().write_bytes(later)  # as if a kill had come between the two files
    resume(run.path).close()
    assert run.generator_path().read_bytes() == agreeing != later


@pytest.mark.parametrize("keep_states", [0, 3])
@pytest.mark.parametrize(
    ("last", "generator", "state_step"),
    # Renamed in this order: the generator, the state, the status.
    [(1, 3, 3), (2, 6, 3), (3, 6, 6)],
)
def test_after_a_kill_in_a_save_all_files_become_those_of_the_state(
    tmp_path: Path, keep_states: int, last: int, generator: int, state_step: int
) -> None:
    session = start(tmp_path / "run", keep_states=keep_states, save_every=100, ema_decay=0.5)
    run, weights = session.run, {}
    for step in (3, 6):
        while session.step < step:
            session.advance(0)
        weights[step] = weights_content(session.trainer.sampler.state_dict(), step)
        if step == 3:
            session.save()
    rename, renames = Path.replace, 0

    def stop(self: Path, target: Path) -> Path:
        nonlocal renames
        renames += Path(target).parent == run.path
        if renames == last:
            raise Killed
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Path, "replace", stop)
        session.save()
    settle(run)  # a training has it: what it writes is its own
    assert run.status().step == 3
    session.close()
    assert run.generator_path().read_bytes() == weights[generator]
    assert open_generator(run.path).step == generator  # until then, it says what it is

    settle(run)
    assert load_training(run, helpers.CPU)["step"] == run.status().step == state_step
    assert run.generator_path().read_bytes() == weights[state_step]
    assert open_generator(run.path).step == state_step
    child, at = RunFolder(tmp_path / "child"), run.status().step
    opening.fork(child, run, at, {}, tmp_path, helpers.CPU, helpers.quiet).close()
    assert child.info().forked_at == child.status().step == state_step
    assert child.generator_path().read_bytes() == weights[state_step]


def test_states_after_the_one_resumed_from_are_dropped(tmp_path: Path) -> None:
    run = finish(start(tmp_path / "run")).run
    for ending in ("pt", "safetensors"):  # as if it had once been at step 8
        (run.path / "states" / f"000008.{ending}").touch()
    before = load_training(run, helpers.CPU, 5)
    torch.save(before, run.path / "training.pt")
    finish(resume(tmp_path / "run"))
    assert run.saved_steps() == [0, 5, 10]
    assert not list(run.path.glob("states/000008*"))
    assert differences(before, load_training(run, helpers.CPU, 5)) == []


def test_moments_of_logging_drawing_and_saving(tmp_path: Path) -> None:
    session = finish(start(tmp_path / "run", steps=9, log_every=4, sample_every=3, save_every=5))
    assert session.history.view()["step"].tolist() == [4, 5, 8, 9]
    assert session.grids == (0, 3, 6, 9)
    assert session.history.view()["images"].tolist() == [32, 40, 64, 72]
    assert (np.diff(session.history.view()["seconds"]) > 0).all()
    assert session.run.status().phase is Phase.FINISHED


def test_a_state_from_another_kind_of_device_goes_on_with_new_noise(tmp_path: Path) -> None:
    for name in ("one", "two"):
        finish(start(tmp_path / name, steps=5))
        values = load_training(RunFolder(tmp_path / name), helpers.CPU)
        generators.save_training(
            RunFolder(tmp_path / name),
            {**values, "random": torch.zeros(16, dtype=torch.uint8)},
            values["generator"],
        )
        finish(resume(tmp_path / name, steps=10))
    assert differences(state(tmp_path / "one"), state(tmp_path / "two")) == []


def test_a_loss_that_is_not_finite_stops_and_keeps_the_saved_state(tmp_path: Path) -> None:
    session = start(tmp_path / "run", steps=20)
    while session.step < 6:
        session.advance(0)
    before = (tmp_path / "run" / "training.pt").read_bytes()
    with torch.no_grad():
        next(session.trainer.critic.parameters()).fill_(float("nan"))
    with pytest.raises(
        DivergedError, match=r"became NaN or infinite at step 8: .*last saved state"
    ):
        finish(session)
    with pytest.raises(DivergedError, match="A weight became NaN"):
        session.save()
    assert (tmp_path / "run" / "training.pt").read_bytes() == before
    rows = list(session.run.rows())
    assert [row["step"] for row in rows] == [2, 4, 5, 6, 8]
    assert [row.get(NOT_FINITE, 0) > 0 for row in rows] == [False] * 4 + [True]
    open_generator(tmp_path / "run")
    assert resume(tmp_path / "run").step == 5


def test_every_line_of_a_run_is_json(tmp_path: Path) -> None:
    finish(start(tmp_path / "run"))
    for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert {"step", "images", "seconds", "d/loss", "g/loss"} <= set(row)
