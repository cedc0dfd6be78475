"""Symptoms: what may be wrong with a training, as its curves show it.

Each is a pure function from a :class:`Patient` to a :class:`Symptom`, which holds at the end of the
history and says since which step, or to nothing. Whether one can be seen is told by what the
objective declares (its level of chance, its targets by column) and by the columns that there are,
not by the objective's name. The thresholds stand between what healthy and broken trainings show in
the collection of ``benchmarks/doctor_runs.py`` and in the shipped checkpoints; the numbers are
beside each.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gan_core import catalog, schedules
from gan_core.config import TrainConfig
from gan_core.objectives.settings import own_values
from gan_core.objectives.watches import at_level
from gan_core.quality.measures import PRESENT
from gan_core.runs.history import Curves
from gan_core.training.findings import NOT_FINITE

if TYPE_CHECKING:
    from gan_core.objectives.base import Objective

GRADIENT_NORM = "d/gradient_norm"  # how the columns of the critic's slopes begin
ENERGY = "d/energy(G(z))"  # the column that a margin is about

MAX_ROWS = 2000  # of a longer history every so-manieth row is looked at
SMOOTH = 5  # rows of the running median
HOLD_ROWS, HOLD_STEPS = 6, 100  # how long a state of the losses must last to be a finding
HOLD_MEASURES = 4  # and one of the samples

# Thresholds. In brackets: the worst of the healthy and the mildest of the broken in the collection
# and the shipped histories, each by the running median.
DIVERGED = 1000.0  # a loss [healthy 30, broken 5e3]
WON = 0.05  # D's loss as a share of a coin toss's [0.42, 0.006]
FOOLED = 3.0  # D's loss on generated images, in coin tosses, once it lasts [1.7, 17]
WARM_UP, WARM_UP_SHARE = 800, 0.2  # healthy runs draw one class for up to 800 steps (WGAN)
FEW_CLASSES = 5  # of 10, or
UNEVEN = 1.2  # KL from equal shares in nats [0.8, 2.1]
LITTLE_VARIETY = 0.3  # pairwise distance over that of real images [0.31, 0.10]
LOST_VARIETY = 0.6  # the same, over its own best [0.93, 0.03]
WIDENING = 0.15  # of the diversity, won over the last measures: still learning to vary
PARALLEL = 0.9  # pull-away term, after the warm-up [0.14, 1.0]
OFF_TARGET = 2.0  # gradient norm, times or parts of its target; its level where that is 0 [1.44, 5]
SCATTERED = 0.35  # mean square of the samples' norms around the target, over its own [0.2, 0.42]
AT_CLIP = 0.55  # share of the weights [0.39, 0.65]
SHUT_HINGE = 0.05  # what the hinge leaves of the margin [0.15, 0]
K_MARGIN = 0.001  # from the bound [0.004, 0]
SWING_ROWS, SWING_WINDOW = 20, 60  # rows that it takes to see swings, and that are looked at
SWING, SWINGS = 1.0, 6  # size over the median, and number of crossings
PLATEAU_MEASURES = 8
PROGRESS = 0.05  # of the distance, that counts as coming closer


@dataclass(frozen=True)
class Symptom:
    """What a check saw: since when, and the numbers, as a sentence."""

    step: int
    evidence: str


@dataclass(frozen=True)
class Series:
    """Columns of one history at the steps where all of them have a value, each smoothed by a
    running median, so that a single leap is no state."""

    steps: np.ndarray  # (N,)
    columns: tuple[np.ndarray, ...]  # each (N,)
    rows: int  # that a state must last
    span: int  # steps that it must last

    def since(self, state: np.ndarray) -> int | None:
        """Index at which a state (N,) began that lasts to the end, if it has lasted long enough."""
        outside = np.flatnonzero(~state)
        first = int(outside[-1]) + 1 if len(outside) else 0
        if len(state) - first < self.rows:
            return None
        return first if self.steps[-1] - self.steps[first] >= self.span else None


@dataclass(frozen=True)
class Patient:
    """A training to be examined: its settings and its history."""

    config: TrainConfig
    curves: Curves
    quality: Curves | None

    @property
    def objective(self) -> type[Objective]:
        """What it declares tells which checks apply; nothing for an objective not known here."""
        from gan_core.objectives.base import Objective

        return catalog.objectives().get(self.config.objective, Objective)

    @property
    def warm_up(self) -> int:
        """Steps before which few kinds of pictures are no illness."""
        return max(WARM_UP, round(WARM_UP_SHARE * self.config.steps))

    @property
    def schedule_end(self) -> int:
        """The last step at which its schedule changes anything; 0 where it has none."""
        ways = schedules.parse(self.config.schedule)
        return max((way.points[-1][0].at(self.config.steps) for way in ways), default=0)

    @cached_property
    def _thin(self) -> Curves:
        length = len(self.curves.get("step", ()))
        every = -(-length // MAX_ROWS) or 1
        return {name: column[(length - 1) % every :: every] for name, column in self.curves.items()}

    def losses(self, *names: str, smooth: int = SMOOTH) -> Series | None:
        """Those columns of the curves; None where one is missing."""
        return _series(self._thin, names, smooth, HOLD_ROWS, HOLD_STEPS)

    def samples(self, *names: str) -> Series | None:
        """Those columns of the measurements; None where one is missing."""
        return _series(self.quality or {}, names, 1, HOLD_MEASURES, 0)

    @cached_property
    def settings(self) -> dict[str, float]:
        """The objective's own settings, by name."""
        return own_values(self.objective, self.config)

    @property
    def targets(self) -> dict[str, float]:
        """Where the objective wants columns of the curves to be."""
        targets = self.objective.targets.items()
        return {name: at_level(target.level, self.settings) for name, target in targets}


