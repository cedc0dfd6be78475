"""How many tabs watch a training, and how often each of them looks.

A look takes a browser some 100 ms of processor, whatever it changes: Streamlit draws its whole page
anew. Where all tabs are on the machine that trains, eight that look once a second take half of two
cores from the training; so the more there are, the longer each waits.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from streamlit.runtime.scriptrunner import get_script_run_ctx

AT_ONCE = 3  # looks a second, of all tabs together
LONGEST = 5  # seconds between two looks of a tab
_GONE = 3 * LONGEST  # seconds after its last look


class Viewers:
    """The tabs that watch."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked: dict[str, float] = {}  # when each did last
        self._lock = threading.Lock()

    def look(self, tab: str) -> int:
        """One looks; the seconds until it is to look again."""
        with self._lock:
            now = self._looked[tab] = self._clock()
            self._looked = {t: then for t, then in self._looked.items() if now - then < _GONE}
            return min(LONGEST, math.ceil(len(self._looked) / AT_ONCE))


_viewers = Viewers()


def look() -> int:
    """This tab looks; the seconds until it is to look again."""
    context = get_script_run_ctx()
    return _viewers.look("" if context is None else context.session_id)
