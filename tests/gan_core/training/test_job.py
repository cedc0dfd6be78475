from __future__ import annotations

import dataclasses
import errno
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.data.dataset import Request, Rows
from gan_core.data.table import DATASETS
from gan_core.errors import BusyError, ConfigError
from gan_core.objectives.base import Loss
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.status import MayAct
from gan_core.training.job import TrainingJob
from gan_core.training.snapshot import Phase
from gan_core.training.trainings import Trainings
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, tiny_config
from tests.gan_core.training.jobs import ENDLESS, ended, poison, until


def test_a_training_runs_to_its_end(trainings: Trainings) -> None:
    job = trainings.start([tiny_config()])
    assert job.snapshot.total == 10
    end = ended(job)
    assert end.phase is Phase.FINISHED
    assert (end.step, end.total, end.saved_step) == (10, 10, 10)
    assert end.grids == (0, 5, 10)
    assert end.dataset_size == 40
    assert end.error is None
    assert end.curves is not None
    assert end.curves["step"].tolist() == [2, 4, 5, 6, 8, 10]
    assert trainings.active is None
    assert trainings.job is job
    open_generator(trainings.store.get(end.run).path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        end.step = 3  # type: ignore[misc]


def test_pause_save_resume_and_stop(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.snapshot.step > 20)
    assert trainings.active is job
    assert trainings.is_active(job.snapshot.run)
    assert not trainings.is_active("other")
    run = trainings.store.get(job.snapshot.run)

    job.pause()
    job.settle(60)
    assert job.snapshot.phase is Phase.PAUSED
    step = job.snapshot.step
    assert job.snapshot.saved_step == step
    assert load_training(run, helpers.CPU)["step"] == step
    assert run.status().phase is Phase.PAUSED
    time.sleep(0.2)
    assert job.snapshot.step == step

    job.resume()
    until(lambda: job.snapshot.step > step + 20 and job.phase is Phase.RUNNING)

    job.save()
    job.settle(60)
    assert (job.snapshot.saved_step or 0) > step
    assert load_training(run, helpers.CPU)["step"] > step

    assert job.stop(60)
    assert job.phase is Phase.STOPPED
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, helpers.CPU)["step"] == job.snapshot.step
    assert trainings.active is None


