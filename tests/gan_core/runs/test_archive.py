from __future__ import annotations

import io
import random
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import ArchiveError
from gan_core.runs import archive as run_archive
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.runs.store import RunStore
from tests.gan_core import helpers


def archive(entries: dict[str, bytes | str], **about: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as sink:
        for name, content in entries.items():
            sink.writestr(name, content)
    return buffer.getvalue()


def link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as sink:
        entry = zipfile.ZipInfo("run/config.json")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        sink.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def lying() -> bytes:
    """Its directory says 10 bytes where 3 million come out."""
    content = bytearray(archive({"run/config.json": b" " * 3_000_000}))
    size = struct.pack("<I", 3_000_000)
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


def test_a_zip_holds_the_kept_states_by_choice(store: RunStore, tmp_path: Path) -> None:
    elsewhere = RunStore(tmp_path / "elsewhere")
    assert elsewhere.import_zip(store.export_zip("my-run")).saved_steps() == [10]
    whole = elsewhere.import_zip(store.export_zip("my-run", states=True))
    assert whole.saved_steps() == [0, 5, 10]
    assert load_training(whole, helpers.CPU, 5)["step"] == 5


def test_zip_round_trip(store: RunStore, run: RunFolder, tmp_path: Path) -> None:
    (run.path / ".config.json.123.tmp").touch()
    content = store.export_zip("my-run", states=True)
    elsewhere = RunStore(tmp_path / "elsewhere")
    copy_run = elsewhere.import_zip(content)
    assert copy_run.name == "my-run"
    for path in run.path.rglob("*"):
        copy = copy_run.path / path.relative_to(run.path)
        if path.is_file() and not path.name.startswith("."):
            assert copy.read_bytes() == path.read_bytes()
    assert not list(copy_run.path.rglob(".*"))
    assert elsewhere.import_zip(content).name == "my-run-2"
    assert [path.name for path in elsewhere.root.iterdir() if path.name[0] == "."] == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no zip file"),
        (b"not a zip", "no zip file"),
        (archive({}), "one run in one folder"),
        (archive({"../x/config.json": "{}"}), "one run in one folder"),
        (archive({"/etc/config.json": "{}"}), "one run in one folder"),
        (archive({"..\\x": "{}"}), "one run in one folder|no part of a run"),
        (archive({".hidden/config.json": "{}"}), "one run in one folder"),
        (archive({"config.json": "{}"}), "no readable run"),
        (archive({"run/../../x": "{}"}), r"'run/\.\./\.\./x', which is no part of a run"),
        (archive({"run/samples/../../x.png": "{}"}), "no part of a run"),
        (archive({"run//etc/passwd": "{}"}), "no part of a run"),
        (archive({"run/config.json": "{}", "run/evil.py": "1"}), "'run/evil.py', which is no part"),
        (archive({"run/config.json": "{}", "run/model.pkl": "1"}), "no part of a run"),
        (archive({"one/config.json": "{}", "two/config.json": "{}"}), "one run in one folder"),
        (archive({"run/metrics.jsonl": ""}), "no readable run: .*no config.json"),
        (archive({"run/config.json": "{}"}), "no readable run"),
        (archive({"run/config.json": "{"}), "no readable run"),
        (link(), r"a link \(run/config.json\), which is refused"),
        (lying(), "is damaged|no readable run"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    store = RunStore(tmp_path / "deep" / "runs")
    with pytest.raises(ArchiveError, match=message):
        store.import_zip(content)
    assert list(store.root.iterdir()) == []
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["deep", "runs"]


def test_archives_that_are_too_large(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = store.export_zip("my-run")
    other = RunStore(tmp_path / "other")
    monkeypatch.setattr(run_archive, "MAX_ARCHIVE_BYTES", 2**20 // 2)
    large = archive({"run/config.json": b" " * 2**20})
    with pytest.raises(ArchiveError, match="unpacks to more than 0 MiB"):
        other.import_zip(large)
    monkeypatch.undo()
    monkeypatch.setattr(run_archive, "MAX_ARCHIVE_FILES", 3)
    with pytest.raises(ArchiveError, match="files, more than 3"):
        other.import_zip(content)
    assert list(other.root.iterdir()) == []


def test_what_counts_is_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip whose reader hands out more than the directory promised is stopped on the way."""
    names: list[str] = []

    def bomb(self: zipfile.ZipFile, entry: zipfile.ZipInfo) -> io.BytesIO:
        names.append(entry.filename)
        return io.BytesIO(bytes(3 * 2**20))

    monkeypatch.setattr(run_archive, "MAX_ARCHIVE_BYTES", 2 * 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", bomb)
    store = RunStore(tmp_path / "runs")
    with pytest.raises(ArchiveError, match="unpacks to more than 2 MiB"):
        store.import_zip(empty_archive())
    assert names == ["run/config.json"]
    assert list(store.root.iterdir()) == []


def empty_archive() -> bytes:
    """Made by hand, because the tests patch what zipfile would make it with."""
    name = b"run/config.json"
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
    fields = (20, 20, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0)
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields) + name
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def test_a_damaged_archive_is_refused_whatever_the_damage(store: RunStore, tmp_path: Path) -> None:
    whole = store.export_zip("my-run")
    other, chance = RunStore(tmp_path / "other"), random.Random(0)
    for _ in range(60):
        content_bytes = bytearray(whole)
        for _ in range(8):
            content_bytes[chance.randrange(len(content_bytes))] = chance.randrange(256)
        for content in (bytes(content_bytes), whole[: chance.randrange(len(whole))]):
            try:
                other.import_zip(content)
            except ArchiveError as error:
                assert "\n" not in str(error)
    assert [path.name for path in other.root.iterdir() if path.name[0] == "."] == []


@pytest.mark.parametrize(
    ("around", "name"),
    [
        ("my-run/", "my-run"),
        ("./my-run/", "my-run"),
        ("Downloads/from a friend/my-run/", "my-run"),
        ("", "imported-run"),
        ("my run (1)/", "my run (1)"),
        ("実験/", "実験"),
        ("my-run\\", "my-run"),
    ],
)
def test_a_run_zipped_by_hand_is_taken_without_what_systems_leave_beside_it(
    run: RunFolder, tmp_path: Path, around: str, name: str
) -> None:
    entries: dict[str, bytes | str] = {
        f"{around}{path.relative_to(run.path).as_posix()}": path.read_bytes()
        for path in run.path.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }
    for litter in (".lock", ".DS_Store", "samples/Thumbs.db", "._config.json", ".x.1.tmp"):
        entries[f"{around}{litter}"] = b"litter"
    entries[f"__MACOSX/{around}._config.json"] = b"litter"
    copy = RunStore(tmp_path / "elsewhere").import_zip(archive(entries))
    assert copy.name == name
    assert copy.config() == run.config() and copy.grids() == run.grids()
    files = [path for path in copy.path.rglob("*") if path.is_file()]
    assert not [path for path in files if path.read_bytes() == b"litter"]


EVENT = '{"step": 3, "event": "set", "name": "lr_g", "old": 0.0002, "new": 0.001}\n'


def test_what_was_done_to_a_run_goes_with_it(
    store: RunStore, run: RunFolder, tmp_path: Path
) -> None:
    (run.path / "events.jsonl").write_text(EVENT)
    copy = RunStore(tmp_path / "elsewhere").import_zip(store.export_zip("my-run"))
    assert copy.events() == run.events() != ()
    assert copy.settings_at().lr_g == 0.001


def test_damaged_events_are_refused_in_a_sentence(store: RunStore, run: RunFolder) -> None:
    (run.path / "events.jsonl").write_text(EVENT + '{"step": 2, "event": "turn", "name": "d"}\n')
    content = store.export_zip("my-run")
    store.delete("my-run")
    with pytest.raises(ArchiveError) as caught:
        store.import_zip(content)
    assert str(caught.value) == (
        "The zip holds no readable run: my-run/events.jsonl, line 2: the steps must not fall."
    )
    assert store.list() == []
