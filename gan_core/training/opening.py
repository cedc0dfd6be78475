"""Trainings begun, resumed and forked: each takes the run's lock, reads, and then writes.

What is written first is what a session goes on from; the settings come last into a new folder,
because a folder without them is not yet a run.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from gan_core import __version__, catalog
from gan_core.config import CHANGEABLE_ON_RESUME, TrainConfig
from gan_core.data.dataset import POINT, ImageData, Progress
from gan_core.data.left_out import left_out_words
from gan_core.data.loading import in_class_order
from gan_core.data.moved import check_folder_of, check_images_of, pictures_place
from gan_core.data.table import dataset_spec
from gan_core.devices import device_name, own_defaults
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.files import write_atomic
from gan_core.images import pixels
from gan_core.latent.points import MAX_COLUMNS
from gan_core.plane.observer import Observer
from gan_core.presets import PRESETS
from gan_core.quality.monitor import Monitor
from gan_core.runs.events import (
    Event,
    EventLog,
    check_events,
    describe_event,
    events_behind,
    settings_at,
)
from gan_core.runs.folder import EVENTS, HISTORY, QUALITY, RunFolder, RunInfo
from gan_core.runs.generators import load_training, save_generator
from gan_core.runs.real_data import real_data
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from gan_core.training import memory
from gan_core.training.forks import fork_settings
from gan_core.training.handlers import HANDLERS, PREVIEW_SEED, preview_count
from gan_core.training.session import TrainingSession
from gan_core.training.trainer import Trainer

_NAMED = 3  # of the events that are done again


@own_defaults()
def start(
    run: RunFolder,
    config: TrainConfig,
    data_dir: Path,
    device: torch.device,
    progress: Progress,
    events: Sequence[Event] = (),
    kept_by: RunFolder | None = None,
) -> TrainingSession:
    """Begin a new run in an empty folder: its state, real images and first grid are written.

    Args:
        events: what is to be done to it at their steps.
        kept_by: a run that is repeated: what it keeps of its data set is this one's too.

    Raises:
        ConfigError, DataError: settings or events that do not fit, or a data set that cannot be
            read.
        BusyError: another process trains in this folder.
    """
    config = catalog.complete(config)
    check_events(config, events)
    with _hold(run) as lock:
        data = real_data(config, data_dir, progress, kept_by=kept_by)
        trainer = _trainer(config.with_steps(len(data)), data, device)
        sizes = catalog.network_sizes(config, data.image_shape, data.classes)
        info = RunInfo(
            image_shape=data.image_shape,
            classes=data.classes,
            dataset_fingerprint=data.fingerprint,
            dataset_size=len(data),
            version=__version__,
            device=device_name(device),
            created=datetime.now().isoformat(timespec="seconds"),
            generator_parameters=sizes[0],
            critic_parameters=sizes[1],
            multiply_adds=sizes[2],
        )
        log = EventLog(run.path / EVENTS, [replace(event, run="") for event in events])
        session = _session(run, trainer, info, lock, log, data, data_dir, progress)
        log.write()
        words = [left_out_words(data.left_out), data.kept.words if data.kept else ""]
        session.notice = " ".join(filter(None, [*words, session.notice]))
        if data.kept is not None:
            write_atomic(run.distribution_path, data.kept.content.encode())
        write_atomic(run.grid_path(None), pixels.png(_real_grid(data, trainer)))
        if session.observer is not None:
            write_atomic(
                run.frames.real_path, session.observer.real_points.numpy().astype("<f2").tobytes()
            )
        session.run_handlers()
        run.write_config(session.begun_with, info)
    return session


@own_defaults()
def resume(
    run: RunFolder,
    changes: Mapping[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
    *,
    again: bool = True,
) -> TrainingSession:
    """Go on with a run from its last saved state, as if it had never stopped.

    What was logged or drawn after that state is dropped, because it will happen again.

    Args:
        again: whether what was done to it by hand after that state is done again, at the same
            steps; else it is dropped as well, and the training goes another way from here.

    Raises:
        ConfigError: a change that would alter the training, or nothing left to do.
        CheckpointError: no state, a damaged one, damaged events, or another data set than the run
            began with.
        BusyError: another process trains this run.
    """
    catalog.check_names(changes)
    config = run.config()
    if not run.resumable:  # said before anything is written, as into a shipped checkpoint
        raise CheckpointError(f"{run.name} cannot be resumed: it has no training.pt.")
    forbidden = [
        name
        for name, value in changes.items()
        if name not in CHANGEABLE_ON_RESUME and value != config.to_dict().get(name)
    ]
    if forbidden:
        raise ConfigError(
            f"{', '.join(forbidden)} cannot change when {run.name} is resumed; only "
            f"{', '.join(sorted(CHANGEABLE_ON_RESUME))} can. Start a new run for that."
        )
    info = run.info()
    with _hold(run) as lock:
        log = EventLog(run.path / EVENTS, run.events() if again else ())
        check_events(config, log.coming)
        state = load_training(run, device)
        trainer, data = _trainer_at(
            state, run, config.with_settings(changes), data_dir, device, progress
        )
        if not info.dataset_fingerprint:  # imported: these images are its own from here on
            info = replace(info, dataset_fingerprint=data.fingerprint, dataset_size=len(data))
            write_atomic(run.grid_path(None), pixels.png(_real_grid(data, trainer)))
        session = _session(run, trainer, info, lock, log, data, data_dir, progress)
        if not again:
            (run.path / EVENTS).unlink(missing_ok=True)  # those behind the state are in it
        session.restore(state)
        session.notice = " ".join(filter(None, [_again_words(log), session.notice]))
        # The one that lies there may be of another moment, if a save was cut short.
        save_generator(run, trainer.sampler.state_dict(), session.step)
        status = run.status()
        session.may_act, session.treatment = status.may_act, status.treatment
        run.write_config(session.begun_with, info)
        session.write_status(Phase.RUNNING)
    return session


@own_defaults()
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
        BusyError: another process trains in this folder.
    """
    info = replace(
        parent.info(),
        version=__version__,
        device=device_name(device),
        created=datetime.now().isoformat(timespec="seconds"),
        parent=parent.name,
        forked_at=step,
    )
    with _hold(run) as lock:
        state = load_training(parent, device, step)
        past = _past(state, parent)
        state["events"] = [replace(event, run=event.run or parent.name).to_dict() for event in past]
        before = settings_at(parent.config(), past)
        config = fork_settings(before, changes)
        # What a state of before these were counted leaves to the rounds of its own settings.
        state.setdefault("batches", before.batches_at(step))
        state.setdefault("in_round", step % before.g_steps)
        trainer, data = _trainer_at(state, parent, config, data_dir, device, progress)
        log = EventLog(run.path / EVENTS)
        session = _session(run, trainer, info, lock, log, data, data_dir, progress)
        _copy_past(parent, run, step)
        session.restore(state)
        session.save()
        run.write_config(session.begun_with, info)
    return session


