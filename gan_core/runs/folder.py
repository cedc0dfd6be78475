"""A run is a folder: atomic writes, the history of its curves, its generator, and archives.

    config.json            all settings, and under "run" what else it takes to rebuild the networks
    status.json            how far the training got and how it ended
    metrics.jsonl          one line a logging interval
    quality.jsonl          one line a measurement of the pictures drawn while it trained
    samples/000500.png     the fixed-noise grid after 500 steps; samples/real.png real images
    generator.safetensors  the latest generator (averaged weights where they are kept)
    training.pt            everything needed to go on, read with weights_only=True
    direction-names.json   what a person calls directions of its latent space; see direction_files
    evaluation.json        the last full measurement of the generator, where one was made
    memorisation.png       its samples, each with the training image nearest to it
    states/000500.pt       the same as it was saved at step 500, and beside it
    states/000500.safetensors  the generator of that moment
    states/000500/direction-names.json  the names of that generator's directions

The states are bounded (``keep_states`` of the settings, :data:`MAX_STATES_BYTES`): of more than
that the one goes whose neighbours lie nearest together, so that those left are spread over the
training. The latest state is not among them: it is training.pt.

A shipped checkpoint is the same, less ``training.pt`` and ``states``. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import json
import lzma
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from gan_core.config import TrainConfig, dump_json
from gan_core.errors import ArchiveError, BusyError, CheckpointError, ConfigError

if TYPE_CHECKING:
    import torch

    from gan_core.networks.build import Generator

CHECKPOINTS_DIR = Path(__file__).resolve().parents[2] / "checkpoints"
HISTORY, QUALITY = "metrics.jsonl", "quality.jsonl"
MAX_ARCHIVE_BYTES = 512 * 2**20  # unpacked
MAX_ARCHIVE_FILES = 20_000
MAX_STATES_BYTES = 256 * 2**20  # of one run's states, beside the latest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ARCHIVED = re.compile(
    r"(config\.json|status\.json|metrics\.jsonl|quality\.jsonl|evaluation\.json"
    r"|memorisation\.png|direction-names\.json|generator\.safetensors|training\.pt"
    r"|samples/(\d{6,9}|real)\.png|states/\d{6,9}\.(pt|safetensors)"
    r"|states/\d{6,9}/direction-names\.json)"
)

# What zipfile raises on archives that are damaged, encrypted or packed in a way it does not know.
_BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError,
    LookupError,
)  # fmt: skip

Curves = Mapping[str, np.ndarray]  # columns of equal length, NaN where a value is missing


@dataclass(frozen=True)
class RunInfo:
    """What, beside the settings, it takes to rebuild a run's networks and to repeat it."""

    image_shape: tuple[int, int, int]  # channels, height, width
    classes: tuple[str, ...]
    dataset_fingerprint: str
    dataset_size: int
    version: str
    device: str
    created: str  # ISO 8601, local time
    parent: str = ""  # the run that this one was forked from; empty where it began by itself
    forked_at: int = 0  # the step of the parent's state that it goes on from


# What the doctor may do about a severe finding, by name, as a person reads it.
ACTIONS: dict[str, str] = {
    "off": "Only tell me",
    "stop": "Stop the training",
    "rollback": "Go back once, then stop",
}


@dataclass(frozen=True)
class Status:
    """How far a training got: phase is running, paused, finished, stopped or failed."""

    phase: str
    step: int
    seconds: float
    message: str = ""
    may_act: str = "off"  # what the doctor may do, of ACTIONS
    acted: str = ""  # what it did, in a sentence


