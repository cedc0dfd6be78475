"""How a training stands, as it is written into its run: status.json."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, get_args

from gan_core.runs.fields import (
    MAX_EVENTS,
    MAX_IMAGES_SEEN,
    MAX_SECONDS,
    MAX_STEPS,
    Fields,
    describe_damage,
)

MayAct = Literal["off", "stop", "rollback"]  # what the doctor may do about a severe finding
MAY_ACT: tuple[MayAct, ...] = get_args(MayAct)


class Phase(Enum):
    """Where a training stands; the values are what is written."""

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
class Status:
    """How far a training got, in steps and in seconds of training, and how it ended."""

    phase: Phase
    step: int
    seconds: float
    message: str = ""
    may_act: MayAct = "off"
    treatment: str = ""  # what the doctor did, in a sentence
    images: int = 0  # real images that the discriminator was shown; 0 where that was not written
    events: int = 0  # of its events.jsonl that lie behind it
    # What of the file was left out, in a sentence: found when it is read, never written.
    damage: str = field(default="", compare=False)

    @classmethod
    def from_values(cls, values: object) -> Status:
        """The status that :meth:`to_dict` wrote. A phase that is unknown reads as stopped, and
        values that cannot be are left out and named."""
        fields = Fields(values)
        phases = {phase.value: phase for phase in Phase}
        may_act = fields.text("may_act", "off")
        return cls(
            phase=phases.get(fields.text("phase"), Phase.STOPPED),
            step=fields.whole("step", MAX_STEPS),
            seconds=fields.number("seconds", MAX_SECONDS),
            message=fields.text("message"),
            may_act=next((may for may in MAY_ACT if may == may_act), "off"),
            treatment=fields.text("acted"),
            images=fields.whole("images", MAX_IMAGES_SEEN),
            events=fields.whole("events", MAX_EVENTS),
            damage=describe_damage("status.json", fields.damage),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as status.json holds them."""
        return {
            "phase": self.phase.value,
            "step": self.step,
            "seconds": self.seconds,
            "images": self.images,
            "events": self.events,
            "message": self.message,
            "may_act": self.may_act,
            "acted": self.treatment,
        }
