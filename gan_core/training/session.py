"""A training and its folder: steps, and at the due moments a line, a grid, a saved state.

No threads and no printing: :mod:`gan_core.training.job` runs recordings in the background.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from gan_core import __version__, catalog
from gan_core.config import CHANGEABLE_ON_RESUME, TrainConfig
from gan_core.data.loading import ImageData, Progress, load
from gan_core.errors import CheckpointError, ConfigError, DivergedError, GanError
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.objectives.table import OBJECTIVES, NonSaturatingGAN
from gan_core.presets import PRESETS
from gan_core.quality.monitor import Monitor
from gan_core.runs.folder import (
    HISTORY,
    QUALITY,
    Curves,
    RunFolder,
    RunInfo,
    RunStore,
    Status,
    load_training,
    save_generator,
    save_training,
    write_atomic,
)
from gan_core.training import doctor, memory
from gan_core.training.trainer import Trainer

PREVIEW_SEED = 0  # one noise for all runs, so that grids of equal latent size can be compared
PREVIEW_COUNT = 64


class History:
    """Growing columns whose views stay valid: what a view shows is never written again."""

    def __init__(self) -> None:
        self._columns: dict[str, np.ndarray] = {}
        self._length = 0

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row; names that it lacks read as NaN."""
        for name in row:
            if name not in self._columns:
                capacity = max((len(c) for c in self._columns.values()), default=256)
                self._columns[name] = np.full(capacity, np.nan)
        for name, column in self._columns.items():
            if self._length == len(column):
                column = np.concatenate([column, np.full(len(column), np.nan)])
                self._columns[name] = column
            column[self._length] = row.get(name, np.nan)
        self._length += 1

    def view(self) -> Curves:
        """The columns as they stand."""
        return {name: column[: self._length] for name, column in self._columns.items()}


