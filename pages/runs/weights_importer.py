"""Runs from weights that were trained elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gan_core import catalog
from gan_core.data.table import DATASETS
from gan_core.errors import GanError
from gan_core.runs.archive import MAX_ARCHIVE_BYTES
from gan_core.runs.weights import ENDINGS
from pages.runs.selection import NOTICE, SELECTED
from pages.shared.errors import reason
from pages.shared.server import sources
from pages.shared.text import plain

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from gan_core.training.importing import Imported

ASKING = "runs_weights_asking"  # whether the dialog is open
_AS_THEIRS = "As its authors trained it"


def weights_importer() -> None:
    """The button, and the dialog that it opens."""
    st.button(
        "Import weights from elsewhere",
        key="runs_weights",
        icon=":material/input:",
        on_click=_open,
        help="A generator that was trained with other code, from the file of its state dict.",
    )
    if st.session_state.get(ASKING):
        ask()


def _open() -> None:
    st.session_state[ASKING] = True


def _close() -> None:
    st.session_state[ASKING] = False


@st.dialog("Import weights from elsewhere", on_dismiss=_close)
def ask() -> None:
    """Ask for the files, and whose networks they are of."""
    kinds = [ending.removeprefix(".") for ending in ENDINGS]
    size = MAX_ARCHIVE_BYTES // 2**20
    generator = st.file_uploader(
        "The generator", type=kinds, key="weights_generator", max_upload_size=size
    )
    critic = st.file_uploader(
        "Its discriminator, where that is another file",
        type=kinds,
        key="weights_critic",
        max_upload_size=size,
        help="With it, the run can be trained on.",
    )
    layouts = {name: entry for name, entry in catalog.layouts().items() if entry.architecture}
    networks = catalog.architectures()
    name = st.selectbox(
        "Whose networks",
        [*layouts, *networks],
        format_func=lambda key: (
            layouts[key].title if key in layouts else f"GANscope's own: {networks[key].title}"
        ),
        key="weights_layout",
    )
    dataset = st.selectbox(
        "Trained on",
        ["", *DATASETS],
        format_func=lambda key: DATASETS[key].title if key else _AS_THEIRS,
        key="weights_dataset",
    )
    if not st.button("Import", type="primary", key="weights_import", disabled=generator is None):
        return
    assert generator is not None
    try:
        imported = _import(generator, critic, name, {"dataset": dataset} if dataset else {})
    except (GanError, OSError) as error:
        sentence, *lines = reason(error).splitlines()
        st.error(plain(sentence))
        if lines:
            st.code("\n".join(line.strip() for line in lines), language="python")
        return
    _close()
    st.session_state[SELECTED] = imported.run.name
    st.session_state[NOTICE] = ("success", f"Imported as {imported.run.name}. {imported.words}")
    st.rerun()


def _import(
    generator: UploadedFile, critic: UploadedFile | None, name: str, settings: dict[str, str]
) -> Imported:
    from gan_core.training.importing import WeightFile, import_weights

    files = [
        None if upload is None else WeightFile(upload.name, upload.getvalue())
        for upload in (generator, critic)
    ]
    assert files[0] is not None
    return import_weights(sources.store("runs"), files[0], name, settings, files[1])
