from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from tests.gan_core import helpers
from tests.gan_core.cli.commands import ROOT, pictures

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of Unix")


@pytest.mark.parametrize(
    ("number", "code", "reader"),
    [(signal.SIGTERM, 143, "gone"), (signal.SIGHUP, 129, "full"), (signal.SIGINT, 130, "gone")],
)
def test_a_training_is_saved_though_nobody_reads_what_it_says(
    tmp_path: Path, number: signal.Signals, code: int, reader: str
) -> None:
    runs = tmp_path / "runs"
    command = [sys.executable, "-m", "gan_core", "train", "digits", "--runs-dir", str(runs)]
    command += [
        "--set",
        "dataset=folder",
        f"folder={pictures(tmp_path / 'pictures')}",
        "architecture=mlp-small",
        "steps=1000000",
        "log_every=3",
        "measure_every=0",
    ]
    with Path("/dev/full").open("wb") as full:
        worker = subprocess.Popen(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE if reader == "gone" else full.fileno(),
            stderr=subprocess.STDOUT,
        )
    if worker.stdout is not None:
        worker.stdout.close()
    deadline = time.monotonic() + 120
    while not any(run.curves() for run in RunStore(runs).list()):
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    worker.send_signal(number)
    worker.send_signal(number)
    assert worker.wait(60) == code
    (run,) = RunStore(runs).list()
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, helpers.CPU)["step"] == run.status().step > 0
