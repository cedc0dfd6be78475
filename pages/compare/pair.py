"""Which two generators are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.errors import GanError
from pages.shared.pairs import sides
from pages.shared.pairs.race import WATCHED
from pages.shared.server import sources

if TYPE_CHECKING:
    from gan_core.training.snapshot import Snapshot


def select_watched(snapshots: Sequence[Snapshot]) -> None:
    """Once after a race that this person watched: make its runs the pair that is compared."""
    if not st.session_state.pop(WATCHED, False):
        return
    for letter, snapshot in zip(sides.LETTERS, snapshots, strict=False):
        item = sources.Source("runs", snapshot.run)
        try:
            _ = item.folder
        except GanError:
            continue
        choose(letter, item)


def choose(letter: str, item: sources.Source) -> None:
    """Make it the generator of that letter, whatever the page's address says by now.

    A rerun that the browser asked for before it heard of a new address brings the old one back.
    """
    st.session_state[f"compare_{letter}_chosen"] = item.id
    show(letter, item)


def chosen(letter: str) -> str | None:
    """The generator chosen for that letter: until the address says the same, the choice counts."""
    key, address = f"compare_{letter}_chosen", st.query_params.get(letter.lower())
    if st.session_state.get(key) == address:
        st.session_state.pop(key, None)
    return st.session_state.get(key) or address or st.session_state.get(f"compare_{letter}")


def show(letter: str, item: sources.Source) -> None:
    """Name the generator of that letter in the page's address, and keep it for the session."""
    st.session_state[f"compare_{letter}"] = item.id
    st.query_params[letter.lower()] = item.id
