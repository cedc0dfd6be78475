"""Descriptions of the live curves, as plain JSON for the browser component that draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal

from gan_core.quality.measures import PRESENT

Dash = Literal["solid", "dash", "dot"]
XAxis = Literal["step", "images", "seconds"]

# Okabe and Ito's colours, less yellow (lost on white) and black (lost on a dark page), those that
# stand out on both first.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")

X_TITLES: dict[XAxis, str] = {
    "step": "Training step",
    "images": "Images seen",
    "seconds": "Training time (s)",
}


@dataclass(frozen=True)
class Trace:
    """One line: a column of the numbers that `source` answers."""

    source: str
    column: str
    name: str
    color: str
    dash: Dash = "solid"


@dataclass(frozen=True)
class Mark:
    """A step of a source's run that is marked by a vertical line, with a name where there is one.

    A finding stands out; what a person did is a thin line.
    """

    source: str
    step: int
    name: str
    by_hand: bool = False


def live_figure(
    title: str,
    traces: Sequence[Trace],
    *,
    x: XAxis = "step",
    y_title: str = "",
    y_range: tuple[float, float] | None = None,
    log_y: bool = False,
    levels: Mapping[str, float] = MappingProxyType({}),
    marks: Sequence[Mark] = (),
    bars: bool = False,
    height: int = 280,
) -> dict[str, Any]:
    """Describe a chart for `live_chart`.

    `y_range` is in the units of the data, on a log axis too. `levels` are horizontal lines by name,
    `marks` vertical ones. `bars` shows the latest value of each trace, a share from 0 to 1, as a
    bar instead of a line.
    """
    if x not in X_TITLES:
        raise ValueError(f"x must be one of {', '.join(X_TITLES)}, not {x!r}")
    if y_range is not None:
        low, high = map(float, y_range)
        if not low < high:
            raise ValueError(f"y_range must rise, not {y_range!r}")
        if log_y and low <= 0:
            raise ValueError(f"y_range on a log axis must be positive, not {y_range!r}")
        y_range = (low, high)
    return {
        "title": title,
        "x": x,
        "x_title": X_TITLES[x],
        "y_title": y_title,
        "y_range": None if y_range is None else list(y_range),
        "log_y": log_y,
        "levels": [{"name": name, "value": value} for name, value in levels.items()],
        "marks": [asdict(mark) for mark in marks],
        "bars": bars,
        "present": PRESENT,
        "height": height,
        "traces": [asdict(trace) for trace in traces],
    }
