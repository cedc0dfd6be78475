"""How torch's threads wait for one another: briefly while other programs want the cores."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gan_core.wait_policy import waiting_times

ROOT = Path(__file__).resolve().parents[2]


def test_waiting_times_are_the_second_number_of_each_thread(tmp_path: Path) -> None:
    for task, text in {"7": "500 20 3\n", "8": "9 0 1\n", "9": "", "10": "what is this"}.items():
        (tmp_path / task).mkdir()
        (tmp_path / task / "schedstat").write_text(text)
    (tmp_path / "11").mkdir()  # a thread that has ended meanwhile
    assert waiting_times(tmp_path) == {"7": 20, "8": 0}
    assert waiting_times(tmp_path / "of another system") == {}


FOLLOW = """
import os, sys, threading, time
import torch
from gan_core import wait_policy

patience, ready, waits = float(sys.argv[1]), 0.0, threading.Event()

def waiting_times(tasks):  # of one thread, which waits for a core half of the time
    global ready
    ready += waits.is_set() * wait_policy._EVERY / 2
    return {"1": int(1e9 * ready)}

def threads():  # those of OpenMP's too, which Python does not know of
    return len(os.listdir("/proc/self/task"))

def show(held):
    end = time.monotonic() + patience
    while (threads() >= before + 2) != held and time.monotonic() < end:
        time.sleep(0.01)
    print(threads() >= before + 2)

wait_policy._EVERY, wait_policy.waiting_times = 0.05, waiting_times
wait_policy.adapt_wait_policy()
torch.zeros(2**22).add_(1)
before = threads()
waits.set()
show(True)
waits.clear()
show(False)
"""


def test_the_system_tells_how_long_threads_wait() -> None:
    """Here, and so that what follows is of use."""
    if sys.platform != "linux":
        pytest.skip("only Linux tells")
    loop = [sys.executable, "-c", "while True: pass"]
    one = {min(os.sched_getaffinity(0))}
    with subprocess.Popen(loop) as first, subprocess.Popen(loop) as second:
        try:
            for process in (first, second):
                os.sched_setaffinity(process.pid, one)
            time.sleep(0.5)
            assert sum(waiting_times(Path(f"/proc/{first.pid}/task")).values()) > 1e7
        finally:
            first.kill()
            second.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how long threads wait")
@pytest.mark.parametrize(
    ("own", "patience", "shown"),
    [({}, "20", ["True", "False"]), ({"OMP_WAIT_POLICY": "ACTIVE"}, "0.5", ["False", "False"])],
    ids=["as it comes", "set by a person"],
)
def test_threads_sleep_beside_it_while_others_wait_for_a_core(
    own: dict[str, str], patience: str, shown: list[str]
) -> None:
    """One sleeps that holds a team of two, and the other of the team."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    said = subprocess.run(
        [sys.executable, "-c", FOLLOW, patience],
        env={**ours, "OMP_NUM_THREADS": "2", **own},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert said.split() == shown
