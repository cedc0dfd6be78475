"""A pair of networks laid open: every layer with its output, its parameters and its work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from gan_core import catalog
from gan_core.config import SETTINGS, TrainConfig
from gan_core.errors import GanError
from gan_core.presets import PRESETS, preset
from pages.learn.at_work import at_work
from pages.learn.objectives import objective_chooser
from pages.shared.forms.settings import table_of, whole_number
from pages.shared.text import link_papers, plain

if TYPE_CHECKING:
    from gan_core.networks.architecture import Architecture
    from gan_core.networks.summary import Layer
    from gan_core.objectives.base import Objective


CLASSES = tuple(map(str, range(10)))  # for conditional objectives
DEFAULT = "dcgan-28"
CHANNELS = {1: "Grey", 3: "Colour"}


class Anatomy(NamedTuple):
    """The layers of both networks, and whether the critic sees the class beside the image."""

    generator: tuple[Layer, ...]
    critic: tuple[Layer, ...]
    critic_sees_class: bool


def network_sheet() -> None:
    """The topic: an architecture, and what both its networks are made of."""
    architectures = table_of("architecture")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            SETTINGS["architecture"].label,
            list(architectures),
            index=list(architectures).index(DEFAULT),
            key="network",
            bind="query-params",
            help=SETTINGS["architecture"].help,
            width=320,
        )
        objective = objective_chooser()
    spec: Architecture = architectures[name]
    config = _sizes(spec).with_settings({"architecture": name, "objective": objective})
    st.subheader(spec.title, anchor=False)
    st.caption(f"Source: {link_papers(spec.source)}.")
    try:
        networks = anatomy(config)
    except GanError as error:
        st.error(plain(error))
        return
    st.markdown(_describe_norm(networks.generator, _critic_has_norm(config)))
    kind: type[Objective] = table_of("objective")[objective]
    left, right = st.columns(2, gap="large")
    with left:
        _table("Generator", _describe_generator_input(config, kind), networks.generator)
    with right:
        inputs = _describe_critic_input(config, networks.critic_sees_class)
        _table("Discriminator", f"{inputs}; gives {kind.head.value}", networks.critic)
    st.caption(
        "Parameters are those that are trained. Multiply-adds are of linear layers and "
        "convolutions, for one image; a training step does about three times as many, forwards "
        "and backwards."
    )
    at_work(name)
    _recipes(name)


@lru_cache(maxsize=32)
def anatomy(config: TrainConfig) -> Anatomy:
    """Both networks layer by layer, for the image size and channels that config names.

    Raises:
        ConfigError: the settings do not fit together.
    """
    import torch

    from gan_core.networks.base import LabelPlane
    from gan_core.networks.summary import layers

    shape = (config.channels, config.image_size, config.image_size)
    pair = catalog.outline(config, shape, CLASSES)
    label = torch.zeros(1, dtype=torch.long)
    return Anatomy(
        tuple(layers(pair.generator, torch.zeros(1, config.latent_dim), label)),
        tuple(layers(pair.critic, torch.zeros(1, *shape), label)),
        isinstance(pair.critic, LabelPlane),
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
    return preset("dcgan-mnist").with_settings(
        {"latent_dim": latent_dim, "image_size": side, "channels": channels, "architecture": "mlp"}
    )


def _table(title: str, inputs: str, rows: Sequence[Layer]) -> None:
    st.markdown(f"##### {title}")
    parameters = sum(row.parameters for row in rows)
    work = sum(row.multiply_adds for row in rows)
    st.caption(f"{parameters:,} parameters, {work:,} multiply-adds. Takes {inputs}.")
    st.table(
        {
            "Layer": [_describe_layer(row) for row in rows],
            "Output": ["\u00a0x\u00a0".join(map(str, row.shape)) for row in rows],
            "Parameters": [_describe_count(row.parameters) for row in rows],
            "Multiply-adds": [_describe_count(row.multiply_adds) for row in rows],
        },
        border="horizontal",
    )


def _describe_layer(row: Layer) -> str:
    details = f"{row.name}: {row.details}" if row.details else row.name
    return f"{row.kind}  \n:small[:gray[{details}]]"


def _describe_count(number: int) -> str:
    return f"{number:,}" if number else ""


def _describe_generator_input(config: TrainConfig, kind: type[Objective]) -> str:
    inputs = f"z of {config.latent_dim:,} numbers"
    if kind.conditional:
        inputs += f" and the class, one of {len(CLASSES)}, beside it"
    return inputs


def _describe_critic_input(config: TrainConfig, sees_class: bool) -> str:
    inputs = f"an image of {config.channels} x {config.image_size} x {config.image_size}"
    return f"{inputs} and its class, as one more channel" if sees_class else inputs


def _critic_has_norm(config: TrainConfig) -> bool:
    """Whether the network has batch norm in its critic where the objective allows it."""
    return _has_norm(anatomy(config.with_settings({"objective": "gan"})).critic)


def _has_norm(rows: Sequence[Layer]) -> bool:
    return any(row.kind.startswith("BatchNorm") for row in rows)


def _describe_norm(generator: Sequence[Layer], in_critic: bool) -> str:
    here = "yes" if _has_norm(generator) else "no"
    if not in_critic:
        return f"**Batch norm.** Generator: {here}. Discriminator: no, with any objective."
    objectives: Mapping[str, type[Objective]] = table_of("objective")
    without = [f"`{name}`" for name, kind in objectives.items() if not kind.critic_norm]
    return (
        f"**Batch norm.** Generator: {here}. Discriminator: yes, but for {', '.join(without)}: "
        "these forbid it, and the discriminator is built without."
    )


def _recipes(architecture: str) -> None:
    """The recipes on that network, each a link to where it is trained."""
    names = [name for name in PRESETS if preset(name).architecture == architecture]
    if not names:
        return
    st.markdown("##### Recipes that use it")
    with st.container(horizontal=True):
        for name in names:
            st.page_link(
                "train/page.py",
                label=name,
                query_params={"recipe": name},
                icon=":material/model_training:",
            )