@dataclass(frozen=True)
class RunFolder:
    """One run or checkpoint on disk. Reading it never needs the networks' code."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def resumable(self) -> bool:
        """Whether a training state was saved."""
        return (self.path / "training.pt").is_file()

    @property
    def locked(self) -> bool:
        """Whether a training has it, of this or another process.

        To look is to hold the lock for a moment: not to be asked while an own training begins.
        """
        if not self._lock_path.is_file():
            return False
        try:
            with FileLock(self._lock_path, timeout=0):
                return False
        except Timeout:
            return True
        except OSError:  # a folder that may not be written: no training has it
            return False

    @property
    def _lock_path(self) -> Path:
        return self.path / ".lock"

    def lock(self) -> FileLock:
        """Take it for this process until the lock is released, or the process ends.

        Raises:
            BusyError: a training has it.
        """
        lock = FileLock(self._lock_path, timeout=0.5)  # longer than a look at it takes
        try:
            lock.acquire()
        except Timeout:
            raise BusyError(f"{self.name} is being trained by another process.") from None
        return lock

    def config(self) -> TrainConfig:
        """The settings.

        Raises:
            CheckpointError: config.json is missing, damaged, or holds settings not allowed.
        """
        values, _ = self._read_config()
        try:
            return TrainConfig.from_dict(values)
        except ConfigError as error:
            raise CheckpointError(f"{self.name}/config.json: {error}") from error

    def info(self) -> RunInfo:
        """What else the run was made of.

        Raises:
            CheckpointError: config.json is missing, damaged or incomplete.
        """
        _, info = self._read_config()
        try:
            shape = tuple(int(side) for side in info["image_shape"])
            if len(shape) != 3 or shape[0] not in (1, 3) or not 1 <= shape[1] == shape[2] <= 128:
                raise ValueError(f"image_shape is {shape}")
            return RunInfo(
                image_shape=(shape[0], shape[1], shape[2]),
                classes=tuple(str(name) for name in info.get("classes", ())),
                dataset_fingerprint=str(info.get("dataset_fingerprint", "")),
                dataset_size=int(info.get("dataset_size", 0)),
                version=str(info.get("version", "")),
                device=str(info.get("device", "")),
                created=str(info.get("created", "")),
                parent=str(info.get("parent", "")),
                forked_at=int(info.get("forked_at", 0)),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CheckpointError(
                f"{self.name}/config.json does not say what pictures it makes ({error})."
            ) from error

    def status(self) -> Status:
        """How far the training got, as last written; step 0 where nothing was."""
        try:
            values = json.loads((self.path / "status.json").read_text("utf-8"))
            return Status(
                str(values["phase"]),
                int(values["step"]),
                float(values["seconds"]),
                str(values.get("message", "")),
                str(values.get("may_act", "off")),
                str(values.get("acted", "")),
            )
        except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
            return Status("stopped", 0, 0.0)

    def rows(self) -> Iterator[dict[str, float]]:
        """The lines of metrics.jsonl; a last line cut short by a crash is left out."""
        return self._rows(HISTORY)

    def quality_rows(self) -> Iterator[dict[str, float]]:
        """The lines of quality.jsonl, read in the same way; see :mod:`gan_core.quality.monitor`."""
        return self._rows(QUALITY)

    def _rows(self, name: str) -> Iterator[dict[str, float]]:
        try:
            lines = (self.path / name).read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            numbers = isinstance(row, dict) and all(map(_is_plottable, row.values()))
            if numbers and isinstance(row.get("step"), int):
                yield row

    def curves(self) -> Curves:
        """The history as columns: step, images, seconds, and every scalar by name."""
        return _columns(list(self.rows()))

    def quality(self) -> Curves:
        """The measurements made while it trained, as columns."""
        return _columns(list(self.quality_rows()))

    def grids(self) -> list[int]:
        """The steps at which a grid was drawn."""
        folder = self.path / "samples"
        return sorted(int(p.stem) for p in folder.glob("*.png") if p.stem.isdigit())

    def grid_path(self, step: int | None) -> Path:
        """Where the grid of that step is, or the real images for None."""
        return self.path / "samples" / ("real.png" if step is None else f"{step:06d}.png")

    def saved_steps(self) -> list[int]:
        """The steps whose whole state is kept: those of ``states``, and the latest."""
        kept = {int(p.stem) for p in self.path.glob("states/*.pt") if p.stem.isdigit()}
        return sorted(kept | {self.status().step} if self.resumable else kept)

    def kept_steps(self) -> list[int]:
        """The saved steps, beside the latest, whose generator can be opened."""
        latest = self.status().step
        steps = (step for step in self.saved_steps() if step != latest)
        return [step for step in steps if self.generator_path(step).is_file()]

    def state_path(self, step: int) -> Path:
        """Where the state of a saved step is: in ``states``, or the latest."""
        kept = self.path / "states" / f"{step:06d}.pt"
        return kept if kept.is_file() else self.path / "training.pt"

    def generator_path(self, step: int | None = None) -> Path:
        """Where the generator of a saved step is, or the latest for None."""
        latest = self.path / "generator.safetensors"
        if step is None:
            return latest
        kept = self.path / "states" / f"{step:06d}.safetensors"
        return latest if not kept.is_file() and step == self.status().step else kept

    def notes_path(self, step: int | None = None) -> Path:
        """The folder for what is found out about the generator of a kept step, or the latest."""
        return self.path if step is None else self.path / "states" / f"{step:06d}"

    def keep_state(self, step: int, most: int) -> None:
        """Keep the latest state, which is of that step, in ``states``: another will replace it.

        It costs no time to speak of: the files get a second name, and are never written again.
        Of more than ``most``, or of more than :data:`MAX_STATES_BYTES`, some are dropped.
        """
        for name in ("generator.safetensors", "training.pt"):  # the state last: it counts
            latest = self.path / name
            kept = self.path / "states" / f"{step:06d}{latest.suffix}"
            if most and latest.is_file() and not kept.exists():
                _second_name(latest, kept)
        self.thin_states(most)

    def thin_states(self, most: int) -> None:
        """Drop states until there are no more than so many, and no more bytes than may be."""
        sizes: dict[int, int] = {}
        for step, path in self._state_files():
            sizes[step] = sizes.get(step, 0) + path.stat().st_size
        while sizes and (len(sizes) > most or sum(sizes.values()) > MAX_STATES_BYTES):
            dropped = _least_missed(sorted(sizes))
            self._drop_states({dropped})
            del sizes[dropped]

    def drop_states_after(self, step: int) -> None:
        """Drop the states of later steps, which a resumed training will come to again."""
        self._drop_states({later for later, _ in self._state_files() if later > step})

    def _state_files(self) -> list[tuple[int, Path]]:
        """What is in ``states``, with the steps, each state before its generator."""
        found = sorted(self.path.glob("states/*.*"))
        return [(int(path.stem), path) for path in found if path.stem.isdigit()]

    def _drop_states(self, steps: Container[int]) -> None:
        for step, path in self._state_files():
            if step in steps:
                path.unlink(missing_ok=True)
                shutil.rmtree(self.notes_path(step), ignore_errors=True)

    def size(self) -> int:
        """Bytes on disk."""
        total = 0
        for path in self.path.rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:
                continue  # a temporary file of a training that runs
        return total

    def _read_config(self) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            values = json.loads((self.path / "config.json").read_text("utf-8"))
        except FileNotFoundError:
            raise CheckpointError(
                f"{self.name} is no run or checkpoint: it has no config.json."
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise CheckpointError(f"{self.name}/config.json cannot be read ({error}).") from error
        if not isinstance(values, dict):
            raise CheckpointError(f"{self.name}/config.json does not hold settings.")
        info = values.pop("run", {})
        return values, info

    def write_config(self, config: TrainConfig, info: RunInfo) -> None:
        """Write config.json."""
        values = {**config.to_dict(), "run": asdict(info)}
        write_atomic(self.path / "config.json", dump_json(values).encode())

    def write_status(self, status: Status) -> None:
        """Write status.json."""
        write_atomic(self.path / "status.json", dump_json(asdict(status)).encode())


@dataclass(frozen=True)
class OpenedGenerator:
    """A generator ready to draw, with what it was trained as."""

    name: str
    generator: Generator
    config: TrainConfig
    info: RunInfo


def open_generator(folder: Path, step: int | None = None) -> OpenedGenerator:
    """The generator of a run or checkpoint, in eval mode on the CPU.

    Args:
        step: one of :meth:`RunFolder.saved_steps`; the latest generator without it.

    Raises:
        CheckpointError: a file is missing, damaged, of other shapes, or a pickle (never opened).
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from gan_core import catalog
    from gan_core.networks.build import build_generator

    run = RunFolder(folder)
    config, info = run.config(), run.info()
    weights = run.generator_path(step)
    inside = weights.relative_to(folder).as_posix()
    if step is not None and not weights.is_file():
        raise CheckpointError(f"{run.name} keeps no generator of step {step:,}.")
    if not weights.is_file():
        pickles = [p.name for p in folder.glob("*") if p.suffix in (".pt", ".pth", ".pkl", ".ckpt")]
        reason = (
            f"only {pickles[0]}, which is not opened because a pickle can run code"
            if pickles
            else "nothing was saved yet"
        )
        raise CheckpointError(f"{run.name} has no generator.safetensors: {reason}.")
    try:
        n_classes = catalog.class_count(config, info.classes)
        generator = build_generator(
            config.architecture, config.latent_dim, info.image_shape, n_classes
        )
        generator.load_state_dict(load_file(weights))
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{run.name}/{inside} is damaged or no safetensors file ({error})."
        ) from error
    except (RuntimeError, ConfigError) as error:
        raise CheckpointError(
            f"{run.name}/{inside} does not fit the network in its config.json "
            f"({config.architecture}, latent_dim {config.latent_dim})."
        ) from error
    return OpenedGenerator(run.name, generator.eval(), config, info)


