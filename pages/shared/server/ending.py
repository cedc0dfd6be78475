"""How the server ends: what trains is saved first, whatever else is sent meanwhile.

uvicorn's own shutdown waits for every request that is not answered, and a second Ctrl-C skips what
an app does at its end. So saving begins with the first signal, and the server hears of those after
it only once all is saved.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from gan_core.signals import Wish, heed_signals

Save = Callable[[], object]


@contextmanager
def saving_first(save: Save) -> Iterator[None]:
    """Around a server's life, in its event loop: let Ctrl-C, a kill and a closed terminal save
    before the server hears of them.

    A server that takes no signals itself, or that runs in another thread than the main one, is
    left as it is.
    """
    takes_signals = callable(signal.getsignal(signal.SIGTERM))
    if not takes_signals or threading.current_thread() is not threading.main_thread():
        yield
        return
    ending = Ending(save, asyncio.get_running_loop())
    with heed_signals(ending.receive) as ending.handlers:
        yield


class Ending:
    """The wish to end, and the saving that it has begun.

    Args:
        save: blocks until all is saved; runs in a thread of the loop's.
        loop: of the server.
    """

    def __init__(self, save: Save, loop: asyncio.AbstractEventLoop) -> None:
        self.handlers: dict[int, Any] = {}  # the server's own, by signal
        self._save = save
        self._loop = loop
        self._wish = Wish()
        self._waiting = 0  # a signal that came while it saved
        self._saving: asyncio.Future[object] | None = None

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Begin to save at the first signal; keep others from the server until that is done."""
        self._wish.receive(number, frame)
        if self._wish.count == 1:
            self._loop.call_soon_threadsafe(self._begin)
            self._pass_on(number)
        elif self._saving is not None and self._saving.done():
            self._pass_on(number)
        else:
            self._waiting = number

    def _begin(self) -> None:
        self._saving = self._loop.run_in_executor(None, self._save)
        self._saving.add_done_callback(self._catch_up)

    def _catch_up(self, saving: asyncio.Future[object]) -> None:
        if self._waiting:
            self._pass_on(self._waiting)

    def _pass_on(self, number: int) -> None:
        if not callable(self.handlers[number]):
            number = signal.SIGTERM  # servers know nothing of a closed terminal
        self.handlers[number](number, None)
