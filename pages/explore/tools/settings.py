"""What the generator on the page was trained with."""

from __future__ import annotations

import streamlit as st

from gan_core import catalog
from pages.explore.subject import Subject
from pages.shared.text import plain


def settings(subject: Subject) -> None:
    """Show all settings of its training."""
    config = catalog.complete(subject.model.config)
    values, explanations = config.to_dict(), catalog.settings(config.objective)
    st.table(
        {
            "Setting": [setting.label for setting in explanations.values()],
            "Value": [plain(values[name]) or "none" for name in explanations],
        }
    )
