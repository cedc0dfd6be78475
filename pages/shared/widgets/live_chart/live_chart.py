"""Curves that grow while a run trains, and keep the reader's zoom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent

# Plotly writes its own styles into the document's head, which a shadow root would not see.
_component = st.components.v2.component(
    "ganscope_live_chart",
    html='<div class="gs-chart"></div>',
    css=(_HERE / "live_chart.css").read_text("utf-8"),
    js=(_HERE / "live_chart.js").read_text("utf-8"),
    isolate_styles=False,
)


def live_chart(figure: Mapping[str, Any], *, tick: object, key: str) -> None:
    """Show the curves that `figures.live_figure` describes.

    The browser fetches each source's new rows whenever `tick` changes. `tick` is the latest step,
    or a list with the latest step of each distinct source in order of appearance: a step below
    those already drawn says that the run went back to an earlier step, and all is fetched anew.
    """
    _component(key=key, data={"figure": dict(figure), "tick": tick})
