"""A plane to draw a distribution on, with a mouse, a pen or a finger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_strokes",
    html='<div class="strokes"></div>',
    css=(_HERE / "strokes.css").read_text("utf-8"),
    js=(_HERE / "strokes.js").read_text("utf-8"),
)


def strokes(*, key: str) -> Any:
    """Show the plane; return the strokes on it, lists of points (x, y) from -1 to 1.

    They come from the browser and may be anything.
    """
    kept = st.session_state.get(f"{key}_kept", [])
    result = _component(key=key, data={"strokes": kept}, on_strokes_change=_nothing)
    drawn = result.get("strokes")
    if drawn is not None:
        st.session_state[f"{key}_kept"] = kept = drawn
    return kept


def _nothing() -> None:
    pass
