"""Curves that grow while a run trains, and keep the reader's zoom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.server import urls
from pages.shared.widgets.message import message

_HERE = Path(__file__).parent

SCRIPT = "".join((_HERE / name).read_text("utf-8") for name in ("rows.js", "live_chart.js"))
_STYLES = (_HERE / "uplot" / "uPlot.min.css", _HERE / "live_chart.css")

_component = st.components.v2.component(
    "ganscope_live_chart",
    html='<div class="gs-chart"></div>',
    css="".join(path.read_text("utf-8") for path in _STYLES),
    js=SCRIPT,
    isolate_styles=False,
)


def live_chart(figure: Mapping[str, Any], *, tick: object, key: str) -> None:
    """Show the curves that `figures.live_figure` describes.

    The browser fetches each source's new rows whenever `tick` changes. `tick` is the latest step,
    or a list with the latest step of each distinct source in order of appearance: a step below
    those already drawn says that the run went back to an earlier step, and all is fetched anew.
    """
    _component(key=key, data=message(tick=tick, library=urls.uplot_url(), **figure))
