"""Which run is selected, and what the last action did."""

from __future__ import annotations

import streamlit as st

from pages.shared.text import plain

SELECTED = "runs_selected"  # the name of the run that is selected
NOTICE = "runs_notice"  # (kind, sentence) to be shown once


def notice() -> None:
    """What the last action did, shown once."""
    kind, words = st.session_state.pop(NOTICE, ("", ""))
    if kind == "success":
        st.success(plain(words))
    elif kind:
        st.error(plain(words))
