"""A run from weights that were trained elsewhere: to draw from, and with its discriminator to train
on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gan_core import __version__, catalog
from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData
from gan_core.data.table import dataset_spec
from gan_core.devices import own_defaults
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import write_atomic
from gan_core.images import pixels
from gan_core.networks.layouts import LAYOUTS, Layout, MisfitError, Tensors, layouts_for
from gan_core.networks.needs import ImageShape
from gan_core.networks.table import ARCHITECTURES
from gan_core.runs.folder import RunFolder, RunInfo
from gan_core.runs.generators import save_generator, save_training
from gan_core.runs.status import Phase, Status
from gan_core.runs.store import RunStore
from gan_core.runs.weights import critic_of, generator_of, read_weights, single
from gan_core.training.handlers import preview_sheet
from gan_core.training.trainer import Trainer

STEPS = 10_000  # of the training that may follow, unless the settings say otherwise


class WeightFile(NamedTuple):
    """A file of weights: its name, which tells the kind, and what is in it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Imported:
    """The new run, and what there is to say of it, in sentences."""

    run: RunFolder
    words: str


@dataclass(frozen=True)
class _Fit:
    """Weights as our networks have them."""

    layout: Layout
    config: TrainConfig
    image_shape: ImageShape
    classes: tuple[str, ...]
    generator: dict[str, Tensor]
    critic: dict[str, Tensor] | None
    misfit: str  # of the discriminator that the file has; empty where there is none


@own_defaults()
def import_weights(
    store: RunStore,
    file: WeightFile,
    name: str,
    settings: Mapping[str, Any] | None = None,
    critic: WeightFile | None = None,
) -> Imported:
    """Make a run of a generator that was trained elsewhere, and of its discriminator.

    Args:
        name: a layout or an architecture; of that, all its layouts are tried.
        settings: what the training is to go on with: the data set and the objective at least,
            where they are others than those of the layout's own code.
        critic: a file with the discriminator, where it is not in the same.

    Raises:
        CheckpointError: a file is no state dict, or fits none of the layouts; nothing is kept.
        ConfigError: no such layout, or settings that do not fit together.
        OSError: the run cannot be written; nothing of it stays.
    """
    layouts = layouts_for(name)
    if name not in ARCHITECTURES and not layouts.keys() - {"own"}:
        names = ", ".join([*(key for key in LAYOUTS if key != "own"), *ARCHITECTURES])
        raise ConfigError(f"{name!r} is neither a layout nor an architecture; choose of {names}.")
    tensors = read_weights(*file)
    beside = None if critic is None else single(read_weights(*critic))
    fit = _fit(file.name, layouts, name, tensors, beside, settings or {})
    if critic is not None and fit.critic is None:
        raise CheckpointError(f"{critic.name} is not its discriminator: {fit.misfit}.")
    run = store.create(PurePath(file.name).stem)
    try:
        _write(run, fit, file.name)
    except BaseException:
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    return Imported(run, _words(fit))


def _fit(
    file: str,
    layouts: Mapping[str, Layout],
    name: str,
    tensors: Tensors,
    beside: Tensors | None,
    settings: Mapping[str, Any],
) -> _Fit:
    """The first layout that the weights fit.

    Raises:
        CheckpointError: none, or numbers that are NaN or infinite.
    """
    tried = []
    own_generator = generator_of(tensors)
    for layout in layouts.values():
        try:
            config, shape, classes = _settings(layout, name, own_generator, settings)
            networks = catalog.outline(config, shape, classes)
            generator = layout.generator.translate(own_generator, networks.generator)
        except MisfitError as misfit:
            tried.append(f"{layout.title} {misfit}")
            continue
        critic, problem = _critic(layout, tensors, beside, networks.critic)
        _check_numbers(file, generator, critic or {})
        return _Fit(layout, config, shape, classes, generator, critic, problem)
    raise CheckpointError(f"{file} fits no layout of {name}. Tried: {'; '.join(tried)}.")


