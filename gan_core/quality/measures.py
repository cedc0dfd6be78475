"""What each measurement is called, which way is better, and what its value means in words; and
from where on a sample counts as readable and a class as drawn.

No torch, so that pages can explain a measurement without loading it. To add a measurement, compute
it in :mod:`gan_core.quality.evaluation` and add a line here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gan_core.data.dataset import TEN_DIGITS

DIGITS = len(TEN_DIGITS)  # classes that the digit classifier tells apart
CONFIDENT = 0.9  # probability of the likeliest class from which a sample counts as readable
PRESENT = 0.01  # share of the samples from which a class counts as drawn
FOUND = 0.1  # of its fair share of the points: what a mode needs to be found

Better = Literal["lower", "higher", ""]


@dataclass(frozen=True)
class Measure:
    """One measurement."""

    title: str
    better: Better  # empty where neither end is better
    meaning: str
    format: Callable[[float], str]
    points: bool = False  # whether it is of points of the plane, and not of pictures


def _share(value: float) -> str:
    return f"{value:.1%}"


def _number(value: float) -> str:
    return f"{value:.2f}" if abs(value) < 100 else f"{value:,.0f}"


def _ratio(value: float) -> str:
    return f"{value:.2f}"


def _fixed(value: float) -> str:
    return f"{value:.3f}"


MEASURES: dict[str, Measure] = {
    "fd": Measure(
        "Frechet distance", "lower",
        "How far the samples as a whole are from real images: 0 where mean and covariance of their "
        "features agree.", _number,
    ),
    "kd": Measure(
        "Kernel distance", "lower",
        "The same question without assuming a bell shape (KID's formula): about 0 where both sets "
        "have one distribution.", _number,
    ),
    "kd_spread": Measure(
        "Spread of the kernel distance", "",
        "Standard deviation over random subsets: differences smaller than this mean nothing.",
        _number,
    ),
    "precision": Measure(
        "Precision", "higher", "Share of the samples that lie among real images: are they "
        "believable?", _share,
    ),
    "recall": Measure(
        "Recall", "higher", "Share of the real images that lie among samples: is everything "
        "drawn?", _share,
    ),
    "density": Measure(
        "Density", "higher", "How many real neighbourhoods a sample lies in, over those expected: "
        "precision that outliers do not flatter. It may exceed 1.", _ratio,
    ),
    "coverage": Measure(
        "Coverage", "higher", "Share of the real images with a sample in their neighbourhood: "
        "recall that outliers do not flatter.", _share,
    ),
    "classifier_score": Measure(
        "Classifier score", "higher", "The Inception score's formula on the digit classifier: 10 "
        "where every sample is surely one digit and all digits are equally often.", _ratio,
    ),
    "readable": Measure(
        "Readable", "higher", "Share of the samples whose digit the classifier names with "
        f"{CONFIDENT:.0%} confidence or more.", _share,
    ),
    "present": Measure(
        "Classes present", "higher", f"Classes with at least {PRESENT:.0%} of the samples: fewer "
        "than all is mode collapse.", lambda value: f"{value:.0f}",
    ),
    "kl": Measure(
        "KL to uniform", "lower", "How uneven the classes are, in nats: 0 where all are equally "
        "often, 2.30 where only one of ten is.", _fixed,
    ),
    "as_asked": Measure(
        "As asked", "higher", "Share of the samples that show the class asked for.", _share,
    ),
    "diversity": Measure(
        "Diversity", "", "Mean distance between two samples over that between two real images: 1 "
        "is as varied as the data, near 0 all samples are alike.", _ratio,
    ),
    "copies": Measure(
        "Copies", "lower", "Share of the samples that are three times nearer to one training image "
        "than to any other.", lambda value: f"{value:.2%}",
    ),
    "real_copies": Measure(
        "Copies among real images", "", "The same share of real images that training has not seen.",
        lambda value: f"{value:.2%}",
    ),
    "near": Measure(
        "Very near", "", "Share of the samples nearer to a training image than 99 of 100 new real "
        "images are. Chance gives 1%; pictures smoother than real ones give more.", _share,
    ),
    "distance": Measure(
        "Distance to the training images", "", "Median difference of a sample from its nearest "
        "training image, in grey levels of a pixel (root mean square).", _number,
    ),
    "real_distance": Measure(
        "The same of real images", "", "Median difference of a new real image from its nearest "
        "training image.", _number,
    ),
    "modes": Measure(
        "Modes found", "higher", f"Modes with at least {FOUND:.0%} of their fair share of the "
        "points: fewer than all is mode collapse.", lambda value: f"{value:.0f}", points=True,
    ),
    "near_mode": Measure(
        "Near a mode", "higher", "Share of the points within three deviations of the centre of a "
        "mode; the others lie between modes, where no real point is.", _share, points=True,
    ),
    "sliced_wasserstein": Measure(
        "Sliced Wasserstein distance", "lower", "How far points have to move to lie as the real "
        "ones do, in the mean over all directions from which one can look at them; the plane "
        "reaches from -1 to 1.", _fixed, points=True,
    ),
    "jensen_shannon": Measure(
        "Jensen-Shannon divergence", "lower", "How different the densities of generated and real "
        "points are on a grid, in nats: 0 where they are equal, 0.693 where no cell holds both.",
        _fixed, points=True,
    ),
    "kullback_leibler": Measure(
        "Kullback-Leibler divergence", "lower", "How surprising real points are to one who knows "
        "the generated ones, by their densities on a grid, in nats: modes that are missing weigh "
        "most.", _fixed, points=True,
    ),
}  # fmt: skip

# Those that can order generators, because one of their ends is the better one.
RANKING_MEASURES = {name: measure for name, measure in MEASURES.items() if measure.better}

MEMORISATION_LIMIT = 0.01  # share of copies above that of real images from which a generator copies


def describe_memorisation(copies: float, real_copies: float) -> str:
    """Whether a generator copies its training images, in a sentence."""
    shares = (
        f"{copies:.2%} of the samples are copies of a training image by this test; "
        f"{real_copies:.2%} of new real images are"
    )
    if copies > 0.5:
        return f"It copies: {shares}."
    if copies - real_copies > MEMORISATION_LIMIT:
        return f"It copies some training images: {shares}."
    return f"No sign of copying: {shares}."
