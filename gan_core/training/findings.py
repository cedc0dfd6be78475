"""What the doctor finds, as plain data, and what it may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from gan_core.runs.status import MayAct

# What the doctor may do about a severe finding, as a person reads it.
ACTIONS: dict[MayAct, str] = {
    "off": "Only tell me",
    "stop": "Stop the training",
    "rollback": "Go back once, then stop",
}

Severity = Literal["note", "warning", "severe"]

NOT_FINITE = "not_finite"  # the column that says how many numbers were NaN or infinite


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or worth knowing, with a training."""

    name: str
    title: str
    severity: Severity
    step: int  # at which it began
    evidence: str  # in numbers
    meaning: str
    advice: str


def severe(findings: Sequence[Finding]) -> Finding | None:
    """The first on which the doctor may act; None where there is none."""
    return next((finding for finding in findings if finding.severity == "severe"), None)
