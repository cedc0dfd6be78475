"""What is shown of a training on points, and kept of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.errors import BusyError
from gan_core.plane.frame import Frame, unpack
from gan_core.presets import preset
from gan_core.runs.folder import RunFolder
from gan_core.training import opening
from gan_core.training.job import TrainingJob
from gan_core.training.showing import Look, Showing
from gan_core.training.snapshot import Phase
from gan_core.training.trainings import Trainings
from tests.gan_core.helpers import CPU, finish, quiet, tiny_config
from tests.gan_core.training.jobs import ENDLESS, until

RING = preset("ring-gan").with_settings({**ENDLESS, "batch_size": 8})
CURRENT = Look(averaged=False)


def frame_of(job: TrainingJob, seen: int = 0) -> Frame:
    message = job.newest_frame(job.snapshot.run, CURRENT, seen, 60)
    assert message, "no frame came"
    return unpack(message)


def test_who_watches_gets_one_frame_after_another(trainings: Trainings) -> None:
    job = trainings.start([RING])
    first = frame_of(job)
    second = frame_of(job, first.number)
    assert second.number > first.number
    assert second.step > first.step
    assert not np.array_equal(first.points, second.points)
    with pytest.raises(BusyError, match="not being trained here"):
        job.newest_frame("another", CURRENT, 0, 0)


def test_a_step_of_one_player_is_seen_in_what_is_its_own(trainings: Trainings) -> None:
    job = trainings.start([RING])
    job.pause()
    until(lambda: job.phase is Phase.PAUSED)
    before = frame_of(job)
    run = job.snapshot.run
    assert job.newest_frame(run, CURRENT, before.number, 0.05) == b"", "nothing has changed"

    job.turn(run, "d")
    critic_moved = frame_of(job, before.number)
    assert np.array_equal(critic_moved.points, before.points)
    assert not np.array_equal(critic_moved.landscape, before.landscape)

    job.turn(run, "g")
    generator_moved = frame_of(job, critic_moved.number)
    assert not np.array_equal(generator_moved.points, critic_moved.points)
    assert np.array_equal(generator_moved.landscape, critic_moved.landscape)
    assert generator_moved.step == before.step + 1


def test_another_way_to_look_is_shown_while_it_is_paused(trainings: Trainings) -> None:
    job = trainings.start([preset("ring-cgan").with_settings({**ENDLESS, "batch_size": 8})])
    job.pause()
    until(lambda: job.phase is Phase.PAUSED)
    first = unpack(job.newest_frame(job.snapshot.run, Look(label=0), 0, 60))
    other = unpack(job.newest_frame(job.snapshot.run, Look(label=5), first.number, 60))
    assert (first.label, other.label) == (0, 5)
    assert first.averaged and other.averaged
    assert not np.array_equal(first.landscape, other.landscape)


def test_a_training_on_pictures_shows_none(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    assert job.newest_frame(job.snapshot.run, CURRENT, 0, 0.3) == b""


def test_nothing_is_due_while_nobody_watches() -> None:
    showing = Showing()
    assert showing.pause_before(0.0) is None
    assert showing.ask(CURRENT)
    assert not showing.ask(CURRENT)


def test_frames_are_kept_and_cut_as_the_run_is(tmp_path: Path) -> None:
    def started(name: str, steps: int) -> RunFolder:
        run = RunFolder(tmp_path / name)
        run.path.mkdir()
        config = preset("ring-gan").with_settings({"batch_size": 8, "steps": steps})
        finish(opening.start(run, config.with_settings({"save_every": 4}), tmp_path, CPU, quiet))
        return run

    run = started("run", 6)
    assert run.frames.steps() == [0, 1, 2, 3, 4, 5, 6]
    frame = unpack(run.frames.read(3))
    assert frame.step == 3 and frame.averaged and len(frame.covered) == 8
    assert len(run.frames.real_path.read_bytes()) == 512 * 2 * 2

    finish(opening.resume(run, {"steps": 8}, tmp_path, CPU, quiet))
    assert run.frames.steps() == [*range(9)]
    whole = started("whole", 8)
    assert run.frames.path.read_bytes() == whole.frames.path.read_bytes()

    fork = RunFolder(tmp_path / "fork")
    fork.path.mkdir()
    finish(opening.fork(fork, run, 4, {"steps": 5}, tmp_path, CPU, quiet))
    assert fork.frames.steps() == [*range(6)]
