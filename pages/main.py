"""The frame around every page: title, icon, navigation."""

from __future__ import annotations

import streamlit as st

st.set_page_config(page_title="GANscope", page_icon=":material/blur_on:", layout="wide")

st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("train.py", title="Train", icon=":material/model_training:"),
        st.Page("explore.py", title="Explore", icon=":material/explore:"),
        st.Page("compare.py", title="Compare", icon=":material/compare:"),
        st.Page("runs.py", title="Runs", icon=":material/folder_open:"),
    ],
    position="top",
).run()
