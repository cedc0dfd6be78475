from __future__ import annotations

import dataclasses
import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision.datasets
from PIL import Image

from gan_core.config import TrainConfig
from gan_core.data.dataset import Request, Rows
from gan_core.data.table import DATASETS
from gan_core.errors import BusyError, CheckpointError, ConfigError, DataError
from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.history import Curves
from gan_core.runs.store import RunStore
from gan_core.training import doctor
from gan_core.training.background import explain
from gan_core.training.findings import Finding
from gan_core.training.job import TrainingJob
from gan_core.training.session import TrainingSession
from gan_core.training.snapshot import Phase, Snapshot
from gan_core.training.trainings import Trainings
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, tiny_config

ENDLESS = {"steps": 10_000_000, "log_every": 10, "sample_every": 10**6, "save_every": 10**6}


@pytest.fixture
def trainings(tmp_path: Path) -> Iterator[Trainings]:
    made = Trainings(RunStore(tmp_path / "runs"), tmp_path / "data", helpers.CPU)
    yield made
    assert made.close(60)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def ended(job: TrainingJob) -> Snapshot:
    job.wait(60)
    assert not job.phase.active
    return job.snapshot


def poison(monkeypatch: pytest.MonkeyPatch, after: int, act: Callable[[Loss], Loss]) -> None:
    """An objective named 'poison' whose generator loss is tampered with after so many steps."""

    class Poison(NonSaturatingGAN):
        calls = 0

        def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            self.calls += 1
            loss = super().g_loss(critic, real, fake)
            return act(loss) if self.calls > after else loss

    monkeypatch.setitem(OBJECTIVES, "poison", Poison)


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
    until(lambda: job.phase is Phase.PAUSED)
    held = job.snapshot.step
    assert job.snapshot.saved_step == held
    assert load_training(run, helpers.CPU)["step"] == held
    assert run.status().phase == "paused"
    time.sleep(0.2)
    assert job.snapshot.step == held

    job.resume()
    until(lambda: job.snapshot.step > held + 20 and job.phase is Phase.RUNNING)

    job.save()
    until(lambda: (job.snapshot.saved_step or 0) > held)
    assert load_training(run, helpers.CPU)["step"] > held

    assert job.stop(60)
    assert job.phase is Phase.STOPPED
    assert run.status().phase == "stopped"
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


def test_a_second_start_is_answered_in_words(trainings: Trainings) -> None:
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.snapshot.step > 0)
    words = f"{job.snapshot.run} is being trained. Stop it, or wait for its end"
    with pytest.raises(BusyError, match=words):
        trainings.start([tiny_config()])
    with pytest.raises(BusyError, match=words):
        trainings.resume(job.snapshot.run)
    job.stop(60)
    assert len(trainings.store.list()) == 1
    assert ended(trainings.start([tiny_config()])).phase is Phase.FINISHED


def test_a_start_may_follow_the_end_at_once(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = TrainingSession.close

    def slowly(opened: TrainingSession) -> None:
        time.sleep(0.3)  # the end is seen before the run's lock is free
        close(opened)

    monkeypatch.setattr(TrainingSession, "close", slowly)
    name = trainings.start([tiny_config(steps=1)]).snapshot.run
    until(lambda: trainings.active is None)
    assert ended(trainings.resume(name, {"steps": 2})).phase is Phase.FINISHED


def test_close_stops_and_saves(trainings: Trainings) -> None:
    assert trainings.close()
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.snapshot.step > 0)
    assert trainings.close(60)
    run = trainings.store.get(job.snapshot.run)
    assert run.status().phase == "stopped"
    assert load_training(run, helpers.CPU)["step"] == job.snapshot.step


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
        "Something unexpected stopped the training (ZeroDivisionError: a surprise). The last "
        "saved state is kept; you can resume this run."
    )
    run = trainings.store.get(end.run)
    assert run.status().phase == "failed"
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
    opened = open_generator(run.path)
    assert all(bool(p.isfinite().all()) for p in opened.generator.parameters())
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


def test_what_the_cpu_allocator_says_is_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert explain(caught.value).startswith("Out of memory.")


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "The disk is full."),
        (errno.EDQUOT, "The disk is full."),
        (errno.EACCES, "A file"),
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
    assert end.error.startswith(says)
    assert "resume this run" in end.error
    run = trainings.store.get(end.run)
    assert load_training(run, helpers.CPU)["step"] >= 50
    open_generator(run.path)


