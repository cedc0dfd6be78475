"""What a critic says of a picture, beside what it says of real and of generated ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.charts.figures import PALETTE

_HERE = Path(__file__).parent
_FOLLOWER = _HERE.parents[2] / "shared" / "widgets" / "follower.js"
BINS = 24

_component = st.components.v2.component(
    "ganscope_verdict",
    html='<div class="verdict"></div>',
    css=(_HERE / "verdict.css").read_text("utf-8"),
    js="".join(path.read_text("utf-8") for path in (_FOLLOWER, _HERE / "verdict.js")),
)


@dataclass(frozen=True)
class Scale:
    """How the values of a critic are read."""

    name: str  # of the value
    real_is_high: bool
    level: float | None = None  # at which it decides neither way, where there is such a one
    level_words: str = ""


@dataclass(frozen=True)
class Histogram:
    """What it says of real and of generated pictures: counts in bins of one width."""

    low: float
    high: float
    bins: Mapping[str, Sequence[int]]  # by the name of what is counted
    values: Mapping[str, Sequence[float]]  # all of them, in rising order


def histogram(
    groups: Mapping[str, np.ndarray], bounds: tuple[float, float] | None = None
) -> Histogram:
    """The values (N,) of each group, counted from the least of all to the greatest, or within the
    bounds; what is no number is left out."""
    finite = {name: np.sort(values[np.isfinite(values)]) for name, values in groups.items()}
    everything = np.concatenate([np.empty(0), *finite.values()])
    if bounds is None:
        low, high = (everything.min(), everything.max()) if everything.size else (0.0, 1.0)
        bounds = (float(low), float(high)) if low < high else (float(low) - 0.5, float(low) + 0.5)
    low, high = bounds
    counts = {name: np.histogram(values, BINS, bounds)[0] for name, values in finite.items()}
    return Histogram(
        low,
        high,
        {name: column.tolist() for name, column in counts.items()},
        {name: values.tolist() for name, values in finite.items()},
    )


def verdict(
    said: Mapping[str, Any] | None,
    scale: Scale,
    counted: Histogram | None,
    *,
    key: str,
    classes: Sequence[str] = (),
    vector: Sequence[float] = (),
    url: str = "",
    follows: str = "",
    size: int = 168,
) -> None:
    """Show a picture, where the critic's verdict on it turns, and its value among others.

    `said` is as :func:`.critics.verdict` has it. Without it the browser posts the point of `vector`
    to `url`, a :func:`.urls.verdict_url`, and then wherever the latent panel's sliders lead, while
    they move, if its first picture comes from the address that `follows` names.
    """
    point = {
        "base": [float(number) for number in vector],
        "basis": "raw",
        "truncation": 1.0,
        "coordinates": {},
    }
    _component(
        key=key,
        data={
            "said": None if said is None else dict(said),
            "scale": asdict(scale),
            "histogram": None if counted is None else asdict(counted),
            "colours": list(PALETTE[:2]),
            "classes": list(classes),
            "point": point,
            "url": url,
            "follows": follows,
            "size": size,
        },
    )
