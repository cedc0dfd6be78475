"""The trainings of a process, closed behind each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_core.runs.store import RunStore
from gan_core.training.trainings import Trainings


@pytest.fixture
def trainings(tmp_path: Path) -> Iterator[Trainings]:
    trainings = Trainings(RunStore(tmp_path / "runs"), tmp_path / "data", "cpu")
    yield trainings
    assert trainings.close(60)
