"""How torch's threads wait for one another: in a loop, but only while no other program wants the
cores.

Threads that share a step's arithmetic wait for the last of them some dozen times in it. Waiting in
a loop is the quickest on a quiet machine. On a busy one it takes the core from the very thread that
is waited for, and a training may fall to a twentieth of its speed. libgomp, OpenMP's runtime in
torch for Linux, loops 300,000 times, but only 100 times while it has more threads than there are
cores. So sleeping threads of its own are put beside it while the cores are wanted, and taken away
again: how many threads compute stays the same, and with it every bit of what they compute.

Source: "The GNU libgomp manual", GOMP_SPINCOUNT.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import cache
from pathlib import Path

_TASKS = Path("/proc/self/task")
_EVERY = 0.5  # seconds between two looks
_BUSY = 0.1  # seconds that threads wait for a core in each second, from which others want it
_QUIET = 0.03  # and down to which they no longer do
_GRAIN = 2**15  # numbers a thread at least, in torch's loops over numbers


@cache
def adapt_wait_policy() -> None:
    """Follow how busy the machine is from now on, for the whole process. Where the system does not
    tell, nothing happens, and what a person has set with OMP_WAIT_POLICY or GOMP_SPINCOUNT stays.
    """
    is_set = any(name in os.environ for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"))
    if not is_set and waiting_times(_TASKS):
        threading.Thread(target=_follow, name="wait policy", daemon=True).start()


def waiting_times(tasks: Path) -> dict[str, int]:
    """How long each thread of a process was ready to run and had no core, in nanoseconds.

    Args:
        tasks: a process's folder of threads below /proc; empty where its kernel keeps no count.
    """
    times = {}
    for task in tasks.glob("*"):
        try:
            times[task.name] = int((task / "schedstat").read_text().split()[1])
        except (OSError, LookupError, ValueError):
            continue  # the thread has ended
    return times


class SleepingThreads:
    """Threads of OpenMP's that do nothing: while they are there, others wait only briefly."""

    def __init__(self) -> None:
        self._release = threading.Event()
        self._holders: list[threading.Thread] = []

    @property
    def held(self) -> bool:
        """Whether they are there."""
        return bool(self._holders)

    def hold(self) -> None:
        """Have more threads than there are cores; nothing where torch computes on one."""
        if self.held or "torch" not in sys.modules:
            return
        import torch  # which waits where another thread is loading it

        computing = torch.get_num_threads()
        if computing < 2:
            return
        # Each thread that computes has a team of its own, of which it is one itself.
        missing = len(os.sched_getaffinity(0)) - computing + 1
        for _ in range(-(-missing // (computing - 1))):
            holder = threading.Thread(target=self._sleep, args=(computing,), daemon=True)
            holder.start()
            self._holders.append(holder)

    def release(self) -> None:
        """Take them away."""
        self._release.set()
        for holder in self._holders:
            holder.join()
        self._release.clear()
        self._holders.clear()

    def _sleep(self, computing: int) -> None:
        import torch

        torch.zeros(computing * _GRAIN).add_(1)  # which makes the team
        self._release.wait()


def _follow() -> None:
    threads, before = SleepingThreads(), waiting_times(_TASKS)
    while True:
        threading.Event().wait(_EVERY)
        now = waiting_times(_TASKS)
        waited = sum(time - before.get(task, 0) for task, time in now.items()) / 1e9 / _EVERY
        before = now
        if waited > _BUSY:
            threads.hold()
        elif waited < _QUIET and threads.held:
            threads.release()
