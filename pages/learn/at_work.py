"""A trained generator at work: what each of its layers makes of one latent vector."""

from __future__ import annotations

import secrets

import numpy as np
import streamlit as st

from gan_core.data.dataset import POINT
from gan_core.errors import GanError
from pages.shared.forms.classes import classes_of
from pages.shared.fragments import fragment
from pages.shared.server import generators, histories, sources, urls
from pages.shared.server.sources import Source
from pages.shared.text import plain
from pages.shared.widgets.feature_maps.feature_maps import feature_maps

TOOLS = {  # of Explore, and what one does there
    "Layers": "Follow the sliders of Explore",
    "Discriminator": "Ask its discriminator about a picture",
}


@fragment
def at_work(architecture: str) -> None:
    """Choose a trained generator of an architecture, and see what its layers make of a random z."""
    by_id = {source.id: source for source in _trained(architecture)}
    st.markdown("##### At work")
    if not by_id:
        st.caption("No generator here has this network yet. Train one, and see its layers at work.")
        return
    key = f"work_generator_{architecture}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source_id = st.selectbox(
            "Generator",
            list(by_id),
            format_func=lambda source_id: by_id[source_id].label,
            key=key,
            width=320,
        )
        if st.button("Another z", icon=":material/casino:", key="work_seed_button"):
            st.session_state["work_seed"] = secrets.randbelow(1_000_000)
    source = by_id[source_id]
    try:
        with st.spinner("Opening the generator ..."):
            _show(source, st.session_state.get("work_seed", 0))
    except GanError as error:
        st.error(plain(error))
        return
    with st.container(horizontal=True):
        for tool, words in TOOLS.items():
            st.page_link(
                "explore/page.py",
                label=words,
                query_params={"g": source.id, "tool": tool},
                icon=":material/explore:",
            )


def _trained(architecture: str) -> list[Source]:
    """The sources of pictures that have that network, and something saved."""
    found = []
    for source in sources.list_sources():
        try:
            config, info = histories.settings(source)
        except GanError:  # damaged: said where it is opened
            continue
        fits = config.architecture == architecture and info.image_shape != POINT
        if fits and source.folder.generator_path().is_file():
            found.append(source)
    return found


def _show(source: Source, seed: int) -> None:
    """Its layers with the maps of a random z.

    Raises:
        CheckpointError: it cannot be opened.
        SavedAnewError: it is saved anew this moment.
    """
    from gan_core.latent import vectors

    version = generators.saved_version(source)
    model = generators.open_version(version)
    classes = classes_of(model.config, model.info)
    label = seed % len(classes) if classes else None
    z = vectors.noise(1, model.config.latent_dim, seed, model.config.noise).numpy()[0]
    told = "" if label is None else f", told the class {plain(classes[label])}"
    st.caption(
        f"What each layer of {plain(source.label)} makes of the z of seed {seed}{told}: from z at "
        "the top to the picture at the bottom. Point at a map to see it large; black and white "
        "are the ends of a layer's own numbers."
    )
    feature_maps(
        generators.layers(version),
        model.info.image_shape,
        np.asarray(z).tolist(),
        url=urls.layers_url(source, version.number, label),
        key="work_maps",
    )
