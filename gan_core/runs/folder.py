"""A run is a folder: what is in it, and where.

    config.json            all settings, and under "run" what else it takes to rebuild the networks
    status.json            how far the training got and how it ended; see :mod:`status`
    metrics.jsonl          one line a logging interval; see :mod:`history`
    quality.jsonl          one line a measurement of the pictures drawn while it trained
    events.jsonl           one line for each thing done to it while it trained; see :mod:`events`
    samples/000500.png     the fixed-noise grid after 500 steps; samples/real.png real images
    generator.safetensors  the latest generator (averaged weights where they are kept)
    training.pt            everything needed to go on, read with weights_only=True
    distribution.json      points that a person gave or drew, where it trains on such
    direction-names.json   what a person calls directions of its latent space; see direction_files
    evaluation.json        the last full measurement of the generator, where one was made
    memorisation.png       its samples, each with the training image nearest to it
    plane/frames.bin       of a run on points: what was seen of it; see :mod:`frames`
    states/000500.pt       the same as it was saved at step 500, and more; see :mod:`states`

A shipped checkpoint is the same, less ``training.pt`` and ``states``, which hold the critic of a
run; it has that in ``critic.safetensors``. Nothing is ever unpickled.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from gan_core.config import TrainConfig
from gan_core.data.dataset import POINT
from gan_core.errors import BusyError, CheckpointError, ConfigError
from gan_core.files import dump_json, naming, read_json, write_atomic
from gan_core.runs.events import Event, read_events, settings_at
from gan_core.runs.fields import (
    MAX_IMAGES,
    MAX_SIZE,
    MAX_STEPS,
    MAX_TEXT,
    Fields,
    describe_damage,
)
from gan_core.runs.frames import Frames
from gan_core.runs.history import Curves, History, read_rows
from gan_core.runs.states import States
from gan_core.runs.status import Phase, Status

HISTORY, QUALITY, EVENTS = "metrics.jsonl", "quality.jsonl", "events.jsonl"
_NEW = ".new"  # marks a folder that was made for a training to come
STEP_NAME = re.compile(r"[0-9]{6,9}")  # of a grid's file; no digits of other scripts
RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of those that are named here


def is_run_name(name: str) -> bool:
    """Whether a folder of that name may be a run: any that a person gave it, in any script, but
    hidden ones, and what cannot be shown or is no single name."""
    controls = any(unicodedata.category(letter)[0] == "C" for letter in name)
    return 0 < len(name) <= 255 and name[0] != "." and not controls and not {*name} & {*"/\\"}


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
    origin: str = ""  # the file that it was imported from, and its layout; empty where it was not
    # As catalog.network_sizes counts them; 0 in runs of earlier versions, which did not write them.
    generator_parameters: int = 0
    critic_parameters: int = 0
    multiply_adds: int = 0  # of the generator, an image

    @property
    def network_sizes(self) -> tuple[int, int, int] | None:
        """Parameters of generator and discriminator, and multiply-adds of the generator; None where
        they were not written."""
        sizes = (self.generator_parameters, self.critic_parameters, self.multiply_adds)
        return sizes if all(sizes) else None


@dataclass(frozen=True)
class RunFolder:
    """One run or checkpoint on disk. Reading it never needs the networks' code."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_run(self) -> bool:
        """Whether it holds settings, which are the last that is written into a new one."""
        return (self.path / "config.json").is_file()

    @property
    def is_new(self) -> bool:
        """Whether it was made for a training that has not begun."""
        return (self.path / _NEW).is_file() and not self.is_run

    def mark_new(self) -> None:
        """Say that a training is to begin here: until it has, nothing in it is missed."""
        (self.path / _NEW).touch()

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
            OSError: naming the run: its folder cannot be written.
        """
        lock = FileLock(self._lock_path, timeout=0.5)  # longer than a look at it takes
        try:
            with naming(self.path):
                lock.acquire()
        except Timeout:
            raise BusyError(f"{self.name} is being trained by another process.") from None
        return lock

    def config(self) -> TrainConfig:
        """The settings that it began with.

        Raises:
            CheckpointError: config.json is missing, damaged, or holds settings not allowed.
        """
        values, _ = self._read_config()
        try:
            return TrainConfig.from_dict(values)
        except ConfigError as error:
            raise CheckpointError(f"{self.name}/config.json: {error}") from error

    def events(self) -> tuple[Event, ...]:
        """What was done to it while it trained, in order.

        Raises:
            CheckpointError: events.jsonl is damaged.
        """
        try:
            return read_events(self.path / EVENTS, f"{self.name}/{EVENTS}")
        except ConfigError as error:
            raise CheckpointError(str(error)) from error

    def settings_at(self, step: int | None = None) -> TrainConfig:
        """What it trains with from that step on, or after all events; see
        :func:`~gan_core.runs.events.settings_at`.

        Raises:
            CheckpointError: config.json or events.jsonl is damaged, or they do not fit.
        """
        try:
            return settings_at(self.config(), self.events(), step)
        except ConfigError as error:
            raise CheckpointError(f"{self.name}/{EVENTS}: {error}") from error

    def info(self) -> RunInfo:
        """What else the run was made of.

        Raises:
            CheckpointError: config.json is missing, damaged or incomplete.
        """
        _, info = self._read_config()
        try:
            shape = tuple(int(side) for side in info["image_shape"])
            is_picture = len(shape) == 3 and shape[0] in (1, 3) and 1 <= shape[1] == shape[2] <= 128
            if not is_picture and shape != POINT:
                raise ValueError(f"image_shape is {shape}")
            fields = Fields(info)
            described = RunInfo(
                image_shape=(shape[0], shape[1], shape[2]),
                classes=tuple(str(name)[:MAX_TEXT] for name in info.get("classes", ())),
                dataset_fingerprint=fields.text("dataset_fingerprint"),
                dataset_size=fields.whole("dataset_size", MAX_IMAGES),
                version=fields.text("version"),
                device=fields.text("device"),
                created=fields.text("created"),
                parent=fields.text("parent"),
                forked_at=fields.whole("forked_at", MAX_STEPS),
                generator_parameters=fields.whole("generator_parameters", MAX_SIZE),
                critic_parameters=fields.whole("critic_parameters", MAX_SIZE),
                multiply_adds=fields.whole("multiply_adds", MAX_SIZE),
                origin=fields.text("origin"),
            )
            if fields.damage:
                raise ValueError("; ".join(fields.damage))
            return described
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise CheckpointError(
                f"{self.name}/config.json does not say what pictures it makes ({error})."
            ) from error

    def status(self) -> Status:
        """How far the training got, as last written; step 0 where nothing was."""
        try:
            return Status.from_values(read_json(self.path / "status.json"))
        except FileNotFoundError:
            return Status(Phase.STOPPED, 0, 0.0)
        except (OSError, ValueError):
            damage = describe_damage("status.json", ["all of it, which cannot be read"])
            return Status(Phase.STOPPED, 0, 0.0, damage=damage)

    def rows(self) -> Iterator[dict[str, float]]:
        """The lines of metrics.jsonl; a last line cut short by a crash is left out."""
        return read_rows(self.path / HISTORY)

    def quality_rows(self) -> Iterator[dict[str, float]]:
        """The lines of quality.jsonl, read in the same way; see :mod:`gan_core.quality.monitor`."""
        return read_rows(self.path / QUALITY)

    def curves(self) -> Curves:
        """The history as columns: step, images, seconds, and every scalar by name."""
        return History.read(self.path / HISTORY).view()

    def quality(self) -> Curves:
        """The measurements made while it trained, as columns."""
        return History.read(self.path / QUALITY).view()

    def grids(self) -> list[int]:
        """The steps at which a grid was drawn."""
        names = (path.stem for path in (self.path / "samples").glob("*.png"))
        return sorted(int(name) for name in names if STEP_NAME.fullmatch(name))

    def grid_path(self, step: int | None) -> Path:
        """Where the grid of that step is, or the real images for None."""
        return self.path / "samples" / ("real.png" if step is None else f"{step:06d}.png")

    @property
    def frames(self) -> Frames:
        """The frames that are kept of a run on points."""
        return Frames(self.path / "plane")

    @property
    def states(self) -> States:
        """The states that are kept beside the latest."""
        return States(self.path / "states")

    def saved_steps(self) -> list[int]:
        """The steps whose whole state is kept: those of ``states``, and the latest."""
        steps = set(self.states.steps())
        return sorted(steps | {self.status().step} if self.resumable else steps)

    def kept_steps(self) -> list[int]:
        """The saved steps, beside the latest, whose generator can be opened."""
        latest = self.status().step
        steps = (step for step in self.saved_steps() if step != latest)
        return [step for step in steps if self.generator_path(step).is_file()]

    def state_path(self, step: int) -> Path:
        """Where the state of a saved step is: in ``states``, or the latest."""
        path = self.states.state_path(step)
        return path if path.is_file() else self.path / "training.pt"

    def training_path(self, step: int | None = None) -> Path:
        """Where the training state of a saved step is, or the latest for None."""
        return self.path / "training.pt" if step is None else self.state_path(step)

    def generator_path(self, step: int | None = None) -> Path:
        """Where the generator of a saved step is, or the latest for None."""
        latest = self.path / "generator.safetensors"
        if step is None:
            return latest
        path = self.states.generator_path(step)
        return latest if not path.is_file() and step == self.status().step else path

    @property
    def distribution_path(self) -> Path:
        """Where a run keeps the points that a person gave or drew; see :mod:`gan_core.data`."""
        return self.path / "distribution.json"

    @property
    def critic_path(self) -> Path:
        """Where the critic of a checkpoint is; those of a run are in its training states."""
        return self.path / "critic.safetensors"

    def notes_path(self, step: int | None = None) -> Path:
        """The folder for what is found out about the generator of a kept step, or the latest."""
        return self.path if step is None else self.states.notes_path(step)

    def keep_state(self, step: int, most: int) -> None:
        """Keep the latest state, which is of that step, in ``states``: another will replace it.

        Args:
            most: how many states to keep there.
        """
        self.states.keep(step, self.path / "training.pt", self.generator_path(), most)

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
            values = read_json(self.path / "config.json")
        except FileNotFoundError:
            raise CheckpointError(
                f"{self.name} is no run or checkpoint: it has no config.json."
            ) from None
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{self.name}/config.json cannot be read ({error}).") from error
        if not isinstance(values, dict):
            raise CheckpointError(f"{self.name}/config.json does not hold settings.")
        info = values.pop("run", {})
        return values, info

    def write_config(self, config: TrainConfig, info: RunInfo) -> None:
        """Write config.json."""
        values = {**config.to_dict(), "run": asdict(info)}
        write_atomic(self.path / "config.json", dump_json(values).encode())
        (self.path / _NEW).unlink(missing_ok=True)

    def write_status(self, status: Status) -> None:
        """Write status.json."""
        write_atomic(self.path / "status.json", dump_json(status.to_dict()).encode())
