from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_core.files import describe_os_error, write_atomic, write_together, written
from gan_core.latent import direction_files, vector_files
from gan_core.quality import record
from gan_core.quality.digit_classifier import CLASSIFIER_DIR, open_classifier
from gan_core.runs.folder import RunFolder


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "status.json"
    write_atomic(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]
    monkeypatch.undo()
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"


def test_readers_see_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "training.pt"
    contents = [bytes([number]) * 2**20 for number in (1, 2)]
    write_atomic(path, contents[0])
    done = threading.Event()

    def write() -> None:
        for number in range(100):
            write_atomic(path, contents[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert path.read_bytes() in contents
    writer.join()


def test_a_file_written_anew_is_another_version_though_the_clock_stood_still(
    tmp_path: Path,
) -> None:
    path = tmp_path / "status.json"
    assert written(path) == (0,)
    versions = set()
    for content in (b"running", b"stopped", b"stopped, and more"):
        write_atomic(path, content)
        os.utime(path, ns=(10**18, 10**18))
        versions |= {*written(path)}
    with path.open("ab") as file:
        file.write(b"!")
    os.utime(path, ns=(10**18, 10**18))
    versions |= {*written(path)}
    assert len(versions) == 4
    assert written(path) == written(path)


def test_files_that_belong_together_are_renamed_when_all_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a", tmp_path / "b"]
    write_together(dict.fromkeys(paths, b"old"))
    calls: list[int] = []
    sync = os.fsync

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(OSError) as caught:
        write_together(dict.fromkeys(paths, b"new"))
    assert caught.value.filename == str(paths[1])
    assert [path.read_bytes() for path in paths] == [b"old", b"old"]
    assert sorted(tmp_path.iterdir()) == paths


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full: runs/x cannot be written. Make room"),
        (errno.EDQUOT, "The disk is full: runs/x cannot be written."),
        (errno.EACCES, "runs/x may not be used by this user: change its permissions"),
        (errno.EROFS, "runs/x cannot be written: the disk is read-only."),
        (errno.ENOENT, "runs/x is not there, or no longer."),
        (errno.ENOTDIR, "runs/x cannot be made or used: a file stands where a folder is needed."),
        (errno.EISDIR, "runs/x is a folder, where a file is needed."),
        (errno.ELOOP, "runs/x cannot be used (Too many levels of symbolic links)."),
    ],
)
def test_what_the_disk_says_in_words(number: int, words: str) -> None:
    error = OSError(number, os.strerror(number), "runs/x")
    assert describe_os_error(error).startswith(words)
    nameless = describe_os_error(OSError(number, os.strerror(number)))
    assert nameless.startswith(("A file ", "The disk is full: a file "))


def test_an_error_of_a_stand_in_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "x.json", tmp_path):
        with pytest.raises(OSError) as caught:
            write_atomic(path, b"new")
        assert caught.value.filename == str(path)
        assert ".tmp" not in describe_os_error(caught.value)
    write_atomic(tmp_path / ("a" * 255), b"as long as a name may be")


LATENT = b'{"latent": [1, 2], "label": 1}'
READERS: dict[str, Callable[[Path], Any]] = {
    "config.json": lambda folder: (RunFolder(folder).config(), RunFolder(folder).info()),
    "status.json": lambda folder: RunFolder(folder).status(),
    "evaluation.json": lambda folder: record.read(RunFolder(folder)),
    "metrics.jsonl": lambda folder: list(RunFolder(folder).rows()),
    "quality.jsonl": lambda folder: list(RunFolder(folder).quality_rows()),
    "direction-names.json": lambda folder: direction_files.names(folder, "w"),
    "classifier.json": lambda folder: open_classifier(folder).facts,
    "latent.json": lambda folder: (
        vector_files.from_file("x.json", (folder / "latent.json").read_bytes(), 2).tolist(),
        vector_files.label_from_file("x.json", (folder / "latent.json").read_bytes(), 2),
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for each reader."""
    folder = tmp_path_factory.mktemp("files")
    shipped = Path(__file__).parents[2] / "checkpoints" / "gan-mnist"
    for source in (shipped, CLASSIFIER_DIR):
        for path in source.glob("*.*"):
            shutil.copy(path, folder)
    shutil.copy(folder / "metrics.jsonl", folder / "quality.jsonl")
    (folder / "latent.json").write_bytes(LATENT)
    direction_files.keep_name(folder, "w", "pca/0", "thicker")
    return folder


@pytest.mark.parametrize("name", READERS)
def test_a_byte_order_mark_changes_nothing(folder: Path, name: str) -> None:
    path, reader = folder / name, READERS[name]
    content, before = path.read_bytes(), reader(folder)
    assert before
    path.write_bytes(b"\xef\xbb\xbf" + content)
    assert reader(folder) == before
    if name.endswith(".json"):
        path.write_bytes(content.decode().encode("utf-16"))  # as PowerShell writes
        assert reader(folder) == before
    path.write_bytes(content)
