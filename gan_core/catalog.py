"""The tables in one place: what settings may name, and which of them fit together.

Nothing here loads torch but what builds networks or counts their weights; whoever asks imports this
file alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gan_core import schedules
from gan_core.config import CHANGEABLE_WHILE_TRAINING, SETTINGS, Setting, TrainConfig
from gan_core.data.dataset import FOLDER_IMAGE_SIZE
from gan_core.data.table import DATASETS, dataset_spec
from gan_core.errors import ConfigError
from gan_core.networks import table as network_table
from gan_core.networks.architecture import Architecture
from gan_core.networks.needs import Hidden, ImageShape, Needs
from gan_core.objectives import breakages as mistakes
from gan_core.objectives import build as building
from gan_core.objectives import table as objective_table
from gan_core.objectives.base import Objective
from gan_core.objectives.breakages import Breakage
from gan_core.objectives.settings import own_settings, own_values
from gan_core.presets import PRESETS

if TYPE_CHECKING:
    from gan_core.networks.build import Networks
    from gan_core.networks.layouts import Layout


def objectives() -> Mapping[str, type[Objective]]:
    """The objectives by name."""
    return objective_table.OBJECTIVES


def architectures() -> Mapping[str, Architecture]:
    """The networks by name."""
    return network_table.ARCHITECTURES


def layouts() -> Mapping[str, Layout]:
    """The layouts by name in which weights come from elsewhere."""
    from gan_core.networks.layouts import LAYOUTS

    return LAYOUTS


def breakages(objective: str | None = None) -> Mapping[str, Breakage]:
    """The mistakes that can be made on purpose by name, in any objective or in the one given."""
    return mistakes.BREAKAGES if objective is None else mistakes.fitting(objective)


TABLES: dict[str, Callable[[], Mapping[str, Any]]] = {
    "presets": lambda: PRESETS,
    "architectures": architectures,
    "layouts": layouts,
    "objectives": objectives,
    "datasets": lambda: DATASETS,
}


def objective_class(name: str) -> type[Objective]:
    """The objective of that name.

    Raises:
        ConfigError: there is none.
    """
    return objective_table.objective_class(name)


def architecture(name: str) -> Architecture:
    """The networks of that name.

    Raises:
        ConfigError: there are none.
    """
    return network_table.architecture(name)


def declaration(config: TrainConfig) -> type[Objective]:
    """The class of a configuration's objective, broken or not; see
    :func:`gan_core.objectives.build.declaration`.

    Raises:
        ConfigError: the objective is unknown, or the breakage, or that cannot be made in it.
    """
    return building.declaration(config)


def with_breakage(config: TrainConfig, name: str) -> TrainConfig:
    """The same configuration with that mistake in it.

    Raises:
        ConfigError: there is no such breakage, or it cannot be made in this objective.
    """
    return mistakes.with_breakage(config, name)


def settings(objective: str | None = None) -> dict[str, Setting]:
    """How each setting is explained and bounded, by name: those that every training has, and behind
    its objective those of its own.

    Args:
        objective: whose own; those of all objectives if not given.

    Raises:
        ConfigError: there is no such objective.
    """
    kinds = objectives().values() if objective is None else [objective_class(objective)]
    own = {name: setting for kind in kinds for name, setting in own_settings(kind).items()}
    names = list(SETTINGS)
    place = names.index("objective") + 1
    order = [*names[:place], *own, *names[place:]]
    return {name: own.get(name) or SETTINGS[name] for name in order}


def objective_values(config: TrainConfig) -> dict[str, float]:
    """The values of its objective's own settings: what it states, else the defaults.

    Raises:
        ConfigError: there is no such objective.
    """
    return own_values(objective_class(config.objective), config)


def check_names(names: Iterable[str]) -> None:
    """Refuse names that are no setting, neither of every training nor of an objective.

    Raises:
        ConfigError: naming the first unknown one and all known ones.
    """
    explanations = settings()
    for name in names:
        if name not in explanations:
            raise ConfigError(
                f"{name!r} is not a setting; the settings are {', '.join(explanations)}."
            )


def complete(config: TrainConfig) -> TrainConfig:
    """The same with all settings of its objective stated and none of another's; as it is where
    there is no such objective. Two configurations that train alike are equal then."""
    if config.objective not in objectives():
        return config
    return replace(config, objective_settings=objective_values(config))


def check(config: TrainConfig) -> None:
    """Refuse names that no table holds, what an objective's own settings cannot be, and sizes that
    the network cannot make.

    Raises:
        ConfigError: one sentence naming the setting and what is allowed.
    """
    data = dataset_spec(config.dataset)
    kind = declaration(config)
    check_names(config.objective_settings)
    explanations = {**settings(), **own_settings(kind)}
    for name, value in config.objective_settings.items():
        explanations[name].check_number(name, value)
    _check_schedule(config, kind)
    if kind.conditional and not data.named and len(data.classes) < 2:
        raise ConfigError(
            f"objective is {config.objective!r}, which draws the class that it is told; the data "
            f"set {config.dataset!r} has no classes."
        )
    if not data.made and (config.points or config.deviation):
        raise ConfigError(
            f"points is {config.points} and deviation is {config.deviation:g}, which are for "
            f"points that are made here; the data set {config.dataset!r} is as it is: set both "
            "to 0."
        )
    spec = architecture(config.architecture)
    if spec.resize is None and any(hidden_layers(config)):
        raise ConfigError(
            f"depth is {config.depth} and width is {config.width}; the architecture "
            f"{config.architecture!r} has the layers that it has: set both to 0."
        )
    side = spec.image_size
    if data.points:
        if side not in (None, 1):
            raise ConfigError(
                f"architecture is {config.architecture!r}, which makes pictures; this data set "
                "holds points: take 'points', or a recipe whose name begins with ring or grid."
            )
        if config.image_size > 1 or config.channels:
            raise ConfigError(
                f"image_size is {config.image_size} and channels is {config.channels}; this data "
                "set holds points: set both to 0."
            )
        return
    if side == 1:
        raise ConfigError(
            f"architecture is {config.architecture!r}, which makes points; this data set holds "
            "pictures."
        )
    if side and config.image_size not in (0, side):
        raise ConfigError(
            f"image_size is {config.image_size}; the architecture {config.architecture!r} makes "
            f"pictures of {side} x {side}: set it to {side}, or to 0."
        )


def _check_schedule(config: TrainConfig, kind: type[Objective]) -> None:
    allowed = {**{name: SETTINGS[name] for name in CHANGEABLE_WHILE_TRAINING}, **own_settings(kind)}
    for schedule in schedules.parse(config.schedule):
        if schedule.name not in allowed:
            raise ConfigError(
                f"schedule names {schedule.name!r}, which cannot follow the step with "
                f"{config.objective!r}; only {', '.join(allowed)} can."
            )
        for _, value in schedule.points:
            allowed[schedule.name].check_number(f"schedule's {schedule.name}", value)


def live_settings(config: TrainConfig) -> dict[str, Setting]:
    """What may change while a training of these settings runs, by name.

    Raises:
        ConfigError: the objective is unknown, or the breakage, or that cannot be made in it.
    """
    shared = {name: SETTINGS[name] for name in CHANGEABLE_WHILE_TRAINING}
    return {**shared, **own_settings(declaration(config))}


def changed(config: TrainConfig, name: str, value: Any) -> TrainConfig:
    """The same settings with one of them changed while the training runs, which ends its schedule.

    Raises:
        ConfigError: it cannot change then, or not to that value.
    """
    allowed = live_settings(config)
    if name not in allowed:
        check_names([name])
        raise ConfigError(
            f"{name} cannot change while a run trains; only {', '.join(allowed)} can."
        )
    if name == "ema_decay" and not (config.ema_decay and value):
        raise ConfigError("ema_decay is 0 without an average, which cannot begin or end meanwhile.")
    other = config.with_settings({name: value}).without_schedule(name)
    check(other)
    return other


def misfits(config: TrainConfig, setting: str) -> dict[str, str]:
    """What a setting may not be beside the other settings: each name with the reason, a sentence.

    Args:
        config: settings of which all but this one stand.
        setting: one whose value is the name of an entry in a table.
    """
    reasons: dict[str, str] = {}
    for name in TABLES[f"{setting}s"]():
        try:
            check(config.with_settings({setting: name}))
        except ConfigError as error:
            reasons[name] = str(error)
    return reasons


def class_count(config: TrainConfig, classes: Sequence[str]) -> int:
    """How many classes the generator of these settings tells apart; 0 where it takes no label.

    Raises:
        ConfigError: the objective needs classes, and there are fewer than two.
    """
    return _needs(config, declaration(config), classes).n_classes


def networks(
    config: TrainConfig, objective: Objective, image_shape: ImageShape, classes: Sequence[str]
) -> Networks:
    """The two players of these settings, initialised from its seed, as that objective needs them.

    Raises:
        ConfigError: the settings do not fit together or do not fit the data.
    """
    from gan_core.networks import build

    return build.build(
        config.architecture,
        config.latent_dim,
        image_shape,
        _needs(config, objective, classes),
        hidden_layers(config),
        seed=config.seed,
    )


def outline(config: TrainConfig, image_shape: ImageShape, classes: Sequence[str]) -> Networks:
    """The same without weights, on the meta device: to be counted and described.

    Raises:
        ConfigError: the settings do not fit together or do not fit the data.
    """
    from gan_core.networks import build

    needs = _needs(config, declaration(config), classes)
    hidden = hidden_layers(config)
    return build.outline(config.architecture, config.latent_dim, image_shape, needs, hidden)


def hidden_layers(config: TrainConfig) -> Hidden:
    """What these settings ask for of the hidden layers, where these can be chosen."""
    return Hidden(config.depth, config.width)


def network_sizes(
    config: TrainConfig, shape: ImageShape, classes: Sequence[str]
) -> tuple[int, int, int]:
    """Parameters of generator and discriminator, and multiply-adds of the generator.

    Raises:
        ConfigError: the settings do not fit together or do not fit the data.
    """
    needs = _needs(config, declaration(config), classes)
    return _sizes(config.architecture, config.latent_dim, shape, needs, hidden_layers(config))


@lru_cache(maxsize=256)
def _sizes(
    name: str, latent_dim: int, shape: ImageShape, needs: Needs, hidden: Hidden
) -> tuple[int, int, int]:
    from gan_core.networks import build, summary

    pair = build.outline(name, latent_dim, shape, needs, hidden)
    return (
        summary.parameter_count(pair.generator),
        summary.parameter_count(pair.critic),
        summary.multiply_adds(pair.generator),
    )


def _needs(
    config: TrainConfig, objective: Objective | type[Objective], classes: Sequence[str]
) -> Needs:
    if objective.conditional and len(classes) < 2:
        raise ConfigError(
            f"objective is {config.objective!r}, which draws the class that it is told; the data "
            f"set {config.dataset!r} has fewer than two classes."
        )
    n_classes = len(classes) if objective.conditional else 0
    return Needs(objective.head, n_classes, objective.critic_norm)


def image_size(config: TrainConfig) -> int:
    """The side that pictures will have: asked for, the network's, or the data set's own."""
    shape = dataset_spec(config.dataset).shape
    return (
        config.image_size
        or architecture(config.architecture).image_size
        or (shape[1] if shape else FOLDER_IMAGE_SIZE)
    )
