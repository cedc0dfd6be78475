from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import BusyError, CheckpointError
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore
from tests.gan_core import helpers


def test_a_store_lists_runs_and_nothing_else(store: RunStore) -> None:
    for other in (".deleting-x", "no-config", ".hidden"):
        (store.root / other).mkdir()
    (store.root / ".hidden" / "config.json").touch()
    (store.root / "file").touch()
    assert [run.name for run in store.list()] == ["my-run"]
    assert RunStore(store.root / "gone").list() == []


@pytest.mark.parametrize("name", ["gone", "", ".", "..", "../runs/my-run", "my-run/samples", "a b"])
def test_names_that_are_no_run(store: RunStore, name: str) -> None:
    with pytest.raises(CheckpointError, match="There is no run named"):
        store.get(name)
    with pytest.raises(CheckpointError, match="There is no run named"):
        store.delete(name)
    assert store.get("my-run").path.is_dir()


def test_new_runs_never_share_a_folder(store: RunStore) -> None:
    folders = [store.create("odd / title").path for _ in range(3)]
    assert len({*folders}) == 3
    assert all(path.is_dir() and "odd-title" in path.name for path in folders)
    for title in ("x" * 300, "", "../up"):
        path = store.create(title).path
        assert path.parent == store.root
        (path / "config.json").touch()
        assert path.name in [run.name for run in store.list()]


def test_rename(store: RunStore) -> None:
    other = store.rename("my-run", "better.name_2")
    assert other.config() == helpers.tiny_config()
    assert [run.name for run in store.list()] == ["better.name_2"]


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../out", "a b", "x" * 101, "-x", "ä"])
def test_names_that_a_run_cannot_have(store: RunStore, name: str) -> None:
    with pytest.raises(CheckpointError, match=r"cannot be a run's name; use up to 100 letters"):
        store.rename("my-run", name)
    assert [run.name for run in store.list()] == ["my-run"]


def test_a_name_that_is_taken(store: RunStore) -> None:
    (store.root / "taken").mkdir()
    with pytest.raises(CheckpointError, match="There is already a run named 'taken'"):
        store.rename("my-run", "taken")
    with pytest.raises(CheckpointError, match="There is no run named 'gone'"):
        store.rename("gone", "new")


def test_delete_leaves_nothing(store: RunStore) -> None:
    (store.root / ".deleting-my-run" / "rest").mkdir(parents=True)  # of one that was cut short
    store.delete("my-run")
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127])
def test_a_run_with_the_longest_name_is_deleted(store: RunStore, name: str) -> None:
    store.get("my-run").path.rename(store.root / name)
    store.delete(name)
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("act", [RunStore.delete, lambda store, name: store.rename(name, "other")])
def test_a_folder_that_may_not_be_written_is_named_and_not_its_lock(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, act: Callable[[RunStore, str], object]
) -> None:
    def refuse(path: str, *rest: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    run = store.get("my-run")
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError) as caught:
        act(store, "my-run")
    monkeypatch.undo()
    assert caught.value.filename == str(run.path)
    assert store.list() == [run]


def test_a_kill_at_any_rename_of_an_import_leaves_no_folder_but_what_is_swept(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = store.export_zip("my-run")

    def look() -> None:
        names.append(sorted(p.name for p in store.root.iterdir() if p.name[0] != "."))

    names: list[list[str]] = []
    for function in ("mkdir", "rmdir", "rename"):
        plain = getattr(Path, function)

        def watch(*given: Any, plain: Callable[..., Any] = plain, **options: Any) -> Any:
            result = plain(*given, **options)
            look()
            return result

        monkeypatch.setattr(Path, function, watch)
    assert store.import_zip(content).name == "my-run-2"
    before, after = ["my-run"], ["my-run", "my-run-2"]
    assert [n for n in names if n not in (before, after)] == []
    assert after in names
    assert store.get("my-run-2").config() == helpers.tiny_config()


def test_a_run_in_training_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    session = helpers.start(tmp_path / "run")
    store = RunStore(tmp_path)
    try:
        with pytest.raises(BusyError, match="run is being trained"):
            store.delete("run")
        with pytest.raises(BusyError, match="run is being trained"):
            store.rename("run", "other")
    finally:
        session.close()
    store.delete(store.rename("run", "other").name)
    assert store.list() == []


@pytest.mark.parametrize("name", ["my run", "run (1)", "x - Copy", "実験", "ärger", "a'b", "100%"])
def test_a_run_is_known_by_any_name_that_a_person_gave_its_folder(
    store: RunStore, name: str
) -> None:
    store.get("my-run").path.rename(store.root / name)
    assert [run.name for run in store.list()] == [name]
    assert store.get(name).config() == helpers.tiny_config()
    store.delete(name)
    assert store.list() == []


def test_of_a_run_that_is_a_link_the_link_is_deleted(store: RunStore, tmp_path: Path) -> None:
    elsewhere = store.get("my-run").path.rename(tmp_path / "elsewhere")
    (store.root / "linked").symlink_to(elsewhere)
    store.delete("linked")
    assert store.list() == [] and not (store.root / "linked").is_symlink()
    assert RunFolder(elsewhere).config() == helpers.tiny_config()


def test_what_a_killed_process_left_half_written_is_swept(store: RunStore) -> None:
    run = store.get("my-run")
    for folder in (".import-abc", ".deleting-x", ".export-y", "20261126-1234-digits", "mine"):
        (store.root / folder).mkdir()
    (store.create("never-began").path / "training.pt").touch()  # whose settings come last
    lost = store.root / "20261126-1235-lost"  # it did begin: a person has taken its settings
    lost.mkdir()
    (lost / "training.pt").touch()
    (run.path / ".status.json.123.tmp").touch()
    store.sweep()
    assert (store.root / ".import-abc").is_dir()  # it may be another process's, of this moment
    store.sweep(older_than=-5)
    assert sorted(path.name for path in store.root.iterdir()) == [lost.name, "mine", "my-run"]
    assert not list(run.path.rglob("*.tmp"))
    assert run.config() == helpers.tiny_config()


def test_what_is_being_written_is_not_swept(store: RunStore) -> None:
    run = RunFolder(store.root / "20261126-1234-digits")
    run.path.mkdir()
    with run.lock():
        store.sweep(older_than=-5)
        assert run.path.is_dir()
