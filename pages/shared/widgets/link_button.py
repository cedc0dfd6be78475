"""A link to another page of the app, in the look of a button."""

from __future__ import annotations

import streamlit as st

from pages.shared.text import plain


def link_button(
    page: str,
    label: str,
    *,
    key: str,
    icon: str,
    primary: bool = False,
    disabled: bool = False,
    query_params: dict[str, str] | None = None,
) -> None:
    """Lead to a page at a click, without asking the server first.

    The browser stops the ticking fragments of a page it leaves by a link at once. A button with
    `st.switch_page` leaves them ticking until the answer comes: on a slow server such a tick
    reaches the next page while that is still being drawn, and empties it.

    Args:
        page: its file, as in "train/page.py".
        key: tells it from others on the page.
        primary: stands out from those beside it.
        disabled: a button instead, which a keyboard passes over and nothing opens.
        query_params: what the address of the page says.
    """
    if disabled:
        st.button(plain(label), key=key, icon=icon, disabled=True)
        return
    look = "link-button-primary" if primary else "link-button"
    with st.container(key=f"{look}-{key}", width="content"):
        st.page_link(page, label=plain(label), icon=icon, query_params=query_params)
