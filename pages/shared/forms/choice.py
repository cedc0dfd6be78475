"""The choice of one name among several."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages.shared.text import plain

MAX_BUTTONS = 12  # more options are a list


def choice(
    label: str,
    options: Mapping[str, str] | Sequence[str],
    key: str,
    *,
    default: str | None = None,
    help: str | None = None,
    on_change: Callable[[], None] | None = None,
    in_address: bool = False,
) -> str:
    """A row of buttons, one of which is always pressed; a list where there are many.

    What is chosen is kept for the session. An option that is no longer there gives way to the
    default.

    Args:
        options: names, or names and what the screen calls each.
        key: of the widget in the session.
        default: a name; the first one where it is left out.
        in_address: keep the choice in the page's address instead, under the key.

    Returns:
        The name of the option.
    """
    titles = dict(options) if isinstance(options, Mapping) else {name: name for name in options}
    first = next(iter(titles)) if default is None else default
    if st.session_state.get(key, first) not in titles:
        del st.session_state[key]
    arguments: dict[str, Any] = {
        "format_func": titles.__getitem__,
        "key": key,
        "help": help,
        "on_change": on_change,
        **({"bind": "query-params"} if in_address else {"persist_state": "session"}),
    }
    names = list(titles)
    if len(names) > MAX_BUTTONS:
        index = 0 if key in st.session_state else names.index(first)
        return str(st.selectbox(label, names, index, width=320, **arguments))
    arguments["format_func"] = lambda name: plain(titles[name])  # buttons show Markdown
    value = None if key in st.session_state else first
    return st.segmented_control(label, names, default=value, required=True, **arguments) or first
