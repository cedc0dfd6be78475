"""The Explore page: one generator, a point of its latent space, walks between points, samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from gan_core.errors import GanError
from gan_core.runs.generators import OpenedGenerator
from pages.explore.generator_choice import generator_choice
from pages.explore.latent_state import Exploration, exploration, hold
from pages.explore.point_panel import point_panel
from pages.explore.subject import Subject
from pages.explore.tools.arithmetic import arithmetic
from pages.explore.tools.directions import direction_strips
from pages.explore.tools.interpolation import interpolation
from pages.explore.tools.map import latent_map
from pages.explore.tools.onnx import take_generator
from pages.explore.tools.own_picture import own_picture
from pages.explore.tools.sample_sheet import sample_sheet
from pages.explore.tools.through_training import through_training
from pages.explore.view_link import take_view
from pages.shared.forms.classes import class_choice, classes_of
from pages.shared.server import generators, histories, latent_space, sources


def main() -> None:
    """Show the page."""
    st.title("Explore")
    items = {item.id: item for item in sources.list_sources()}
    if not items:
        st.info("There is no generator yet. Train one: it appears here with its first saved state.")
        st.page_link("train/page.py", label="Train a generator", icon=":material/model_training:")
        return
    choice = generator_choice(items)
    if choice.left_out:
        st.caption(choice.left_out)
    for note in choice.notes:
        st.warning(note)
    item = choice.first
    try:
        with st.spinner("Opening the generator ..."):
            version = generators.version(item)
            opened = generators.open_generator(item, version)
            latent_space.directions(item, version)
    except GanError as error:
        st.error(f"{error} Choose another generator above.")
        return
    config = opened.config
    explored = exploration(config.latent_dim, config.noise)
    _facts(item, opened)
    room = Subject(item, version, opened, explored, classes_of(config, opened.info))
    beside = _beside(choice.second, explored)
    room = _told(room, beside)
    for note in take_view(room):
        st.warning(note)
    asked = st.query_params.get("tool")
    if asked is not None and "tool" not in st.session_state and asked not in TOOLS:
        st.warning(f"There is no tool {asked!r}.")
        st.query_params.pop("tool")
    point_panel(room)
    tabs = st.tabs(list(TOOLS), key="tool", on_change="rerun", bind="query-params")
    for tab, tool in zip(tabs, TOOLS.values(), strict=True):
        if tab.open:
            with tab:
                tool(room)


def _beside(item: sources.Source | None, explored: Exploration) -> Subject | None:
    """The second generator, opened."""
    if item is None:
        return None
    try:
        version = generators.version(item)
        opened = generators.open_generator(item, version)
    except GanError as error:
        st.warning(f"{error} It is left out.")
        return None
    return Subject(item, version, opened, explored, classes_of(opened.config, opened.info))


def _told(room: Subject, beside: Subject | None) -> Subject:
    """The room with the class chosen, for those of its generators that are told one."""
    classes = room.classes or (beside.classes if beside else ())
    asked = st.query_params.get("class")
    if asked is not None and "class" not in st.session_state and asked not in classes:
        why = f"there is no class {asked!r}" if classes else "it is not told a class"
        st.warning(f"The class is left out of {room.item.label}: {why}.")
        st.query_params.pop("class")
    label = _class(classes, room.exploration) if classes else None
    if beside is not None:
        beside = replace(beside, label=label if beside.classes else None)
    return replace(room, label=label if room.classes else None, beside=beside)


def _class(classes: tuple[str, ...], explored: Exploration) -> int:
    """The class that the generator is told, for the point, the walks and the files alike."""

    def remember() -> None:
        explored.label = classes.index(st.session_state["class"])

    if explored.label is not None:
        hold("class", classes[min(explored.label, len(classes) - 1)])
    chosen = class_choice(
        "Class",
        classes,
        key="class",
        help="What this conditional generator is told to draw.",
        on_change=remember,
    )
    explored.label = classes.index(chosen)
    return explored.label


def _facts(item: sources.Source, opened: OpenedGenerator) -> None:
    from gan_core.networks.summary import multiply_adds, parameter_count
    from gan_core.networks.table import architecture
    from gan_core.objectives.table import objective_class

    config, generator = opened.config, opened.generator
    status = item.folder.status()
    side = opened.info.image_shape[1]
    facts = [
        architecture(config.architecture).title,
        objective_class(config.objective).title,
        f"data set {config.dataset}, {side} x {side}",
        f"latent size {config.latent_dim}, {config.noise} noise",
        f"{parameter_count(generator):,} parameters",
        f"{multiply_adds(generator):,} multiply-adds a picture",
        f"trained {status.step if item.step is None else item.step:,} steps",
    ]
    st.caption(" · ".join(facts))
    live = histories.snapshot(item)
    if live is not None and live.phase.active and item.step is None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"This run is being trained. Its pictures come from the state saved at step "
                f"{status.step:,}.",
                width="stretch",
            )
            st.button("Take the latest state", icon=":material/refresh:")


def _settings(room: Subject) -> None:
    from gan_core import catalog

    config = catalog.complete(room.opened.config)
    values, known = config.to_dict(), catalog.settings(config.objective)
    st.table(
        {
            "Setting": [setting.label for setting in known.values()],
            "Value": [str(values[name]) or "none" for name in known],
        }
    )


# What can be done with the room, a tab each; only the one that is open is drawn.
TOOLS: dict[str, Callable[[Subject], None]] = {
    "Interpolate": interpolation,
    "Through training": through_training,
    "Directions": direction_strips,
    "Map": latent_map,
    "Arithmetic": arithmetic,
    "Your picture": own_picture,
    "Sample sheet": sample_sheet,
    "As ONNX": take_generator,
    "Settings": _settings,
}

main()
