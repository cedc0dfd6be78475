"""The frame around every page: title, icon, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.components import session

FRONTEND = Path(__file__).parent / "components" / "frontend"
# A picture of our own: the browser would fetch one named by an emoji or an icon from outside.
ICON = FRONTEND / "icon.png"

st.set_page_config(page_title="GANscope", page_icon=str(ICON), layout="wide")

light, dark = (st.get_option(f"theme.{scheme}.primaryColor") for scheme in ("light", "dark"))
st.html(
    f"<style>.stApp {{ --gs-primary: light-dark({light}, {dark}); }}\n"
    f"{(FRONTEND / 'app.css').read_text('utf-8')}</style>"
)

with session.showing_page():
    st.navigation(
        [
            st.Page("home.py", title="Home", icon=":material/home:", default=True),
            st.Page("train.py", title="Train", icon=":material/model_training:"),
            st.Page("explore.py", title="Explore", icon=":material/explore:"),
            st.Page("compare.py", title="Compare", icon=":material/compare:"),
            st.Page("leaderboard.py", title="Leaderboard", icon=":material/leaderboard:"),
            st.Page("learn.py", title="Learn", icon=":material/school:"),
            st.Page("runs.py", title="Runs", icon=":material/folder_open:"),
        ],
        position="top",
    ).run()