def not_finite(patient: Patient) -> Symptom | None:
    """A number was NaN or infinite."""
    column = patient.curves.get(NOT_FINITE)
    if column is None or not np.isfinite(column).any():
        return None
    step = int(patient.curves["step"][np.isfinite(column).argmax()])
    return Symptom(step, f"At step {step:,} a loss or a weight was NaN or infinite.")


def divergence(patient: Patient) -> Symptom | None:
    """Healthy losses stay below 10 from the first rows on; broken ones that run away pass 1e3."""
    for name, whose in (("d/loss", "discriminator"), ("g/loss", "generator")):
        series = patient.losses(name)
        if series is None:
            continue
        (loss,) = series.columns
        first = series.since(np.abs(loss) > DIVERGED)
        if first is not None:
            words = f"the {whose}'s loss went beyond {DIVERGED:g} and is now {loss[-1]:,.3g}"
            return Symptom(int(series.steps[first]), _sentence(words))
    return None


def saturation(patient: Patient) -> Symptom | None:
    """The discriminator's loss is a small part of that of a coin toss."""
    chance = patient.objective.chance
    series = patient.losses(*chance) if chance else None
    if series is None:
        return None
    share = np.sum(series.columns, 0) / sum(chance.values())
    first = series.since(share < WON)
    if first is None:
        return None
    words = f"the discriminator's loss is {share[-1]:.1%} of that of a coin toss"
    says = patient.losses("d/D(x)", "d/D(G(z))")
    if says is not None:
        real, fake = (column[-1] for column in says.columns)
        words += f", with D(x) {real:.3f} and D(G(z)) {fake:.3f}"
    slope = patient.losses("g/gradient_norm")
    if slope is not None:
        (norm,) = slope.columns
        words += (
            f"; the norm of the generator's gradient is {norm[-1]:.2g}, at most {norm.max():.2g}"
        )
    return Symptom(int(series.steps[first]), _sentence(words))


def runaway(patient: Patient) -> Symptom | None:
    """The discriminator's loss on generated images is far above that of a coin toss."""
    chance = patient.objective.chance
    if "d/fake" not in chance:
        return None
    series = patient.losses("d/fake")
    if series is None:
        return None
    (loss,) = series.columns
    first = series.since(loss > FOOLED * chance["d/fake"])
    if first is None:
        return None
    words = (
        f"the discriminator's loss on generated images is {loss[-1] / chance['d/fake']:.1f} times "
        "that of a coin toss"
    )
    says = patient.losses("d/D(x)", "d/D(G(z))")
    if says is not None:
        real, fake = (column[-1] for column in says.columns)
        words += f", with D(x) {real:.3f} and D(G(z)) {fake:.3f}"
    return Symptom(int(series.steps[first]), _sentence(words))


