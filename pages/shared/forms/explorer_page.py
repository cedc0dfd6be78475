"""A generator as one HTML file to play with, for download."""

from __future__ import annotations

from html import escape

import streamlit as st

from gan_core.errors import GanError
from pages.shared.errors import reason
from pages.shared.server import generators
from pages.shared.server.sources import Source


def explorer_button(source: Source, *, key: str) -> None:
    """Download the page of a generator; it is written when the button is pressed."""
    st.download_button(
        "Explorer page (HTML)",
        lambda: write_page_or_reason(source),
        file_name=f"{source.name}.html",
        mime="text/html",
        key=key,
        on_click="ignore",
        icon=":material/explore:",
        help="The generator with its sliders, pictures, curves and measurements in one file that "
        "opens offline, on a phone too.",
    )


def write_page_or_reason(source: Source) -> str:
    """The page, or one that says in a sentence why there is none."""
    from gan_core.html.explorer import write_explorer

    try:
        model = generators.open_version(generators.saved_version(source))
        return write_explorer(source.folder, model, source.step)
    except (GanError, OSError) as error:
        return f'<!DOCTYPE html><meta charset="utf-8"><p>No page: {escape(reason(error))}</p>'
