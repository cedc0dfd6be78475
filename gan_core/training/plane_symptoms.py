"""Symptoms of trainings on points of the plane, told by where the points lie among the modes.

They are read from what is measured while such a training runs: how many modes are found, and which
share of the points each mode is the nearest to (:class:`gan_core.quality.plane.PlaneMeasures`). The
points are always drawn from the same noise, so that one settled generator has the same shares at
each measurement. Distributions without modes show none of these.
"""

from __future__ import annotations

import itertools

import numpy as np

from gan_core.quality.measures import FOUND
from gan_core.training.symptoms import Patient, Series, Symptom

FEW = 0.5  # of the modes, down from which it is a collapse and no gap
# Share of the points that went to another mode since the measurement before, five times in a row.
# In brackets: the most of the healthy and the least of the rotating trainings in the collection.
MOVED = 0.3  # [0.1, 0.47]
HOLD = 5
_PLACES = 3  # modes that were the fullest one meanwhile, or all where there are fewer
_NAMED = 6  # of those that were it one after the other


def few_modes(patient: Patient) -> Symptom | None:
    """Half of the modes or fewer have points."""
    return _unfound(patient, few=True)


def missing_modes(patient: Patient) -> Symptom | None:
    """Not all modes have points, though more than a few have."""
    return None if few_modes(patient) else _unfound(patient, few=False)


def _unfound(patient: Patient, *, few: bool) -> Symptom | None:
    """Fewer modes have points, for long, than as many real points have; or half of those."""
    series = patient.samples("modes", "modes/real")
    if series is None or patient.curves["step"][-1] < patient.warm_up:
        return None
    found, real = series.columns
    first = series.since(found <= FEW * real if few else found < real)
    if first is None or found[-1] > found[-series.rows]:  # it is finding them still
        return None
    total = len(_columns(patient, "mode")) or int(real[-1])
    words = f"{found[-1]:.0f} of {total} modes have points"
    if missing := _missing(patient):
        words += f", missing are {', '.join(map(str, missing))}"
    return Symptom(int(series.steps[first]), f"{words}.")


def rotation(patient: Patient) -> Symptom | None:
    """From each measurement to the next many of the points go to another mode, so that one mode
    after the other is the fullest."""
    names = _columns(patient, "nearest")
    series = patient.samples(*names) if names else None
    if series is None or patient.curves["step"][-1] < patient.warm_up:
        return None
    shares = np.stack(series.columns, 1)
    moved = np.abs(np.diff(shares, axis=0)).sum(1) / 2
    first = Series(series.steps[1:], (moved,), HOLD, 0).since(moved > MOVED)
    if first is None:
        return None
    fullest = shares.argmax(1)
    if len(set(fullest[first:])) < min(_PLACES, len(names)):
        return None
    places = ", ".join(str(mode) for mode in fullest[-_NAMED:])
    return Symptom(
        int(series.steps[first + 1]),
        f"From one measurement to the next {np.median(moved[first:]):.0%} of the points went to "
        f"another mode; most of them were last at the modes {places}, one after the other.",
    )


def _missing(patient: Patient) -> list[int]:
    """The modes without points at the last measurement."""
    assert patient.quality is not None
    names = _columns(patient, "mode")
    return [k for k, name in enumerate(names) if patient.quality[name][-1] < FOUND / len(names)]


def _columns(patient: Patient, kind: str) -> list[str]:
    """The names of the columns of all modes, in their order."""
    columns = patient.quality or {}
    return list(itertools.takewhile(columns.__contains__, map(f"{kind}/{{}}".format, range(100))))
