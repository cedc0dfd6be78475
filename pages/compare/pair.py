"""Which two generators are compared."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.shared.pairs.race import WATCHED
from pages.shared.pairs.sides import LETTERS
from pages.shared.runs.state import RunState
from pages.shared.server.sources import Source


def select_watched(race: Sequence[RunState]) -> None:
    """Once after a race that this person watched: make its runs the pair that is compared."""
    if not st.session_state.pop(WATCHED, False):
        return
    for letter, state in zip(LETTERS, race, strict=False):
        if state.on_disk:
            choose(letter, state.source)


def choose(letter: str, source: Source) -> None:
    """Make it the generator of that letter, whatever the page's address says by now.

    A rerun that the browser asked for before it heard of a new address brings the old one back.
    """
    st.session_state[f"compare_{letter}_chosen"] = source.id
    show(letter, source)


def choice_of(letter: str) -> str | None:
    """The generator chosen for that letter: until the address says the same, the choice counts."""
    key, address = f"compare_{letter}_chosen", st.query_params.get(letter.lower())
    if st.session_state.get(key) == address:
        st.session_state.pop(key, None)
    return st.session_state.get(key) or address or st.session_state.get(f"compare_{letter}")


def show(letter: str, source: Source) -> None:
    """Name the generator of that letter in the page's address, and keep it for the session."""
    st.session_state[f"compare_{letter}"] = source.id
    st.query_params[letter.lower()] = source.id
