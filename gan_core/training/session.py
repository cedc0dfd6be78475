"""A training and its folder: steps, and at the due moments a line, a grid, a saved state.

No threads and no printing: :mod:`gan_core.training.job` runs recordings in the background.
"""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock

from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData, Progress
from gan_core.errors import CheckpointError, DivergedError, GanError
from gan_core.files import write_atomic
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.networks.sampling import draw
from gan_core.quality.monitor import Monitor
from gan_core.runs.folder import HISTORY, QUALITY, RunFolder, RunInfo, Status
from gan_core.runs.generators import load_training, save_generator, save_training
from gan_core.runs.history import History
from gan_core.training import doctor, findings, memory
from gan_core.training.trainer import Trainer

PREVIEW_SEED = 0  # one noise for all runs, so that grids of equal latent size can be compared
PREVIEW_COUNT = 64


class TrainingSession:
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
        pictures = draw(self.trainer.sampler, z, y)
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
            if findings.NOT_FINITE not in self.history.view():
                self._write_row({findings.NOT_FINITE: 1})
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
        found = findings.severe(
            doctor.examine(self.config, self.history.view(), self.quality.view())
        )
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
        row = {**self._moment(), **self.monitor.measure(self.trainer.sampler)}
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
            self._write_row({**finite, findings.NOT_FINITE: len(lost)})
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
