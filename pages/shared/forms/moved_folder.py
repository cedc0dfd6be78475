"""The new place of a folder of pictures that has moved since a run was trained on it."""

from __future__ import annotations

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.data.moved import gone_folder
from pages.shared.server import process
from pages.shared.text import plain


def is_gone(config: TrainConfig | None) -> bool:
    """Whether the folder that a run was trained on is not where it was."""
    return config is not None and gone_folder(config, process.options().data_dir) is not None


def moved_folder(config: TrainConfig | None, *, key: str) -> dict[str, str]:
    """Ask where the pictures of a run are now, if its folder is gone; what that changes of its
    settings. Another folder with the same pictures is taken, one with others refused."""
    folder = config and gone_folder(config, process.options().data_dir)
    if not folder:
        return {}
    st.warning(f"The pictures of this run were in {plain(folder)}, which is not there now.")
    place = st.text_input(
        "Where the folder is now",
        key=key,
        help="An absolute path, or one under the data folder. It must hold the same pictures.",
    )
    return {"folder": place} if place.strip() else {}