def test_a_start_that_fails_leaves_no_folder(trainings: Trainings, tmp_path: Path) -> None:
    end = ended(trainings.start([tiny_config(dataset="mnist")]))
    assert end.phase is Phase.FAILED
    assert end.error is not None
    assert end.error.startswith("MNIST cannot be read from")
    assert list(trainings.store.root.iterdir()) == []
    with pytest.raises(ConfigError, match="architecture is 'nonsense'"):
        trainings.start([tiny_config(architecture="nonsense")])
    assert list(trainings.store.root.iterdir()) == []
    with pytest.raises(CheckpointError, match="no run named 'gone'"):
        trainings.resume("gone")


def test_folders_of_pictures(trainings: Trainings, tmp_path: Path) -> None:
    pictures = tmp_path / "data" / "pictures"
    pictures.mkdir(parents=True)
    config = tiny_config(dataset="folder", folder="pictures", image_size=8)
    end = ended(trainings.start([config]))
    assert end.phase is Phase.FAILED
    assert "pictures holds no pictures" in str(end.error)

    (pictures / "broken.png").write_text("no picture")
    end = ended(trainings.start([config]))
    assert end.phase is Phase.FAILED
    assert "None of the 1 pictures" in str(end.error)
    assert "broken.png" in str(end.error)
    assert list(trainings.store.root.iterdir()) == []

    Image.new("RGB", (9, 9), (200, 10, 10)).save(pictures / "good.png")
    end = ended(trainings.start([config]))
    assert end.phase is Phase.FINISHED
    assert "1 of the pictures cannot be read and were skipped: broken.png" in end.notice


def test_resuming_with_other_settings_fails_and_keeps_the_run(trainings: Trainings) -> None:
    name = ended(trainings.start([tiny_config()])).run
    end = ended(trainings.resume(name, {"lr_g": 0.5}))
    assert end.phase is Phase.FAILED
    assert str(end.error).startswith(f"lr_g cannot change when {name} is resumed")
    end = ended(trainings.resume(name, {"steps": 12}))
    assert (end.phase, end.step) == (Phase.FINISHED, 12)


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
        raced = trainings.store.get(snapshot.run)
        one, other = load_training(raced, helpers.CPU), load_training(alone, helpers.CPU)
        assert set(differences(one, other)) == {"seconds"}
        for name, column in raced.curves().items():
            assert name == "seconds" or np.array_equal(column, alone.curves()[name])


def test_one_that_fails_in_a_race_costs_the_other_nothing(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, 7, lambda loss: Loss(loss.total * float("nan"), loss.parts))
    endless = {"steps": 10**6, "save_every": 10**6}
    job = trainings.start([tiny_config(**endless), tiny_config(objective="poison", **endless)])
    job.wait(60)
    healthy, failed = job.snapshots
    assert (healthy.phase, failed.phase) == (Phase.STOPPED, Phase.FAILED)
    assert healthy.error is None
    assert healthy.notice == f"Stopped because {failed.run} failed."
    assert failed.error is not None and "NaN" in failed.error
    run = trainings.store.get(healthy.run)
    assert healthy.step > 0
    assert load_training(run, helpers.CPU)["step"] == run.status().step == healthy.step
    assert trainings.store.get(failed.run).status().step == 0


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


