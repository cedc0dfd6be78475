"""A run as TensorBoard's event files: its curves, measurements and grids.

The format is a file of records (TFRecord: length, checksum, content, checksum), each a protocol
buffer of the message ``Event`` (tensorflow/core/util/event.proto). Of both, little is used here, so
that no package is needed to write them; to look at them takes TensorBoard.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

from gan_core.errors import CheckpointError, DataError
from gan_core.files import naming
from gan_core.images import pixels
from gan_core.runs.folder import RunFolder

_FILE = "events.out.tfevents.ganscope"
_KEYS = ("step", "images", "seconds")  # of a row: where it stands, not what was measured
_VARINT, _DOUBLE, _BYTES, _FLOAT = 0, 1, 2, 5  # wire types


class EventExport:
    """The event file of one run, which grows as the run does.

    Args:
        run: what is exported.
        folder: for its file, made where it is missing. An older file of the run is replaced.
    """

    def __init__(self, run: RunFolder, folder: Path) -> None:
        self._run = run
        self._path = folder / _FILE
        self._begin()

    def _begin(self) -> None:
        self._last = {"curves": -1, "quality": -1, "grids": -1}
        self._has_real = False
        with naming(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_bytes(_record(_event(self._time(0.0), 0, version="brain.Event:2")))

    def update(self) -> int:
        """Append what the run has got since, and return how many events that were. A run that went
        back to an earlier state is written anew.

        Raises:
            OSError: the file cannot be written.
        """
        curves, quality = list(self._run.rows()), list(self._run.quality_rows())
        ends = {
            "curves": max((int(row["step"]) for row in curves), default=-1),
            "quality": max((int(row["step"]) for row in quality), default=-1),
            "grids": max(self._run.grids(), default=-1),
        }
        if any(ends[kind] < last for kind, last in self._last.items()):
            self._begin()
        seconds = {int(row["step"]): row.get("seconds", 0.0) for row in curves}
        events = [
            *self._rows(curves, "curves", ""),
            *self._rows(quality, "quality", "quality/"),
            *self._grids(seconds),
        ]
        self._last = ends
        with naming(self._path), self._path.open("ab") as sink:
            sink.write(b"".join(_record(event) for event in events))
        return len(events)

    def _rows(self, rows: list[dict[str, float]], kind: str, prefix: str) -> Iterator[bytes]:
        for row in rows:
            if row["step"] > self._last[kind]:
                values = {f"{prefix}{k}": value for k, value in row.items() if k not in _KEYS}
                if values:
                    yield _event(self._time(row.get("seconds", 0.0)), int(row["step"]), values)

    def _grids(self, seconds: Mapping[int, float]) -> Iterator[bytes]:
        real = self._run.grid_path(None)
        if not self._has_real and real.is_file():
            self._has_real = True
            yield from self._picture("real images", 0, real, 0.0)
        logged = sorted(seconds)
        for step in self._run.grids():
            if step > self._last["grids"]:
                before = bisect_right(logged, step)
                passed = seconds[logged[before - 1]] if before else 0.0
                yield from self._picture("samples", step, self._run.grid_path(step), passed)

    def _picture(self, tag: str, step: int, path: Path, seconds: float) -> Iterator[bytes]:
        try:
            content = path.read_bytes()
            height, width, channels = pixels.from_png(content).shape
        except (OSError, DataError):
            return  # damaged, or gone meanwhile
        picture = _picture(height, width, channels, content)
        yield _event(self._time(seconds), step, pictures={tag: picture})

    def _time(self, seconds: float) -> float:
        """Seconds since 1970, so many seconds of training after the run began."""
        try:
            return datetime.fromisoformat(self._run.info().created).timestamp() + seconds
        except (CheckpointError, ValueError, OverflowError, OSError):
            return seconds


def _event(
    wall_time: float,
    step: int,
    values: Mapping[str, float] | None = None,
    pictures: Mapping[str, bytes] | None = None,
    version: str = "",
) -> bytes:
    """The message Event, with a Summary where it has values or pictures."""
    event = _field(1, _DOUBLE, struct.pack("<d", wall_time)) + _field(2, _VARINT, _varint(step))
    if version:
        event += _message(3, version.encode())
    summary = b"".join(
        _message(1, _message(1, tag.encode()) + _field(2, _FLOAT, _float(value)))
        for tag, value in (values or {}).items()
    ) + b"".join(
        _message(1, _message(1, tag.encode()) + _message(4, picture))
        for tag, picture in (pictures or {}).items()
    )
    return event + (_message(5, summary) if summary else b"")


def _picture(height: int, width: int, channels: int, content: bytes) -> bytes:
    """The message Summary.Image of a PNG file."""
    sizes = enumerate((height, width, channels), start=1)
    return b"".join(_field(n, _VARINT, _varint(size)) for n, size in sizes) + _message(4, content)


def _float(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:  # beyond what four bytes hold
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


def _message(number: int, content: bytes) -> bytes:
    return _field(number, _BYTES, _varint(len(content)) + content)


def _field(number: int, kind: int, content: bytes) -> bytes:
    return _varint(number << 3 | kind) + content


def _varint(number: int) -> bytes:
    digits = bytearray()
    while number > 0x7F:
        digits.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*digits, number])


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _checksum(length) + content + _checksum(content)


def _checksum(content: bytes) -> bytes:
    """CRC-32C, turned and shifted as TFRecord wants it."""
    table, crc = _crc_table(), 0xFFFFFFFF
    for byte in content:
        crc = table[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


@cache
def _crc_table() -> tuple[int, ...]:
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return tuple(table)
