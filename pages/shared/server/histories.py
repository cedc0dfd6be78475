"""What is logged of a run: from the job that trains it, else from its folder, read once for each
version of a file."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from gan_core.config import TrainConfig
from gan_core.files import written
from gan_core.runs.events import Event
from gan_core.runs.folder import EVENTS, HISTORY, QUALITY, RunFolder, RunInfo
from gan_core.runs.history import Curves
from pages.shared.server import process
from pages.shared.server.sources import Source

if TYPE_CHECKING:
    from gan_core.training.snapshot import Snapshot

_LAST_WORDS = 2.0  # seconds for a job that ended to write down how


def settings(source: Source) -> tuple[TrainConfig, RunInfo]:
    """What it was trained as, read once for each version of its config.json.

    Raises:
        CheckpointError: it is gone or damaged.
    """
    return _settings(source.folder, *written(source.folder.path / "config.json"))


def snapshots() -> dict[str, Snapshot]:
    """The states of the job that runs, or of the last one that ran, by run."""
    job = process.trainings().job
    if job is None:
        return {}
    if not job.phase.active:
        job.wait(_LAST_WORDS)
    return {snapshot.run: snapshot for snapshot in job.snapshots}


def last_snapshot(source: Source) -> Snapshot | None:
    """The state of the job that trains it, or that trained it last; None for all others."""
    if source.kind != "runs" or not process.options().runs_dir.is_dir():
        return None
    return snapshots().get(source.name)


def snapshot(source: Source) -> Snapshot | None:
    """The state of the job that trains it now; once that has ended, its folder tells all."""
    last = last_snapshot(source)
    return last if last is not None and last.phase.active else None


def read_curves(source: Source) -> Curves:
    """Its history so far, from memory while it is being trained.

    Raises:
        CheckpointError: it is gone.
    """
    live = snapshot(source)
    if live is not None and live.curves is not None:
        return live.curves
    return saved_curves(source)


def read_quality(source: Source) -> Curves:
    """What was measured of its samples while it trained, from memory while it does.

    Raises:
        CheckpointError: it is gone.
    """
    live = snapshot(source)
    if live is not None and live.quality is not None:
        return live.quality
    return saved_quality(source)


def saved_curves(source: Source) -> Curves:
    """Its history as its folder holds it.

    Raises:
        CheckpointError: it is gone.
    """
    return _curves(source.folder, *written(source.folder.path / HISTORY))


def saved_quality(source: Source) -> Curves:
    """What was measured of its samples, as its folder holds it.

    Raises:
        CheckpointError: it is gone.
    """
    return _quality(source.folder, *written(source.folder.path / QUALITY))


def saved_frames(source: Source) -> tuple[int, ...]:
    """The steps of a training on points whose frames its folder keeps; none of one on pictures.

    Raises:
        CheckpointError: it is gone.
    """
    return _frames(source.folder, *written(source.folder.frames.path))


def saved_events(source: Source) -> tuple[Event, ...]:
    """What was done to it while it trained, and is to be done again, as its folder holds it.

    Raises:
        CheckpointError: it is gone, or what it holds is damaged.
    """
    return _events(source.folder, *written(source.folder.path / EVENTS))


@lru_cache(maxsize=1024)
def _settings(folder: RunFolder, version: int) -> tuple[TrainConfig, RunInfo]:
    return folder.config(), folder.info()


@lru_cache(maxsize=32)
def _curves(folder: RunFolder, version: int) -> Curves:
    return folder.curves()


@lru_cache(maxsize=32)
def _quality(folder: RunFolder, version: int) -> Curves:
    return folder.quality()


@lru_cache(maxsize=64)
def _frames(folder: RunFolder, version: int) -> tuple[int, ...]:
    return tuple(folder.frames.steps())


@lru_cache(maxsize=256)
def _events(folder: RunFolder, version: int) -> tuple[Event, ...]:
    return folder.events()
