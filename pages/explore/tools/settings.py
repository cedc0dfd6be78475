"""What the generator on the page was trained with."""

from __future__ import annotations

import streamlit as st

from gan_core.config import SETTINGS
from pages.explore.subject import Subject


def settings(subject: Subject) -> None:
    """Show all settings of its training."""
    values = subject.model.config.to_dict()
    st.table(
        {
            "Setting": [setting.label for setting in SETTINGS.values()],
            "Value": [str(values[name]) or "none" for name in SETTINGS],
        }
    )
