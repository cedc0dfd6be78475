"""Where a run stands: the one answer that every page shows.

:func:`read_state` asks the job that trains the run, and its folder; a page reads it once a tick
and hands it on. What the folder says is read again only when its settings or its status were
written, and curves only when somebody looks at them, so that a list of many runs is quick.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.config import TrainConfig
from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import written
from gan_core.runs.events import Event, settings_at
from gan_core.runs.folder import EVENTS, RunFolder, RunInfo
from gan_core.runs.history import Curves
from gan_core.runs.status import MayAct, Status
from gan_core.training.doctor import examine
from gan_core.training.snapshot import Phase, Snapshot
from pages.shared.server import histories, sources
from pages.shared.server.sources import Source

if TYPE_CHECKING:
    from gan_core.training.findings import Finding

DAMAGED = "damaged"
ELSEWHERE = "training in another process"
INTERRUPTED = "interrupted"
_NOTICES = {
    INTERRUPTED: "The program that trained this run ended without stopping it. It can be "
    "resumed from its last saved state.",
    ELSEWHERE: "Another process trains this run now. What is shown is what it has written so far.",
}


@dataclass(frozen=True)
class RunState:
    """A run or shipped checkpoint as it stands now."""

    source: Source
    phase: Phase  # as long as it is active, this process trains it
    step: int = 0
    seconds: float = 0.0  # of training
    images: int = 0  # real images that the discriminator was shown
    past: int = 0  # how many events lie behind it
    config: TrainConfig | None = None  # that it began with; None where the folder's cannot be used
    info: RunInfo | None = None  # None where there is no folder yet, or a damaged one
    total: int = 0  # steps of the whole training; 0 where that cannot be known
    dataset_size: int = 0
    version: int = 0  # rises when the run starts, resumes or is forked anew
    grids: tuple[int, ...] = ()  # the steps at which a grid was drawn
    real_grid: bool = False  # whether it has real images beside them
    saved_step: int | None = None  # from which it can go on
    playable: bool = False  # whether it holds a generator
    size: int = 0  # bytes on disk
    damage: str = ""  # in a sentence, where config.json cannot be used
    ending: str = ""  # how it ended that is not a phase: interrupted, or trained elsewhere
    error: str = ""  # what stopped it, in a sentence
    notice: str = ""  # what a person should know, and that stopped nothing
    action: str = ""  # what the doctor did, in a sentence
    may_act: MayAct = "off"  # what the doctor may do
    doing: str = ""  # while loading: what is being read
    share: float = 0.0  # while loading: from 0 to 1
    seconds_left: float | None = None
    live: Snapshot | None = None  # of the job that trains it, once it has numbers to show

    @property
    def name(self) -> str:
        """The run's name."""
        return self.source.name

    @property
    def active(self) -> bool:
        """Whether this process trains it."""
        return self.phase.active

    @property
    def on_disk(self) -> bool:
        """Whether there is a run in its folder: not before its training was set up."""
        return self.info is not None or bool(self.damage)

    @property
    def standing(self) -> str:
        """How it stands, in a word or two."""
        return DAMAGED if self.damage else self.ending or self.phase.value

    @property
    def resumable(self) -> bool:
        """Whether it can go on."""
        return self.saved_step is not None

    @property
    def finished(self) -> bool:
        """Whether all its steps are done."""
        return 0 < self.total <= self.step

    @property
    def images_per_second(self) -> float:
        """Real images a second: of late while it trains, else over the whole training; 0 where
        that is not known."""
        if self.live is not None:
            return self.live.images_per_second
        return self.images / self.seconds if self.seconds > 0 else 0.0

    @cached_property
    def curves(self) -> Curves:
        """Its history; empty before the first numbers."""
        if self.live is not None and self.live.curves is not None:
            return self.live.curves
        return histories.saved_curves(self.source) if self.on_disk else {}

    @cached_property
    def quality(self) -> Curves:
        """What was measured of its samples while it trained."""
        if self.live is not None and self.live.quality is not None:
            return self.live.quality
        return histories.saved_quality(self.source) if self.on_disk else {}

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """What was done to it by hand while it trained, in order."""
        return self.live.events if self.live is not None else self._saved_events[: self.past]

    @property
    def coming(self) -> tuple[Event, ...]:
        """What was done to it after its saved state, to be done again when it is resumed."""
        return () if self.live is not None else self._saved_events[self.past :]

    @cached_property
    def _saved_events(self) -> tuple[Event, ...]:
        if not self.on_disk:
            return ()
        try:
            return histories.saved_events(self.source)
        except CheckpointError:  # said in the notice
            return ()

    @cached_property
    def settings(self) -> TrainConfig | None:
        """What it trains with now, or trained with last."""
        try:
            return None if self.config is None else settings_at(self.config, self.events)
        except ConfigError:  # of another program's events
            return self.config

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the doctor finds in it."""
        return () if self.settings is None else examine(self.settings, self.curves, self.quality)

    @property
    def logged_step(self) -> int:
        """The step of the newest point of its curves; 0 before the first."""
        return last_step(self.curves)


def last_step(curves: Curves) -> int:
    """The step of the newest point of some curves; 0 before the first."""
    steps = curves.get("step")
    return int(steps[-1]) if steps is not None and len(steps) else 0


def read_state(source: Source) -> RunState:
    """Where a run stands.

    Raises:
        CheckpointError: no job trains it, and there is no folder of it.
    """
    last = histories.last_snapshot(source)
    state = _state(source, last)
    if last is not None and _is_gone(state, last):
        raise CheckpointError(f"There is no run named {source.name!r}.")
    return state


def read_states(kind: str) -> list[RunState]:
    """Where all own runs or all shipped checkpoints stand, the newest first."""
    snapshots = histories.snapshots() if kind == "runs" else {}
    states = [
        _state(Source(kind, run.name), snapshots.get(run.name))
        for run in sources.store(kind).list()
    ]
    return sorted(states, key=lambda state: (_created(state), state.name), reverse=True)


def job_states() -> tuple[RunState, ...]:
    """Where the runs stand of the job that runs, or of the last one that ran. One that was renamed
    or deleted since is not on disk."""
    return tuple(
        _state(Source("runs", snapshot.run), snapshot)
        for snapshot in histories.snapshots().values()
    )


def runs_to_watch() -> list[Source]:
    """The runs of the job that runs, or of the last one that ran, less those that are gone."""
    return [
        state.source
        for state, snapshot in zip(job_states(), histories.snapshots().values(), strict=True)
        if not _is_gone(state, snapshot)
    ]


def _is_gone(state: RunState, last: Snapshot) -> bool:
    """Whether a run that has trained was renamed or deleted since."""
    return not state.active and not state.on_disk and last.curves is not None


def _created(state: RunState) -> str:
    return state.info.created if state.info else ""


def _state(source: Source, last: Snapshot | None) -> RunState:
    """As the job that trains it tells, with what only the folder knows; else as the folder does."""
    active = last is not None and last.phase.active
    try:
        folder_state = _saved_state(source, source.folder, active=active)
    except CheckpointError:
        if last is None:
            raise
        folder_state = RunState(source, last.phase)
    if last is None:
        return folder_state
    if active and last.curves is not None:
        return _live_state(folder_state, last)
    if active or not folder_state.on_disk:
        # Before its first step a job knows only what it does; a resumed run has a past to show.
        return replace(
            folder_state,
            phase=last.phase,
            ending="",
            config=folder_state.config or last.config,
            step=folder_state.step or last.step,
            total=folder_state.total or last.total,
            seconds=folder_state.seconds or last.seconds,
            doing=last.doing,
            share=last.share,
            error=last.error or "",
            notice=last.notice,
        )
    # What ended a training here may not have been written: before the run was opened, and on a
    # disk that is full.
    if last.error and (last.curves is None or folder_state.ending == INTERRUPTED):
        return replace(folder_state, error=last.error, notice="")
    return folder_state


def _live_state(folder_state: RunState, live: Snapshot) -> RunState:
    return replace(
        folder_state,
        phase=live.phase,
        ending="",
        step=live.step,
        images=live.images,
        seconds=live.seconds,
        config=live.config,
        total=live.total,
        dataset_size=live.dataset_size,
        grids=live.grids,
        saved_step=live.saved_step,
        error=live.error or "",
        notice=live.notice,
        may_act=live.may_act,
        seconds_left=live.seconds_left,
        live=live,
    )


def _saved_state(source: Source, run: RunFolder, *, active: bool) -> RunState:
    """As its folder tells it. One that claims to be under way was most likely interrupted."""
    times = written(run.path / "config.json", run.path / "status.json")
    events_written = 0 if active else written(run.path / EVENTS)[0]  # else the job tells them
    folder_state, status = _read(source, run.path, *times, events_written)
    ending = ""
    # Not asked while an own job begins: to look at the run's lock is to hold it for a moment.
    if not active and status.phase in (Phase.RUNNING, Phase.PAUSED):
        ending = ELSEWHERE if run.locked else INTERRUPTED
    # A copy, because what it finds out about its curves is of this moment.
    return replace(folder_state, ending=ending, notice=_NOTICES.get(ending, folder_state.notice))


@lru_cache(maxsize=2048)
def _read(
    source: Source, path: Path, config_written: int, _status_written: int, _events_written: int
) -> tuple[RunState, Status]:
    run = RunFolder(path)
    status = run.status()
    config, info, damage, lost = None, None, "", ""
    try:
        config, info = run.config(), run.info()
        config = config.with_steps(info.dataset_size)
    except (CheckpointError, ConfigError) as error:
        config, damage = None, str(error)
    try:
        run.events()
    except CheckpointError as error:
        lost = str(error)
    try:
        size = run.size()
    except OSError:  # a file that was being replaced
        size = 0
    state = RunState(
        source=source,
        phase=Phase.STOPPED if status.phase.active else status.phase,
        step=status.step,
        seconds=status.seconds,
        images=status.images or (config.images_at(status.step) if config is not None else 0),
        past=status.events,
        config=config,
        info=info,
        total=config.steps if config is not None and info is not None else 0,
        dataset_size=info.dataset_size if info else 0,
        version=config_written,
        grids=tuple(run.grids()),
        real_grid=run.grid_path(None).is_file(),
        saved_step=status.step if run.resumable else None,
        playable=run.generator_path().is_file(),
        size=size,
        damage=damage,
        error=status.message,
        notice=" ".join(filter(None, (status.treatment, status.damage, lost))),
        action=status.treatment,
        may_act=status.may_act,
    )
    return state, status
