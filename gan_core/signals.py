"""The signals that end a process: noted, so that what is unsaved can be saved first."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

KILL_AFTER = 10.0  # seconds of saving, after which a third signal ends the process at once
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # those that the system has

Handler = Callable[[int, FrameType | None], None]


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
def heed_signals(receive: Handler) -> Iterator[dict[int, Any]]:
    """Let a function receive the signals that end a process, for as long as the block lasts.

    Those that are ignored stay so (`nohup`, jobs in a shell's background). Yields the handlers
    that were there before, by signal.

    Raises:
        ValueError: this is not the main thread, which alone receives signals.
    """
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, receive)
    try:
        yield before
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
