"""A tab that watches a training, without a browser: it asks the server for all that a browser asks
for, and draws nothing. What it takes is the server's part of a live view."""

from __future__ import annotations

import threading
import time
import urllib.request
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

# What the Train page's charts and its player fetch at each tick of a training.
CURVES = ("curves", "curves", "quality", "quality", "quality")
_FRAGMENT_RUN = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


class Viewer:
    """Watches one run on the Train page from its making until :meth:`close`.

    Args:
        url: the app's address.
        run: the name of the run that is being trained.
    """

    def __init__(self, url: str, run: str) -> None:
        self._api = f"{url}/api/runs/{run}"
        self._socket = connect(
            f"ws://{urlsplit(url).netloc}/_stcore/stream",
            origin=Origin(url),
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
        )
        self.websocket_bytes = 0
        self.http_bytes = 0  # of curves
        self._page = ""
        self._cached: set[str] = set()  # messages that the server need not send again, by hash
        self._timers: dict[str, tuple[float, float]] = {}  # a fragment's interval and next time
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._rerun("")
        self._thread.start()

    def close(self) -> None:
        """Leave."""
        self._socket.close()
        self._thread.join(10)

    def _rerun(self, fragment: str) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.page_script_hash, state.page_name = self._page, "" if self._page else "train"
        state.cached_message_hashes.extend(self._cached)
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        self._socket.send(message.SerializeToString())

    def _watch(self) -> None:
        try:
            while True:
                now = time.monotonic()
                for fragment, (interval, next_time) in list(self._timers.items()):
                    if next_time <= now:
                        self._timers[fragment] = (interval, now + interval)
                        self._rerun(fragment)
                self._receive(
                    min((next_time - now for _, next_time in self._timers.values()), default=1.0)
                )
        except ConnectionClosed:
            pass

    def _receive(self, seconds: float) -> None:
        try:
            frame = self._socket.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return
        self.websocket_bytes += len(frame)
        message = ForwardMsg.FromString(frame)
        if message.metadata.cacheable:
            self._cached.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
        elif kind == "auto_rerun":
            rerun = message.auto_rerun
            self._timers[rerun.fragment_id] = (rerun.interval, time.monotonic() + rerun.interval)
        elif kind == "script_finished" and message.script_finished == _FRAGMENT_RUN:
            self._fetch()

    def _fetch(self) -> None:
        for what in CURVES:
            with urllib.request.urlopen(f"{self._api}/{what}?after=1000000") as answer:
                self.http_bytes += len(answer.read())
