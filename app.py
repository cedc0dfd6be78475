"""The front door: ``streamlit run app.py``.

Serves the pages, and beside them the routes that the browser components fetch from. On shutdown
the training that runs is stopped and saved.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st

from pages.shared.server import access, process, routes


def end_with_the_terminal() -> None:
    """Let a closed terminal end the server as a kill does, with the training saved. Where it is
    to be outlived (`nohup`), it is."""
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is None or signal.getsignal(hangup) is signal.SIG_IGN:
        return
    with suppress(RuntimeError, ValueError):  # a server in another thread than the main one
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(hangup, signal.raise_signal, signal.SIGTERM)


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Load torch in the background while the first page is already shown; save on the way out."""
    end_with_the_terminal()
    warm_up = asyncio.create_task(asyncio.to_thread(process.warm_up))
    try:
        yield
    finally:
        await warm_up
        await asyncio.to_thread(process.trainings().close)


process.options()  # read here, so that what cannot be is said before anything is served
access.limit_hosts()
app = st.App("pages/main.py", lifespan=lifespan, routes=routes.ROUTES)
