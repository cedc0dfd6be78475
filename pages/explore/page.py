"""The Explore page: one generator, a point of its latent space, and what can be done with them."""

from __future__ import annotations

import streamlit as st

from gan_core.errors import GanError
from pages.explore.facts import facts
from pages.explore.generator_choice import generator_choice
from pages.explore.label_choice import label_choice
from pages.explore.point_panel import point_panel
from pages.explore.subject import open_beside, open_subject
from pages.explore.tools.table import TOOLS
from pages.explore.view_link import refuse_tool, take_view
from pages.shared.server import sources
from pages.shared.text import plain


def main() -> None:
    """Show the page."""
    st.title("Explore")
    by_id = {source.id: source for source in sources.list_sources()}
    if not by_id:
        st.info("There is no generator yet. Train one: it appears here with its first saved state.")
        st.page_link("train/page.py", label="Train a generator", icon=":material/model_training:")
        return
    generators = generator_choice(by_id)
    if generators.left_out:
        st.caption(plain(generators.left_out))
    for note in generators.notes:
        st.warning(plain(note))
    try:
        with st.spinner("Opening the generator ..."):
            subject = open_subject(generators.first)
            subject.directions("pca")
    except GanError as error:
        st.error(f"{plain(error)} Choose another generator above.")
        return
    facts(subject)
    subject = label_choice(open_beside(subject, generators.second))
    for note in [*take_view(subject), *refuse_tool(TOOLS)]:
        st.warning(plain(note))
    point_panel(subject)
    tabs = st.tabs(list(TOOLS), key="tool", on_change="rerun", bind="query-params")
    for tab, tool in zip(tabs, TOOLS.values(), strict=True):
        if tab.open:
            with tab:
                tool(subject)


main()
