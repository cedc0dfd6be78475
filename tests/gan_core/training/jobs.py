"""Jobs for tests: endless ones, their end, and what ends them early."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.training.job import TrainingJob
from gan_core.training.snapshot import Snapshot

ENDLESS = {"steps": 10_000_000, "log_every": 10, "sample_every": 10**6, "save_every": 10**6}


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def ended(job: TrainingJob) -> Snapshot:
    job.wait(60)
    assert not job.phase.active
    return job.snapshot


def poison(monkeypatch: pytest.MonkeyPatch, after: int, act: Callable[[Loss], Loss]) -> None:
    """An objective named 'poison' whose generator loss is tampered with after so many steps."""

    class Poison(NonSaturatingGAN):
        calls = 0

        def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            self.calls += 1
            loss = super().g_loss(critic, real, fake)
            return act(loss) if self.calls > after else loss

    monkeypatch.setitem(OBJECTIVES, "poison", Poison)
