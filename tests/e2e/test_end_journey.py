"""How the app ends while a training runs."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import torch

from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from tests.e2e.conftest import START_SECONDS, serve_process

SCRIPT = Path(__file__).with_name("training_app.py")


def test_pressing_ctrl_c_twice_saves_the_training(tmp_path: Path, runs: RunStore) -> None:
    environment = {"GAN_DATA_DIR": str(tmp_path), "GAN_RUNS_DIR": str(runs.root)}
    with serve_process(SCRIPT, environment) as (_, process):
        deadline = time.monotonic() + START_SECONDS
        while not any(run.curves() for run in runs.list()):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    (run,) = runs.list()
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, torch.device("cpu"))["step"] == run.status().step > 0
