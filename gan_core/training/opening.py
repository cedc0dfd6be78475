"""Trainings begun and resumed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gan_core import __version__, catalog, devices
from gan_core.config import CHANGEABLE_ON_RESUME, TrainConfig
from gan_core.data.dataset import ImageData, Progress
from gan_core.data.loading import load
from gan_core.devices import device_name
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import write_atomic
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.presets import PRESETS
from gan_core.runs.folder import HISTORY, QUALITY, RunFolder, RunInfo
from gan_core.runs.generators import load_training
from gan_core.runs.store import RunStore
from gan_core.training.forks import fork_settings
from gan_core.training.session import PREVIEW_COUNT, PREVIEW_SEED, TrainingSession
from gan_core.training.trainer import Trainer


def start(
    run: RunFolder,
    config: TrainConfig,
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> TrainingSession:
    """Begin a new run in an empty folder: its state, real images and first grid are written.

    Raises:
        ConfigError, DataError: settings that do not fit, or a data set that cannot be read.
    """
    config = catalog.complete(config)
    data = _load(config, data_dir, progress)
    config = config.with_steps(len(data))
    trainer = Trainer(config, data, device)
    info = RunInfo(
        image_shape=data.image_shape,
        classes=data.classes,
        dataset_fingerprint=data.fingerprint,
        dataset_size=len(data),
        version=__version__,
        device=device_name(device),
        created=datetime.now().isoformat(timespec="seconds"),
    )
    session = TrainingSession(run, config, trainer, info, run.lock())
    try:
        session.notice = _skipped(data)
        write_atomic(run.grid_path(None), pixels.png(_real_grid(data, trainer)))
        session.draw()
        session.prepare_to_measure(data, data_dir, progress)
        if session.monitor:
            session.measure()
        session.save()
        run.write_config(config, info)  # last: a folder without it is not yet a run
    except BaseException:
        session.close()
        raise
    return session


def resume(
    run: RunFolder,
    changes: Mapping[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> TrainingSession:
    """Go on with a run from its last saved state, as if it had never stopped.

    What was logged or drawn after that state is dropped, because it will happen again.

    Raises:
        ConfigError: a change that would alter the training, or nothing left to do.
        CheckpointError: no state, a damaged one, or another data set than the run began with.
        BusyError: another process trains this run.
    """
    catalog.check_names(changes)
    saved, info = run.config(), run.info()
    forbidden = [
        name
        for name, value in changes.items()
        if name not in CHANGEABLE_ON_RESUME and value != saved.to_dict().get(name)
    ]
    if forbidden:
        raise ConfigError(
            f"{', '.join(forbidden)} cannot change when {run.name} is resumed; only "
            f"{', '.join(sorted(CHANGEABLE_ON_RESUME))} can. Start a new run for that."
        )
    lock = run.lock()
    try:
        state = load_training(run, device)
        config = saved.changed(changes)
        trainer, data = continued(run, config, state, data_dir, device, progress)
        session = TrainingSession(run, trainer.config, trainer, info, lock)
        session.take_up(state)
        status = run.status()
        session.may_act, session.acted = status.may_act, status.acted
        session.prepare_to_measure(data, data_dir, progress)
        run.write_config(session.config, info)
        session.note("running")
    except BaseException:
        lock.release()
        raise
    return session


def continued(
    run: RunFolder,
    config: TrainConfig,
    state: dict[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> tuple[Trainer, ImageData]:
    """A trainer at a saved state of a run, and the images that the run began with.

    Args:
        config: the run's settings, with what may have changed; the trainer's are in steps.

    Raises:
        ConfigError: nothing is left to do.
        CheckpointError: a state of other networks, or another data set than the run began with.
    """
    began_with = run.info().dataset_fingerprint
    data = _load(config, data_dir, progress)
    if data.fingerprint != began_with:
        raise CheckpointError(
            f"{run.name} was trained on other images: the data set {config.dataset!r} found in "
            f"{data_dir} has the fingerprint {data.fingerprint}, not {began_with}."
        )
    trainer = Trainer(config.with_steps(len(data)), data, device)
    try:
        trainer.load_state_dict(state)
        float(state["seconds"])
    except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{run.name}/training.pt does not fit its config.json.") from error
    if trainer.steps_done >= trainer.config.steps:
        raise ConfigError(
            f"{run.name} has done all its {trainer.steps_done:,} steps; set steps to more to "
            "train on."
        )
    return trainer, data


def _real_grid(data: ImageData, trainer: Trainer) -> np.ndarray:
    """Some images of the data set, the same for all runs on it: (rows, columns, C) pixels.

    Beside the grid of a conditional generator, a column is a class here as well.
    """
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(PREVIEW_SEED))
    columns = None
    if trainer.generator.n_classes:
        columns = min(len(data.classes), vectors.MAX_COLUMNS)
        by_class = [order[data.labels[order] == k] for k in range(columns)]
        rows = min(PREVIEW_COUNT // columns, *(len(members) for members in by_class))
        order = torch.stack([members[:rows] for members in by_class], 1).flatten()
    pictures = data.images[order[:PREVIEW_COUNT]].permute(0, 2, 3, 1).numpy()
    return pixels.grid(pictures, columns)


def _skipped(data: ImageData) -> str:
    if not data.skipped:
        return ""
    named = "; ".join(data.skipped[:3]) + ("; ..." if len(data.skipped) > 3 else "")
    return f"{len(data.skipped)} of the pictures cannot be read and were skipped: {named}"


def _load(config: TrainConfig, data_dir: Path, progress: Progress) -> ImageData:
    return load(
        config.dataset,
        data_dir,
        image_size=catalog.image_size(config),
        channels=config.channels,
        folder=config.folder,
        progress=progress,
    )


def new_run(store: RunStore, config: TrainConfig) -> RunFolder:
    """An empty folder for a run of these settings, named by the recipe it is true to."""
    recipe = PRESETS[config.preset].config if config.preset in PRESETS else None
    broken = f"-{config.breakage}" if config.breakage else ""
    if recipe is None or (recipe.objective != config.objective and not broken):
        return store.create(f"{config.objective}-{config.architecture}-{config.dataset}{broken}")
    if recipe.dataset != config.dataset:
        return store.create(f"{config.architecture}-{config.dataset}{broken}")
    return store.create(f"{config.preset}{broken}")


def fork(
    run: RunFolder,
    parent: RunFolder,
    step: int,
    changes: Mapping[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> TrainingSession:
    """Begin a fork in an empty folder: the parent's history up to that step becomes its own.

    Raises:
        ConfigError: a change that a fork cannot make, or nothing left to train.
        CheckpointError: no state of that step, a damaged one, or other images than the parent's.
    """
    saved, info = parent.config(), parent.info()
    config = fork_settings(saved, changes)
    state = load_training(parent, device, step)
    trainer, data = continued(parent, config, state, data_dir, device, progress)
    info = replace(
        info,
        version=__version__,
        device=devices.device_name(device),
        created=datetime.now().isoformat(timespec="seconds"),
        parent=parent.name,
        forked_at=step,
    )
    opened = TrainingSession(run, trainer.config, trainer, info, run.lock())
    try:
        for name in (HISTORY, QUALITY):
            if (parent.path / name).is_file():
                shutil.copyfile(parent.path / name, run.path / name)
        for drawn in (None, *(at for at in parent.grids() if at <= step)):
            if parent.grid_path(drawn).is_file():
                run.grid_path(drawn).parent.mkdir(exist_ok=True)
                shutil.copyfile(parent.grid_path(drawn), run.grid_path(drawn))
        opened.take_up(state)
        opened.prepare_to_measure(data, data_dir, progress)
        opened.save()
        run.write_config(opened.config, info)  # last: a folder without it is not yet a run
    except BaseException:
        opened.close()
        raise
    return opened