def _settings(
    layout: Layout, name: str, generator: Tensors, settings: Mapping[str, Any]
) -> tuple[TrainConfig, ImageShape, tuple[str, ...]]:
    """The settings of a run with these weights, the shape of its pictures and its classes.

    Raises:
        ConfigError: they do not fit together.
    """
    own = {
        "steps": STEPS,
        **layout.settings,
        "architecture": layout.architecture or name,
        **settings,
    }
    catalog.check_names(own)
    config = TrainConfig.from_dict({"steps": 0 if own.get("epochs") else STEPS, **own})
    spec = dataset_spec(config.dataset)
    side = catalog.architecture(config.architecture).image_size
    shape = layout.generator.image_shape(generator, side)
    if shape is None:
        size = catalog.image_size(config)
        shape = (config.channels or (spec.shape or (3,))[0], size, size)
    n_classes = catalog.class_count(config, spec.classes)
    labels = generator.get(f"{layout.label}.weight")
    if layout.label and labels is not None and len(labels) != n_classes:
        raise MisfitError(f"has {len(labels)} classes, where {config.dataset} has {n_classes}")
    inputs = layout.generator.inputs(generator)
    sizes = {} if spec.points else {"channels": shape[0], "image_size": shape[1]}
    if inputs is not None and inputs > n_classes:
        sizes["latent_dim"] = inputs - n_classes
    try:
        config = config.with_settings({**sizes, **settings})
    except ConfigError as error:  # sizes that no picture or no noise has
        raise MisfitError(f"makes of its first and last layer that {error}") from error
    catalog.check(config)
    return config, shape, spec.classes


def _critic(
    layout: Layout, tensors: Tensors, beside: Tensors | None, network: nn.Module
) -> tuple[dict[str, Tensor] | None, str]:
    """The discriminator as ours, or why it is none."""
    theirs = beside if beside is not None else critic_of(tensors)
    if theirs is None:
        return None, ""
    try:
        return layout.critic.translate(theirs, network), ""
    except MisfitError as misfit:
        return None, f"{layout.title} {misfit}"


def _check_numbers(file: str, *states: Mapping[str, Tensor]) -> None:
    for state in states:
        for name, tensor in state.items():
            if not tensor.isfinite().all():
                raise CheckpointError(f"{file} holds numbers that are NaN or infinite ({name}).")


def _write(run: RunFolder, fit: _Fit, file: str) -> None:
    info = RunInfo(
        image_shape=fit.image_shape,
        classes=fit.classes,
        dataset_fingerprint="",  # no images were seen yet: the first training takes what there are
        dataset_size=0,
        version=__version__,
        device="",
        created=datetime.now().isoformat(timespec="seconds"),
        origin=f"{PurePath(file).name} ({fit.layout.title})",
    )
    nothing = ImageData(
        fit.config.dataset,
        torch.zeros((1, *fit.image_shape), dtype=torch.uint8),
        torch.zeros(1, dtype=torch.int64),
        fit.classes,
        "",
    )
    trainer = Trainer(fit.config.with_steps(len(nothing)), nothing, torch.device("cpu"))
    for network in filter(None, (trainer.generator, trainer.averaged)):
        network.load_state_dict(fit.generator)
    if fit.critic is None:
        save_generator(run, fit.generator, 0)
    else:
        trainer.critic.load_state_dict(fit.critic)
        state = {**trainer.state_dict(), "seconds": 0.0, "events": []}
        save_training(run, state, fit.generator)
    write_atomic(run.grid_path(0), pixels.png(preview_sheet(trainer.sampler, fit.config)))
    run.write_status(Status(Phase.STOPPED, 0, 0.0))
    run.write_config(fit.config, info)


def _words(fit: _Fit) -> str:
    config = fit.config
    words = (
        f"{fit.layout.title}: latent size {config.latent_dim}, pictures of "
        f"{' x '.join(map(str, fit.image_shape))}, taken to be trained on {config.dataset} with "
        f"{config.objective}."
    )
    if fit.critic is not None:
        return f"{words} Its discriminator came along, so that it can be trained on."
    if fit.misfit:
        return f"{words} Its discriminator was left out: {fit.misfit}."
    return f"{words} Without its discriminator it cannot be trained on."
