"""A black sheet to draw on in white, with a mouse, a pen or a finger."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent
_PREFIX = "data:image/png;base64,"

_component = st.components.v2.component(
    "ganscope_sketch",
    html='<div class="sketch"></div>',
    css=(_HERE / "sketch.css").read_text("utf-8"),
    js=(_HERE / "sketch.js").read_text("utf-8"),
)


def sketch(*, key: str) -> bytes | None:
    """Show the sheet; return the drawing as the bytes of a file, None while it is empty.

    The bytes come from the browser and may be anything.
    """
    drawing = st.session_state.get(f"{key}_kept", "")
    result = _component(key=key, data={"drawing": drawing}, on_drawing_change=_nothing)
    message = result.get("drawing")
    if isinstance(message, str):
        st.session_state[f"{key}_kept"] = drawing = message
    if not drawing.startswith(_PREFIX):
        return None
    try:
        return base64.b64decode(drawing.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return b""


def _nothing() -> None:
    pass
