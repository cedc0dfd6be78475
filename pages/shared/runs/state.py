"""What a list of runs says about each: read once for each saved state, never from its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import TrainConfig
from gan_core.errors import CheckpointError
from gan_core.runs.folder import RunFolder, RunInfo, Status

if TYPE_CHECKING:
    from gan_core.training.job import Snapshot

DAMAGED = "damaged"
ELSEWHERE = "training in another process"
INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class Stored:
    """What the folder of a run says."""

    name: str
    status: Status
    grid: int | None  # the step of its last grid
    size: int  # bytes
    resumable: bool
    playable: bool  # whether it holds a generator
    config: TrainConfig | None = None
    info: RunInfo | None = None
    damage: str = ""  # one sentence, where config.json cannot be used

    @property
    def total(self) -> int:
        """Steps of the whole training; 0 where that cannot be known."""
        if self.config is None or self.info is None:
            return 0
        return self.config.with_steps(self.info.dataset_size).steps


@dataclass(frozen=True)
class Row:
    """A run as the list shows it."""

    stored: Stored
    status: str
    step: int
    seconds: float
    grid: int | None
    active: bool  # trained by this process
    message: str  # what stopped it, in one sentence

    @property
    def name(self) -> str:
        """The run's name."""
        return self.stored.name

    @property
    def images_per_second(self) -> float | None:
        """Real images a second over the whole training."""
        config = self.stored.config
        if config is None or not self.seconds:
            return None
        return config.images_at(self.step) / self.seconds

    @property
    def finished(self) -> bool:
        """Whether all its steps are done."""
        return 0 < self.stored.total <= self.step


def stored(run: RunFolder) -> Stored:
    """What the folder says, read again only when its settings or its status were written."""
    return _stored(run.path, _written(run.path / "config.json"), _written(run.path / "status.json"))


def row(run: RunFolder, snapshots: Mapping[str, Snapshot]) -> Row:
    """The run as it stands now, given the latest states of this process's jobs by name."""
    known = stored(run)
    live = snapshots.get(run.name)
    if live is not None and live.phase.active:
        loading = live.total == 0 or live.curves is None
        return Row(
            stored=known,
            status=live.phase.value,
            step=known.status.step if loading else live.step,
            seconds=known.status.seconds if loading else live.seconds,
            grid=live.grids[-1] if live.grids else known.grid,
            active=True,
            message="",
        )
    status = DAMAGED if known.damage else standing(run, known.status)
    message = unrecorded(live, status) or known.status.message
    return Row(
        stored=known,
        status=status,
        step=known.status.step,
        seconds=known.status.seconds,
        grid=known.grid,
        active=False,
        message=message,
    )


def standing(run: RunFolder, status: Status) -> str:
    """How it stands that no own job trains: how it ended, or who broke off or goes on."""
    if status.phase in ("running", "paused"):
        return ELSEWHERE if run.locked else INTERRUPTED
    return status.phase


def unrecorded(last: Snapshot | None, standing: str) -> str:
    """What ended the last training here, where that could not be written down.

    That is so before the run was opened, and on a disk that is full.
    """
    if last is None or last.phase.active or (last.curves is not None and standing != INTERRUPTED):
        return ""
    return last.error or ""


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=2048)
def _stored(path: Path, config_written: int, status_written: int) -> Stored:
    run = RunFolder(path)
    grids = run.grids()
    config, info, damage = None, None, ""
    try:
        config, info = run.config(), run.info()
    except CheckpointError as error:
        damage = str(error)
    try:
        size = run.size()
    except OSError:  # a file that was being replaced
        size = 0
    return Stored(
        name=run.name,
        status=run.status(),
        grid=grids[-1] if grids else None,
        size=size,
        resumable=run.resumable,
        playable=(path / "generator.safetensors").is_file(),
        config=config,
        info=info,
        damage=damage,
    )