def test_stop_ends_a_pause(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    job.pause()
    until(lambda: job.phase is Phase.PAUSED)
    assert job.stop(60)
    assert job.phase is Phase.STOPPED


def test_a_stopped_training_goes_on_as_if_it_had_not(trainings: Trainings, tmp_path: Path) -> None:
    config = tiny_config(steps=400, log_every=7, save_every=100)
    job = trainings.start([config])
    until(lambda: job.snapshot.step > 5)
    job.pause()
    until(lambda: job.phase is Phase.PAUSED)
    job.stop(60)
    name = job.snapshot.run
    again = trainings.resume(name)
    assert ended(again).phase is Phase.FINISHED
    whole = helpers.trained(tmp_path / "whole", steps=400, log_every=7, save_every=100)
    one, other = (load_training(r, helpers.CPU) for r in (trainings.store.get(name), whole))
    assert set(differences(one, other)) == {"seconds"}


def test_an_interrupted_wait_does_not_lose_the_thread(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.snapshot.step > 0)
    press = (threading.main_thread().ident, signal.SIGINT)
    threading.Timer(0.2, signal.pthread_kill, press).start()
    with pytest.raises(KeyboardInterrupt):
        job.wait()
    assert not job.stop(0)
    assert job.stop(60)
    assert job.phase is Phase.STOPPED


def test_an_exception_in_the_thread_reaches_the_snapshot(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(loss: Loss) -> Loss:
        raise ZeroDivisionError("a surprise\nwith a second line")

    poison(monkeypatch, 7, fail)
    end = ended(trainings.start([tiny_config(objective="poison")]))
    assert end.phase is Phase.FAILED
    assert end.error == (
        "Something unexpected happened (ZeroDivisionError: a surprise). What was saved at step 5 "
        "is kept, and can be resumed."
    )
    run = trainings.store.get(end.run)
    assert run.status().phase is Phase.FAILED
    assert run.status().message == end.error
    assert load_training(run, helpers.CPU)["step"] == 5
    open_generator(run.path)


def test_a_loss_that_is_not_a_number_stops_the_training(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, 7, lambda loss: Loss(loss.total * float("nan"), loss.parts))
    end = ended(trainings.start([tiny_config(objective="poison")]))
    assert end.phase is Phase.FAILED
    assert end.error is not None
    assert end.error.startswith("g/loss became NaN or infinite at step 8")
    assert "lower learning rates" in end.error
    run = trainings.store.get(end.run)
    assert load_training(run, helpers.CPU)["step"] == run.status().step == end.saved_step == 5
    opened_generator = open_generator(run.path)
    assert all(bool(p.isfinite().all()) for p in opened_generator.generator.parameters())
    poison(monkeypatch, 10**6, lambda loss: loss)
    assert ended(trainings.resume(end.run)).phase is Phase.FINISHED


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: not enough memory"),
    ],
)
def test_out_of_memory_says_what_to_try(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(loss: Loss) -> Loss:
        raise error

    poison(monkeypatch, 7, fail)
    end = ended(trainings.start([tiny_config(objective="poison")]))
    assert end.phase is Phase.FAILED
    assert end.error is not None
    assert end.error.startswith("Out of memory.")
    assert "smaller batch size" in end.error
    assert load_training(trainings.store.get(end.run), helpers.CPU)["step"] == 5


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "The disk is full:"),
        (errno.EDQUOT, "The disk is full:"),
        (errno.EACCES, "{folder}/"),
    ],
)
def test_a_disk_that_takes_no_more(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    job = trainings.start([tiny_config(**{**ENDLESS, "save_every": 50})])
    until(lambda: (job.snapshot.saved_step or 0) >= 50)

    def full(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    end = ended(job)
    monkeypatch.undo()
    assert end.phase is Phase.FAILED
    assert end.error is not None
    run = trainings.store.get(end.run)
    assert end.error.startswith(says.format(folder=run.path))
    assert str(run.path) in end.error and ".tmp" not in end.error
    saved = load_training(run, helpers.CPU)["step"]
    assert f"What was saved at step {saved:,} is kept, and can be resumed." in end.error
    assert load_training(run, helpers.CPU)["step"] >= 50
    open_generator(run.path)


def test_a_race_changes_neither_training(trainings: Trainings, tmp_path: Path) -> None:
    changes: list[dict[str, Any]] = [
        {"architecture": "mlp", "steps": 60},
        {"architecture": "mlp-small", "steps": 60},
    ]
    job = trainings.start([tiny_config(**each) for each in changes])
    job.wait(60)
    assert [s.phase for s in job.snapshots] == [Phase.FINISHED, Phase.FINISHED]
    assert [s.step for s in job.snapshots] == [60, 60]
    assert len({s.run for s in job.snapshots}) == 2
    for number, (snapshot, each) in enumerate(zip(job.snapshots, changes, strict=True)):
        alone = helpers.trained(tmp_path / f"alone-{number}", **each)
        run = trainings.store.get(snapshot.run)
        one, other = load_training(run, helpers.CPU), load_training(alone, helpers.CPU)
        assert set(differences(one, other)) == {"seconds"}
        for name, column in run.curves().items():
            assert name == "seconds" or np.array_equal(column, alone.curves()[name])


def test_one_that_fails_in_a_race_costs_the_other_nothing(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, 7, lambda loss: Loss(loss.total * float("nan"), loss.parts))
    endless = {"steps": 10**6, "save_every": 10**6}
    job = trainings.start([tiny_config(**endless), tiny_config(objective="poison", **endless)])
    job.wait(60)
    healthy, ill = job.snapshots
    assert (healthy.phase, ill.phase) == (Phase.STOPPED, Phase.FAILED)
    assert healthy.error is None
    assert healthy.notice == f"Stopped because {ill.run} failed."
    assert ill.error is not None and "NaN" in ill.error
    run = trainings.store.get(healthy.run)
    assert healthy.step > 0
    assert load_training(run, helpers.CPU)["step"] == run.status().step == healthy.step
    assert trainings.store.get(ill.run).status().step == 0


def test_a_race_that_cannot_begin_leaves_no_folder(trainings: Trainings, tmp_path: Path) -> None:
    job = trainings.start([tiny_config(dataset="mnist"), tiny_config()])
    job.wait(60)
    assert job.snapshots[0].phase is Phase.FAILED
    assert not [path for path in trainings.store.root.iterdir() if path.is_dir()]


def test_a_resumed_run_knows_what_is_saved(trainings: Trainings) -> None:
    name = ended(trainings.start([tiny_config()])).run
    job = trainings.resume(name, {"steps": 10**6})
    until(lambda: job.phase is Phase.RUNNING)
    assert job.snapshot.saved_step is not None and job.snapshot.saved_step >= 10
    job.stop()


def test_runners_of_a_race_take_turns(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS, seed=seed) for seed in (1, 2)])
    until(lambda: all(s.step > 10 for s in job.snapshots))
    assert [trainings.is_active(s.run) for s in job.snapshots] == [True, True]
    job.pause()
    until(lambda: all(s.phase is Phase.PAUSED for s in job.snapshots))
    assert job.stop(60)
    assert [s.phase for s in job.snapshots] == [Phase.STOPPED, Phase.STOPPED]
    for snapshot in job.snapshots:
        run = trainings.store.get(snapshot.run)
        assert load_training(run, helpers.CPU)["step"] == snapshot.step


