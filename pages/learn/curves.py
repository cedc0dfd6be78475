"""How to read the curves of a training: the sections of ``curves.md``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.learn.markdown import sections, unwrap

FILE = Path(__file__).with_name("curves.md")


def curve_guide() -> None:
    """The topic: what curves tell, and what they do not."""
    for title, words in sections(FILE.read_text("utf-8"), 2):
        st.markdown(f"**{title}.** {unwrap(words)}")
    st.page_link(
        "train/page.py", label="Watch them on the Train page", icon=":material/model_training:"
    )
