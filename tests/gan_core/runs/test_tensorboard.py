"""TensorBoard's event files, read back by hand."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gan_core.runs import tensorboard
from gan_core.runs.folder import HISTORY, QUALITY, RunFolder
from gan_core.runs.tensorboard import EventExport
from tests.gan_core import helpers


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return helpers.trained(tmp_path / "run", measure_every=0)


def records(content: bytes) -> Iterator[bytes]:
    """The records of a TFRecord file, each with its checksums right."""
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        assert content[8:12] == tensorboard._checksum(content[:8])
        record, content = content[12 : 12 + length], content[12 + length :]
        assert content[:4] == tensorboard._checksum(record)
        content = content[4:]
        yield record


def fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protocol buffer: number and value."""

    def varint() -> int:
        nonlocal message
        number = shift = 0
        while True:
            byte, message = message[0], message[1:]
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return number

    while message:
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or varint()
        value, message = message[:size], message[size:]
        yield key >> 3, value


def events(folder: Path) -> list[dict[int, Any]]:
    (path,) = folder.iterdir()
    assert "tfevents" in path.name
    return [dict(fields(record)) for record in records(path.read_bytes())]


def values(event: dict[int, Any]) -> dict[str, Any]:
    """The tags of an event with their numbers, or with the fields of their picture."""
    found = {}
    for _, value in fields(event.get(5, b"")):
        parts = dict(fields(value))
        number = struct.unpack("<f", parts[2])[0] if 2 in parts else dict(fields(parts[4]))
        found[parts[1].decode()] = number
    return found


def test_checksums_are_those_of_the_standard() -> None:
    # CRC-32C of "123456789" is e3069283; masked: ((crc >> 15 | crc << 17) + a282ead8) mod 2^32
    crc = 0xE3069283
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    assert tensorboard._checksum(b"123456789") == struct.pack("<I", masked)


def test_numbers_and_grids_come_along(run: RunFolder, tmp_path: Path) -> None:
    EventExport(run, tmp_path / "log").update()
    first, *rest = events(tmp_path / "log")
    assert first[3] == b"brain.Event:2"
    found = [(event[2], tag, value) for event in rest for tag, value in values(event).items()]
    losses = [(step, value) for step, tag, value in found if tag == "d/loss"]
    rows = list(run.rows())
    assert [step for step, _ in losses] == [row["step"] for row in rows]
    assert [value for _, value in losses] == pytest.approx([row["d/loss"] for row in rows])
    assert not {"images", "seconds"} & {tag for _, tag, _ in found}
    grids = {step: value for step, tag, value in found if tag == "samples"}
    assert sorted(grids) == run.grids()
    assert grids[5][4] == run.grid_path(5).read_bytes()
    assert (grids[5][1], grids[5][2], grids[5][3]) == (
        78,
        78,
        1,
    )  # 8 pictures of 8, lines of 2 between
    assert [step for step, tag, _ in found if tag == "real images"] == [0]
    created = datetime.fromisoformat(run.info().created).timestamp()
    (time,) = struct.unpack("<d", rest[0][1])
    assert time == pytest.approx(created + rows[0]["seconds"])


def test_only_what_is_new_is_appended(run: RunFolder, tmp_path: Path) -> None:
    export = EventExport(run, tmp_path / "log")
    assert export.update() == 6 + 3 + 1  # rows, grids, real images
    assert export.update() == 0
    with (run.path / HISTORY).open("a") as rows:
        rows.write('{"step": 12, "images": 96, "seconds": 9.0, "d/loss": 1e60}\n')
    (run.path / QUALITY).write_text('{"step": 12, "fd": 3.5}\n')
    assert export.update() == 2
    curve, quality = events(tmp_path / "log")[-2:]
    assert values(curve) == {"d/loss": float("inf")}
    assert (quality[2], values(quality)) == (12, {"quality/fd": 3.5})


def test_a_run_that_went_back_is_written_anew(run: RunFolder, tmp_path: Path) -> None:
    export = EventExport(run, tmp_path / "log")
    export.update()
    lines = (run.path / HISTORY).read_text().splitlines(keepends=True)
    (run.path / HISTORY).write_text("".join(lines[:2]))
    export.update()
    found = [event[2] for event in events(tmp_path / "log") if "d/loss" in values(event)]
    assert found == [2, 4]


def test_a_damaged_grid_is_passed_over(run: RunFolder, tmp_path: Path) -> None:
    run.grid_path(5).write_bytes(b"no picture")
    EventExport(run, tmp_path / "log").update()
    found = [event[2] for event in events(tmp_path / "log") if "samples" in values(event)]
    assert found == [0, 10]
