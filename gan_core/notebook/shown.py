"""Pictures and measurements that show themselves where a notebook displays them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gan_core.errors import ConfigError
from gan_core.files import write_atomic
from gan_core.images import films, pixels
from gan_core.quality.record import Evaluation

_SHOWN_SIDE, _MOST_TIMES = 1000, 6  # pixels that a sheet of small pictures is enlarged to, at most
_FRAME_SIDE = 224  # of a film: pictures of digits are too small to watch as they are


def _enlarged(side: int, to: int) -> int:
    return max(1, to // side)


@dataclass(frozen=True)
class Pictures:
    """Pictures with the points of latent space that they were drawn from.

    Attributes:
        pixels: (N, H, W, C) uint8.
        z: (N, latent_dim) float32.
        labels: (N,) whole numbers, of a generator that takes labels.
    """

    pixels: np.ndarray
    z: np.ndarray
    labels: np.ndarray | None = None
    columns: int | None = field(default=None, repr=False)  # of the sheet; None: as square as can be

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int | slice) -> Pictures:
        some = slice(index, index + 1 or None) if isinstance(index, int) else index
        if isinstance(index, int) and not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} pictures, and none has the number {index}")
        labels = None if self.labels is None else self.labels[some]
        return Pictures(self.pixels[some], self.z[some], labels)

    def __iter__(self) -> Iterator[Pictures]:
        return (self[index] for index in range(len(self)))

    def __repr__(self) -> str:
        return f"{len(self)} pictures of {' x '.join(map(str, self.pixels.shape[1:]))}"

    @property
    def sheet(self) -> np.ndarray:
        """All of them on one sheet, (H, W, C) uint8."""
        return pixels.sheet(self.pixels, self.columns)

    def _repr_png_(self) -> bytes:
        sheet = self.sheet
        return pixels.png(sheet, min(_MOST_TIMES, _enlarged(max(sheet.shape[:2]), _SHOWN_SIDE)))

    def save(self, path: str | Path) -> Path:
        """Write them: ``.png`` is the sheet; ``.gif``, ``.webp`` and ``.mp4`` are films; ``.npy``
        holds the pixels.

        Raises:
            ConfigError: another ending.
            OSError: the file cannot be written.
        """
        path = Path(path)
        kind = path.suffix.lower()[1:]
        if kind == "png":
            write_atomic(path, pixels.png(self.sheet))
        elif kind == "npy":
            write_atomic(path, pixels.npy(self.pixels))
        elif kind in films.FILMS:
            frames = list(pixels.as_pictures(self.pixels))
            scale = _enlarged(frames[0].shape[0], _FRAME_SIDE)
            write_atomic(path, films.encode(frames, kind, scale))
        else:
            endings = ", ".join(f".{name}" for name in ("png", "npy", *films.FILMS))
            raise ConfigError(f"'{path}' cannot be written; its name must end in one of {endings}.")
        return path


@dataclass(frozen=True)
class Steps:
    """What a generator draws along each of some directions: a row a direction.

    Attributes:
        vectors: (K, latent_dim) of unit length.
        titles: of each direction.
        pictures: rows of pictures, the middle one where no step is taken.
    """

    vectors: np.ndarray
    titles: tuple[str, ...]
    pictures: Pictures

    def __len__(self) -> int:
        return len(self.vectors)

    def __repr__(self) -> str:
        return f"{len(self)} directions: {', '.join(self.titles)}"

    def _repr_png_(self) -> bytes:
        return self.pictures._repr_png_()


@dataclass(frozen=True)
class Measured:
    """A measurement, which shows itself as a table.

    Attributes:
        values: by the names of :data:`gan_core.quality.measures.MEASURES`.
        nearest: samples, each with the training image nearest to it, (H, W, C) uint8.
    """

    evaluation: Evaluation = field(repr=False)
    nearest: np.ndarray = field(repr=False)

    @property
    def values(self) -> dict[str, float]:
        return dict(self.evaluation.result)

    def __repr__(self) -> str:
        rows = self.evaluation.rows()
        return "\n".join(f"{row.measure.title}: {row.result}" for row in rows)

    def _repr_markdown_(self) -> str:
        evaluation = self.evaluation
        lines = [
            f"{evaluation.headline}",
            "",
            "| | result | ceiling | floor |",
            "|---|--:|--:|--:|",
        ]
        lines += [
            f"| {row.measure.title} | {row.result} | {row.ceiling} | {row.floor} |"
            for row in evaluation.rows()
        ]
        return "\n".join([*lines, "", evaluation.bounds, evaluation.memorisation])
