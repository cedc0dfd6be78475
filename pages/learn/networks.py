"""A pair of networks laid open: every layer with its output, its parameters and its work."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import SETTINGS, TrainConfig
from gan_core.errors import GanError
from gan_core.presets import PRESETS, preset
from pages.learn.objectives import objective_chooser
from pages.shared.forms.settings import whole_number
from pages.shared.text import link_papers

if TYPE_CHECKING:
    from gan_core.networks.base import Architecture
    from gan_core.networks.summary import Layer


CLASSES = tuple(map(str, range(10)))  # for objectives that tell the class
DEFAULT = "dcgan-28"
CHANNELS = {1: "Grey", 3: "Colour"}

Layers = tuple["Layer", ...]


def network_sheet() -> None:
    """The topic: an architecture, and what both its networks are made of."""
    from gan_core.networks.table import ARCHITECTURES, architecture

    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            SETTINGS["architecture"].label,
            list(ARCHITECTURES),
            index=list(ARCHITECTURES).index(DEFAULT),
            key="network",
            bind="query-params",
            help=SETTINGS["architecture"].help,
            width=320,
        )
        objective = objective_chooser()
    spec = architecture(name)
    config = _sizes(spec).changed({"architecture": name, "objective": objective})
    st.subheader(spec.title, anchor=False)
    st.caption(f"Source: {link_papers(spec.source)}.")
    try:
        generator, critic = anatomy(config)
    except GanError as error:
        st.error(str(error))
        return
    st.markdown(_norm_words(generator, _critic_has_norm(config)))
    left, right = st.columns(2, gap="large")
    with left:
        _table("Generator", _generator_input(config), generator)
    with right:
        _table("Discriminator", _critic_input(config), critic)
    st.caption(
        "Parameters are those that are trained. Multiply-adds are of linear layers and "
        "convolutions, for one image; a training step does about three times as many, forwards "
        "and backwards."
    )
    _recipes(name)


@lru_cache(maxsize=32)
def anatomy(config: TrainConfig) -> tuple[Layers, Layers]:
    """The layers of generator and critic, for the image size and channels that config names.

    Raises:
        ConfigError: the settings do not fit together.
    """
    import torch

    from gan_core import catalog
    from gan_core.networks.summary import layers

    shape = (config.channels, config.image_size, config.image_size)
    pair = catalog.networks(config, shape, CLASSES)
    label = torch.zeros(1, dtype=torch.long)
    return (
        tuple(layers(pair.generator, torch.zeros(1, config.latent_dim), label)),
        tuple(layers(pair.critic, torch.zeros(1, *shape), label)),
    )


def _sizes(spec: Architecture) -> TrainConfig:
    """Widgets for latent size, image size and channels."""
    with st.container(horizontal=True):
        latent_dim = whole_number(
            "latent_dim", key="network_latent_dim", width=160, value=64, minimum=1
        )
        side = spec.image_size or whole_number(
            "image_size", key="network_image_size", width=160, value=28, minimum=8
        )
        channels = st.segmented_control(
            SETTINGS["channels"].label,
            list(CHANNELS),
            format_func=CHANNELS.__getitem__,
            default=1,
            required=True,
            key="network_channels",
            persist_state="session",
        )
    if spec.image_size:
        st.caption(f"Image size: {side} x {side}, the only one that it makes.")
    return preset("dcgan-mnist").changed(
        {"latent_dim": latent_dim, "image_size": side, "channels": channels, "architecture": "mlp"}
    )


def _table(title: str, given: str, rows: Sequence[Layer]) -> None:
    st.markdown(f"##### {title}")
    parameters = sum(row.parameters for row in rows)
    work = sum(row.multiply_adds for row in rows)
    st.caption(f"{parameters:,} parameters, {work:,} multiply-adds. Takes {given}.")
    st.table(
        {
            "Layer": [_layer(row) for row in rows],
            "Output": ["\u00a0x\u00a0".join(map(str, row.shape)) for row in rows],
            "Parameters": [_count(row.parameters) for row in rows],
            "Multiply-adds": [_count(row.multiply_adds) for row in rows],
        },
        border="horizontal",
    )


def _layer(row: Layer) -> str:
    details = f"{row.name}: {row.details}" if row.details else row.name
    return f"{row.kind}  \n:small[:gray[{details}]]"


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _generator_input(config: TrainConfig) -> str:
    from gan_core.objectives.table import objective_class

    given = f"z of {config.latent_dim:,} numbers"
    if objective_class(config.objective).conditional:
        given += f" and the class, one of {len(CLASSES)}, beside it"
    return given


def _critic_input(config: TrainConfig) -> str:
    from gan_core.networks.base import Head
    from gan_core.objectives.table import objective_class

    kind = objective_class(config.objective)
    given = f"an image of {config.channels} x {config.image_size} x {config.image_size}"
    if kind.conditional and kind.head is not Head.CLASSES:
        given += " and its class, as one more channel"
    return f"{given}; gives {kind.head.value}"


def _critic_has_norm(config: TrainConfig) -> bool:
    """Whether the network has batch norm in its critic where the objective allows it."""
    return _has_norm(anatomy(config.changed({"objective": "gan"}))[1])


def _has_norm(rows: Sequence[Layer]) -> bool:
    return any(row.kind.startswith("BatchNorm") for row in rows)


def _norm_words(generator: Sequence[Layer], in_critic: bool) -> str:
    from gan_core.objectives.table import OBJECTIVES

    here = "yes" if _has_norm(generator) else "no"
    if not in_critic:
        return f"**Batch norm.** Generator: {here}. Discriminator: no, with any objective."
    without = [f"`{name}`" for name, kind in OBJECTIVES.items() if not kind.critic_norm]
    return (
        f"**Batch norm.** Generator: {here}. Discriminator: yes, but for {', '.join(without)}: "
        "these forbid it, and the discriminator is built without."
    )


def _recipes(name: str) -> None:
    fitting = [recipe for recipe in PRESETS if preset(recipe).architecture == name]
    if not fitting:
        return
    st.markdown("##### Recipes that use it")
    with st.container(horizontal=True):
        for recipe in fitting:
            st.page_link(
                "train/page.py",
                label=recipe,
                query_params={"recipe": recipe},
                icon=":material/model_training:",
            )
