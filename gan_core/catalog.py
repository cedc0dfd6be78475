"""The tables in one place: what settings may name, and which of them fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from gan_core.config import TrainConfig
from gan_core.data.dataset import FOLDER_IMAGE_SIZE
from gan_core.data.table import DATASETS, dataset_spec
from gan_core.errors import ConfigError
from gan_core.networks.base import ImageShape
from gan_core.networks.build import Needs, Networks, build
from gan_core.networks.build import outline as outline_of
from gan_core.networks.table import ARCHITECTURES, architecture
from gan_core.objectives.build import kind_of
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS


@lru_cache(maxsize=256)
def network_sizes(
    config: TrainConfig, shape: tuple[int, int, int], classes: tuple[str, ...]
) -> tuple[int, int, int]:
    """Parameters of generator and discriminator, and multiply-adds of the generator."""
    from gan_core.networks import summary

    pair = outline(config, shape, classes)
    return (
        summary.parameter_count(pair.generator),
        summary.parameter_count(pair.critic),
        summary.multiply_adds(pair.generator),
    )


TABLES: dict[str, Mapping[str, Any]] = {
    "presets": PRESETS,
    "architectures": ARCHITECTURES,
    "objectives": OBJECTIVES,
    "datasets": DATASETS,
}


def check(config: TrainConfig) -> None:
    """Refuse names that no table holds, and sizes that the network cannot make.

    Raises:
        ConfigError: one sentence naming the setting and what is allowed.
    """
    data = dataset_spec(config.dataset)
    kind = kind_of(config)
    if kind.conditional and not data.in_folder and len(data.classes) < 2:
        raise ConfigError(
            f"objective is {config.objective!r}, which draws the class that it is told; the data "
            f"set {config.dataset!r} has no classes."
        )
    fixed = architecture(config.architecture).image_size
    if fixed and config.image_size not in (0, fixed):
        raise ConfigError(
            f"image_size is {config.image_size}; the architecture {config.architecture!r} makes "
            f"pictures of {fixed} x {fixed}: set it to {fixed}, or to 0."
        )


def misfits(config: TrainConfig, setting: str) -> dict[str, str]:
    """What a setting may not be beside the other settings: each name with the reason, a sentence.

    Args:
        config: settings of which all but this one stand.
        setting: one whose value is the name of an entry in a table.
    """
    reasons: dict[str, str] = {}
    for name in TABLES[f"{setting}s"]:
        try:
            check(config.changed({setting: name}))
        except ConfigError as error:
            reasons[name] = str(error)
    return reasons


def class_count(config: TrainConfig, classes: Sequence[str]) -> int:
    """How many classes the generator of these settings is told apart; 0 where it takes no label.

    Raises:
        ConfigError: the objective needs classes, and there are fewer than two.
    """
    if not kind_of(config).conditional:
        return 0
    if len(classes) < 2:
        raise ConfigError(
            f"objective is {config.objective!r}, which draws the class that it is told; the data "
            f"set {config.dataset!r} has fewer than two classes."
        )
    return len(classes)


def networks(config: TrainConfig, image_shape: ImageShape, classes: Sequence[str]) -> Networks:
    """The two players of these settings, initialised from its seed, as its objective needs them.

    Raises:
        ConfigError: the settings do not fit together or do not fit the data.
    """
    sizes = (config.architecture, config.latent_dim, image_shape)
    return build(*sizes, **_needs(config, classes), seed=config.seed)


def outline(config: TrainConfig, image_shape: ImageShape, classes: Sequence[str]) -> Networks:
    """The same without weights, on the meta device: to be counted and described.

    Raises:
        ConfigError: the settings do not fit together or do not fit the data.
    """
    sizes = (config.architecture, config.latent_dim, image_shape)
    return outline_of(*sizes, **_needs(config, classes))


def _needs(config: TrainConfig, classes: Sequence[str]) -> Needs:
    kind = kind_of(config)
    return {
        "head": kind.head,
        "n_classes": class_count(config, classes),
        "critic_norm": kind.critic_norm,
    }


def image_size(config: TrainConfig) -> int:
    """The side that pictures will have: asked for, the network's, or the data set's own."""
    shape = dataset_spec(config.dataset).shape
    return (
        config.image_size
        or architecture(config.architecture).image_size
        or (shape[1] if shape else FOLDER_IMAGE_SIZE)
    )
