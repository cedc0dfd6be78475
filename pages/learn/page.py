"""The Learn page: what each objective does, what DCGAN added, what the networks are made of."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.learn.curves import curve_guide
from pages.learn.dcgan import dcgan_points
from pages.learn.networks import network_sheet
from pages.learn.objectives import objective_lesson
from pages.shared.forms.choice import choice

TOPICS: dict[str, Callable[[], None]] = {
    "Objectives": objective_lesson,
    "DCGAN": dcgan_points,
    "Networks": network_sheet,
    "Curves": curve_guide,
}

st.title("Learn")
TOPICS[choice("Topic", list(TOPICS), "topic", in_address=True)]()
