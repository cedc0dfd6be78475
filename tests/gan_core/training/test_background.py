from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
import torchvision.datasets

from gan_core.data.dataset import Progress
from gan_core.errors import DataError
from gan_core.training.background import BackgroundTask, DaemonExecutor, explain
from gan_core.training.trainings import Trainings
from tests.gan_core.training.jobs import until


def test_what_the_cpu_allocator_says_is_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60)
    assert explain(caught.value).startswith("Out of memory.")


def test_one_download_at_a_time_and_its_end_in_words(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, gate = [], threading.Event()

    def fetch(self: torchvision.datasets.MNIST) -> None:
        folders.append(self.raw_folder)
        Path(self.raw_folder).mkdir(parents=True)
        (Path(self.raw_folder) / "train.gz").write_bytes(bytes(5_797_361))
        gate.wait(60)
        raise OSError("<urlopen error [Errno 111] Connection refused>")

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fetch)
    download = trainings.download("mnist")
    assert trainings.download("mnist") is download
    until(lambda: bool(folders) and download.share == 0.5)
    gate.set()
    download.wait(60)
    until(lambda: not download.active)
    assert len(folders) == 1
    assert download.error is not None
    assert "Connection refused" in download.error
    assert "'digits'" in download.error
    assert trainings.download("mnist") is not download
    trainings.downloads["mnist"].wait(60)


def test_errors_for_people_pass_as_they_are() -> None:
    assert explain(DataError("The sentence.")) == "The sentence."
    assert explain(ValueError()) == ("Something unexpected happened (ValueError).")


def test_a_task_says_how_far_it_got_and_how_it_ended() -> None:
    gate = threading.Event()

    def work(progress: Progress) -> None:
        progress(0.25, "counting")
        assert gate.wait(60)
        progress(7.0, "done")

    task = BackgroundTask("mine", work, DaemonExecutor(), doing="beginning")
    until(lambda: task.share == 0.25)
    assert (task.name, task.doing, task.active, task.error) == ("mine", "counting", True, None)
    task.wait(0.01)
    assert task.active
    gate.set()
    task.wait(60)
    assert (task.share, task.doing, task.active, task.error) == (1.0, "done", False, None)


def test_a_program_that_ends_waits_for_no_task() -> None:
    code = (
        "import time\n"
        "from gan_core.training.background import BackgroundTask, DaemonExecutor\n"
        "task = BackgroundTask('slow', lambda progress: time.sleep(600), DaemonExecutor())\n"
        "assert task.active"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
