from __future__ import annotations

import time
from pathlib import Path

import pytest
from PIL import Image

from gan_core.errors import BusyError, CheckpointError, ConfigError
from gan_core.runs.generators import load_training
from gan_core.training import opening
from gan_core.training.session import TrainingSession
from gan_core.training.snapshot import Phase
from gan_core.training.trainings import Trainings
from tests.gan_core import helpers
from tests.gan_core.helpers import tiny_config
from tests.gan_core.training.jobs import ENDLESS, ended, until


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

    def slowly(session: TrainingSession) -> None:
        time.sleep(0.3)  # the end is seen before the run's lock is free
        close(session)

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
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, helpers.CPU)["step"] == job.snapshot.step


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
    assert "holds no picture that can be read" in str(end.error)
    assert "broken.png" in str(end.error)
    assert list(trainings.store.root.iterdir()) == []

    Image.new("RGB", (9, 9), (200, 10, 10)).save(pictures / "good.png")
    end = ended(trainings.start([config]))
    assert end.phase is Phase.FINISHED
    assert "Left out: 1 picture that cannot be read: broken.png (" in end.notice


def test_resuming_with_other_settings_fails_and_keeps_the_run(trainings: Trainings) -> None:
    name = ended(trainings.start([tiny_config()])).run
    end = ended(trainings.resume(name, {"lr_g": 0.5}))
    assert end.phase is Phase.FAILED
    assert str(end.error).startswith(f"lr_g cannot change when {name} is resumed")
    end = ended(trainings.resume(name, {"steps": 12}))
    assert (end.phase, end.step) == (Phase.FINISHED, 12)


def test_a_resume_that_fails_removes_nothing(trainings: Trainings) -> None:
    run = trainings.store.get(ended(trainings.start([tiny_config()])).run)
    gone = (run.path / "config.json").read_bytes()

    def lose(*arguments: object) -> None:
        (run.path / "config.json").unlink()
        raise CheckpointError("Damaged.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opening, "load_training", lose)
        assert ended(trainings.resume(run.name, {"steps": 20})).phase is Phase.FAILED
    assert (run.path / "training.pt").is_file()
    (run.path / "config.json").write_bytes(gone)
    assert ended(trainings.resume(run.name, {"steps": 20})).phase is Phase.FINISHED


def test_a_fork_that_fails_leaves_no_folder(trainings: Trainings) -> None:
    parent = trainings.store.get(ended(trainings.start([tiny_config()])).run)
    (parent.path / "states" / "000005.pt").write_bytes(b"damaged")
    job = trainings.fork(parent.name, 5, [{"lr_g": 0.1}, {"lr_g": 0.2}])
    job.wait(60)
    assert [snapshot.phase for snapshot in job.snapshots] == [Phase.FAILED, Phase.STOPPED]
    assert [path.name for path in trainings.store.root.iterdir()] == [parent.name]