def collapse(patient: Patient) -> Symptom | None:
    """Few classes are drawn, or the samples are alike, or their codes are."""
    if patient.curves["step"][-1] < patient.warm_up:
        return None
    return _few_classes(patient) or _little_variety(patient) or _parallel_codes(patient)


def _few_classes(patient: Patient) -> Symptom | None:
    series = patient.samples("present", "kl", "diversity")
    if series is None:
        return None
    present, kl, diversity = series.columns
    first = series.since((present <= FEW_CLASSES) | (kl > UNEVEN))
    if first is None or _grows(present, 1.5) or _grows(-kl, 0.1) or _widens(diversity):
        return None
    assert patient.quality is not None
    shares = [column[-1] for name, column in patient.quality.items() if name.startswith("share/")]
    words = f"{present[-1]:.0f} of {len(shares) or 10} classes are drawn"
    missing = [str(k) for k, share in enumerate(shares) if share < PRESENT]
    if 0 < len(missing) < len(shares):
        words += f", missing are {', '.join(missing)}"
        words += f"; {max(shares):.0%} of the samples read as {int(np.argmax(shares))}"
    return Symptom(int(series.steps[first]), _sentence(words))


def _little_variety(patient: Patient) -> Symptom | None:
    series = patient.samples("diversity")
    if series is None:
        return None
    (diversity,) = series.columns
    best = np.maximum.accumulate(diversity)
    first = series.since((diversity < LITTLE_VARIETY) | (diversity < LOST_VARIETY * best))
    if first is None or _widens(diversity):
        return None
    words = (
        f"two samples differ {diversity[-1]:.2f} times as much as two real images, "
        f"at best {best[-1]:.2f}"
    )
    return Symptom(int(series.steps[first]), _sentence(words))


def _parallel_codes(patient: Patient) -> Symptom | None:
    series = patient.losses("g/pull_away")
    if series is None:
        return None
    (cosine,) = series.columns
    first = series.since(cosine > PARALLEL)
    if first is None:
        return None
    words = f"the pull-away term is {cosine[-1]:.2f}: all samples have nearly one code"
    return Symptom(int(series.steps[first]), _sentence(words))


def oscillation(patient: Patient) -> Symptom | None:
    """Swings of the generator's loss over its own median, there and back again and again; only
    where that loss is positive, so that its size means something."""
    series = patient.losses("g/loss", smooth=1)
    if series is None or len(series.steps) < SWING_ROWS:
        return None
    steps, loss = series.steps[-SWING_WINDOW:], series.columns[0][-SWING_WINDOW:]
    low, middle, high = np.percentile(loss, (15, 50, 85))
    if loss.min() <= 0 or high - low < SWING * middle:
        return None
    # from below the low to above the high and back: what trembles in between does not count
    sides = np.sign((loss > high).astype(int) - (loss < low))
    at = np.flatnonzero(sides)
    turns = at[1:][np.diff(sides[at]) != 0]
    if len(turns) < SWINGS:
        return None
    words = (
        f"the generator's loss crossed from below {low:.3g} to above {high:.3g} or back "
        f"{len(turns)} times in {int(steps[-1] - steps[0]):,} steps"
    )
    return Symptom(int(steps[turns[0]]), _sentence(words))


