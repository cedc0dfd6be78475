"""What ``parts.html.jinja`` sets: plain data of which HTML files are made."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gan_core.runs.folder import RunFolder
from gan_core.runs.history import thinned

MAX_GRIDS = 6  # of one run, spread over its training


@dataclass(frozen=True)
class Table:
    """A row of heads, then rows that begin with their names."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A grid as it was drawn."""

    caption: str
    png: str  # in base64


def grids(run: RunFolder, steps: Sequence[int]) -> Iterator[Picture]:
    """The grids of a run at some of these steps, spread evenly, and the real images."""
    for step in [*thinned(steps, MAX_GRIDS), None]:
        path = run.grid_path(step)
        if path.is_file():
            caption = "Real images" if step is None else f"Step {step:,}"
            yield Picture(caption, base64.b64encode(path.read_bytes()).decode())
