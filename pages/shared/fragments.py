"""Parts of a page that are drawn again by themselves, and the way to ask for the whole page.

Streamlit holds back what a run draws until it next sends to the browser, a few milliseconds later,
or much more on a busy machine. If a fragment runs in that time, because a timer or a click of the
page before asked for it, what the full run drew of that fragment is thrown away, since it will be
drawn anew. But the browser is still told that the full run has ended, and takes out all that it
did not bring: the fragment's box. Whatever stands behind it moves up, and the fragment is then
drawn over its neighbour, where it stays until the page is loaded again. So each fragment here
stands alone in a box that the page itself draws: there is nothing beside it that could move.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

P = ParamSpec("P")


def fragment(work: Callable[P, None], *, every: float | None = None) -> Callable[P, None]:
    """A function that draws a part of the page, which is run again alone: at a click in it, and
    every so many seconds where ``every`` is given. Use it in place of ``st.fragment``."""
    part = st.fragment(work, run_every=every)

    @wraps(work)
    def in_own_box(*arguments: P.args, **options: P.kwargs) -> None:
        with st.container():
            part(*arguments, **options)

    return in_own_box


def redraw_page() -> None:
    """From a fragment that ticks: the rest of the page no longer fits, so draw all of it anew.

    While the whole page is drawn this does nothing: what it reads is as new as can be, and what
    changes meanwhile the next tick sees.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run:
        st.rerun()
