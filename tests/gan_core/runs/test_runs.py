from __future__ import annotations

import io
import json
import os
import pickle
import random
import shutil
import stat
import struct
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gan_core import files
from gan_core.data.table import DATASETS
from gan_core.errors import ArchiveError, BusyError, CheckpointError
from gan_core.files import write_atomic
from gan_core.latent import vectors
from gan_core.networks.sampling import sample
from gan_core.runs import archive as run_archive
from gan_core.runs import folder, generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import find_checkpoint, load_training, open_generator, save_training
from gan_core.runs.store import RunStore
from tests.gan_core import helpers


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, to be copied and not touched."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        helpers.trained(root / "finished")
    return root / "finished"


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> RunFolder:
    """A finished run of its own for each test, in a store of its own."""
    return RunFolder(Path(shutil.copytree(finished, tmp_path / "runs" / "my-run")))


@pytest.fixture
def store(run: RunFolder) -> RunStore:
    return RunStore(run.path.parent)


class Trap:
    """Something that, unpickled, makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


# Files


def test_a_run_is_a_folder_of_known_files(run: RunFolder) -> None:
    names = sorted(p.relative_to(run.path).as_posix() for p in run.path.rglob("*") if p.is_file())
    assert [name for name in names if name != ".lock"] == [
        "config.json",
        "generator.safetensors",
        "metrics.jsonl",
        "quality.jsonl",
        "samples/000000.png",
        "samples/000005.png",
        "samples/000010.png",
        "samples/real.png",
        "states/000000.pt",
        "states/000000.safetensors",
        "states/000005.pt",
        "states/000005.safetensors",
        "status.json",
        "training.pt",
    ]
    assert run.config() == helpers.tiny_config()
    assert run.info().image_shape == (1, 8, 8)
    assert run.info().dataset_size == 40
    assert run.status().phase == "finished"
    assert run.status().step == 10
    assert run.grids() == [0, 5, 10]
    assert run.resumable
    assert run.size() > 100_000


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


def test_a_torn_last_line_is_left_out(run: RunFolder) -> None:
    whole = run.curves()
    assert whole["step"].tolist() == [2, 4, 5, 6, 8, 10]
    path = run.path / "metrics.jsonl"
    lines = path.read_bytes()
    for cut in (1, 5, 50):
        path.write_bytes(lines[:-cut])
        expected = 6 if cut == 1 else 5  # without its newline the last line is still whole
        assert len(run.curves()["step"]) == expected


@pytest.mark.parametrize(
    "line",
    ["", "null", "[1]", "{}", '{"step": "3"}', '{"step": 3, "d/loss": "x"}', "[" * 50_000, "\x00"],
)
def test_lines_that_are_no_row_are_left_out(run: RunFolder, line: str) -> None:
    with (run.path / "metrics.jsonl").open("a", encoding="utf-8") as sink:
        sink.write(line + "\n")
    assert run.curves()["step"].tolist() == [2, 4, 5, 6, 8, 10]


def test_columns_that_a_line_lacks_are_nan(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "a": 2}\n{"step": 2, "b": 3}\n')
    curves = RunFolder(tmp_path).curves()
    assert curves["a"].tolist()[0] == 2
    assert np.isnan(curves["a"][1])
    assert np.isnan(curves["b"][0])
    (tmp_path / "metrics.jsonl").write_bytes(b"\xff\xfe")
    assert RunFolder(tmp_path).curves() == {}
    assert RunFolder(tmp_path / "gone").curves() == {}


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"phase": 1, "step": [], "seconds": 0}', "[" * 50_000]
)
def test_a_damaged_status_reads_as_stopped(run: RunFolder, content: str) -> None:
    (run.path / "status.json").write_text(content)
    assert run.status() == folder.Status("stopped", 0, 0.0)


# Generators


def test_a_generator_opens_and_draws(run: RunFolder) -> None:
    opened = open_generator(run.path)
    assert opened.name == "my-run"
    assert not opened.generator.training
    assert sample(opened.generator, vectors.noise(3, 4, seed=0)).shape == (3, 1, 8, 8)
    saved = load_training(run, helpers.CPU)
    assert helpers.differences(saved["averaged"], opened.generator.state_dict()) == []


def edit_config(run: RunFolder, /, **changes: Any) -> None:
    path = run.path / "config.json"
    values = json.loads(path.read_text())
    values |= changes
    path.write_text(json.dumps(values))


def without(run: RunFolder, name: str) -> None:
    (run.path / name).unlink()


def truncated(run: RunFolder, name: str, keep: int) -> None:
    path = run.path / name
    path.write_bytes(path.read_bytes()[:keep])


def written(run: RunFolder, name: str, content: bytes) -> None:
    (run.path / name).write_bytes(content)


def other_tensors(run: RunFolder) -> None:
    save_file({"body.0.weight": torch.zeros(3)}, run.path / "generator.safetensors")


DAMAGES: list[tuple[Callable[[RunFolder], None], str]] = [
    (lambda run: without(run, "generator.safetensors"), "has no generator.safetensors"),
    (lambda run: truncated(run, "generator.safetensors", 1000), "is damaged"),
    (lambda run: truncated(run, "generator.safetensors", 0), "is damaged"),
    (other_tensors, "does not fit the network in its config.json"),
    (lambda run: edit_config(run, latent_dim=5), r"does not fit .*latent_dim 5"),
    (lambda run: edit_config(run, architecture="mlp"), r"does not fit .*mlp"),
    (lambda run: edit_config(run, architecture="dcgan-28"), "does not fit"),
    (lambda run: edit_config(run, architecture="nonsense"), "does not fit"),
    (lambda run: edit_config(run, run={"image_shape": [1, 16, 16]}), "does not fit"),
    (lambda run: without(run, "config.json"), "has no config.json"),
    (lambda run: truncated(run, "config.json", 30), "config.json cannot be read"),
    (lambda run: written(run, "config.json", b"\xff"), "cannot be read"),
    (lambda run: written(run, "config.json", b"[" * 50_000), "cannot be read"),
    (lambda run: written(run, "config.json", b"[]"), "does not hold settings"),
    (lambda run: edit_config(run, surprise=1), "'surprise' is not a setting"),
    (lambda run: edit_config(run, lr_g=7), "lr_g is 7"),
    (lambda run: edit_config(run, run=3), "does not say what pictures it makes"),
    (lambda run: edit_config(run, run={}), "does not say what pictures it makes"),
    (lambda run: edit_config(run, run={"image_shape": [1, 8]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [2, 8, 8]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [1, 8, 9]}), "does not say what pictures"),
    (lambda run: edit_config(run, run={"image_shape": [1, 1e999, 8]}), "does not say what"),
    (lambda run: edit_config(run, run={"image_shape": [1, 9999, 9999]}), "does not say what"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), DAMAGES)
def test_a_damaged_checkpoint_is_refused_by_name(
    run: RunFolder, damage: Callable[[RunFolder], None], message: str
) -> None:
    damage(run)
    with pytest.raises(CheckpointError, match=message) as caught:
        open_generator(run.path)
    assert "my-run" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("name", ["generator.safetensors", "model.pt", "model.pkl", "training.pt"])
def test_a_pickle_is_refused_and_nothing_in_it_runs(run: RunFolder, name: str) -> None:
    sprung = run.path.parent / "sprung"
    for weights in ("generator.safetensors", "training.pt"):
        without(run, weights)
    (run.path / name).write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(CheckpointError, match="my-run"):
        open_generator(run.path)
    with pytest.raises(CheckpointError, match="my-run"):
        load_training(run, helpers.CPU)
    assert not sprung.exists()
    pickle.loads((run.path / name).read_bytes())
    assert sprung.exists()  # the trap works, so the refusal is what kept it shut


def test_a_torch_file_with_a_pickle_inside_runs_nothing(run: RunFolder) -> None:
    sprung = run.path.parent / "sprung"
    torch.save({"step": 1, "surprise": Trap(sprung)}, run.path / "training.pt")
    with pytest.raises(CheckpointError, match="nothing in it was run"):
        load_training(run, helpers.CPU)
    assert not sprung.exists()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_a_damaged_training_state_is_refused_whatever_the_damage(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "my-run")
    save_training(run, {"step": 3, "weights": {"a": torch.zeros(4)}, "random": torch.zeros(9)})
    path, chance = run.path / "training.pt", random.Random(0)
    whole = path.read_bytes()
    assert load_training(run, helpers.CPU)["step"] == 3
    for _ in range(200):
        path.write_bytes(whole[: chance.randrange(len(whole))])
        with pytest.raises(CheckpointError, match="my-run"):
            load_training(run, helpers.CPU)
        path.write_bytes(chance.randbytes(chance.randrange(200)))
        with pytest.raises(CheckpointError, match="my-run"):
            load_training(run, helpers.CPU)
    torch.save([1, 2], path)
    with pytest.raises(CheckpointError, match="not a training state"):
        load_training(run, helpers.CPU)
    path.unlink()
    with pytest.raises(CheckpointError, match=r"my-run cannot be resumed: it has no training\.pt"):
        load_training(run, helpers.CPU)


def test_checkpoints_are_found_by_path_and_by_shipped_name(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generators, "CHECKPOINTS_DIR", run.path.parent)
    assert find_checkpoint(str(run.path)) == run.path
    assert find_checkpoint("my-run") == run.path
    with pytest.raises(CheckpointError, match=r"'other' is neither .* \(shipped: my-run\)"):
        find_checkpoint("other")
    with pytest.raises(CheckpointError, match="never opened, because a pickle can run code"):
        find_checkpoint(str(run.path / "training.pt"))
    with pytest.raises(CheckpointError):
        find_checkpoint("../runs/my-run")


def test_a_shipped_checkpoint_is_a_run_less_its_training_state(
    run: RunFolder, tmp_path: Path
) -> None:
    shipped = generators.export_checkpoint(run, tmp_path / "checkpoints" / "mine", grids=2)
    assert open_generator(shipped.path).config == run.config()
    assert not shipped.resumable
    assert shipped.grids() == [0, 10]
    assert shipped.grid_path(None).is_file()
    assert shipped.curves()["step"].tolist() == run.curves()["step"].tolist()
    with pytest.raises(CheckpointError, match="exists already"):
        generators.export_checkpoint(run, shipped.path)


# Stores


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
    renamed = store.rename("my-run", "better.name_2")
    assert renamed.config() == helpers.tiny_config()
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


# Saved states


def test_the_state_and_generator_of_every_saved_step_open(run: RunFolder) -> None:
    assert run.saved_steps() == [0, 5, 10]
    for step in run.saved_steps():
        state = load_training(run, helpers.CPU, step)
        assert state["step"] == step
        opened = open_generator(run.path, step)
        assert helpers.differences(state["averaged"], opened.generator.state_dict()) == []
    with pytest.raises(CheckpointError, match=r"no state of step 7; it keeps 0, 5, 10\."):
        load_training(run, helpers.CPU, 7)
    with pytest.raises(CheckpointError, match="no generator of step 7"):
        open_generator(run.path, 7)


def test_the_latest_state_of_a_run_without_others_is_a_saved_step(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "run", keep_states=0)
    assert not (run.path / "states").exists()
    assert run.saved_steps() == [10]
    assert load_training(run, helpers.CPU, 10)["step"] == 10
    assert open_generator(run.path, 10).name == "run"


def test_a_state_that_holds_more_than_plain_values_is_refused(
    run: RunFolder, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    (run.path / "states" / "000005.pt").write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CheckpointError, match=r"states/000005\.pt is damaged"):
        load_training(run, helpers.CPU, 5)
    assert not mark.exists()


def keep(run: RunFolder, step: int, most: int, size: int = 10) -> None:
    for name in ("training.pt", "generator.safetensors"):
        files.write_atomic(run.path / name, b"x" * size)
    run.keep_state(step, most)


def kept(run: RunFolder) -> list[int]:
    return sorted(int(path.stem) for path in run.path.glob("states/*.pt"))


def test_states_are_thinned_and_stay_spread_over_the_training(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    seen = []
    for step in range(0, 900, 100):
        keep(run, step, most=4)
        seen.append(kept(run))
    # Worked by hand: the one whose neighbours lie nearest together goes, the earliest of equals.
    assert seen[4:] == [
        [0, 200, 300, 400],
        [0, 200, 400, 500],
        [0, 200, 400, 600],
        [0, 200, 400, 700],
        [0, 400, 700, 800],
    ]
    assert {p.suffix for p in run.path.glob("states/*")} == {".pt", ".safetensors"}


def test_steps_whose_generator_can_be_opened_beside_the_latest(run: RunFolder) -> None:
    assert run.kept_steps() == [0, 5]
    run.generator_path(5).unlink()
    assert run.kept_steps() == [0]


def test_what_was_noted_of_a_state_goes_with_it(run: RunFolder) -> None:
    for step in (None, 0, 5):
        write_atomic(run.notes_path(step) / "direction-names.json", b"{}")
    run.drop_states_after(0)
    assert run.notes_path().joinpath("direction-names.json").is_file()
    assert run.notes_path(0).joinpath("direction-names.json").is_file()
    assert not run.notes_path(5).exists()


def test_states_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "MAX_STATES_BYTES", 70)
    run = RunFolder(tmp_path)
    for step in (0, 1, 2, 3):
        keep(run, step, most=100, size=10)  # 20 bytes a state with its generator
    assert kept(run) == [0, 2, 3]
    keep(run, 4, most=100, size=50)  # more than may be, all by itself
    assert kept(run) == []


def test_a_kept_state_is_not_touched_by_the_next_save(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    keep(run, 0, most=4, size=10)
    files.write_atomic(run.path / "training.pt", b"new")
    assert (run.path / "states" / "000000.pt").read_bytes() == b"x" * 10


def test_states_are_copied_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    keep(RunFolder(tmp_path), 5, most=4)
    assert kept(RunFolder(tmp_path)) == [5]
    assert not list(tmp_path.rglob("*.tmp"))


# Archives


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
    arrived = elsewhere.import_zip(content)
    assert arrived.name == "my-run"
    for path in run.path.rglob("*"):
        copy = arrived.path / path.relative_to(run.path)
        if path.is_file() and not path.name.startswith("."):
            assert copy.read_bytes() == path.read_bytes()
    assert not list(arrived.path.rglob(".*"))
    assert elsewhere.import_zip(content).name == "my-run-2"
    assert [path.name for path in elsewhere.root.iterdir() if path.name[0] == "."] == []


def archive(entries: dict[str, bytes | str], **about: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return buffer.getvalue()


def link() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo("run/config.json")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def lying() -> bytes:
    """Its directory says 10 bytes where 3 million come out."""
    content = bytearray(archive({"run/config.json": b" " * 3_000_000}))
    size = struct.pack("<I", 3_000_000)
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = struct.pack("<I", 10)
    return bytes(content)


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
        (archive({"config.json": "{}"}), "one run in one folder|no part of a run"),
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
    opened: list[str] = []

    def bomb(self: zipfile.ZipFile, entry: zipfile.ZipInfo) -> io.BytesIO:
        opened.append(entry.filename)
        return io.BytesIO(bytes(3 * 2**20))

    monkeypatch.setattr(run_archive, "MAX_ARCHIVE_BYTES", 2 * 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", bomb)
    store = RunStore(tmp_path / "runs")
    with pytest.raises(ArchiveError, match="unpacks to more than 2 MiB"):
        store.import_zip(empty_archive())
    assert opened == ["run/config.json"]
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
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        for content in (bytes(damaged), whole[: chance.randrange(len(whole))]):
            try:
                other.import_zip(content)
            except ArchiveError as error:
                assert "\n" not in str(error)
    assert [path.name for path in other.root.iterdir() if path.name[0] == "."] == []


def test_a_run_in_training_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    opened = helpers.start(tmp_path / "run")
    store = RunStore(tmp_path)
    try:
        with pytest.raises(BusyError, match="run is being trained"):
            store.delete("run")
        with pytest.raises(BusyError, match="run is being trained"):
            store.rename("run", "other")
    finally:
        opened.close()
    store.delete(store.rename("run", "other").name)
    assert store.list() == []
