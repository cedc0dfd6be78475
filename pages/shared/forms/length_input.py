"""How far a run shall go on."""

from __future__ import annotations

import streamlit as st

from gan_core.config import SETTINGS

_MOST = int(SETTINGS["steps"].maximum or 0)
_MORE = 1000  # proposed where all steps are done


def length_input(step: int, total: int, *, key: str) -> int:
    """Ask up to which step, after the one that it stands at; the length that it had is proposed."""
    return st.number_input(
        "Up to step",
        min_value=min(step + 1, _MOST),
        max_value=_MOST,
        value=min(total if total > step else step + _MORE, _MOST),
        key=key,
        help="Steps are generator updates. All other settings stay as they are.",
    )
