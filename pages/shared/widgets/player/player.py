"""Moments of one or more tracks of pictures, played and scrubbed in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.widgets.drawn import SCRIPT
from pages.shared.widgets.message import message

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_player",
    html='<div class="player"></div>',
    css="".join(
        path.read_text("utf-8") for path in (_HERE.parent / "slider.css", _HERE / "player.css")
    ),
    js=SCRIPT + (_HERE / "player.js").read_text("utf-8"),
)


def player(
    tracks: Sequence[Mapping[str, Any]],
    *,
    key: str,
    unit: str = "step",
    fps: float = 8,
    follow: bool = True,
    label: str = "Moment",
    size: int = 320,
    show_controls: bool = True,
    drawn: Mapping[str, Any] | None = None,
) -> None:
    """Show tracks side by side, all at the same moment.

    A track is `{"label": str, "frames": [{"at": number, "url": str, "caption": str}], "columns":
    [str]}`, the caption optional, and so are the columns: names that stand above those of the
    pictures. It shows its latest frame at or before the moment. With `follow` the slider starts
    at the end and moves on to new frames for as long as the reader leaves it there; without, it
    starts at the beginning. Without `show_controls` the latest (or first) pictures just stand.
    An url `drawn:NUMBER` is of a picture that the browser draws, from what `drawn` holds.
    """
    _component(
        key=key,
        data=message(
            tracks=[_track(track) for track in tracks],
            unit=unit,
            fps=float(fps),
            follow=follow,
            label=label,
            size=size,
            controls=show_controls,
            drawn=drawn,
        ),
    )


def _track(track: Mapping[str, Any]) -> dict[str, Any]:
    frames = [
        {"at": float(frame["at"]), "url": frame["url"], "caption": frame.get("caption", "")}
        for frame in track["frames"]
    ]
    return {
        "label": track["label"],
        "frames": sorted(frames, key=lambda frame: frame["at"]),
        "columns": list(track.get("columns", ())),
    }
