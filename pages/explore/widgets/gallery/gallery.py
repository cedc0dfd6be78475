"""Pictures to pick from, in rows or in one row that scrolls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict, Unpack

import streamlit as st

from pages.shared.widgets.drawn import SCRIPT
from pages.shared.widgets.message import message

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_gallery",
    html='<div class="table"><div class="rows" aria-hidden="true"></div>'
    '<div class="body"><div class="heads" aria-hidden="true"></div>'
    '<div class="gallery" role="group"></div></div></div>'
    '<div class="message" aria-live="polite"></div>',
    css=(_HERE / "gallery.css").read_text("utf-8"),
    js=SCRIPT + (_HERE / "gallery.js").read_text("utf-8"),
)


class Layout(TypedDict, total=False):
    """How pictures stand, beside their size."""

    selection: int | None  # the one that is pressed, -1 for none yet; None: none can be
    wrap: bool  # they fill rows; else they stand in one row that scrolls
    captions: bool  # their labels stand below them too
    columns: Sequence[str]  # heads of the table that they fill row by row
    rows: Sequence[str]  # heads of its rows
    marks: Sequence[str]  # letters on them, empty for none


def gallery(
    pictures: Sequence[Mapping[str, str]],
    *,
    label: str,
    key: str,
    size: int = 64,
    drawn: Mapping[str, Any] | None = None,
    **layout: Unpack[Layout],
) -> int | None:
    """Show pictures `{"url": str, "label": str}`, `size` pixels wide, as buttons; one tab stop, and
    arrow keys between them. An url `drawn:NUMBER` is of a picture that the browser draws, from what
    `drawn` holds.

    Returns the index of the picture just picked, in the one rerun that the click caused.
    """
    result = _component(
        key=key,
        data=message(
            drawn=drawn,
            pictures=[dict(picture) for picture in pictures],
            label=label,
            selected=layout.get("selection"),
            wrap=layout.get("wrap", True),
            captions=layout.get("captions", False),
            columns=list(layout.get("columns", ())),
            rows=list(layout.get("rows", ())),
            marks=list(layout.get("marks", ())),
            size=size,
        ),
        on_picked_change=_nothing,
    )
    index = result.get("picked")
    return int(index) if index is not None and 0 <= index < len(pictures) else None


def _nothing() -> None:
    pass
