"""The form that begins a training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.data import loading
from gan_core.data.dataset import BUILT_IN
from gan_core.data.folder import Survey, folder_path, survey
from gan_core.data.left_out import left_out_words
from gan_core.data.table import dataset_spec
from gan_core.errors import ConfigError
from gan_core.files import is_folder
from gan_core.presets import PRESETS
from pages.shared.errors import run_safely
from pages.shared.forms import own_points
from pages.shared.fragments import redraw_page
from pages.shared.runs import findings
from pages.shared.server import process
from pages.shared.text import link_papers, plain
from pages.train import settings
from pages.train.schedule import schedule

if TYPE_CHECKING:
    from gan_core.config import TrainConfig


def setup() -> None:
    """Recipe, settings and the start button."""
    data_dir = process.options().data_dir
    recipe = settings.recipe_chooser(settings.default_recipe(data_dir))
    st.markdown(f"{PRESETS[recipe].title}.")
    st.caption(link_papers(PRESETS[recipe].details))
    start = st.container()
    try:
        config = settings.settings(recipe)
        problem = ""
    except ConfigError as error:
        config, problem = None, str(error)
    if config is not None:
        schedule(config)
    st.button(
        "Back to the recipe's settings",
        key="train/reset",
        on_click=settings.reset,
        args=(recipe,),
        icon=":material/restart_alt:",
    )
    dataset = st.session_state[settings.setting_key(recipe, "dataset")]
    with start:
        _data_state(recipe, dataset)
        may_act = findings.permission("train/may-act")
        if config is not None:
            with st.popover("Copy as command", icon=":material/terminal:", key="train/command"):
                st.caption("In a terminal, this trains exactly what is set here:")
                st.code(process.train_command(config, may_act), language="bash", wrap_lines=True)
        if not st.button(
            "Start training", key="train/start", type="primary", icon=":material/play_arrow:"
        ):
            return
        if config is None:
            st.error(plain(problem))
        else:
            _start(config, may_act)


def _start(config: TrainConfig, may_act: str) -> None:
    if not dataset_spec(config.dataset).named and not loading.on_disk(
        config.dataset, process.options().data_dir
    ):
        spec = dataset_spec(config.dataset)
        first = "Download it" if spec.download else "Put it into the data folder"
        st.error(
            f"{spec.title} is not on this machine yet. {first} first, or use the bundled digits."
        )
        return
    if problem := run_safely(process.trainings().start, [config], may_act):
        st.error(plain(problem))
        return
    st.query_params.pop("run", None)
    st.rerun()


def _data_state(recipe: str, dataset: str) -> None:
    """Where the data set is not on disk: say so, and offer the download."""
    data_dir = process.options().data_dir
    spec = dataset_spec(dataset)
    download = process.trainings().downloads.get(dataset)
    if download is not None and download.active:
        st.progress(download.share, f"Downloading {spec.title}: {download.share:.0%}")
        return
    if spec.in_folder:
        text = st.session_state[settings.setting_key(recipe, "folder")]
        folder = folder_path(data_dir, text)
        if not is_folder(folder):
            st.warning(f"There is no folder {plain(folder)}; give the path of one under Data.")
        else:
            _folder_state(folder)
        return
    if spec.in_file:
        _own_file(recipe, dataset)
        return
    if loading.on_disk(dataset, data_dir):
        return
    if download is not None and download.error:
        st.error(plain(download.error))
    else:
        st.warning(f"{spec.title} is not on this machine ({plain(data_dir)}).")
    with st.container(horizontal=True):
        if spec.download and st.button(
            f"Download {spec.download_bytes / 1e6:,.0f} MB",
            key="train/download",
            icon=":material/download:",
        ):
            process.trainings().download(dataset)
            st.rerun()
        st.button(
            "Use the bundled digits",
            key="train/use-digits",
            on_click=st.session_state.__setitem__,
            args=(settings.setting_key(recipe, "dataset"), BUILT_IN),
        )


def _own_file(recipe: str, dataset: str) -> None:
    """Points of a person's own: from a file that is uploaded here, or drawn on the page Plane."""
    key = settings.setting_key(recipe, "folder")
    if dataset_spec(dataset).made:
        st.caption("Drawings are made on the page Plane.")
    else:
        own_points.uploader(key)
    if place := st.session_state[key].strip():
        own_points.file_state(dataset, folder_path(process.options().data_dir, place))


def _folder_state(folder: Path) -> None:
    """How many pictures a folder holds, and what is left out of it."""
    content = _survey(folder)
    rest = left_out_words(content.left_out)
    if not content.pictures and content.whole:
        st.warning(f"{plain(folder)} holds no pictures. {plain(rest)}")
        return
    count = f"{content.pictures:,}{'' if content.whole else ' or more'}"
    st.caption(f"Pictures in {plain(folder)}: {plain(count)}. {plain(rest)}")


@st.cache_data(ttl=20, max_entries=20, show_spinner="Looking into the folder ...")
def _survey(folder: Path) -> Survey:
    return survey(folder)


def downloading() -> bool:
    """Whether a data set is being fetched, for whichever tab."""
    return any(download.active for download in process.trainings().downloads.values())


def setup_while_downloading() -> None:
    """The same, looking every second until the download has ended."""
    if not downloading():
        redraw_page()
    setup()
