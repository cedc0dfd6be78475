"""Points of a person's own, in the form that begins a training: the file, and what is in it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gan_core.data.loading import load
from gan_core.data.own_points import ENDINGS, MAX_BYTES, save_points
from gan_core.data.table import dataset_spec
from gan_core.errors import GanError
from gan_core.files import is_file, written
from pages.shared.errors import reason
from pages.shared.server import process
from pages.shared.text import plain


def uploader(folder_key: str) -> None:
    """Take a file of points into the data folder, and name it in the setting ``folder``.

    Args:
        folder_key: of that setting's widget.
    """
    key, problem_key = f"{folder_key}/upload", f"{folder_key}/problem"

    def take() -> None:
        st.session_state.pop(problem_key, None)
        upload = st.session_state[key]
        if upload is None:
            return
        try:
            place = save_points(upload.name, upload.getvalue(), process.options().data_dir)
        except (GanError, OSError) as error:
            st.session_state[problem_key] = reason(error)
        else:
            st.session_state[folder_key] = place

    st.file_uploader(
        "Points from a file",
        type=[ending[1:] for ending in ENDINGS],
        key=key,
        max_upload_size=MAX_BYTES // 2**20,
        on_change=take,
        help="A CSV of two numbers a line, or a .npy array of the shape (N, 2): across and up. "
        "It is kept in the data folder.",
    )
    if problem := st.session_state.get(problem_key):
        st.error(plain(problem))


def file_state(dataset: str, path: Path) -> None:
    """How many points the file holds, and how they are fitted into the plane."""
    if not is_file(path):
        st.warning(f"There is no file {plain(path)}; give one under Data.")
        return
    words, problem = _words(dataset, path, *written(path))
    if problem:
        st.warning(plain(problem))
    else:
        st.caption(plain(words))


@st.cache_data(max_entries=20, show_spinner="Reading the points ...")
def _words(dataset: str, path: Path, *version: int) -> tuple[str, str]:
    """What a file holds, and else why it cannot be read."""
    try:
        data = load(dataset, path.parent, folder=str(path.resolve()))
    except GanError as error:
        return "", str(error)
    fitting = data.kept.words if data.kept else ""
    if dataset_spec(dataset).made:
        return f"{path.name}: strokes: {len(data.classes)}. Points are spread along them.", ""
    return f"{path.name}: {len(data):,} points. {fitting}", ""
