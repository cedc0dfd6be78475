"""Runs from zip files."""

from __future__ import annotations

import streamlit as st

from gan_core.errors import GanError
from gan_core.runs.archive import MAX_ARCHIVE_BYTES
from pages.runs.selection import NOTICE, SELECTED
from pages.shared.errors import reason
from pages.shared.server import sources

UPLOADS = "runs_uploads"  # how many uploads were taken: each gets an uploader of its own


def importer() -> None:
    """Take a run from a zip file, once for each upload."""
    key = f"runs_upload_{st.session_state.setdefault(UPLOADS, 0)}"

    def take() -> None:
        upload = st.session_state[key]
        if upload is None:
            return
        st.session_state[UPLOADS] += 1
        try:
            run = sources.store("runs").import_zip(upload.getvalue())
        except (GanError, OSError) as error:
            st.session_state[NOTICE] = ("error", f"{upload.name} was not imported. {reason(error)}")
            return
        st.session_state[SELECTED] = run.name
        st.session_state[NOTICE] = ("success", f"Imported as {run.name}.")

    st.file_uploader(
        "Import a run from a zip file",
        type="zip",
        key=key,
        max_upload_size=MAX_ARCHIVE_BYTES // 2**20,
        on_change=take,
        help="A zip that was downloaded on this page, here or on another machine.",
    )
