"""Streamlit's own scripts, fonts and styles, answered from memory.

A browser asks for some sixty of them before it shows anything. Streamlit opens, reads and sends
each through threads of its own, which takes three times as much of a processor that the browser
wants as well. Their names hold a digest of what is in them, so that none ever changes.
"""

from __future__ import annotations

import mimetypes
from functools import cached_property, lru_cache
from pathlib import Path

import streamlit as st
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.file_util import get_static_dir

_FOLDERS = ("js", "css", "media")  # below "static"; what lies beside them may change
_FOREVER = {"Cache-Control": "public, immutable, max-age=31536000"}  # as Streamlit has it
_LARGEST = 2**20  # bytes of a file that is kept in memory
_CONDITIONS = {b"range", b"if-none-match", b"if-modified-since"}  # headers that Streamlit answers


class Assets:
    """ASGI middleware: answers a plain request for one of those files, and passes on all others."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @cached_property
    def files(self) -> dict[str, Path]:
        """Them by the paths under which they are asked for."""
        base = str(st.get_option("server.baseUrlPath") or "").strip("/")
        prefix = f"/{base}/static" if base else "/static"
        folder = Path(get_static_dir()) / "static"
        return {
            f"{prefix}/{name}/{path.name}": path
            for name in _FOLDERS
            for path in (folder / name).glob("*")
            if path.stat().st_size <= _LARGEST
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        if scope["type"] == "http" and scope["method"] == "GET":
            path = self.files.get(scope["path"])
            if path is not None and not _CONDITIONS & {name for name, _ in scope["headers"]}:
                await _read(path)(scope, receive, send)
                return
        await self.app(scope, receive, send)


@lru_cache(maxsize=256)
def _read(path: Path) -> Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(path.read_bytes(), media_type=kind, headers=_FOREVER)
