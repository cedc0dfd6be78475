"""The row below the sliders: where the point came from, and files of its latent vector."""

from __future__ import annotations

import streamlit as st

from gan_core.errors import GanError
from gan_core.latent import vector_files
from pages.explore.subject import Subject
from pages.explore.view_link import view_link
from pages.shared.text import plain

MAX_UPLOAD_MB = 1


def vector_files_row(subject: Subject) -> None:
    """Save the latent vector, load one, and link to the view."""
    exploration = subject.exploration
    point = exploration.point
    vector = point.vector
    name = f"{subject.source.name}-latent"
    note = st.session_state.pop("explore_upload_error", None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Base: {point.about}")
        st.download_button(
            "Latent vector (JSON)",
            vector_files.to_json(
                vector, generator=subject.source.id, origin=point.about, **_provenance(subject)
            ),
            f"{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Latent vector (.npy)",
            vector_files.to_npy(vector),
            f"{name}.npy",
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover("Load a latent vector", icon=":material/upload:"):
            # A new key after each upload empties the uploader, so that a file can be loaded again.
            key = f"explore_upload_{exploration.uploads}"
            st.file_uploader(
                f"JSON or .npy with {exploration.latent_dim} numbers",
                ["json", "npy"],
                key=key,
                max_upload_size=MAX_UPLOAD_MB,
                on_change=lambda: _load(subject, key),
            )
        view_link(subject)
    if note:
        st.error(plain(note))


def _provenance(subject: Subject) -> dict[str, object]:
    """The class and the saved step of the picture, as they stand in a file of its vector."""
    about: dict[str, object] = {}
    if subject.label is not None:
        about = {"label": subject.label, "class": subject.classes[subject.label]}
    if subject.source.step is not None:
        about["step"] = subject.source.step
    return about


def _load(subject: Subject, key: str) -> None:
    exploration = subject.exploration
    upload = st.session_state[key]
    if upload is None:
        return
    exploration.uploads += 1
    name, content, label = upload.name, upload.getvalue(), None
    try:
        vector = vector_files.from_file(name, content, exploration.latent_dim)
        if subject.classes:
            label = vector_files.label_from_file(name, content, len(subject.classes))
    except GanError as error:
        st.session_state["explore_upload_error"] = str(error)
        return
    exploration.go_to(vector, name, label)
