"""A measurement as plain data, and the file that keeps it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gan_core.errors import CheckpointError
from gan_core.files import dump_json
from gan_core.quality.measures import SCALES, Scale, memory_words
from gan_core.runs.folder import RunFolder

FILE, SHEET = "evaluation.json", "memorisation.png"

Values = Mapping[str, float]  # by the names of :data:`gan_core.quality.measures.SCALES`


@dataclass(frozen=True)
class Evaluation:
    """What was measured of a set of pictures, and what real images score."""

    dataset: str
    reference: str  # "test" or "train": the part of the data set that it was measured against
    reference_images: int
    samples: int
    seed: int | None  # of the noise; None for pictures from a file
    weights: str  # a digest of the generator's file; empty for pictures from a file
    distance: str  # what the Frechet distance is called here; empty where there is none
    features: str  # that distances and neighbourhoods were measured on
    result: Values
    ceiling: Values  # of the reference set against itself
    floor: Values  # of real images that the reference set does not hold
    floor_images: int
    shares: tuple[float, ...]  # of the pictures, by the class read in them
    near_samples: int  # that the nearest training image was looked for
    notes: tuple[str, ...]  # what could not be measured, a sentence each
    version: str
    measured: str  # ISO 8601, local time

    @property
    def headline(self) -> str:
        """What was measured against what, in words."""
        return (
            f"{self.samples:,} samples against the {self.reference_images:,} {self._against} of "
            f"{self.dataset}"
        )

    @property
    def named(self) -> str:
        """What the distances are called here, in a sentence; empty where there are none."""
        if not self.features:
            return ""
        return (
            f"The Frechet distance is {self.distance}; kernel distance, precision, recall, density "
            f"and coverage are on {self.features} too."
        )

    @property
    def ends(self) -> str:
        """What the columns of real images are, in two sentences."""
        return (
            f"Ceiling: the {self._against} against themselves. Floor: {self.floor_images:,} real "
            "images that are not among them."
        )

    @property
    def memory(self) -> str:
        """Whether the training images were copied, in a sentence."""
        return memory_words(self.result["copies"], self.result["real_copies"])

    def rows(self) -> list[tuple[Scale, str, str, str]]:
        """Each measurement with its value here, its ceiling and its floor; empty where unknown."""

        def cell(values: Values, name: str) -> str:
            return SCALES[name].shown(values[name]) if name in values else ""

        return [
            (scale, cell(self.result, name), cell(self.ceiling, name), cell(self.floor, name))
            for name, scale in SCALES.items()
            if name in self.result
        ]

    @property
    def _against(self) -> str:
        return "test images" if self.reference == "test" else "training images"


def to_json(evaluation: Evaluation) -> str:
    """An evaluation as it stands in evaluation.json."""
    return dump_json(asdict(evaluation))


def read(run: RunFolder) -> Evaluation | None:
    """The measurement that a run or checkpoint keeps; None where there is none.

    Raises:
        CheckpointError: the file is damaged, or of another version of this program.
    """
    try:
        values = json.loads((run.path / FILE).read_text("utf-8"))
        return _checked(values)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{run.name}/{FILE} is damaged or of another version of this program; evaluate it anew."
        ) from error


def _checked(values: dict[str, Any]) -> Evaluation:
    def numbers(name: str) -> dict[str, float]:
        return {key: float(values[name][key]) for key in SCALES if key in values[name]}

    seed = values["seed"]
    checked = Evaluation(
        dataset=str(values["dataset"]),
        reference=str(values["reference"]),
        reference_images=int(values["reference_images"]),
        samples=int(values["samples"]),
        seed=None if seed is None else int(seed),
        weights=str(values["weights"]),
        distance=str(values["distance"]),
        features=str(values["features"]),
        result=numbers("result"),
        ceiling=numbers("ceiling"),
        floor=numbers("floor"),
        floor_images=int(values["floor_images"]),
        shares=tuple(float(share) for share in values["shares"]),
        near_samples=int(values["near_samples"]),
        notes=tuple(str(note) for note in values["notes"]),
        version=str(values["version"]),
        measured=str(values["measured"]),
    )
    if not all(map(math.isfinite, [*checked.result.values(), *checked.shares])):
        raise ValueError("a number is not finite")
    return checked


# Those that can order generators, because one of their ends is the better one.
MEASURES: dict[str, Scale] = {name: scale for name, scale in SCALES.items() if scale.better}


@dataclass(frozen=True)
class Measured:
    """What is known of a generator's quality, and from how many samples."""

    values: dict[str, float]  # by the names of MEASURES; only what was measured
    samples: int
    full: bool  # a full measurement, not the last of those made while training
    step: int | None = None  # of a measurement made while training
    older: bool = False  # of weights that have been trained on since
    distance: str = ""  # what the Frechet distance is called here


NOT_MEASURED = Measured({}, 0, full=False)


def measured_words(known: Measured) -> str:
    """From how many samples something was measured, and of which state."""
    if not known.values:
        return "not measured yet"
    words = f"{known.samples:,} samples"
    if not known.full:
        return f"{words}, live at step {known.step:,}"
    return f"{words}, of an older state" if known.older else words


def measured(run: RunFolder, dataset: str) -> Measured:
    """The full measurement that a run keeps, else the last that was made while it trained."""
    files = [run.path / name for name in ("evaluation.json", "quality.jsonl")]
    if not any(path.is_file() for path in files):
        return NOT_MEASURED
    weights = run.generator_path()
    written = (path.stat().st_mtime_ns if path.is_file() else 0 for path in (*files, weights))
    return _measured(run, dataset, *written)


@lru_cache(maxsize=1024)
def _measured(run: RunFolder, dataset: str, *written: int) -> Measured:
    return _evaluation(run, dataset) or _live(run) or NOT_MEASURED


def _evaluation(run: RunFolder, dataset: str) -> Measured | None:
    """The content of evaluation.json; None where there is none that can be used here."""
    try:
        found = json.loads((run.path / "evaluation.json").read_text("utf-8"))
        if found["dataset"] != dataset:
            return None
        values = _known(found["result"])
        weights = str(found.get("weights", ""))
        return Measured(
            values,
            int(found["samples"]),
            full=True,
            distance=str(found.get("distance", "")),
            older=bool(weights) and weights != _digest(run.generator_path()),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _live(run: RunFolder) -> Measured | None:
    rows = list(run.quality_rows())
    if not rows:
        return None
    last = rows[-1]
    return Measured(_known(last), int(last.get("samples", 0)), full=False, step=int(last["step"]))


def _known(values: dict[str, Any]) -> dict[str, float]:
    numbers = {name: float(values[name]) for name in MEASURES if name in values}
    return {name: value for name, value in numbers.items() if math.isfinite(value)}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
