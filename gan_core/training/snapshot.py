"""Where a training stands, as plain immutable data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from gan_core.config import TrainConfig
from gan_core.runs.history import Curves


class Phase(Enum):
    """Where a job stands."""

    LOADING = "loading"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def active(self) -> bool:
        """Whether the job's thread is at work or waits to go on."""
        return self in (Phase.LOADING, Phase.RUNNING, Phase.PAUSED)


@dataclass(frozen=True)
class Snapshot:
    """What watchers may know of one recording: plain immutable data, errors included."""

    run: str
    phase: Phase
    config: TrainConfig
    step: int = 0
    total: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0
    seconds_left: float | None = None
    dataset_size: int = 0
    curves: Curves | None = None
    quality: Curves | None = None
    grids: tuple[int, ...] = ()
    doing: str = ""  # while loading: what is being read
    share: float = 0.0  # while loading: from 0 to 1
    saved_step: int | None = None
    notice: str = ""  # something that the person should know, and that stopped nothing
    error: str | None = None
    may_act: str = "off"  # what the doctor may do about a severe finding
