"""A training on points of the plane, as it happens and as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.plane.frame import EXTENT
from gan_core.plane.picture import COLORS

if TYPE_CHECKING:
    from gan_core.objectives.readings import Reading

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_plane",
    html='<div class="plane"></div>',
    css="".join(
        path.read_text("utf-8") for path in (_HERE.parent / "slider.css", _HERE / "plane.css")
    ),
    js="\n".join((_HERE / name).read_text("utf-8") for name in ("frame.js", "plane.js")),
)


def plane(
    *,
    name: str,
    live_url: str,
    frames_url: str,
    real_url: str,
    steps: Sequence[int],
    version: int,
    reading: Reading,
    modes: Sequence[Sequence[float]],
    deviation: float,
    classes: Sequence[str],
    key: str,
) -> None:
    """Show a run: its newest frame for as long as it trains, and those that it keeps by a slider.

    Args:
        live_url: where the newest frame is fetched from, again and again; empty where it does not
            train here.
        frames_url: what the addresses of the kept frames begin with, at `steps`.
        version: of the run, behind which its kept frames stay as they are.
        reading: what the landscape shows.
        modes: centres of the distribution's modes, of that deviation; none where none are known.
        classes: that the generator is told.
    """
    _component(
        key=key,
        data={
            "name": name,
            "live_url": live_url,
            "frames_url": frames_url,
            "real_url": real_url,
            "steps": list(steps),
            "version": str(version),
            "reading": asdict(reading),
            "modes": [list(centre) for centre in modes],
            "deviation": deviation,
            "classes": list(classes),
            "colors": COLORS,
            "extent": EXTENT,
        },
    )