class Recording:
    """One training with its run folder.

    Made by :func:`start` or :func:`resume`. The folder stays locked against other processes until
    :meth:`close`.
    """

    def __init__(
        self, run: RunFolder, config: TrainConfig, trainer: Trainer, info: RunInfo, lock: FileLock
    ) -> None:
        self.run = run
        self.config = config
        self.trainer = trainer
        self.info = info
        self.seconds = 0.0  # spent in training steps, over all sessions of the run
        self.saved_step = 0
        self._saved_seconds = 0.0
        self.history = History()
        self.quality = History()
        self.grids: tuple[int, ...] = ()
        self.notice = ""  # something the person should know, and that stopped nothing
        self.may_act = "off"  # what the doctor may do, of its ACTIONS
        self.acted = ""  # what it did, in a sentence
        self._halted = False
        self.monitor: Monitor | None = None
        self._seconds_before = 0.0  # what earlier sessions trained
        self._lock = lock
        self._speed = 0.0
        memory.keep_freed()
        self._preview = vectors.sheet(
            PREVIEW_COUNT,
            config.latent_dim,
            PREVIEW_SEED,
            config.noise,
            trainer.generator.n_classes,
        )

    @property
    def step(self) -> int:
        """Generator updates done."""
        return self.trainer.steps_done

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.config.steps

    @property
    def ended(self) -> bool:
        """Whether nothing more is to be trained: all steps are done, or the doctor stopped it."""
        return self.finished or self._halted

    @property
    def images_per_second(self) -> float:
        """Real images a second that the training takes, over the last steps."""
        return self._speed

    def advance(self, seconds: float) -> None:
        """Train for about so long, at least one step and never past a due moment; record it.

        Raises:
            DivergedError: a loss or a weight is no longer finite.
            OSError: a file cannot be written.
        """
        if self.ended:
            return
        began, first = time.perf_counter(), self.step
        while True:
            self.trainer.step()
            if self._due() or time.perf_counter() - began >= seconds:
                break
        if self.trainer.device.type == "cuda":
            torch.cuda.synchronize(self.trainer.device)
        spent = time.perf_counter() - began
        self.seconds += spent
        self._measure_speed(self.step - first, spent)
        self._record()

    def draw(self) -> None:
        """Draw the fixed-noise grid of this moment into the run folder."""
        z, y, columns = self._preview
        pictures = pixels.to_uint8(self.trainer.sample(z, y))
        write_atomic(self.run.grid_path(self.step), pixels.png(pixels.grid(pictures, columns)))
        if not self.grids or self.grids[-1] < self.step:
            self.grids = (*self.grids, self.step)

    def save(self, phase: str = "running", message: str = "") -> None:
        """Write the generator and the state to go on from.

        Raises:
            DivergedError: the weights are not finite; what was saved before stays.
            OSError: a file cannot be written.
        """
        if not self.trainer.is_finite():
            if doctor.NOT_FINITE not in self.history.view():
                self._write_row({doctor.NOT_FINITE: 1})
            raise _diverged(self.step, "A weight")
        if self.step > self.saved_step:
            self.run.keep_state(self.saved_step, self.config.keep_states)
        save_generator(self.run, self.trainer.sampler.state_dict())
        save_training(self.run, {**self.trainer.state_dict(), "seconds": self.seconds})
        self.mark_saved()
        self.note(phase, message)

    def take_up(self, state: Mapping[str, Any]) -> None:
        """Stand where a saved state does, once the trainer has loaded it.

        What was logged, drawn or saved after it is dropped, because it will happen again.
        """
        self.seconds = float(state["seconds"])
        self.mark_saved()
        self._seconds_before = self.seconds
        self.history = self._cut(HISTORY, self.run.rows())
        self.quality = self._cut(QUALITY, self.run.quality_rows())
        for drawn in self.run.grids():
            if drawn > self.step:
                self.run.grid_path(drawn).unlink()
        self.run.drop_states_after(self.step)
        self.grids = tuple(self.run.grids())

    def mark_saved(self) -> None:
        """Take this moment for the one that the files hold."""
        self.saved_step, self._saved_seconds = self.step, self.seconds

    def note(self, phase: str, message: str = "") -> None:
        """Write how the training stands, and how far it got that can be gone on from."""
        self.run.write_status(
            Status(phase, self.saved_step, self._saved_seconds, message, self.may_act, self.acted)
        )

    def close(self) -> None:
        """Let other processes have the run."""
        self._lock.release()
        memory.give_back()

    def _due(self) -> bool:
        step, config = self.step, self.config
        every = (config.log_every, config.sample_every, config.save_every, config.measure_every)
        return step >= config.steps or any(step % interval == 0 for interval in every if interval)

    def _record(self) -> None:
        step, config = self.step, self.config
        last = step >= config.steps
        saving = last or step % config.save_every == 0
        logging = saving or step % config.log_every == 0
        if logging:
            self._log()
        if last or step % config.sample_every == 0:
            self.draw()
        measured_every = config.measure_every
        if self.monitor and (last or (measured_every and step % measured_every == 0)):
            trained = self.seconds - self._seconds_before
            if self.monitor.affords(trained, last):
                self.measure()
        if not last and logging and self.may_act != "off" and self._treat():
            return
        if saving:
            self.save("finished" if last else "running")

    def _treat(self) -> bool:
        """Look for a severe finding, and do about it what was allowed. Returns whether it did.

        To go back is to take up the last state saved before the finding began, once in a run, with
        fresh noise: with the same it would all happen again.
        """
        found = doctor.severe(doctor.examine(self.config, self.history.view(), self.quality.view()))
        if found is None:
            return False
        seen = f"{found.title}, since step {found.step:,}. {found.evidence}"
        state = self._healthy(found.step) if self.may_act == "rollback" and not self.acted else None
        if state is None:
            why = ""
            if self.may_act == "rollback":
                why = " It went back once before." if self.acted else " No earlier state was saved."
            self._halted = True
            self.acted = f"The doctor stopped the training at step {self.step:,}: {seen}{why}"
            self.save("stopped")
            return True
        left = self.step
        self.trainer.load_state_dict(state)
        self.take_up(state)
        self.trainer.reseed(self.config.seed + left)
        self.acted = (
            f"The doctor went back from step {left:,} to the state of step {self.step:,} and goes "
            f"on with other noise: {seen}"
        )
        self.save()
        return True

    def _healthy(self, step: int) -> dict[str, Any] | None:
        """The last state that was saved at that step or before."""
        for saved in reversed([saved for saved in self.run.saved_steps() if saved <= step]):
            with contextlib.suppress(CheckpointError):
                return load_training(self.run, self.trainer.device, saved)
        return None

    def _cut(self, name: str, rows: Iterable[dict[str, float]]) -> History:
        """Leave in a file the rows up to this step; returns them."""
        kept = [row for row in rows if row["step"] <= self.step]
        if (self.run.path / name).is_file():
            lines = "".join(json.dumps(row) + "\n" for row in kept)
            write_atomic(self.run.path / name, lines.encode())
        history = History()
        for row in kept:
            history.append(row)
        return history

    def prepare_to_measure(self, data: ImageData, data_dir: Path, progress: Progress) -> None:
        """Read what the quality of samples is measured against; what cannot be read is told in the
        notice, and the training goes on without."""
        if not self.config.measure_every:
            return
        try:
            self.monitor = Monitor(self.config, data, data_dir, progress)
        except GanError as error:
            sentence = f"Quality is not measured while this run trains: {error}"
            self.notice = " ".join(filter(None, [self.notice, sentence]))

    def measure(self) -> None:
        """Measure the samples of this moment into quality.jsonl."""
        assert self.monitor is not None
        row = {**self._moment(), **self.monitor.measure(self.trainer)}
        self._append(QUALITY, row)
        self.quality.append(row)

    def _moment(self) -> dict[str, float]:
        return {
            "step": self.step,
            "images": self.trainer.images_seen,
            "seconds": round(self.seconds, 4),
        }

    def _log(self) -> None:
        scalars = self.trainer.scalars()
        if not scalars:
            return
        finite = {name: value for name, value in scalars.items() if math.isfinite(value)}
        lost = [name for name in scalars if name not in finite]
        if lost:
            self._write_row({**finite, doctor.NOT_FINITE: len(lost)})
            raise _diverged(self.step, lost[0])
        self._write_row(scalars)

    def _write_row(self, scalars: Mapping[str, float]) -> None:
        row = {**self._moment(), **scalars}
        self._append(HISTORY, row)
        self.history.append(row)

    def _append(self, name: str, row: Mapping[str, float]) -> None:
        with (self.run.path / name).open("a", encoding="utf-8") as sink:
            sink.write(json.dumps(row, allow_nan=False) + "\n")

    def _measure_speed(self, steps: int, spent: float) -> None:
        shown = self.config.images_at(self.step) - self.config.images_at(self.step - steps)
        now = shown / max(spent, 1e-9)
        self._speed = now if not self._speed else 0.9 * self._speed + 0.1 * now