def find_checkpoint(name_or_path: str) -> Path:
    """The folder of a checkpoint given as a path, or as the name of a shipped one.

    Raises:
        CheckpointError: there is none, or it is a file.
    """
    path = Path(name_or_path)
    if path.is_dir():
        return path
    if path.is_file():
        raise CheckpointError(
            f"{name_or_path} is a file; give the folder of a run or checkpoint. Pickled models are "
            "never opened, because a pickle can run code."
        )
    shipped = CHECKPOINTS_DIR / name_or_path
    if _NAME.fullmatch(name_or_path) and shipped.is_dir():
        return shipped
    names = ", ".join(run.name for run in RunStore(CHECKPOINTS_DIR).list()) or "none"
    raise CheckpointError(
        f"{name_or_path!r} is neither a folder nor a shipped checkpoint (shipped: {names})."
    )


@dataclass(frozen=True)
class RunStore:
    """The runs in one folder."""

    root: Path

    def list(self) -> list[RunFolder]:
        """All runs, by name."""
        if not self.root.is_dir():
            return []
        return [
            RunFolder(path)
            for path in sorted(self.root.iterdir())
            if _NAME.fullmatch(path.name) and (path / "config.json").is_file()
        ]

    def get(self, name: str) -> RunFolder:
        """The run of that name.

        Raises:
            CheckpointError: no such run, or no possible name of one.
        """
        if not _NAME.fullmatch(name) or not (self.root / name / "config.json").is_file():
            raise CheckpointError(f"There is no run named {name!r}.")
        return RunFolder(self.root / name)

    def create(self, title: str) -> RunFolder:
        """A new empty folder named by the minute and a title."""
        stem = f"{datetime.now():%Y%m%d-%H%M}-{re.sub(r'[^A-Za-z0-9._-]+', '-', title) or 'run'}"
        return RunFolder(self._claim(stem[:80]))

    def rename(self, name: str, new_name: str) -> RunFolder:
        """Give a run another name.

        Raises:
            CheckpointError: no such run, a name that is taken, or one that cannot be a folder's.
            BusyError: a training has it.
        """
        run = self.get(name)
        run.lock().release()
        if not _NAME.fullmatch(new_name):
            raise CheckpointError(
                f"{new_name!r} cannot be a run's name; use up to 100 letters, digits, '.', '_' "
                "and '-', beginning with a letter or digit."
            )
        target = self.root / new_name
        if target.exists():
            raise CheckpointError(f"There is already a run named {new_name!r}.")
        run.path.rename(target)
        return RunFolder(target)

    def delete(self, name: str) -> None:
        """Remove a run for good.

        Raises:
            CheckpointError: no such run.
            BusyError: a training has it.
        """
        run = self.get(name)
        run.lock().release()
        # Renamed out of the listing first: a removal that is cut short leaves no half of a run.
        doomed = self.root / f".deleting-{name}"
        shutil.rmtree(doomed, ignore_errors=True)  # what an earlier one left behind
        run.path.rename(doomed)
        shutil.rmtree(doomed)

    def export_zip(self, name: str, states: bool = False) -> bytes:
        """The run as a zip file, its folder at the top.

        Args:
            states: with the states kept along the way, which make most of a run's size. The
                latest is always in it.

        Raises:
            CheckpointError: no such run.
        """
        run = self.get(name)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(run.path.rglob("*")):
                inside = path.relative_to(run.path).as_posix()
                left_out = not states and inside.startswith("states/")
                if path.is_file() and _ARCHIVED.fullmatch(inside) and not left_out:
                    archive.write(path, f"{name}/{inside}")
        return buffer.getvalue()

    def import_zip(self, content: bytes) -> RunFolder:
        """Add a run from a zip file made by :meth:`export_zip`.

        Only the files that a run is made of are taken; the run keeps its name, with a number
        behind it where that is taken.

        Raises:
            ArchiveError: no zip, a path that climbs out, a link, a file that does not belong into
                a run, too large, or not a readable run.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except _BAD_ZIP as error:
            raise ArchiveError(f"This is no zip file ({error}).") from error
        with archive, tempfile.TemporaryDirectory(prefix=".import-", dir=self.root) as scratch:
            folder = _extract(archive, Path(scratch))
            run = RunFolder(folder)
            try:
                run.config(), run.info()
            except CheckpointError as error:
                raise ArchiveError(f"The zip holds no readable run: {error}") from error
            target = self._claim(folder.name)
            target.rmdir()
            folder.rename(target)  # at once, so that no half of a run is ever listed
        return RunFolder(target)

    def _claim(self, stem: str) -> Path:
        """A folder of that name, or of that name with a number, that did not exist before."""
        self.root.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = self.root / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir()
                return path
            except FileExistsError:
                number += 1


def _extract(archive: zipfile.ZipFile, scratch: Path) -> Path:
    """Unpack the files of one run below ``scratch`` and return the run's folder."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ARCHIVE_FILES:
        raise ArchiveError(
            f"The zip holds {len(entries):,} files, more than {MAX_ARCHIVE_FILES:,}."
        )
    budget = MAX_ARCHIVE_BYTES
    if sum(entry.file_size for entry in entries) > budget:
        raise ArchiveError(f"The zip unpacks to more than {budget // 2**20} MiB.")
    tops = {entry.filename.split("/", 1)[0] for entry in entries}
    top = tops.pop() if len(tops) == 1 else ""
    if not _NAME.fullmatch(top):
        raise ArchiveError("The zip must hold one run in one folder at its top.")
    for entry in entries:
        inside = entry.filename.partition("/")[2]
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveError(f"The zip holds a link ({entry.filename}), which is refused.")
        if not _ARCHIVED.fullmatch(inside):
            raise ArchiveError(f"The zip holds {entry.filename!r}, which is no part of a run.")
        target = scratch / top / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with archive.open(entry) as source, target.open("wb") as sink:
                # The header's size can lie: what counts is what comes out.
                while block := source.read(2**20):
                    budget -= len(block)
                    if budget < 0:
                        raise ArchiveError(
                            f"The zip unpacks to more than {MAX_ARCHIVE_BYTES // 2**20} MiB."
                        )
                    sink.write(block)
        except _BAD_ZIP as error:
            raise ArchiveError(f"{entry.filename} in the zip is damaged ({error}).") from error
    return scratch / top


