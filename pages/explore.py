"""The Explore page: one generator, a point of its latent space, walks between points, samples."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gan_core.config import SETTINGS
from gan_core.errors import GanError
from gan_core.runs import OpenedGenerator
from pages.components import session
from pages.components.arithmetic import arithmetic
from pages.components.classes import class_choice, classes_of
from pages.components.direction_strips import direction_strips
from pages.components.interpolation import interpolation
from pages.components.latent_map import latent_map
from pages.components.latent_state import Exploration, exploration, hold
from pages.components.own_picture import own_picture
from pages.components.point_panel import point_panel
from pages.components.room import Room
from pages.components.sample_sheet import sample_sheet
from pages.components.take_generator import take_generator

DEFAULT = "checkpoints/dcgan-mnist"


def main() -> None:
    """Show the page."""
    st.title("Explore")
    items = {item.id: item for item in session.sources()}
    if not items:
        st.info("There is no generator yet. Train one: it appears here with its first saved state.")
        st.page_link("train.py", label="Train a generator", icon=":material/model_training:")
        return
    item = _choose(items)
    try:
        with st.spinner("Opening the generator ..."):
            version = session.version(item)
            opened = session.opened(item, version)
            session.directions(item, version)
    except GanError as error:
        st.error(f"{error} Choose another generator above.")
        return
    config = opened.config
    explored = exploration(config.latent_dim, config.noise)
    classes = classes_of(config, opened.info)
    _facts(item, opened)
    label = _class(classes, explored) if classes else None
    room = Room(item, version, opened, explored, classes, label)
    point_panel(room)
    tabs = st.tabs(list(TOOLS), key="tool", on_change="rerun", bind="query-params")
    for tab, tool in zip(tabs, TOOLS.values(), strict=True):
        if tab.open:
            with tab:
                tool(room)


def _choose(items: dict[str, session.Source]) -> session.Source:
    """The generator named in the address, else the one chosen last, else the default."""
    fallback = DEFAULT if DEFAULT in items else next(iter(items))
    asked = st.query_params.get("g") or st.session_state.get("explore_generator") or fallback
    chosen = asked if asked in items else fallback
    if asked != chosen:
        st.warning(f"There is no generator {asked!r}; this is {items[chosen].label}.")
    hold("explore_g", chosen)
    st.session_state["explore_generator"] = chosen
    if st.query_params.get("g") != chosen:
        st.query_params["g"] = chosen

    def remember() -> None:
        st.query_params["g"] = st.session_state["explore_g"]

    st.selectbox(
        "Generator",
        list(items),
        format_func=lambda source_id: items[source_id].label,
        key="explore_g",
        on_change=remember,
        width=480,
    )
    return items[chosen]


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


def _facts(item: session.Source, opened: OpenedGenerator) -> None:
    from gan_core.networks import architecture, multiply_adds, parameter_count
    from gan_core.objectives import objective_class

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
        f"trained {status.step:,} steps",
    ]
    st.caption(" · ".join(facts))
    live = session.snapshot(item)
    if live is not None and live.phase.active:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"This run is being trained. Its pictures come from the state saved at step "
                f"{status.step:,}.",
                width="stretch",
            )
            st.button("Take the latest state", icon=":material/refresh:")


def _settings(room: Room) -> None:
    values = room.opened.config.to_dict()
    st.table(
        {
            "Setting": [setting.label for setting in SETTINGS.values()],
            "Value": [str(values[name]) or "none" for name in SETTINGS],
        }
    )


# What can be done with the room, a tab each; only the one that is open is drawn.
TOOLS: dict[str, Callable[[Room], None]] = {
    "Interpolate": interpolation,
    "Directions": direction_strips,
    "Map": latent_map,
    "Arithmetic": arithmetic,
    "Your picture": own_picture,
    "Sample sheet": sample_sheet,
    "As ONNX": take_generator,
    "Settings": _settings,
}

main()
