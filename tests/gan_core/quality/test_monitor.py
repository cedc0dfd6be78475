"""Measuring while training: what is written, what it may cost, and that it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.presets import preset
from gan_core.quality import monitor
from gan_core.quality.measures import MEASURES
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.training import opening
from gan_core.training.handlers import Measure
from tests import tiny
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, finish, resume, start


@pytest.fixture
def generous(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time enough for every measurement that is due."""
    monkeypatch.setattr(monitor, "BUDGET", 1e9)
    monkeypatch.setattr(monitor, "SAMPLES", 50)


def read_weights(folder: Path) -> dict[str, object]:
    state = load_training(RunFolder(folder), helpers.CPU)
    del state["seconds"]
    return state


@pytest.mark.usefixtures("generous")
def test_measuring_changes_no_weight(tmp_path: Path) -> None:
    finish(start(tmp_path / "measured", measure_every=1))
    finish(start(tmp_path / "alone", measure_every=0))
    assert len(list(RunFolder(tmp_path / "measured").quality_rows())) == 11
    assert list(RunFolder(tmp_path / "alone").quality_rows()) == []
    assert differences(read_weights(tmp_path / "measured"), read_weights(tmp_path / "alone")) == []


@pytest.mark.usefixtures("generous")
def test_a_measurement_moves_no_random_state(tmp_path: Path) -> None:
    session = start(tmp_path / "run", measure_every=5)
    before = helpers.random_states(session.trainer)
    Measure().handle(session)
    session.close()
    assert helpers.random_states(session.trainer) == before


@pytest.mark.usefixtures("generous")
def test_digits_are_read_and_other_sets_are_compared_by_pixels_alone(tmp_path: Path) -> None:
    run = tiny.train(tmp_path, "digits", steps=4, measure_every=4)
    first, last = run.quality_rows()
    assert (first["step"], last["step"], last["samples"]) == (0, 4, 50)
    shares = [last[f"share/{digit}"] for digit in range(10)]
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert {"fd", "readable", "present", "kl", "diversity"} <= set(last)
    assert first["fd"] > 0 and 0 <= first["diversity"] < 1
    finish(start(tmp_path / "tiny", measure_every=10))
    (row, _) = RunFolder(tmp_path / "tiny").quality_rows()
    assert set(row) == {"step", "images", "seconds", "samples", "diversity"}


@pytest.mark.usefixtures("generous")
def test_points_are_measured_beside_real_ones(tmp_path: Path) -> None:
    config = preset("ring-gan").with_settings({"steps": 2, "points": 400})
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    finish(opening.start(run, config, tmp_path, helpers.CPU, helpers.quiet))
    first, last = run.quality_rows()
    assert first["samples"] == last["samples"] == 200
    for name in (name for name, measure in MEASURES.items() if measure.points):
        assert first[f"{name}/real"] == last[f"{name}/real"]
        assert first[name] != first[f"{name}/real"]
    assert sum(last[f"mode/{k}"] for k in range(8)) == pytest.approx(last["near_mode"])
    assert "fd" not in last and "share/0" not in last


@pytest.mark.usefixtures("generous")
def test_what_was_measured_after_the_saved_state_is_dropped(tmp_path: Path) -> None:
    session = start(tmp_path / "run", measure_every=2)
    while session.step < 8:
        session.advance(0)
    session.close()  # as a crash would: measured up to 8, saved at 5
    again = resume(tmp_path / "run")
    assert [row["step"] for row in again.run.quality_rows()] == [0, 2, 4]
    assert again.quality.view()["step"].tolist() == [0, 2, 4]
    finish(again)
    assert [row["step"] for row in again.run.quality_rows()] == [0, 2, 4, 6, 8, 10]


def test_what_would_cost_too_much_is_left_out(tmp_path: Path) -> None:
    session = start(tmp_path / "run", measure_every=1)
    watch = session.monitor
    assert watch is not None
    watch.spent, watch.longest = 1.0, 0.5
    # One measurement more, and room for the last one: (1 + 0.5 + 0.5) / 5% = 40 seconds.
    assert not watch.affords(39.9, last=False)
    assert watch.affords(40.1, last=False)
    assert watch.affords(30.1, last=True) and not watch.affords(29.9, last=True)
    watch.spent = 1e9
    finish(session)
    assert [row["step"] for row in session.run.quality_rows()] == [0]


def test_a_training_goes_on_where_nothing_can_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gan_core.errors import DataError

    def refuse(*arguments: object) -> None:
        raise DataError("no test images")

    monkeypatch.setattr(opening, "Monitor", refuse)
    session = finish(start(tmp_path / "run", measure_every=1))
    assert session.finished
    assert "Quality is not measured while this run trains: no test images" in session.notice