def penalty(patient: Patient) -> Symptom | None:
    """The mean norm is off its target, or the samples' own norms lie far around it."""
    for name, target in patient.targets.items():
        series = patient.losses(name)
        if series is None or not name.startswith(GRADIENT_NORM):
            continue
        (norm,) = series.columns
        off = norm > OFF_TARGET
        words = f"the gradient's norm is {norm[-1]:.3g}, its target {target:g}"
        if target:
            off = (norm > OFF_TARGET * target) | (norm < target / OFF_TARGET)
            both = patient.losses(name, "d/penalty")
            if both is not None:
                squares = both.columns[1] / target**2
                off |= squares > SCATTERED
                words += (
                    f", and that of a sample is {squares[-1] ** 0.5:.0%} off (root mean square)"
                )
        first = series.since(off)
        if first is not None:
            return Symptom(int(series.steps[first]), _sentence(words))
    return None


def clip(patient: Patient) -> Symptom | None:
    """Most of the critic's weights are at the bound that they are clipped to."""
    series = patient.losses("d/clipped")
    if series is None:
        return None
    (share,) = series.columns
    first = series.since(share > AT_CLIP)
    if first is None:
        return None
    words = f"{share[-1]:.0%} of the critic's weights are at the clip"
    if "clip" in patient.settings:
        words += f" of {patient.settings['clip']:g}"
    return Symptom(int(series.steps[first]), _sentence(words))


def margin(patient: Patient) -> Symptom | None:
    """The energy of generated images stays above the margin."""
    level = patient.targets.get(ENERGY)
    series = patient.losses(ENERGY, "d/fake")
    if level is None or series is None:
        return None
    energy, hinge = series.columns
    first = series.since((energy >= level) & (hinge < SHUT_HINGE * level))
    if first is None:
        return None
    words = (
        f"generated images have the energy {energy[-1]:.3g} with a margin of {level:g}; "
        f"what the hinge leaves is {hinge[-1] / level:.1%} of the margin"
    )
    return Symptom(int(series.steps[first]), _sentence(words))


def balance(patient: Patient) -> Symptom | None:
    """BEGAN's k stays at 0 or at 1."""
    series = patient.losses("d/k")
    if series is None:
        return None
    (k,) = series.columns
    for bound, state in ((0, k < K_MARGIN), (1, k > 1 - K_MARGIN)):
        first = series.since(state)
        if first is not None and series.steps[-1] >= patient.warm_up:
            return Symptom(int(series.steps[first]), f"k is {k[-1]:.3f}, at its bound {bound}.")
    return None


def plateau(patient: Patient) -> Symptom | None:
    """The samples came no closer to real images for half of the training."""
    series = patient.samples("fd")
    now = patient.curves["step"][-1]
    if series is None or now < patient.warm_up or now < patient.schedule_end:
        return None  # what a schedule has yet to change may bring it on
    distance = np.minimum.accumulate(_median(series.columns[0], 3))
    first = int(np.argmax(distance <= (1 + PROGRESS) * distance[-1]))
    quiet = len(distance) - first
    if quiet < PLATEAU_MEASURES or quiet < len(distance) / 2:
        return None
    step = int(series.steps[first])
    words = (
        f"the distance to real images was {distance[first]:.3g} at step {step:,} and is at best "
        f"{distance[-1]:.3g} since, over {int(series.steps[-1]) - step:,} steps"
    )
    return Symptom(step, _sentence(words))


def _grows(values: np.ndarray, least: float) -> bool:
    """Whether the last measures (N,) went up by more than that."""
    return bool(values[-1] - values[-HOLD_MEASURES] > least)


def _widens(diversity: np.ndarray) -> bool:
    return _grows(diversity, WIDENING * float(diversity[-1]))


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _series(
    curves: Curves, names: tuple[str, ...], smooth: int, rows: int, span: int
) -> Series | None:
    if any(name not in curves for name in names):
        return None
    steps, columns = curves["step"], [curves[name] for name in names]
    is_complete = np.isfinite(columns).all(0)
    if not is_complete.any():
        return None
    medians = tuple(_median(column[is_complete], smooth) for column in columns)
    return Series(steps[is_complete], medians, rows, span)


def _median(values: np.ndarray, width: int) -> np.ndarray:
    """The running median (N,) of each value and those before it: no value looks ahead."""
    window = np.concatenate([np.full(width - 1, values[0]), values])
    return np.median(np.lib.stride_tricks.sliding_window_view(window, width), axis=1)
