"""A frame: all that is seen of a training on points at one moment, and the message that it is.

A message is 64 bytes, little endian, and then float16 numbers:

    bytes   what
    0-3     "GSPF"
    4-7     uint32   step
    8-11    uint32   number, which tells two frames of one step apart; 0 for a frame on disk
    12-21   uint16   N points, S side of the landscape, A arrows, R rows and C columns of the sheet
    22-23   int16    class that landscape and sheet are drawn for, -1 where no network is told one
    24-31   float32  lowest and highest value of the landscape
    32-35   float32  level at which the critic decides neither way
    36-43   float32  its mean value on real and on generated points
    44-47   float32  length of the longest arrow
    48-51   float32  share of the points near a mode, NaN where no modes are known
    52-53   uint16   K modes, at most 64; 0 where none are known
    54-55   uint16   1 where the points are those of the averaged generator
    56-63   uint64   a bit for each mode, the first the lowest: whether it is covered
    64-     float16  points (N, 2); landscape (S, S) as shares between lowest and highest; arrows
                     (A, 2) as shares of the longest; sheet (R, C, 2)

With 512 points, a side of 64, 96 arrows and a sheet of 17 x 17 that is 11,844 bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gan_core.errors import DataError

EXTENT = 1.15  # what is seen of the plane: from minus this to this in each direction
MOST_MODES = 64
_MAGIC = b"GSPF"
_HEADER = struct.Struct("<4sII5Hh7fHHQ")


@dataclass(frozen=True)
class Frame:
    """One moment of a training on points."""

    step: int
    points: np.ndarray  # (N, 2) that the generator makes of the fixed noise
    landscape: np.ndarray  # (S, S) what the critic says, see :meth:`places`; row 0 is the lowest
    arrows: np.ndarray  # (A, 2) where the generator is pushed, at the first A points
    sheet: np.ndarray  # (R, C, 2) where a regular grid of z goes; a line where R is 1
    level: float  # at which the critic decides neither way
    on_real: float  # its mean value on real points
    on_generated: float
    label: int = -1  # the class that landscape and sheet are drawn for, where one is told
    covered: tuple[bool, ...] = ()  # of the modes that are known, which are covered
    near: float = float("nan")  # share of the points near a mode
    averaged: bool = False  # whether it is the averaged generator
    number: int = 0

    @staticmethod
    def places(side: int) -> np.ndarray:
        """Where a landscape's values stand, (side,): the same across and upwards."""
        return np.linspace(-EXTENT, EXTENT, side, dtype=np.float32)

    def numbered(self, number: int) -> Frame:
        """The same, told apart from others of its step."""
        return replace(self, number=number)


def pack(frame: Frame) -> bytes:
    """A frame as a message. What is not finite is taken for 0."""
    landscape = _finite(frame.landscape)
    low, high = float(landscape.min()), float(landscape.max())
    arrows = _finite(frame.arrows)
    longest = float(np.hypot(*arrows.T).max(initial=0.0))
    header = _HEADER.pack(
        _MAGIC,
        frame.step,
        frame.number,
        len(frame.points),
        len(landscape),
        len(arrows),
        *frame.sheet.shape[:2],
        frame.label,
        low,
        high,
        *(float(_finite(np.float32(value))) for value in _values(frame)),
        longest,
        frame.near,
        len(frame.covered),
        int(frame.averaged),
        sum(1 << index for index, is_covered in enumerate(frame.covered) if is_covered),
    )
    parts = (
        _finite(frame.points),
        (landscape - low) / ((high - low) or 1.0),
        arrows / (longest or 1.0),
        _finite(frame.sheet),
    )
    return header + b"".join(part.astype("<f2").tobytes() for part in parts)


def number_of(message: bytes) -> int:
    """The number of the frame that a message holds."""
    number: int = _HEADER.unpack_from(message)[2]
    return number


def unpack(message: bytes) -> Frame:
    """The frame that a message holds.

    Raises:
        DataError: it is none, or cut short.
    """
    if len(message) < _HEADER.size or message[:4] != _MAGIC:
        raise DataError("This is no frame of a training on points.")
    (
        _, step, number, n, side, a, rows, columns, label, low, high, level, on_real, on_generated,
        longest, near, modes, averaged, bits,
    ) = _HEADER.unpack_from(message)  # fmt: skip
    shapes = ((n, 2), (side, side), (a, 2), (rows, columns, 2))
    sizes = [int(np.prod(shape)) for shape in shapes]
    if len(message) != _HEADER.size + 2 * sum(sizes) or modes > MOST_MODES:
        raise DataError("This frame of a training on points is damaged: its length is wrong.")
    numbers = np.frombuffer(message, "<f2", offset=_HEADER.size).astype(np.float32)
    points, landscape, arrows, sheet = (
        part.reshape(shape) for part, shape in zip(_split(numbers, sizes), shapes, strict=True)
    )
    return Frame(
        step,
        points,
        low + (high - low) * landscape,
        longest * arrows,
        sheet,
        level,
        on_real,
        on_generated,
        label,
        tuple(bool(bits >> index & 1) for index in range(modes)),
        near,
        bool(averaged),
        number,
    )


def _values(frame: Frame) -> tuple[float, float, float]:
    return frame.level, frame.on_real, frame.on_generated


def _split(numbers: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    return np.split(numbers, np.cumsum(sizes)[:-1])


def _finite(values: np.ndarray | np.float32) -> np.ndarray:
    finite = np.nan_to_num(values, nan=0.0, posinf=1e30, neginf=-1e30)
    return np.asarray(finite, np.float32)
