"""Every command that writes, where the disk says no: what is said, and what stays."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gan_core.runs import onnx
from tests.gan_core.cli.commands import TINY, call


@pytest.fixture(scope="module", autouse=True)
def _onnx_files_are_made_once() -> Iterator[None]:
    """Each would take a second, for the same file."""
    with pytest.MonkeyPatch.context() as patch:
        made: dict[str, bytes] = {}
        make = onnx.to_onnx
        patch.setattr(
            onnx,
            "to_onnx",
            lambda opened: made.get(opened.name) or made.setdefault(opened.name, make(opened)),
        )
        yield


def everything() -> dict[Path, bytes]:
    paths = (path for path in Path().rglob("*") if path.name != ".lock")
    return {path: path.read_bytes() if path.is_file() else b"" for path in paths}


# The arguments, {run} for a run, and what a person would call the place that is written to.
COMMANDS = {
    "sample": (["sample", "{run}", "--out", "{out}.png"], "{out}.png"),
    "sample arrays": (["sample", "{run}", "--out", "{out}.npy"], "{out}.npy"),
    "interpolate": (["interpolate", "{run}", "--steps", "1", "--out", "{out}.png"], "{out}.png"),
    "film": (["interpolate", "{run}", "--steps", "1", "--out", "{out}.gif"], "{out}.gif"),
    "export": (["export", "{run}", "--out", "{out}"], "{out}"),
    "onnx": (["onnx", "{run}", "--out", "{out}.onnx"], "{out}.onnx"),
    "download": (["download", "mnist", "--data-dir", "{out}"], "{out}"),
    "train": (
        ["train", "digits", "--device", "cpu", "--runs-dir", "{out}", "--set", "steps=2", *TINY],
        "{out}",
    ),
}
ON_A_DISK = [name for name in COMMANDS if name != "download"]  # which writes with another library


def said(
    capsys: pytest.CaptureFixture[str], name: str, checkpoint: Path, out: str
) -> tuple[str, str]:
    """The sentences that refuse it, and what they are to name."""
    arguments, place = COMMANDS[name]
    assert call(*(word.format(run=checkpoint, out=out) for word in arguments)) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    words = captured.err
    assert not any(word in words for word in (".tmp", ".export-", ".import-", ".new", ".lock"))
    assert "Traceback" not in words and "Errno" not in words
    return words, place.format(out=out)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_place_below_a_file(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, name: str
) -> None:
    Path("file").touch()
    before = everything()
    words, place = said(capsys, name, checkpoint, "file/below")
    assert place in words or "file cannot be made or used" in words
    assert "folder" in words
    assert everything() == before


@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_for_a_file_and_a_file_for_a_folder(
    capsys: pytest.CaptureFixture[str], checkpoint: Path, name: str
) -> None:
    place = Path(COMMANDS[name][1].format(out="here"))
    place.mkdir() if place.suffix else place.touch()
    before = everything()
    words, there = said(capsys, name, checkpoint, "here")
    assert there in words and "folder" in words
    assert everything() == before


@pytest.mark.parametrize("name", ON_A_DISK)
@pytest.mark.parametrize(
    ("number", "says"),
    [(errno.ENOSPC, "The disk is full:"), (errno.EACCES, "change its permissions")],
)
def test_a_disk_that_takes_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    checkpoint: Path,
    name: str,
    number: int,
    says: str,
) -> None:
    plain = Path.open

    def refuse(path: Path, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if "w" in mode:
            raise OSError(number, os.strerror(number), str(path))
        return plain(path, mode, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refuse)
        words, place = said(capsys, name, checkpoint, "out")
    assert says in words and place in words
    assert "is kept" not in words  # nothing was saved that could be gone on from
    assert {path for path in everything() if path.name != "out"} == set()
    assert not Path("out").is_file()
