"""To another page, after what a button did on this one.

`st.switch_page` leaves the fragments of a page ticking until its answer comes: a tick that reaches
the server meanwhile is run as one of the next page, and empties it or leads back. A link that the
browser follows ends them first; so the page says where to go, and the browser goes there.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.shared.text import plain

_KEY = "lead-on"  # in the session, and of the box that holds the link
_component = st.components.v2.component(
    "ganscope_lead_on",
    html="<span></span>",
    js=(Path(__file__).parent / "lead_on.js").read_text("utf-8"),
)


def lead_on(page: str, label: str, **query: str) -> None:
    """Draw the page anew with a link to another one, which the browser follows at once.

    Args:
        page: the word in its address, as in "train".
        label: what the link says, for as long as it is seen.
        query: what the address says behind it.
    """
    st.session_state[_KEY] = (page, label, query)
    st.rerun()


def follow(page: str) -> None:
    """On the page of that word: show the link that leads on, until the other page is there."""
    target, label, query = st.session_state.get(_KEY, ("", "", {}))
    if target in ("", page):
        st.session_state.pop(_KEY, None)
        return
    with st.container(key=_KEY):
        st.page_link(
            f"{target}/page.py",
            label=plain(label),
            icon=":material/arrow_forward:",
            query_params=query,
        )
        _component(key=f"{_KEY}/follow", data={"container": _KEY, "address": [target, query]})
