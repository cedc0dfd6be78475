from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_core.cli import endings
from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from tests.gan_core import helpers
from tests.gan_core.cli.commands import ROOT

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="signals of Unix")


def test_the_exit_code_is_that_of_the_first_signal() -> None:
    assert endings.Wish().exit_code == 130
    with endings.heed_signals() as wish:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert (wish.count, wish.exit_code) == (2, 143)


def test_the_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGHUP)
    with endings.heed_signals():
        assert signal.getsignal(signal.SIGHUP) != before
    assert signal.getsignal(signal.SIGHUP) == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with endings.heed_signals() as wish:
            os.kill(os.getpid(), signal.SIGHUP)
        assert wish.count == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_third_signal_kills_after_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", killed.append)
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    wish = endings.Wish()
    for _ in range(3):
        wish.receive(signal.SIGINT, None)
    assert killed == []
    wish.since -= endings.KILL_AFTER + 1
    wish.receive(signal.SIGINT, None)
    assert killed == [signal.SIGINT]


@pytest.mark.parametrize(
    ("number", "code", "reader"),
    [(signal.SIGTERM, 143, "gone"), (signal.SIGHUP, 129, "full"), (signal.SIGINT, 130, "gone")],
)
def test_a_training_is_saved_though_nobody_reads_what_it_says(
    tmp_path: Path, number: signal.Signals, code: int, reader: str
) -> None:
    command = [sys.executable, "-m", "gan_core", "train", "digits", "--runs-dir", str(tmp_path)]
    command += ["--set", "architecture=mlp-small", "steps=1000000", "log_every=3"]
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
    while not any(run.curves() for run in RunStore(tmp_path).list()):
        assert worker.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    worker.send_signal(number)
    worker.send_signal(number)
    assert worker.wait(60) == code
    (run,) = RunStore(tmp_path).list()
    assert run.status().phase is Phase.STOPPED
    assert load_training(run, helpers.CPU)["step"] == run.status().step > 0