def _diverged(step: int, what: str) -> DivergedError:
    return DivergedError(
        f"{what} became NaN or infinite at step {step:,}: the training diverged. The last saved "
        "state is kept; try lower learning rates, or another seed."
    )


def start(
    run: RunFolder,
    config: TrainConfig,
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> Recording:
    """Begin a new run in an empty folder: its state, real images and first grid are written.

    Raises:
        ConfigError, DataError: settings that do not fit, or a data set that cannot be read.
    """
    catalog.check(config)
    data = _load(config, data_dir, progress)
    config = config.with_steps(len(data))
    trainer = Trainer(config, data, device)
    info = RunInfo(
        image_shape=data.image_shape,
        classes=data.classes,
        dataset_fingerprint=data.fingerprint,
        dataset_size=len(data),
        version=__version__,
        device=device_name(device),
        created=datetime.now().isoformat(timespec="seconds"),
    )
    session = Recording(run, config, trainer, info, run.lock())
    try:
        session.notice = _skipped(data)
        write_atomic(run.grid_path(None), pixels.png(_real_grid(data, trainer)))
        session.draw()
        session.prepare_to_measure(data, data_dir, progress)
        if session.monitor:
            session.measure()
        session.save()
        run.write_config(config, info)  # last: a folder without it is not yet a run
    except BaseException:
        session.close()
        raise
    return session


def resume(
    run: RunFolder,
    changes: Mapping[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> Recording:
    """Go on with a run from its last saved state, as if it had never stopped.

    What was logged or drawn after that state is dropped, because it will happen again.

    Raises:
        ConfigError: a change that would alter the training, or nothing left to do.
        CheckpointError: no state, a damaged one, or another data set than the run began with.
        BusyError: another process trains this run.
    """
    saved, info = run.config(), run.info()
    forbidden = [
        name
        for name, value in changes.items()
        if name not in CHANGEABLE_ON_RESUME and value != saved.to_dict().get(name)
    ]
    if forbidden:
        raise ConfigError(
            f"{', '.join(forbidden)} cannot change when {run.name} is resumed; only "
            f"{', '.join(sorted(CHANGEABLE_ON_RESUME))} can. Start a new run for that."
        )
    lock = run.lock()
    try:
        state = load_training(run, device)
        config = saved.changed(changes)
        trainer, data = continued(run, config, state, data_dir, device, progress)
        session = Recording(run, trainer.config, trainer, info, lock)
        session.take_up(state)
        status = run.status()
        session.may_act, session.acted = status.may_act, status.acted
        session.prepare_to_measure(data, data_dir, progress)
        run.write_config(session.config, info)
        session.note("running")
    except BaseException:
        lock.release()
        raise
    return session


def continued(
    run: RunFolder,
    config: TrainConfig,
    state: dict[str, Any],
    data_dir: Path,
    device: torch.device,
    progress: Progress,
) -> tuple[Trainer, ImageData]:
    """A trainer at a saved state of a run, and the images that the run began with.

    Args:
        config: the run's settings, with what may have changed; the trainer's are in steps.

    Raises:
        ConfigError: nothing is left to do.
        CheckpointError: a state of other networks, or another data set than the run began with.
    """
    began_with = run.info().dataset_fingerprint
    data = _load(config, data_dir, progress)
    if data.fingerprint != began_with:
        raise CheckpointError(
            f"{run.name} was trained on other images: the data set {config.dataset!r} found in "
            f"{data_dir} has the fingerprint {data.fingerprint}, not {began_with}."
        )
    trainer = Trainer(config.with_steps(len(data)), data, device)
    try:
        trainer.load_state_dict(state)
        float(state["seconds"])
    except (KeyError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(f"{run.name}/training.pt does not fit its config.json.") from error
    if trainer.steps_done >= trainer.config.steps:
        raise ConfigError(
            f"{run.name} has done all its {trainer.steps_done:,} steps; set steps to more to "
            "train on."
        )
    return trainer, data


def _real_grid(data: ImageData, trainer: Trainer) -> np.ndarray:
    """Some images of the data set, the same for all runs on it: (rows, columns, C) pixels.

    Beside the grid of a conditional generator, a column is a class here as well.
    """
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(PREVIEW_SEED))
    columns = None
    if trainer.generator.n_classes:
        columns = min(len(data.classes), vectors.MAX_COLUMNS)
        by_class = [order[data.labels[order] == k] for k in range(columns)]
        rows = min(PREVIEW_COUNT // columns, *(len(members) for members in by_class))
        order = torch.stack([members[:rows] for members in by_class], 1).flatten()
    pictures = data.images[order[:PREVIEW_COUNT]].permute(0, 2, 3, 1).numpy()
    return pixels.grid(pictures, columns)


def _skipped(data: ImageData) -> str:
    if not data.skipped:
        return ""
    named = "; ".join(data.skipped[:3]) + ("; ..." if len(data.skipped) > 3 else "")
    return f"{len(data.skipped)} of the pictures cannot be read and were skipped: {named}"


def _load(config: TrainConfig, data_dir: Path, progress: Progress) -> ImageData:
    return load(
        config.dataset,
        data_dir,
        image_size=catalog.image_size(config),
        channels=config.channels,
        folder=config.folder,
        progress=progress,
    )


def new_run(store: RunStore, config: TrainConfig) -> RunFolder:
    """An empty folder for a run of these settings, named by the recipe it is true to."""
    recipe = PRESETS[config.preset]() if config.preset in PRESETS else None
    broken = f"-{config.breakage}" if config.breakage else ""
    if recipe is None or (recipe.objective != config.objective and not broken):
        return store.create(f"{config.objective}-{config.architecture}-{config.dataset}{broken}")
    if recipe.dataset != config.dataset:
        return store.create(f"{config.architecture}-{config.dataset}{broken}")
    return store.create(f"{config.preset}{broken}")


def select_device(name: str) -> torch.device:
    """The device called ``auto``, ``cpu`` or ``cuda``; auto takes the GPU where there is one.

    Raises:
        ConfigError: another name, or no GPU where one was asked for.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device is {name!r}; choose one of auto, cpu, cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is 'cuda', but torch finds no GPU here; use auto or cpu.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def device_name(device: torch.device) -> str:
    """A name that a person knows: the GPU's, or the number of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def log_line(row: Mapping[str, float], config: TrainConfig, dataset_size: int) -> str:
    """One line of the log in the form that DCGAN code prints.

    ``[epoch/epochs][batch/batches]``, the losses, and what there is to watch of the objective:
    for the original game D(x), and D(G(z)) twice, in the discriminator's update and as the
    generator's update sees it afterwards.
    """
    per_epoch = config.steps_per_epoch(dataset_size)
    step = int(row["step"])
    epoch, batch = divmod(step - 1, per_epoch)
    epochs = math.ceil(config.steps / per_epoch)
    known = {name: value for name, value in row.items() if math.isfinite(value)}
    line = f"[{epoch + 1}/{epochs}][{batch + 1}/{per_epoch}]"
    for label, name in (("Loss_D", "d/loss"), ("Loss_G", "g/loss")):
        if name in known:
            line += f" {label} {known[name]:.3f}"
    watched: dict[str, list[str]] = {}
    for watch in OBJECTIVES.get(config.objective, NonSaturatingGAN).watches:
        for name in watch.columns:
            if name in known:
                quantity = name.partition("/")[2]
                watched.setdefault(quantity, []).append(_watched(known[name], watch.bounds))
    return " ".join([line, *(f"{name} {' / '.join(values)}" for name, values in watched.items())])


def _watched(value: float, bounds: tuple[float, float] | None) -> str:
    """A number between known bounds with three decimals, any other with three digits at least."""
    return f"{value:.3f}" if bounds or abs(value) >= 1 else f"{value:.3g}"
