"""A training and its folder: steps, a state to go on from, and what happens every so often.

No threads and no printing: :mod:`gan_core.training.job` trains sessions in the background.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from filelock import FileLock

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.devices import own_defaults
from gan_core.errors import DivergedError
from gan_core.files import write_atomic
from gan_core.images import pixels
from gan_core.objectives.settings import own_values
from gan_core.plane.frame import Frame
from gan_core.plane.observer import Observer
from gan_core.quality.monitor import Monitor
from gan_core.runs.events import Event, EventLog, Player, events_behind, settings_at
from gan_core.runs.folder import HISTORY, QUALITY, RunFolder, RunInfo
from gan_core.runs.generators import save_training
from gan_core.runs.history import History
from gan_core.runs.status import MayAct, Phase, Status
from gan_core.training import memory
from gan_core.training.findings import NOT_FINITE
from gan_core.training.threads import is_small, on_one_thread
from gan_core.training.trainer import Trainer
from gan_core.wait_policy import adapt_wait_policy


class Handler(ABC):
    """Something that happens every so often while a training runs.

    It keeps nothing of its own, so that one handler serves all sessions.
    """

    at_end = True  # whether it happens after the last step, where it otherwise always would

    @abstractmethod
    def every(self, config: TrainConfig) -> tuple[int, ...]:
        """The intervals at whose multiples it happens, in steps; one of 0 never comes."""

    @abstractmethod
    def handle(self, session: TrainingSession) -> None:
        """Let it happen. What it raises ends the training."""

    def is_due(self, session: TrainingSession) -> bool:
        """Whether it happens at the step that the session is at."""
        if session.finished:
            return self.at_end
        intervals = self.every(session.config)
        return any(session.step % interval == 0 for interval in intervals if interval)


class TrainingSession:
    """One training with its run folder, made by :mod:`gan_core.training.opening`.

    The folder stays locked against other processes until :meth:`close`.

    Args:
        lock: of the run, held.
        handlers: what happens every so often, in this order.
        events: what was done to it while it trained, and what is to be done again.
        monitor: what measures its samples, where something does.
        observer: what sees both networks, where they learn points of the plane.
        notice: something the person should know, and that stopped nothing.
    """

    def __init__(
        self,
        run: RunFolder,
        trainer: Trainer,
        info: RunInfo,
        lock: FileLock,
        handlers: Sequence[Handler],
        events: EventLog,
        monitor: Monitor | None = None,
        observer: Observer | None = None,
        notice: str = "",
    ) -> None:
        self.run = run
        self.trainer = trainer
        self.info = info
        self.monitor = monitor
        self.observer = observer
        self.notice = notice
        self.history = History(run.path / HISTORY)
        self.quality = History(run.path / QUALITY)
        self.events = events
        self.begun_with = trainer.config  # the settings, of which some may change while it trains
        self.grids: tuple[int, ...] = ()
        self.seconds = 0.0  # spent in training steps, over all sessions of the run
        self.saved_step = 0
        self.may_act: MayAct = "off"  # what the doctor may do
        self.treatment = ""  # what the doctor did, in a sentence
        self._handlers = tuple(handlers)
        self._lock = lock
        self._is_halted = False
        self._saved_seconds = 0.0
        self._saved_images = 0
        self._saved_events = 0
        self._seconds_before = 0.0  # what earlier sessions trained
        self._speed = 0.0
        self._is_small = is_small(trainer.generator, trainer.config.batch_size)
        memory.keep_freed()
        adapt_wait_policy()

    @property
    def config(self) -> TrainConfig:
        """The settings as they are now, their length in steps."""
        return self.trainer.config

    @property
    def step(self) -> int:
        """Generator updates done."""
        return self.trainer.steps_done

    @property
    def finished(self) -> bool:
        """Whether all steps are done."""
        return self.step >= self.config.steps

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be trained: all steps are done, or it was halted."""
        return self.finished or self._is_halted

    @property
    def phase(self) -> Phase:
        """Where it stands when nobody holds it up."""
        if self.finished:
            return Phase.FINISHED
        return Phase.STOPPED if self._is_halted else Phase.RUNNING

    @property
    def images_per_second(self) -> float:
        """Real images a second that the training takes, over the last steps."""
        return self._speed

    @property
    def own_seconds(self) -> float:
        """Seconds spent in training steps since the run was started, resumed or restored."""
        return self.seconds - self._seconds_before

    @own_defaults()
    def advance(self, seconds: float) -> None:
        """Train for about so long, at least one step and never past one at which a handler is due.

        Events of a step come before the training goes beyond it, each in place of a step.

        Raises:
            DivergedError: a loss or a weight is no longer finite.
            OSError: a file cannot be written.
        """
        if self.is_over:
            return
        if self._is_behind:
            self.save()
        start, images = time.perf_counter(), self.trainer.images_seen
        with self._on_own_threads():
            while True:
                is_step = self._go_on()
                duration = time.perf_counter() - start
                is_due = is_step and any(handler.is_due(self) for handler in self._handlers)
                if duration >= seconds or is_due or self._is_behind:
                    break
        if self.trainer.device.type == "cuda":
            # Of this stream alone: the whole device may not be waited for while another training's
            # steps are captured.
            torch.cuda.current_stream(self.trainer.device).synchronize()
        duration = time.perf_counter() - start
        self.seconds += duration
        if is_step:  # else they were run when the training came to this step
            self._measure_speed(self.trainer.images_seen - images, duration)
            self.run_handlers()

    @property
    def is_tiny(self) -> bool:
        """Whether one of the processor's threads is best for all that it does: not for its steps
        alone, but for what is drawn and measured of it too."""
        return self._is_small and self.observer is not None

    def _on_own_threads(self) -> AbstractContextManager[None]:
        return on_one_thread() if self._is_small else nullcontext()

    def look(self, label: int = 0, *, averaged: bool = True) -> Frame | None:
        """What is seen of both networks now; None where they learn pictures. It changes nothing.

        Args:
            label: the class that the landscape and the sheet are drawn for, where one is told; the
                last where there are fewer.
            averaged: whether the averaged generator is looked at, where there is one.
        """
        if self.observer is None:
            return None
        trainer = self.trainer
        averaged = averaged and trainer.averaged is not None
        with self._on_own_threads():
            return self.observer.frame(
                trainer.sampler if averaged else trainer.generator,
                trainer.critic,
                trainer.objective,
                own_values(type(trainer.objective), self.config),
                label=min(label, max(0, self.observer.n_classes - 1)),
                step=self.step,
                averaged=averaged,
            )

    def _go_on(self) -> bool:
        """The next thing that happens: an event of this step, else a step. Whether the generator
        took one."""
        before = self.step
        event = self.events.due(before)
        if event is not None:
            self._apply(event)
        else:
            self.trainer.step()
        return self.step > before

    @property
    def _is_behind(self) -> bool:
        """Whether all events of this step have happened, and its state was saved before: a state is
        to be what it is after all events of its step."""
        all_happened = self.events.due(self.step) is None
        saved = self.step == self.saved_step and len(self.events.past) > self._saved_events
        return saved and all_happened

    def _apply(self, event: Event) -> None:
        old = self._value(event.name) if event.kind == "set" else None
        self.events.pass_by(replace(event, step=self.step, old=old))
        if event.kind == "turn":
            self.trainer.turn("d" if event.name == "d" else "g")
        elif event.kind == "set":
            self.trainer.change(catalog.changed(self.config, event.name, event.new))
        else:
            self.trainer.reseed(int(event.new or 0))

    def _value(self, name: str) -> float:
        """The value that a setting has now."""
        value: float = catalog.complete(self.config).to_dict()[name]
        return value

    def change(self, name: str, value: float) -> None:
        """Train on with another value of a setting; :func:`gan_core.catalog.changed` says which
        may. It is written down as an event before it is done, and what it is already is no change.

        Raises:
            ConfigError: it cannot change while a run trains, or not to that value.
            OSError: a file cannot be written.
        """
        catalog.changed(self.config, name, value)
        if self._value(name) != value:
            self._let_happen(Event(self.step, "set", name, value))

    def turn(self, player: Player) -> None:
        """One update of one player alone, as an event; see :meth:`Trainer.turn`.

        Raises:
            DivergedError: a loss or a weight is no longer finite.
            OSError: a file cannot be written.
        """
        self._let_happen(Event(self.step, "turn", player))

    def draw_other_noise(self, seed: int) -> None:
        """Draw other noise from here on than it would have, as an event.

        Raises:
            OSError: a file cannot be written.
        """
        self._let_happen(Event(self.step, "noise", new=seed))

    def _let_happen(self, event: Event) -> None:
        if not self.is_over:
            self.events.plan(event)
            self.advance(0)

    def play_round(self) -> None:
        """Train to the beginning of the next round, or to the end. It is no event: the training
        would have gone the same way.

        Raises:
            DivergedError, OSError: as :meth:`advance` does.
        """
        while not self.is_over:
            before = self.step
            self.advance(0)
            if self.step != before and self.trainer.between_rounds:
                return

    def run_handlers(self) -> None:
        """Let happen what is due at this step; before the first step that is everything.

        Where a handler halts the training or sends it back, those after it are left out.
        """
        step = self.step
        for handler in self._handlers:
            if handler.is_due(self):
                handler.handle(self)
            if self._is_halted or self.step != step:
                return

    def halt(self) -> None:
        """Train no more, whatever steps are left."""
        self._is_halted = True

    def log(self, scalars: Mapping[str, float]) -> None:
        """Write a row of finite numbers into metrics.jsonl."""
        self.history.append({**self.moment(), **scalars})

    def moment(self) -> dict[str, float]:
        """What a row begins with: the step, the real images seen, and the seconds trained."""
        return {
            "step": self.step,
            "images": self.trainer.images_seen,
            "seconds": round(self.seconds, 4),
        }

    def write_grid(self, sheet: np.ndarray) -> None:
        """Write a grid of samples, (H, W, C) pixels, as that of this step."""
        write_atomic(self.run.grid_path(self.step), pixels.png(sheet))
        if not self.grids or self.grids[-1] < self.step:
            self.grids = (*self.grids, self.step)

    def save(self, phase: Phase = Phase.RUNNING, message: str = "") -> None:
        """Write the generator and the state to go on from.

        Raises:
            DivergedError: the weights are not finite; what was saved before stays.
            OSError: a file cannot be written.
        """
        if not self.trainer.is_finite():
            if NOT_FINITE not in self.history.view():
                self.log({NOT_FINITE: 1})
            raise divergence(self.step, "A weight")
        if self.step > self.saved_step:
            self.run.keep_state(self.saved_step, self.config.keep_states)
        own = {"seconds": self.seconds, "events": [event.to_dict() for event in self.events.past]}
        state = {**self.trainer.state_dict(), **own}
        save_training(self.run, state, self.trainer.sampler.state_dict())
        self._mark_saved()
        self.write_status(phase, message)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Stand where a saved state does, once the trainer has loaded it.

        What was logged, drawn or saved after it is dropped, because it will happen again; and so
        will the events after it.

        Raises:
            ConfigError, TypeError: it holds no events that this training could have gone through.
            OSError: a file cannot be written.
        """
        self.events.go_back(events_behind(state), self.step)
        self.trainer.change(settings_at(self.begun_with, self.events.past))
        self.seconds = float(state["seconds"])
        self._mark_saved()
        self._seconds_before = self.seconds
        self.history.cut(self.step)
        self.quality.cut(self.step)
        for step in self.run.grids():
            if step > self.step:
                self.run.grid_path(step).unlink()
        self.run.frames.cut(self.step)
        self.run.states.drop_after(self.step)
        self.grids = tuple(self.run.grids())

    def write_status(self, phase: Phase, message: str = "") -> None:
        """Write how the training stands, and how far it got that can be gone on from."""
        self.run.write_status(
            Status(
                phase,
                self.saved_step,
                self._saved_seconds,
                message,
                self.may_act,
                self.treatment,
                self._saved_images,
                self._saved_events,
            )
        )

    def close(self) -> None:
        """Let other processes have the run."""
        self._lock.release()
        memory.give_back()

    def _mark_saved(self) -> None:
        """Take this moment for the one that the files hold."""
        self.saved_step, self._saved_seconds = self.step, self.seconds
        self._saved_images, self._saved_events = self.trainer.images_seen, len(self.events.past)

    def _measure_speed(self, images: int, seconds: float) -> None:
        now = images / max(seconds, 1e-9)
        self._speed = now if not self._speed else 0.9 * self._speed + 0.1 * now


def divergence(step: int, what: str) -> DivergedError:
    """The error for a number that is NaN or infinite at a step."""
    return DivergedError(
        f"{what} became NaN or infinite at step {step:,}: the training diverged. The last saved "
        "state is kept; try lower learning rates, or another seed."
    )
