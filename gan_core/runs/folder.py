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

import json
import re
import shutil
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gan_core.config import TrainConfig
from gan_core.errors import BusyError, CheckpointError, ConfigError
from gan_core.files import dump_json, link_atomic, write_atomic
from gan_core.runs.history import Curves, is_plottable, to_columns

HISTORY, QUALITY = "metrics.jsonl", "quality.jsonl"
MAX_STATES_BYTES = 256 * 2**20  # of one run's states, beside the latest

RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
ARCHIVED = re.compile(
    r"(config\.json|status\.json|metrics\.jsonl|quality\.jsonl|evaluation\.json"
    r"|memorisation\.png|direction-names\.json|generator\.safetensors|training\.pt"
    r"|samples/(\d{6,9}|real)\.png|states/\d{6,9}\.(pt|safetensors)"
    r"|states/\d{6,9}/direction-names\.json)"
)


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
            numbers = isinstance(row, dict) and all(map(is_plottable, row.values()))
            if numbers and isinstance(row.get("step"), int):
                yield row

    def curves(self) -> Curves:
        """The history as columns: step, images, seconds, and every scalar by name."""
        return to_columns(list(self.rows()))

    def quality(self) -> Curves:
        """The measurements made while it trained, as columns."""
        return to_columns(list(self.quality_rows()))

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
                link_atomic(latest, kept)
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


def _least_missed(steps: list[int]) -> int:
    """Of the steps in rising order, the one whose neighbours lie nearest together.

    The first and the last have one neighbour only and stay as long as there are others.
    """
    if len(steps) < 3:
        return steps[0]
    inner = range(1, len(steps) - 1)
    return steps[min(inner, key=lambda i: steps[i + 1] - steps[i - 1])]
