"""A measurement as plain data, and the file that keeps it. No torch, and one reader for all.

A run or checkpoint keeps its last full measurement as evaluation.json. A file that is damaged, or
of another version of this program, is no measurement: :func:`read` says so, and
:func:`read_quality` takes in its place what was measured while the run trained.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from gan_core.errors import CheckpointError
from gan_core.files import dump_json, read_json, written
from gan_core.quality.measures import MEASURES, RANKING_MEASURES, Measure, describe_memorisation
from gan_core.runs.fields import MAX_IMAGES, is_number
from gan_core.runs.folder import QUALITY, RunFolder

FILE, SHEET = "evaluation.json", "memorisation.png"

Values = Mapping[str, float]  # by the names of :data:`gan_core.quality.measures.MEASURES`


class Row(NamedTuple):
    """A measure with its values as they are shown; empty where there is none."""

    measure: Measure
    result: str
    ceiling: str
    floor: str


@dataclass(frozen=True)
class Evaluation:
    """What was measured of a set of pictures, and what real images score: as evaluation.json
    holds it, by the same names."""

    dataset: str
    reference: str  # "test" or "train": the part of the data set that it was measured against
    reference_images: int
    samples: int
    seed: int | None  # of the noise; None for pictures from a file
    weights: str  # the generator's digest; empty for pictures from a file
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
    measured: str  # when: ISO 8601, local time

    @property
    def headline(self) -> str:
        """What was measured against what, in words."""
        return (
            f"{self.samples:,} samples against the {self.reference_images:,} "
            f"{self._reference_words} of {self.dataset}"
        )

    @property
    def distances(self) -> str:
        """What the distances are called here, in a sentence; empty where there are none."""
        if not self.features:
            return ""
        return (
            f"The Frechet distance is {self.distance}; kernel distance, precision, recall, density "
            f"and coverage are on {self.features} too."
        )

    @property
    def bounds(self) -> str:
        """What the columns of real images are, in two sentences."""
        return (
            f"Ceiling: the {self._reference_words} against themselves. Floor: "
            f"{self.floor_images:,} real images that are not among them."
        )

    @property
    def memorisation(self) -> str:
        """Whether the training images were copied, in a sentence."""
        return describe_memorisation(self.result["copies"], self.result["real_copies"])

    @property
    def class_shares(self) -> str:
        """How often each class was read in the pictures; empty where none was."""
        return ", ".join(f"{label}: {share:.1%}" for label, share in enumerate(self.shares))

    def rows(self) -> Iterator[Row]:
        """Each measure that there is a value of, beside its ceiling and its floor."""
        for name, measure in MEASURES.items():
            if name in self.result:
                columns = (self.result, self.ceiling, self.floor)
                yield Row(measure, *(_cell(values, name) for values in columns))

    @property
    def _reference_words(self) -> str:
        return "test images" if self.reference == "test" else "training images"


def _cell(values: Values, name: str) -> str:
    return MEASURES[name].format(values[name]) if name in values else ""


def to_json(evaluation: Evaluation) -> str:
    """An evaluation as it stands in evaluation.json."""
    return dump_json(asdict(evaluation))


def read(run: RunFolder) -> Evaluation | None:
    """The full measurement that a run or checkpoint keeps; None where there is none.

    Raises:
        CheckpointError: the file is damaged, or of another version of this program.
    """
    try:
        return _from_values(read_json(run.path / FILE))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"{run.name}/{FILE} is damaged or of another version of this program; evaluate it anew."
        ) from error


def _from_values(values: dict[str, Any]) -> Evaluation:
    def numbers(name: str) -> dict[str, float]:
        return {key: float(values[name][key]) for key in MEASURES if key in values[name]}

    seed = values["seed"]
    evaluation = Evaluation(
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
    numbers_of_all = (evaluation.result, evaluation.ceiling, evaluation.floor)
    values_of_all = [value for one in numbers_of_all for value in one.values()]
    if not all(map(is_number, [*values_of_all, *evaluation.shares])):
        raise ValueError("a number is not finite")
    counts = ("reference_images", "samples", "floor_images", "near_samples")
    if not all(0 <= getattr(evaluation, name) <= MAX_IMAGES for name in counts):
        raise ValueError("a number of images that cannot be")
    _ = evaluation.memorisation  # whether samples are copies is always measured
    return evaluation


def weights_digest(run: RunFolder) -> str:
    """What names a generator's weights as they are saved: 16 hexadecimal digits.

    Raises:
        OSError: there are none.
    """
    return hashlib.sha256(run.generator_path().read_bytes()).hexdigest()[:16]


def is_current(evaluation: Evaluation, run: RunFolder) -> bool:
    """Whether a run's generator still has the weights that were measured.

    Raises:
        OSError: it has no generator.
    """
    return evaluation.weights == weights_digest(run)


@dataclass(frozen=True)
class Quality:
    """How good a run's generator is as far as anyone knows, and from how many samples."""

    values: Values  # by the names of RANKING_MEASURES; those that were measured
    samples: int
    full: bool  # of a full measurement, not the last of those made while training
    step: int | None = None  # of a measurement made while training
    older: bool = False  # of weights that have been trained on since
    distance: str = ""  # what the Frechet distance is called here
    # Why there is no full measurement though there is a file of one: no part of what was measured.
    damage: str = field(default="", compare=False)

    @property
    def words(self) -> str:
        """From how many samples it was measured, and of which state."""
        if not self.values:
            return "not measured yet"
        words = f"{self.samples:,} samples"
        if not self.full:
            return f"{words}, live at step {self.step:,}"
        return f"{words}, of an older state" if self.older else words


NOT_MEASURED = Quality({}, 0, full=False)


def read_quality(run: RunFolder, dataset: str) -> Quality:
    """The full measurement that a run keeps of that data set, else the last that was made while it
    trained. A damaged file is none."""
    return _read_quality(run, dataset, written(*_files(run)))


def _files(run: RunFolder) -> tuple[Path, Path, Path]:
    return run.path / FILE, run.path / QUALITY, run.generator_path()


@lru_cache(maxsize=1024)
def _read_quality(run: RunFolder, dataset: str, version: tuple[int, ...]) -> Quality:
    damage = ""
    try:
        evaluation = read(run)
        if evaluation is not None and evaluation.dataset == dataset:
            return _full_quality(run, evaluation)
    except CheckpointError as error:
        damage = str(error)
    except OSError:  # no generator that it could be of
        pass
    return _live_quality(run, damage)


def _full_quality(run: RunFolder, evaluation: Evaluation) -> Quality:
    return Quality(
        _ranking_values(evaluation.result),
        evaluation.samples,
        full=True,
        older=bool(evaluation.weights) and not is_current(evaluation, run),
        distance=evaluation.distance,
    )


def _live_quality(run: RunFolder, damage: str) -> Quality:
    rows = list(run.quality_rows())
    if not rows:
        return Quality({}, 0, full=False, damage=damage)
    last = rows[-1]
    return Quality(
        _ranking_values(last),
        int(min(MAX_IMAGES, max(0, last.get("samples", 0)))),
        full=False,
        step=int(last["step"]),
        damage=damage,
    )


def _ranking_values(row: Mapping[str, Any]) -> dict[str, float]:
    values = {name: float(row[name]) for name in RANKING_MEASURES if name in row}
    return {name: value for name, value in values.items() if math.isfinite(value)}
