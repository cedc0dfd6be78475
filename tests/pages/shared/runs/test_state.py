from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gan_core.presets import preset
from gan_core.training.snapshot import Phase
from pages.shared.runs.state import read_state
from pages.shared.server import histories, process
from pages.shared.server.sources import Source
from pages.train import page
from tests.pages.screen import laboratory

ENDLESS = preset("digits").with_settings({"architecture": "mlp", "steps": 1_000_000})


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_tick_of_the_view_asks_the_job_once_and_the_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with laboratory(tmp_path, monkeypatch):
        job = process.trainings().start([ENDLESS])
        wait_for(lambda: bool(job.snapshot.grids))
        job.pause()  # so that nothing is written while it is looked at
        wait_for(lambda: job.phase is Phase.PAUSED)
        source = Source("runs", job.snapshot.run)
        assert read_state(source).real_grid
        page.view(
            source, page.DrawnFor(True, True, 1)
        )  # what is read once for each version of a file

        folder = source.folder.path
        questions: list[str] = []
        snapshots, stat = histories.snapshots, Path.stat

        def count_snapshots() -> object:
            questions.append("job")
            return snapshots()

        def count_stat(path: Path, **options: bool) -> object:
            if folder in path.parents:
                questions.append(path.name)
            return stat(path, **options)

        monkeypatch.setattr(histories, "snapshots", count_snapshots)
        monkeypatch.setattr(Path, "stat", count_stat)
        page.view(source, page.DrawnFor(True, True, 1))
        times = ["config.json", "status.json"]  # what tells whether anything was written
        assert sorted(questions) == sorted(["config.json", "job", *times])  # and that it is there
