"""Where a training stands, as plain immutable data."""

from __future__ import annotations

from dataclasses import dataclass

from gan_core.config import TrainConfig
from gan_core.runs.events import Event, settings_at
from gan_core.runs.history import Curves
from gan_core.runs.status import MayAct
from gan_core.runs.status import Phase as Phase


@dataclass(frozen=True)
class Snapshot:
    """What watchers may know of one session: plain immutable data, errors included."""

    run: str
    phase: Phase
    config: TrainConfig  # that it began with
    step: int = 0
    total: int = 0
    seconds: float = 0.0
    images: int = 0  # real images that the discriminator was shown
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
    events: tuple[Event, ...] = ()  # that have happened
    may_act: MayAct = "off"  # what the doctor may do about a severe finding

    @property
    def settings(self) -> TrainConfig:
        """What it trains with now."""
        return settings_at(self.config, self.events)