def _columns(rows: Sequence[Mapping[str, float]]) -> Curves:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {
        name: np.array([row.get(name, np.nan) for row in rows], dtype=np.float64) for name in names
    }


def _is_plottable(value: object) -> bool:
    """Whether a value is a number that a float can hold."""
    if type(value) is int:
        return value.bit_length() < 1024
    return type(value) is float


def export_checkpoint(run: RunFolder, target: Path, grids: int = 48) -> RunFolder:
    """Copy a run as a checkpoint to ship: less its training state, with so many grids at most.

    The grids kept are spaced evenly in the logarithm of the step, because a training changes most
    in its first steps.

    Raises:
        CheckpointError: the run has no generator that opens, or the target exists.
    """
    open_generator(run.path)
    if target.exists():
        raise CheckpointError(f"{target} exists already; give a folder that does not.")
    drawn = run.grids()
    wanted = np.geomspace(1, max(drawn, default=0) + 1, grids) - 1
    kept = {min(drawn, key=lambda step: abs(step - moment)) for moment in wanted if drawn}
    names = [
        "config.json", "status.json", HISTORY, QUALITY, "generator.safetensors", "evaluation.json",
        "memorisation.png",
    ]  # fmt: skip
    sheets = [run.grid_path(None), *(run.grid_path(step) for step in sorted(kept))]
    for path in [*(run.path / name for name in names), *sheets]:
        if path.is_file():
            write_atomic(target / path.relative_to(run.path), path.read_bytes())
    return RunFolder(target)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file beside itself and rename it into place: readers see the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as sink:
            sink.write(content)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _second_name(path: Path, other: Path) -> None:
    """Give a file another name beside its own, at once; where there are no links, copy it."""
    other.parent.mkdir(exist_ok=True)
    temporary = other.with_name(f".{other.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:  # a file system without hard links
        write_atomic(other, path.read_bytes())
        return
    temporary.replace(other)


def _least_missed(steps: list[int]) -> int:
    """Of the steps in rising order, the one whose neighbours lie nearest together.

    The first and the last have one neighbour only and stay as long as there are others.
    """
    if len(steps) < 3:
        return steps[0]
    inner = range(1, len(steps) - 1)
    return steps[min(inner, key=lambda i: steps[i + 1] - steps[i - 1])]


def save_generator(run: RunFolder, state: Mapping[str, torch.Tensor]) -> None:
    """Write generator.safetensors."""
    from safetensors.torch import save

    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    write_atomic(run.path / "generator.safetensors", save(tensors))


def save_training(run: RunFolder, state: Mapping[str, Any]) -> None:
    """Write training.pt: tensors and plain values only."""
    import torch

    buffer = io.BytesIO()
    torch.save(dict(state), buffer)
    write_atomic(run.path / "training.pt", buffer.getvalue())


def load_training(run: RunFolder, device: torch.device, step: int | None = None) -> dict[str, Any]:
    """Read training.pt without unpickling anything but tensors and plain values.

    Args:
        step: one of :meth:`RunFolder.saved_steps`; the latest state without it.

    Raises:
        CheckpointError: it is missing, damaged, or holds anything else.
    """
    import torch

    path = run.path / "training.pt" if step is None else run.state_path(step)
    if not path.is_file():
        raise CheckpointError(f"{run.name} cannot be resumed: it has no training.pt.")
    inside = path.relative_to(run.path).as_posix()
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch raises nearly anything on a damaged file
        raise CheckpointError(
            f"{run.name}/{inside} is damaged or not a training state; nothing in it was run."
        ) from error
    if not isinstance(state, dict) or "step" not in state:
        raise CheckpointError(f"{run.name}/{inside} is not a training state.")
    if step is not None and state["step"] != step:
        kept = ", ".join(f"{saved:,}" for saved in run.saved_steps())
        raise CheckpointError(f"{run.name} keeps no state of step {step:,}; it keeps {kept}.")
    return state