def test_one_download_at_a_time_and_its_end_in_words(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, gate = [], threading.Event()

    def fetch(self: torchvision.datasets.MNIST) -> None:
        asked.append(self.raw_folder)
        Path(self.raw_folder).mkdir(parents=True)
        (Path(self.raw_folder) / "train.gz").write_bytes(bytes(5_797_361))
        gate.wait(60)
        raise OSError("<urlopen error [Errno 111] Connection refused>")

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    download = trainings.download("mnist")
    assert trainings.download("mnist") is download
    until(lambda: bool(asked) and download.share == 0.5)
    gate.set()
    download.wait(60)
    until(lambda: not download.active)
    assert len(asked) == 1
    assert download.error is not None
    assert "Connection refused" in download.error
    assert "'digits'" in download.error
    assert trainings.download("mnist") is not download
    trainings.downloads["mnist"].wait(60)


def test_errors_for_people_pass_as_they_are() -> None:
    assert explain(DataError("The sentence.")) == "The sentence."
    assert explain(ValueError()) == (
        "Something unexpected stopped the training (ValueError: ValueError). The last saved state "
        "is kept; you can resume this run."
    )


COLLAPSE = Finding("collapse", "Mode collapse", "severe", 7, "One class.", "It is.", "Do.")


def ill_from(monkeypatch: pytest.MonkeyPatch, step: int, began: int) -> None:
    """Let the doctor find a collapse, begun at one step, in every history that reaches another."""

    def examine(config: TrainConfig, curves: Curves, quality: Curves) -> tuple[Finding, ...]:
        ill = curves["step"][-1] >= step
        return (dataclasses.replace(COLLAPSE, step=began),) if ill else ()

    monkeypatch.setattr(doctor, "examine", examine)


def treated(trainings: Trainings, may_act: str, **changes: Any) -> tuple[RunFolder, Snapshot]:
    job = trainings.start([tiny_config(steps=40, **changes)], may_act)
    job.wait(60)
    return RunFolder(trainings.store.root / job.snapshot.run), job.snapshot


def test_the_doctor_only_tells_unless_it_is_allowed_more(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=10, began=7)
    run, snapshot = treated(trainings, "off")
    assert (snapshot.phase, snapshot.step, snapshot.notice) == (Phase.FINISHED, 40, "")
    assert run.status().acted == ""


def test_the_doctor_stops_a_training_and_says_so(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=10, began=7)
    run, snapshot = treated(trainings, "stop")
    assert (snapshot.phase, snapshot.step) == (Phase.STOPPED, 10)
    assert "The doctor stopped the training at step 10: Mode collapse, since step 7." in (
        snapshot.notice
    )
    status = run.status()
    assert (status.phase, status.step, status.may_act) == ("stopped", 10, "stop")
    assert status.acted == snapshot.notice


def test_the_doctor_goes_back_once_with_other_noise_and_then_stops(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=12, began=7)
    run, snapshot = treated(trainings, "rollback", log_every=2, save_every=5)
    # at step 12 the states of steps 10 and 5 are kept, and 5 is the last before the finding
    assert (snapshot.phase, snapshot.step) == (Phase.STOPPED, 12)
    assert snapshot.notice.endswith("It went back once before.")
    rows = [row["step"] for row in run.rows()]
    assert rows == sorted(set(rows)) and rows[-1] == 12
    assert max(run.grids()) <= 12


def test_with_no_state_from_before_the_doctor_stops(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=16, began=3)
    _, snapshot = treated(trainings, "rollback", log_every=2, save_every=5, keep_states=0)
    assert snapshot.phase is Phase.STOPPED
    assert snapshot.notice.endswith("No earlier state was saved.")


def test_a_wish_holds_from_the_moment_it_is_uttered(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also while the thread takes it up, when neither the wish nor the recording shows it alone."""
    seen: list[str] = []

    def heard(job: TrainingJob, may_act: str) -> None:
        seen.append(job.may_act)

    monkeypatch.setattr(TrainingJob, "_allow", heard)
    job = trainings.start([tiny_config(**ENDLESS)], "stop")
    until(lambda: job.phase is Phase.RUNNING)
    job.allow("off")
    until(lambda: bool(seen))
    assert seen[0] == "off"


def test_what_the_doctor_may_do_can_be_changed_while_it_trains(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=0, began=0)
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.phase is Phase.RUNNING)
    job.allow("stop")
    assert job.may_act == "stop"
    job.wait(60)
    assert job.phase is Phase.STOPPED
    assert RunFolder(trainings.store.root / job.snapshot.run).status().may_act == "stop"


def test_in_a_race_only_the_ill_one_is_stopped(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(config: TrainConfig, curves: Curves, quality: Curves) -> tuple[Finding, ...]:
        return (COLLAPSE,) if config.seed else ()

    monkeypatch.setattr(doctor, "examine", examine)
    job = trainings.start([tiny_config(), tiny_config(seed=1)], "stop")
    job.wait(60)
    well, ill = job.snapshots
    assert (well.phase, ill.phase) == (Phase.FINISHED, Phase.STOPPED)
    assert (well.step, ill.step) == (10, 2)
