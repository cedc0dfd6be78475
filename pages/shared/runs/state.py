"""What a list of runs says about each: read once for each saved state, never from its curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import TrainConfig
from gan_core.errors import CheckpointError
from gan_core.files import written
from gan_core.runs.folder import RunFolder, RunInfo, Status
from gan_core.runs.history import Curves
from pages.shared.server import sources
from pages.shared.server.histories import last_snapshot, read_curves

if TYPE_CHECKING:
    from gan_core.training.snapshot import Snapshot


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
    return _stored(run.path, *written(run.path / "config.json", run.path / "status.json"))


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


NOTICES = {
    INTERRUPTED: "The program that trained this run ended without stopping it. It can be "
    "resumed from its last saved state.",
    ELSEWHERE: "Another process trains this run now. What is shown is what it has written so far.",
}


def snapshot_of(item: sources.Source) -> Snapshot:
    """Where a run stands: from the job that trains it, else from its folder.

    Raises:
        CheckpointError: no job trains it, and its folder is gone or cannot be read.
    """
    last = last_snapshot(item)
    if last is not None and last.phase.active and last.curves is not None:
        return last
    try:
        saved = saved_snapshot(item)
    except CheckpointError:
        if last is None or last.curves is not None:
            raise
        return last  # it had no folder yet, or could not read it
    if last is not None and last.phase.active:
        # Before its first step a job knows only what it does; a resumed run has a past to show.
        return replace(saved, phase=last.phase, doing=last.doing, share=last.share)
    return saved


def saved_snapshot(item: sources.Source) -> Snapshot:
    """A run as its folder tells it. One that claims to be under way was most likely interrupted.

    Raises:
        CheckpointError: config.json is missing or damaged.
    """
    from gan_core.training.snapshot import Phase, Snapshot

    folder = item.folder
    config, status = folder.config(), folder.status()
    ended = {"finished": Phase.FINISHED, "failed": Phase.FAILED}
    last = last_snapshot(item)
    # Not asked while an own job begins: to look at the run's lock is to hold it for a moment.
    own = last is not None and last.phase.active
    how = status.phase if own else standing(folder, status)
    error = unrecorded(last, how)
    seen = config.images_at(status.step)
    return Snapshot(
        run=folder.name,
        phase=ended.get(status.phase, Phase.STOPPED),
        config=config,
        step=status.step,
        total=config.steps,
        seconds=status.seconds,
        images_per_second=seen / status.seconds if status.seconds > 0 else 0.0,
        dataset_size=folder.info().dataset_size,
        curves=read_curves(item),
        grids=tuple(folder.grids()),
        saved_step=status.step if folder.resumable else None,
        notice="" if error else NOTICES.get(how, status.acted),
        error=error or status.message or None,
        may_act=status.may_act,
    )


def has_folder(item: sources.Source) -> bool:
    """Whether the run is on disk: not before its training was set up, and not once deleted."""
    try:
        return (item.folder.path / "config.json").is_file()
    except CheckpointError:
        return False


def latest_step(curves: Curves | None) -> int:
    """The step of the newest point of the curves; 0 before the first."""
    steps = curves.get("step") if curves else None
    return int(steps[-1]) if steps is not None and len(steps) else 0
