"""The frame around every page: title, icon, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.shared.server import process
from pages.shared.widgets.lead_on import lead_on

HERE = Path(__file__).parent
# A picture of our own: the browser would fetch one named by an emoji or an icon from outside.
ICON = HERE / "icon.png"

st.set_page_config(page_title="GANscope", page_icon=str(ICON), layout="wide")

light, dark = (st.get_option(f"theme.{scheme}.primaryColor") for scheme in ("light", "dark"))
st.html(
    f"<style>.stApp {{ --gs-primary: light-dark({light}, {dark}); }}\n"
    f"{(HERE / 'app.css').read_text('utf-8')}</style>"
)

with process.showing_page():
    page = st.navigation(
        [
            st.Page(
                "home/page.py", url_path="home", title="Home", icon=":material/home:", default=True
            ),
            st.Page(
                "train/page.py", url_path="train", title="Train", icon=":material/model_training:"
            ),
            st.Page(
                "plane/page.py", url_path="plane", title="Plane", icon=":material/scatter_plot:"
            ),
            st.Page(
                "explore/page.py", url_path="explore", title="Explore", icon=":material/explore:"
            ),
            st.Page(
                "compare/page.py", url_path="compare", title="Compare", icon=":material/compare:"
            ),
            st.Page(
                "leaderboard/page.py",
                url_path="leaderboard",
                title="Leaderboard",
                icon=":material/leaderboard:",
            ),
            st.Page("learn/page.py", url_path="learn", title="Learn", icon=":material/school:"),
            st.Page("runs/page.py", url_path="runs", title="Runs", icon=":material/folder_open:"),
        ],
        position="top",
    )
    page.run()
    lead_on.follow(page.url_path or "home")
