"""Sliders along directions of the latent space, and the picture they make while they move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.server import urls
from pages.shared.widgets.message import message

_HERE = Path(__file__).parent
_SHARED = _HERE.parents[2] / "shared" / "widgets"


def _read(*paths: Path) -> str:
    return "".join(path.read_text("utf-8") for path in paths)


_component = st.components.v2.component(
    "ganscope_latent_panel",
    html='<div class="panel"></div>',
    css=_read(_SHARED / "slider.css", _HERE / "latent_panel.css"),
    js=_read(_SHARED / "follower.js", _SHARED / "local_generator.js", _HERE / "latent_panel.js"),
)


def latent_panel(
    *,
    pictures: Sequence[Mapping[str, Any]],
    base: Sequence[float],
    basis: str,
    directions: Sequence[Mapping[str, Any]],
    truncation: float,
    revision: str,
    key: str,
    on_change: Callable[[], None] | None = None,
    size: int = 320,
) -> list[float] | None:
    """Show the picture of a point and a slider for each direction.

    `pictures` are `{"url": str, "label": str, "program": str, "class": int}`: one, or more side by
    side, each of a generator; a label, empty for none, stands below its picture. Where a program is
    given for all of them, and the browser is quick with it, it draws the pictures itself, of that
    class.
    A direction is `{"index": int, "label": str, "min": float, "max": float, "step": float,
    "value": float, "home": float, "vector": str}`; home, 0 where it is left out, is where "Reset
    sliders" goes, and the vector, needed for programs, is as `gan_core.latent.vector_files.to_text`
    writes it.
    While a slider moves, the browser posts `{"base", "basis", "truncation",
    "coordinates": {index: value}}` to each url and shows the images that come back, all at once.
    The sliders take the given values when `revision` changes, and at no other time.

    Returns the coordinates where the reader last let go, in the order of `directions`, or None
    before any move under this `revision`. In `on_change`, ask `committed_coordinates`.
    """
    _component(
        key=key,
        data=message(
            pictures=[{"program": "", "class": 0, **picture} for picture in pictures],
            script=urls.program_script_url(),
            base=[float(value) for value in base],
            basis=basis,
            directions=[_direction(direction) for direction in directions],
            truncation=float(truncation),
            revision=revision,
            size=size,
        ),
        on_coordinates_change=on_change or _nothing,
    )
    return committed_coordinates(key, revision)


def committed_coordinates(key: str, revision: str) -> list[float] | None:
    """Return where the reader left the panel's sliders under `revision`, or None."""
    commit = st.session_state.get(key, {}).get("coordinates")
    if not commit or commit["revision"] != revision:
        return None
    return [float(value) for value in commit["values"]]


def _direction(direction: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {name: float(direction[name]) for name in ("min", "max", "step", "value")}
    home = float(direction.get("home", 0))
    return {
        "index": int(direction["index"]),
        "label": direction["label"],
        "home": home,
        "vector": direction.get("vector", ""),
        **numbers,
    }


def _nothing() -> None:
    pass
