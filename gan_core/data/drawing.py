"""A distribution that a person drew: strokes in the plane, and points spread along them.

A drawing is a list of strokes, each a list of points (x, y) from -1 to 1. Its density is even along
the strokes, with Gaussian noise around them; each stroke is a class. A run keeps the drawing in its
distribution.json.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_core.config import MAX_POINTS
from gan_core.data.dataset import POINT, DatasetSpec, Kept, Request, Rows
from gan_core.data.folder import folder_path
from gan_core.data.plane import POINTS, to_levels
from gan_core.errors import DataError
from gan_core.files import dump_json, is_file, printable_name, read_json, write_atomic

if TYPE_CHECKING:
    from torch import Generator, Tensor

MIN_POINTS = 20  # of all strokes together
MAX_STROKES = 100
MAX_BYTES = 16 * 2**20
DEVIATION = 0.03
DRAWINGS = "drawings"  # the folder in the data folder where drawings are put
_LEAST = 0.01  # of the points, that even a dot gets
_DIGITS = 4  # of a coordinate, that a drawing keeps

Stroke = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Drawing:
    """Strokes in the plane.

    Raises:
        DataError: they are no drawing that points could be spread along.
    """

    strokes: tuple[Stroke, ...]

    def __post_init__(self) -> None:
        points = [point for stroke in self.strokes for point in stroke]
        if not all(math.isfinite(value) for point in points for value in point):
            raise DataError("A point of the drawing is NaN or infinite; draw it anew.")
        if len(points) < MIN_POINTS:
            raise DataError(
                f"The drawing has {len(points)} points; draw some more, {MIN_POINTS} at least."
            )
        if len(points) > MAX_POINTS or len(self.strokes) > MAX_STROKES:
            raise DataError(
                f"The drawing has {len(self.strokes):,} strokes of {len(points):,} points; draw "
                f"{MAX_STROKES} strokes and {MAX_POINTS:,} points at most."
            )
        if not all(self.strokes):
            raise DataError("A stroke of the drawing has no points; draw it anew.")
        if not all(-1 <= value <= 1 for point in points for value in point):
            raise DataError("A point of the drawing lies outside the plane from -1 to 1.")
        if len(set(points)) == 1:
            raise DataError("All points of the drawing are equal; draw a line.")

    @classmethod
    def of(cls, strokes: Any) -> Drawing:
        """A drawing from lists of points, as JSON holds them.

        Raises:
            DataError: it is none.
        """
        try:
            return cls(tuple(tuple(_point(*point) for point in stroke) for stroke in strokes))
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                "A drawing is a list of strokes, each a list of points of two numbers."
            ) from error

    @property
    def classes(self) -> tuple[str, ...]:
        """A class for each stroke."""
        return tuple(str(number) for number in range(len(self.strokes)))

    def to_json(self) -> str:
        """As a file of it holds it."""
        return dump_json({"strokes": self.strokes})

    def spread(self, n: int, deviation: float, random: Generator) -> tuple[Tensor, Tensor]:
        """So many points along the strokes, (n, 2), and the stroke of each (n,)."""
        import torch

        # A stroke of one point is a segment to itself.
        begins = [p for stroke in self.strokes for p in stroke[: max(1, len(stroke) - 1)]]
        ends = [p for stroke in self.strokes for p in stroke[min(1, len(stroke) - 1) :]]
        of_stroke = torch.tensor(
            [number for number, s in enumerate(self.strokes) for _ in range(max(1, len(s) - 1))]
        )
        start = torch.tensor(begins, dtype=torch.float64)
        along = torch.tensor(ends, dtype=torch.float64) - start
        lengths = along.norm(dim=1)
        least = _LEAST * lengths.sum()
        in_stroke = torch.zeros(len(self.strokes), dtype=torch.float64)
        in_stroke.index_add_(0, of_stroke, lengths)
        segments = torch.bincount(of_stroke, minlength=len(self.strokes))
        # What a short stroke lacks is added to its segments alike.
        lacks = ((least - in_stroke).clamp(min=0) / segments)[of_stroke]
        edges = (lengths + lacks).cumsum(0)
        places = torch.rand(n, dtype=torch.float64, generator=random) * edges[-1]
        segment = torch.searchsorted(edges, places).clamp(max=len(edges) - 1)
        share = torch.rand(n, dtype=torch.float64, generator=random)
        noise = torch.randn(n, 2, dtype=torch.float64, generator=random)
        points = start[segment] + share[:, None] * along[segment] + deviation * noise
        return points.float(), of_stroke[segment]


def _point(x: Any, y: Any) -> tuple[float, float]:
    if isinstance(x, str) or isinstance(y, str):
        raise TypeError("text is no number")
    return round(float(x), _DIGITS), round(float(y), _DIGITS)


def read_drawing(path: Path) -> Drawing:
    """The drawing of a file that :func:`save_drawing` or a run wrote.

    Raises:
        DataError: there is none, or it is damaged.
    """
    if not is_file(path):
        raise DataError(f"There is no drawing {path}.")
    name = printable_name(path.name)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{name} is larger than {MAX_BYTES // 2**20} MiB; draw less.")
        strokes = read_json(path)["strokes"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DataError(f"{name} holds no drawing.") from error
    return Drawing.of(strokes)


def save_drawing(strokes: Any, data_dir: Path) -> str:
    """Keep a drawing in the data folder; returns where it is from there, as the setting ``folder``
    takes it. The same drawing has the same place.

    Raises:
        DataError: it is no drawing that points could be spread along.
        OSError: it cannot be written.
    """
    content = Drawing.of(strokes).to_json().encode()
    place = Path(DRAWINGS) / f"{hashlib.sha256(content).hexdigest()[:12]}.json"
    write_atomic(data_dir / place, content)
    return place.as_posix()


def _read(request: Request) -> Rows:
    import torch

    if not request.folder.strip():
        raise DataError("folder is empty; give the file of the drawing.")
    drawing = read_drawing(folder_path(request.data_dir, request.folder))
    random = torch.Generator().manual_seed(0)
    points, labels = drawing.spread(
        request.points or POINTS, request.deviation or DEVIATION, random
    )
    return Rows(to_levels(points), labels, drawing.classes, kept=Kept(drawing.to_json(), ""))


DRAWING = DatasetSpec(
    title="Points: drawn by hand",
    source="your own",
    licence="yours",
    images=POINTS,
    shape=POINT,
    classes=(),
    read=_read,
    in_file=True,
    deviation=DEVIATION,
)