def new_run(store: RunStore, config: TrainConfig) -> RunFolder:
    """An empty folder for a run of these settings, named by the recipe it is true to."""
    recipe = PRESETS[config.preset].config if config.preset in PRESETS else None
    broken = f"-{config.breakage}" if config.breakage else ""
    if recipe is None or (recipe.objective != config.objective and not broken):
        return store.create(f"{config.objective}-{config.architecture}-{config.dataset}{broken}")
    if recipe.dataset != config.dataset:
        return store.create(f"{config.architecture}-{config.dataset}{broken}")
    return store.create(f"{config.preset}{broken}")


@contextmanager
def _hold(run: RunFolder) -> Iterator[FileLock]:
    """The lock of a run, for a session to hold; released if the session cannot be opened."""
    lock = run.lock()
    try:
        yield lock
    except BaseException:
        lock.release()
        memory.give_back()
        raise


def _session(
    run: RunFolder,
    trainer: Trainer,
    info: RunInfo,
    lock: FileLock,
    events: EventLog,
    data: ImageData,
    data_dir: Path,
    progress: Progress,
) -> TrainingSession:
    """A session, and what it is measured against. What cannot be read of that is named in the
    notice, and the training goes on without."""
    monitor, notice = None, ""
    if trainer.config.measure_every:
        try:
            monitor = Monitor(trainer.config, data, data_dir, progress)
        except GanError as error:
            notice = f"Quality is not measured while this run trains: {error}"
    return TrainingSession(
        run, trainer, info, lock, HANDLERS, events, monitor, _observer(trainer, data), notice
    )


