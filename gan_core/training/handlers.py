"""What happens every so often while a training runs, a class each.

To add something, write a :class:`Handler` here and a line in :data:`HANDLERS`. What it does must
change neither weights nor any random state, unless that is what it is for.
"""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np

from gan_core.config import TrainConfig
from gan_core.data.dataset import POINT
from gan_core.errors import CheckpointError
from gan_core.images import pixels
from gan_core.latent import vectors
from gan_core.networks.base import Generator
from gan_core.networks.needs import ImageShape
from gan_core.networks.sampling import draw
from gan_core.plane.frame import pack
from gan_core.runs.frames import is_kept
from gan_core.runs.generators import load_training
from gan_core.runs.status import Phase
from gan_core.training import doctor
from gan_core.training.findings import NOT_FINITE, severe
from gan_core.training.session import Handler, TrainingSession, divergence

PREVIEW_SEED = 0  # one noise for all runs, so that grids of equal latent size can be compared
PREVIEW_COUNT = 64
_UNDONE = ", without what was done to it since by hand"


def preview_count(image_shape: ImageShape) -> int:
    """How many samples are drawn together: a grid of pictures, or more points in one plane."""
    return pixels.POINTS_SHOWN if image_shape == POINT else PREVIEW_COUNT


def preview_sheet(generator: Generator, config: TrainConfig) -> np.ndarray:
    """What a generator draws of the fixed noise, as one grid: (H, W, C) pixels."""
    z, y, columns = vectors.sheet(
        preview_count(generator.image_shape),
        config.latent_dim,
        PREVIEW_SEED,
        config.noise,
        generator.n_classes,
    )
    return pixels.sheet(draw(generator, z, y), columns)


class Log(Handler):
    """Writes the means of the scalars since the last time into metrics.jsonl."""

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return config.log_every, config.save_every

    def handle(self, session: TrainingSession) -> None:
        """Log.

        Raises:
            DivergedError: a scalar is not finite. The row says how many, and holds the others.
        """
        scalars = session.trainer.scalars()
        if not scalars:
            return
        finite = {name: value for name, value in scalars.items() if math.isfinite(value)}
        if len(finite) < len(scalars):
            session.log({**finite, NOT_FINITE: len(scalars) - len(finite)})
            raise divergence(session.step, next(name for name in scalars if name not in finite))
        session.log(scalars)


class Draw(Handler):
    """Draws the grid of the fixed noise."""

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return (config.sample_every,)

    def handle(self, session: TrainingSession) -> None:
        session.write_grid(preview_sheet(session.trainer.sampler, session.config))


class KeepFrame(Handler):
    """Keeps what is seen of a training on points."""

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return ()

    def is_due(self, session: TrainingSession) -> bool:
        return session.observer is not None and (session.finished or is_kept(session.step))

    def handle(self, session: TrainingSession) -> None:
        frame = session.look()
        if frame is not None:
            session.run.frames.append(session.step, pack(frame))


class Measure(Handler):
    """Measures the samples into quality.jsonl, where there is a monitor and it has the time."""

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return (config.measure_every,)

    def handle(self, session: TrainingSession) -> None:
        monitor = session.monitor
        if monitor is not None and monitor.affords(session.own_seconds, session.finished):
            session.quality.append({**session.moment(), **monitor.measure(session.trainer.sampler)})


class Treat(Handler):
    """Looks for a severe finding after each log, and does about it what the doctor may.

    To go back is to take up the last state saved before the finding began, once in a run, with
    fresh noise: with the same it would all happen again. So would what a person changed since: the
    events after that state are dropped. The other noise is an event itself, so that the run can be
    repeated.
    """

    at_end = False

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return config.log_every, config.save_every

    def handle(self, session: TrainingSession) -> None:
        if session.may_act == "off":
            return
        finding = severe(
            doctor.examine(session.config, session.history.view(), session.quality.view())
        )
        if finding is None:
            return
        reason = f"{finding.title}, since step {finding.step:,}. {finding.evidence}"
        may_go_back = session.may_act == "rollback"
        if may_go_back and session.treatment:
            self._stop(session, f"{reason} It went back once before.")
        elif may_go_back and (state := _state_at(session, finding.step)):
            self._go_back(session, state, reason)
        else:
            self._stop(session, reason + (" No earlier state was saved." if may_go_back else ""))

    def _stop(self, session: TrainingSession, reason: str) -> None:
        session.halt()
        session.treatment = f"The doctor stopped the training at step {session.step:,}: {reason}"
        session.save(Phase.STOPPED)

    def _go_back(self, session: TrainingSession, state: dict[str, Any], reason: str) -> None:
        step = session.step
        happened = len(session.events.past)
        session.trainer.load_state_dict(state)
        session.restore(state)
        undone = happened - len(session.events.past)
        session.events.drop(undone)
        session.draw_other_noise(session.config.seed + step)
        session.treatment = (
            f"The doctor went back from step {step:,} to the state of step {session.step:,} and "
            f"goes on with other noise{_UNDONE if undone else ''}: {reason}"
        )
        session.save()


class Save(Handler):
    """Saves the state to go on from, and the generator."""

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return (config.save_every,)

    def handle(self, session: TrainingSession) -> None:
        session.save(session.phase)


# In this order.
HANDLERS: tuple[Handler, ...] = (Log(), Draw(), KeepFrame(), Measure(), Treat(), Save())


def _state_at(session: TrainingSession, step: int) -> dict[str, Any] | None:
    """The last state that was saved at that step or before, that can be read."""
    for saved_step in reversed(session.run.saved_steps()):
        if saved_step <= step:
            with contextlib.suppress(CheckpointError):
                return load_training(session.run, session.trainer.device, saved_step)
    return None
