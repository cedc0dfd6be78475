"""How a training stands, as it is written into its run: status.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args

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

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Status:
        """The status that :meth:`to_dict` wrote. A phase that is unknown reads as stopped.

        Raises:
            LookupError, TypeError, ValueError, OverflowError: no such values.
        """
        phases = {phase.value: phase for phase in Phase}
        return cls(
            phase=phases.get(str(values["phase"]), Phase.STOPPED),
            step=int(values["step"]),
            seconds=float(values["seconds"]),
            message=str(values.get("message", "")),
            may_act=next((may for may in MAY_ACT if may == values.get("may_act")), "off"),
            treatment=str(values.get("acted", "")),
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as status.json holds them."""
        return {
            "phase": self.phase.value,
            "step": self.step,
            "seconds": self.seconds,
            "message": self.message,
            "may_act": self.may_act,
            "acted": self.treatment,
        }
