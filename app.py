"""The front door: ``streamlit run app.py``.

Serves the pages, and beside them the routes that the browser components fetch from. On shutdown
the training that runs is stopped and saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from pages.shared.server import access, process, routes
from pages.shared.server.assets import Assets
from pages.shared.server.ending import saving_first


def save() -> None:
    """Stop the training that runs, and wait until it is saved."""
    process.trainings().close()


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Load torch in the background while the first page is already shown; save on the way out."""
    with saving_first(save):
        warm_up = asyncio.create_task(asyncio.to_thread(process.warm_up))
        try:
            yield
        finally:
            process.stop_warming_up()
            await asyncio.to_thread(save)
            await warm_up


process.options()  # read here, so that what cannot be is said before anything is served
access.limit_hosts()
app = st.App(
    "pages/main.py",
    lifespan=lifespan,
    routes=routes.ROUTES,
    middleware=[Middleware(process.Foresight), Middleware(Assets)],
)
