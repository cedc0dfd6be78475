"""What is shown of a session on points while it trains: its newest frame, to those who watch.

The training's thread makes it between steps, some dozen times a second at most and only while
somebody watches; others read it and never make the thread wait.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.plane.frame import pack

if TYPE_CHECKING:
    from gan_core.training.session import TrainingSession

_EVERY = 0.075  # seconds from one frame to the next
_MOST = 0.08  # share of the training thread's processor time that frames may take
_WATCHED = 3.0  # seconds that a look counts as watching, beyond those that somebody waits for it


@dataclass(frozen=True)
class Look:
    """How a training is looked at."""

    label: int = 0  # the class of landscape and sheet, where the networks are told one
    averaged: bool = True  # whether the points are the averaged generator's, where there is one


class Showing:
    """The newest frame of one session, and who wants it."""

    def __init__(self) -> None:
        self.message = b""  # of the newest frame; empty before the first
        self.number = 0  # of that frame
        self._look: Look | None = None  # of who looked last
        self._shown: tuple[Look, int, int] | None = None  # what the newest frame is of
        self._watched_until = 0.0
        self._due = 0.0

    def ask(self, look: Look, seconds: float = 0.0) -> bool:
        """Have it shown that way to somebody who waits for so long. Returns whether nobody had
        asked for that before."""
        is_new = look != self._look
        self._look = look
        self._watched_until = time.monotonic() + seconds + _WATCHED
        return is_new

    def pause_before(self, now: float) -> float | None:
        """Seconds until the next frame is due; None while nobody watches."""
        if self._look is None or now > self._watched_until:
            return None
        return max(0.0, self._due - now)

    def show(self, session: TrainingSession, *, at_once: bool = False) -> bool:
        """Make a frame where one is wanted and due. Returns whether there is a new one.

        Args:
            at_once: whether it need not be due, nor anybody be watching still: the training stands.
        """
        look = self._look
        now = time.monotonic()
        if look is None or (not at_once and self.pause_before(now) != 0.0):
            return False
        moment = (look, session.step, len(session.events.past))
        if moment == self._shown:
            return False
        # By the processor's time: on a busy machine a frame takes longer, and so do the steps.
        begun = time.thread_time()
        frame = session.look(look.label, averaged=look.averaged)
        if frame is None:
            return False
        self.message = pack(frame.numbered(self.number + 1))
        self.number += 1
        self._shown = moment
        self._due = now + max(_EVERY, (time.thread_time() - begun) / _MOST)
        return True
