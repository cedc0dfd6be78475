"""Samples as points on a map, with their pictures on hover, to pick from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_scatter",
    html='<div class="scatter"></div>',
    css=(_HERE / "scatter.css").read_text("utf-8"),
    js=(_HERE / "scatter.js").read_text("utf-8"),
)


def scatter(
    places: np.ndarray,
    classes: Sequence[int],
    names: Sequence[str],
    *,
    sprite_url: str,
    columns: int,
    side: int,
    revision: str,
    label: str,
    key: str,
) -> int | None:
    """Show points at `places` (N, 2), each axis from 0 to 1, coloured by class.

    `classes` are indices of `names`, or -1 for none; buttons hide and show a class. `sprite_url`
    gives the pictures on one sheet, so many columns of so many pixels without gaps. Arrow keys go
    from point to point, Enter picks. The map starts anew when `revision` changes.

    Returns the index of the point just picked, in the one rerun that the click caused.
    """
    result = _component(
        key=key,
        data={
            "places": np.round(places, 4).tolist(),
            "classes": [int(k) for k in classes],
            "names": list(names),
            "sprite_url": sprite_url,
            "columns": columns,
            "side": side,
            "revision": revision,
            "label": label,
        },
        on_picked_change=_nothing,
    )
    index = result.get("picked")
    return int(index) if index is not None and 0 <= index < len(places) else None


def _nothing() -> None:
    pass
