"""The class that conditional generators draw, on the page and in every file."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from gan_core.data.dataset import class_index
from pages.explore.latent_state import Exploration, hold
from pages.explore.subject import Subject
from pages.shared.forms.choice import choice
from pages.shared.text import plain


def label_choice(subject: Subject) -> Subject:
    """The subject with the label chosen, for those of its generators that take one."""
    beside = subject.beside
    classes = subject.classes or (beside.classes if beside else ())
    name = st.query_params.get("class")
    if name is not None and "class" not in st.session_state and name not in classes:
        index = class_index(classes, name)
        if index is None:
            why = f"there is no class {name!r}" if classes else "it is not conditional"
            st.warning(f"The class is left out of {plain(subject.source.label)}: {plain(why)}.")
        else:
            subject.exploration.label = index
        st.query_params.pop("class")
    label = _choose(classes, subject.exploration) if classes else None
    if beside is not None:
        beside = replace(beside, label=label if beside.classes else None)
    return replace(subject, label=label if subject.classes else None, beside=beside)


def _choose(classes: tuple[str, ...], exploration: Exploration) -> int:
    def remember() -> None:
        exploration.label = classes.index(st.session_state["class"])

    if exploration.label is not None:
        hold("class", classes[min(exploration.label, len(classes) - 1)])
    name = choice(
        "Class",
        classes,
        "class",
        help="The class that this conditional generator draws.",
        on_change=remember,
        in_address=True,
    )
    exploration.label = classes.index(name)
    return exploration.label
