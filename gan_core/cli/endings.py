"""How a training on the command line ends: at a signal it is saved first, whatever sent it, and
whoever has stopped listening to what is printed takes nothing away."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TextIO

KILL_AFTER = 10.0  # seconds of saving, after which a third signal ends the process at once
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # those that the system has


@dataclass
class Wish:
    """Whether somebody wants the process to end: read at every tick, never raised."""

    number: int = 0  # of the first signal; 0 as long as there was none
    count: int = 0
    since: float = 0.0

    @property
    def exit_code(self) -> int:
        """What a shell expects of a process that a signal ended: 130 for Ctrl-C, 143 for kill."""
        return 128 + (self.number or signal.SIGINT)

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Note a signal. The second changes nothing; the third may kill, after some time."""
        self.count += 1
        if self.count == 1:
            self.number, self.since = number, time.monotonic()
        elif self.count > 2 and time.monotonic() - self.since > KILL_AFTER:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)


@contextmanager
def heed_signals() -> Iterator[Wish]:
    """Note the signals that end a process, for as long as the block lasts.

    Those that are ignored stay so (`nohup`, jobs in a shell's background).
    """
    wish = Wish()
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, wish.receive)
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def say(words: object, *, err: bool = False) -> None:
    """Print a line, if there is anyone to hear it: a closed pipe, a full disk or a terminal that
    is gone is no reason to stop."""
    stream = sys.stderr if err else sys.stdout
    try:
        print(words, file=stream, flush=True)
    except (OSError, ValueError):
        silence(stream)


def silence(*streams: TextIO | None) -> None:
    """Let what is printed from now on go nowhere, at the end of the process as well."""
    for stream in filter(None, streams):
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            continue
