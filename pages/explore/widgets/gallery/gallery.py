"""Pictures to pick from, in rows or in one row that scrolls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "ganscope_gallery",
    html='<div class="table"><div class="rows" aria-hidden="true"></div>'
    '<div class="body"><div class="heads" aria-hidden="true"></div>'
    '<div class="gallery" role="group"></div></div></div>',
    css=(_HERE / "gallery.css").read_text("utf-8"),
    js=(_HERE / "gallery.js").read_text("utf-8"),
)


def gallery(
    pictures: Sequence[Mapping[str, str]],
    *,
    label: str,
    key: str,
    selected: int | None = None,
    wrap: bool = True,
    captions: bool = False,
    columns: Sequence[str] = (),
    rows: Sequence[str] = (),
    marks: Sequence[str] = (),
    size: int = 64,
) -> int | None:
    """Show pictures as buttons; one tab stop, and arrow keys between them.

    A picture is `{"url": str, "label": str}`; with `captions` its label stands below it too. With
    `wrap` they fill rows, without they stand in one that scrolls; `columns` are the heads of a
    table that they fill row by row, `rows` the heads of its rows. `marks` are letters on the
    pictures, empty for none. `size` is a picture's width in pixels.

    Returns the index of the picture just picked, in the one rerun that the click caused.
    """
    result = _component(
        key=key,
        data={
            "pictures": [dict(picture) for picture in pictures],
            "label": label,
            "selected": selected,
            "wrap": wrap,
            "captions": captions,
            "columns": list(columns),
            "rows": list(rows),
            "marks": list(marks),
            "size": size,
        },
        on_picked_change=_nothing,
    )
    index = result.get("picked")
    return int(index) if index is not None and 0 <= index < len(pictures) else None


def _nothing() -> None:
    pass
