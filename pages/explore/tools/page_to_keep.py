"""The generator on the page as an HTML file of its own."""

from __future__ import annotations

import streamlit as st

from pages.explore.subject import Subject
from pages.shared.forms.explorer_page import explorer_button
from pages.shared.fragments import fragment


@fragment
def page_to_keep(subject: Subject) -> None:
    """Hand over the page, and say what it is."""
    st.markdown(
        "The generator as one HTML file that opens from disk in any browser, on a phone too, "
        "without this app or a network: sliders along its directions, "
        f"{'its classes, ' if subject.classes else ''}a walk from one picture to another, samples, "
        "and what is known of its training."
    )
    explorer_button(subject.source, key="explore_page")
    st.caption("Its numbers are rounded to half precision, which pictures hardly show.")