@pytest.mark.parametrize("racers", [1, 2])
def test_stop_while_the_data_is_read(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch, racers: int
) -> None:
    reading = threading.Event()

    def read(request: Request) -> Rows:
        reading.set()
        while True:
            request.progress(0.5, "Reading for ever")
            time.sleep(0.01)

    monkeypatch.setitem(DATASETS, "slow", replace(helpers.tiny_spec(), read=read))
    configs = [tiny_config(), tiny_config(dataset="slow")][-racers:]
    job = trainings.start(configs)
    assert reading.wait(60)
    until(lambda: job.snapshots[-1].doing == "Reading for ever")
    assert job.snapshots[-1].phase is Phase.LOADING
    assert job.snapshots[-1].share == 0.5
    assert job.stop(60)
    assert [s.phase for s in job.snapshots] == [Phase.STOPPED] * racers
    assert [s.error for s in job.snapshots] == [None] * racers
    assert len(trainings.store.list()) == racers - 1


def test_a_wish_holds_from_the_moment_it_is_uttered(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the thread takes it up, when neither the wish nor the session shows it alone."""
    wishes: list[str] = []

    def heard(job: TrainingJob, may_act: MayAct) -> None:
        wishes.append(job.may_act)

    monkeypatch.setattr(TrainingJob, "_allow", heard)
    job = trainings.start([tiny_config(**ENDLESS)], "stop")
    until(lambda: job.phase is Phase.RUNNING)
    job.allow("off")
    until(lambda: bool(wishes))
    assert wishes[0] == "off"


def paused_job(trainings: Trainings, **changes: Any) -> TrainingJob:
    job = trainings.start([tiny_config(**{**ENDLESS, **changes})])
    until(lambda: job.snapshot.step > 3)
    job.pause()
    until(lambda: job.phase is Phase.PAUSED)
    return job


def test_a_setting_is_changed_while_it_trains(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.snapshot.step > 3)
    job.change(job.snapshot.run, {"lr_g": 0.01, "d_steps": 2})
    until(lambda: len(job.snapshot.events) == 2)
    assert job.phase is Phase.RUNNING
    assert [(e.name, e.old, e.new) for e in job.snapshot.events] == [
        ("lr_g", 2e-4, 0.01),
        ("d_steps", 1, 2),
    ]
    assert (job.snapshot.config.lr_g, job.snapshot.config.d_steps) == (2e-4, 1)
    run = trainings.store.get(job.snapshot.run)
    assert run.events() == job.snapshot.events
    step = job.snapshot.step
    until(lambda: job.snapshot.step > step + 5)
    assert job.stop(60)
    assert load_training(run, helpers.CPU)["optimizer_g"]["param_groups"][0]["lr"] == 0.01


def test_a_change_that_cannot_be_is_refused_at_once_and_none_is_made(trainings: Trainings) -> None:
    job = paused_job(trainings)
    for settings, message in (
        ({"lr_g": 0.01, "lr_d": 7.0}, "lr_d is 7.0; it must be"),
        ({"seed": 3}, "seed cannot change while a run trains"),
    ):
        with pytest.raises(ConfigError, match=message):
            job.change(job.snapshot.run, settings)
    with pytest.raises(BusyError, match="other is not being trained here"):
        job.change("other", {"lr_g": 0.01})
    job.turn(job.snapshot.run, "d")
    until(lambda: len(job.snapshot.events) == 1)
    assert job.snapshot.events[0].kind == "turn"


def test_step_by_step_in_a_pause(trainings: Trainings) -> None:
    job = paused_job(trainings, d_steps=2, g_steps=3)
    name, before = job.snapshot.run, job.snapshot
    job.turn(name, "d")
    until(lambda: len(job.snapshot.events) == 1)
    assert (job.snapshot.step, job.snapshot.images) == (before.step, before.images + 8)
    job.turn(name, "g")
    until(lambda: len(job.snapshot.events) == 2)
    assert (job.snapshot.step, job.snapshot.images) == (before.step + 1, before.images + 8)
    job.play_round(name)
    until(lambda: job.snapshot.step > before.step + 1)
    step = job.snapshot.step
    job.play_round(name)
    until(lambda: job.snapshot.step == step + 3)
    assert job.phase is Phase.PAUSED
    assert len(job.snapshot.events) == 2
    step = job.snapshot.step
    time.sleep(0.1)
    assert job.snapshot.step == step
    assert job.stop(60)
    run = trainings.store.get(name)
    assert run.status().step == step
    assert len(load_training(run, helpers.CPU)["events"]) == 2


def test_a_round_in_a_pause_may_be_the_last(trainings: Trainings) -> None:
    job = paused_job(trainings, steps=10**6, d_steps=1)
    run = trainings.store.get(job.snapshot.run)
    assert job.stop(60)
    left = trainings.resume(run.name, {"steps": run.status().step + 2})
    left.slow_down(0.5)
    left.pause()
    until(lambda: left.phase is Phase.PAUSED)
    for _ in range(2):
        left.play_round(run.name)
    assert ended(left).phase is Phase.FINISHED
    assert run.status().phase is Phase.FINISHED


def test_a_training_in_slow_motion_keeps_time_and_changes_nothing_else(
    trainings: Trainings, tmp_path: Path
) -> None:
    job = trainings.start([tiny_config(steps=6)])
    job.slow_down(40)
    begun = time.monotonic()
    end = ended(job)
    assert time.monotonic() - begun > 5 / 40
    assert (end.phase, end.step, end.events) == (Phase.FINISHED, 6, ())
    alone = helpers.trained(tmp_path / "alone", steps=6)
    run = trainings.store.get(end.run)
    one, other = load_training(run, helpers.CPU), load_training(alone, helpers.CPU)
    assert set(differences(one, other)) == {"seconds"}


def test_slow_motion_can_be_left_at_once(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    job.slow_down(0.01)  # a step in 100 seconds
    until(lambda: job.snapshot.step > 0)
    assert job.pace == 0.01
    assert (job.snapshot.seconds_left or 0) > 1e8
    step = job.snapshot.step
    assert step < 50
    job.slow_down(0)
    until(lambda: job.snapshot.step > step + 50)
    job.slow_down(0.01)
    assert job.stop(60)  # nor does it hold up an end


def test_in_a_race_one_run_is_changed(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)] * 2)
    until(lambda: all(snapshot.step > 3 for snapshot in job.snapshots))
    job.change(job.snapshots[1].run, {"lr_g": 0.01})
    until(lambda: len(job.snapshots[1].events) == 1)
    assert job.snapshots[0].events == ()