def _observer(trainer: Trainer, data: ImageData) -> Observer | None:
    """What sees both networks, where they learn points of the plane."""
    if data.image_shape != POINT:
        return None
    config = trainer.config
    return Observer(
        data,
        config.latent_dim,
        config.noise,
        trainer.generator.n_classes,
        dataset_spec(config.dataset).modes(config.deviation),
        trainer.device,
    )


def _trainer_at(
    state: dict[str, Any],
    run: RunFolder,
    config: TrainConfig,
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
        DataError: its folder of pictures is not where it was.
    """
    info = run.info()
    if config.folder == run.config().folder:
        check_folder_of(run.name, config, data_dir)
    data = real_data(config, data_dir, progress, kept_by=run, channels=info.image_shape[0])
    data = in_class_order(data, info.classes)
    kept = run.distribution_path
    place = kept if kept.is_file() else pictures_place(config, data_dir)
    check_images_of(run.name, info.dataset_fingerprint, info.dataset_size, data, place)
    trainer = _trainer(config.with_steps(len(data)), data, device)
    try:
        trainer.load_state_dict(state)
        float(state["seconds"])
        check_events(config, _past(state, run))
    except (
        KeyError, RuntimeError, ValueError, TypeError, AttributeError, OverflowError, ConfigError
    ) as error:  # fmt: skip
        raise CheckpointError(f"{run.name}/training.pt does not fit its config.json.") from error
    if trainer.steps_done >= trainer.config.steps:
        raise ConfigError(
            f"{run.name} has done all its {trainer.steps_done:,} steps; set steps to more to "
            "train on."
        )
    return trainer, data


def _trainer(config: TrainConfig, data: ImageData, device: torch.device) -> Trainer:
    """A trainer in the way that docs/gpu.md found to be the quickest that gives the same losses.

    A GPU adds up convolutions in the same order from here on, in all of the process: otherwise a
    seed would not give the same weights again.
    """
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.backends.cudnn.deterministic = True
    return Trainer(config, data, device, graphed=on_gpu)


def _past(state: Mapping[str, Any], run: RunFolder) -> tuple[Event, ...]:
    """The events behind a saved state of a run."""
    try:
        return events_behind(state)
    except (ConfigError, TypeError) as error:
        raise CheckpointError(f"{run.name}/training.pt holds damaged events: {error}.") from error


def _again_words(log: EventLog) -> str:
    """What of a resumed training will be done again by itself."""
    if not log.coming:
        return ""
    listed = "; ".join(f"step {e.step:,}: {describe_event(e)}" for e in log.coming[:_NAMED])
    more = "; ..." if len(log.coming) > _NAMED else ""
    return f"What was done to it by hand after its saved state is done again: {listed}{more}."


def _copy_past(parent: RunFolder, run: RunFolder, step: int) -> None:
    """Copy what a run logged and keeps of its data, and what it drew up to a step, into the folder
    of its fork."""
    grids = (parent.grid_path(at) for at in parent.grids() if at <= step)
    rows = (parent.path / HISTORY, parent.path / QUALITY, parent.distribution_path)
    frames = (parent.frames.path, parent.frames.real_path)
    for path in (*rows, parent.grid_path(None), *grids, *frames):
        copy = run.path / path.relative_to(parent.path)
        if path.is_file():
            copy.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, copy)


def _real_grid(data: ImageData, trainer: Trainer) -> np.ndarray:
    """Some images of the data set, the same for all runs on it: (rows, columns, C) pixels.

    Beside the grid of a conditional generator, a column is a class here as well.
    """
    count = preview_count(data.image_shape)
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(PREVIEW_SEED))
    columns = None
    if trainer.generator.n_classes:
        columns = min(len(data.classes), MAX_COLUMNS)
        by_class = [order[data.labels[order] == k] for k in range(columns)]
        rows = min(count // columns, *(len(members) for members in by_class))
        order = torch.stack([members[:rows] for members in by_class], 1).flatten()
    pictures = data.images[order[:count]].permute(0, 2, 3, 1).numpy()
    return pixels.sheet(pictures, columns)
