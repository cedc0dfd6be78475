from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gan_core.config import TrainConfig
from gan_core.runs.events import Event
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.runs.history import Curves
from gan_core.runs.status import MayAct
from gan_core.training import doctor, opening
from gan_core.training.findings import Finding
from gan_core.training.handlers import HANDLERS
from gan_core.training.session import Handler, TrainingSession
from gan_core.training.snapshot import Phase, Snapshot
from gan_core.training.trainings import Trainings
from tests.gan_core import helpers
from tests.gan_core.helpers import tiny_config
from tests.gan_core.training.jobs import ENDLESS, until

COLLAPSE = Finding("collapse", "Mode collapse", "severe", 7, "One class.", "It is.", "Do.")


def ill_from(monkeypatch: pytest.MonkeyPatch, step: int, start: int) -> None:
    """Let the doctor find a collapse, begun at one step, in every history that reaches another."""

    def examine(config: TrainConfig, curves: Curves, quality: Curves) -> tuple[Finding, ...]:
        ill = curves["step"][-1] >= step
        return (dataclasses.replace(COLLAPSE, step=start),) if ill else ()

    monkeypatch.setattr(doctor, "examine", examine)


def treat(trainings: Trainings, may_act: MayAct, **changes: Any) -> tuple[RunFolder, Snapshot]:
    job = trainings.start([tiny_config(steps=40, **changes)], may_act)
    job.wait(60)
    return RunFolder(trainings.store.root / job.snapshot.run), job.snapshot


def test_the_doctor_only_tells_unless_it_is_allowed_more(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=10, start=7)
    run, snapshot = treat(trainings, "off")
    assert (snapshot.phase, snapshot.step, snapshot.notice) == (Phase.FINISHED, 40, "")
    assert run.status().treatment == ""


def test_the_doctor_stops_a_training_and_says_so(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=10, start=7)
    run, snapshot = treat(trainings, "stop")
    assert (snapshot.phase, snapshot.step) == (Phase.STOPPED, 10)
    assert "The doctor stopped the training at step 10: Mode collapse, since step 7." in (
        snapshot.notice
    )
    status = run.status()
    assert (status.phase, status.step, status.may_act) == (Phase.STOPPED, 10, "stop")
    assert status.treatment == snapshot.notice


def test_the_doctor_goes_back_once_with_other_noise_and_then_stops(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=12, start=7)
    run, snapshot = treat(trainings, "rollback", log_every=2, save_every=5)
    # at step 12 the states of steps 10 and 5 are kept, and 5 is the last before the finding
    assert (snapshot.phase, snapshot.step) == (Phase.STOPPED, 12)
    assert snapshot.notice.endswith("It went back once before.")
    rows = [row["step"] for row in run.rows()]
    assert rows == sorted(set(rows)) and rows[-1] == 12
    assert max(run.grids()) <= 12


def test_a_training_that_went_back_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other noise is an event; what a person did after the state is none any more."""
    with monkeypatch.context() as patch:
        ill_from(patch, step=12, start=7)
        session = helpers.start(tmp_path / "run", steps=20, log_every=2)
        session.may_act = "rollback"
        while not session.is_over and not session.treatment:
            if session.step in (2, 6):
                session.change("lr_g", 0.01 * session.step)
            session.advance(0)
    assert session.step == 5
    assert "goes on with other noise, without what was done to it since by hand: " in (
        session.treatment
    )
    assert session.config.lr_g == 0.02
    run = helpers.finish(session).run
    assert run.events() == (Event(2, "set", "lr_g", 0.02, 2e-4), Event(5, "noise", new=12))
    copy = RunFolder(tmp_path / "copy")
    copy.path.mkdir()
    arguments = (tmp_path, helpers.CPU, helpers.quiet, run.events())
    helpers.finish(opening.start(copy, run.config(), *arguments))
    one, other = load_training(run, helpers.CPU), load_training(copy, helpers.CPU)
    assert set(helpers.differences(one, other)) == {"seconds"}


def test_with_no_state_from_before_the_doctor_stops(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=16, start=3)
    _, snapshot = treat(trainings, "rollback", log_every=2, save_every=5, keep_states=0)
    assert snapshot.phase is Phase.STOPPED
    assert snapshot.notice.endswith("No earlier state was saved.")


def test_what_the_doctor_may_do_can_be_changed_while_it_trains(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill_from(monkeypatch, step=0, start=0)
    job = trainings.start([tiny_config(**ENDLESS)])
    until(lambda: job.phase is Phase.RUNNING)
    job.allow("stop")
    assert job.may_act == "stop"
    job.wait(60)
    assert job.phase is Phase.STOPPED
    assert RunFolder(trainings.store.root / job.snapshot.run).status().may_act == "stop"


def test_in_a_race_only_the_ill_one_is_stopped(
    trainings: Trainings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examine(config: TrainConfig, curves: Curves, quality: Curves) -> tuple[Finding, ...]:
        return (COLLAPSE,) if config.seed else ()

    monkeypatch.setattr(doctor, "examine", examine)
    job = trainings.start([tiny_config(), tiny_config(seed=1)], "stop")
    job.wait(60)
    well, ill = job.snapshots
    assert (well.phase, ill.phase) == (Phase.FINISHED, Phase.STOPPED)
    assert (well.step, ill.step) == (10, 2)


class Note(Handler):
    """Notes the steps at which it happens."""

    def __init__(self, *every: int, at_end: bool = True) -> None:
        self.intervals = every
        self.at_end = at_end
        self.steps: list[int] = []

    def every(self, config: TrainConfig) -> tuple[int, ...]:
        return self.intervals

    def handle(self, session: TrainingSession) -> None:
        self.steps.append(session.step)


def test_one_line_adds_a_handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = helpers.trained(tmp_path / "alone")
    notes = Note(3), Note(4, 5), Note(4, at_end=False), Note(5, at_end=False), Note(0)
    monkeypatch.setattr(opening, "HANDLERS", (*HANDLERS, *notes))
    run = helpers.trained(tmp_path / "run")
    assert [note.steps for note in notes] == [
        [0, 3, 6, 9, 10],
        [0, 4, 5, 8, 10],
        [0, 4, 8],
        [0, 5],
        [10],
    ]
    one, other = load_training(run, helpers.CPU), load_training(alone, helpers.CPU)
    assert set(helpers.differences(one, other)) == {"seconds"}


def test_what_comes_after_a_halt_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Halt(Note):
        def handle(self, session: TrainingSession) -> None:
            if session.step:
                session.halt()

    note = Note(4)
    monkeypatch.setattr(opening, "HANDLERS", (Halt(4), note))
    session = helpers.start(tmp_path / "run")
    while not session.is_over:
        session.advance(60)
    session.close()
    assert (session.step, session.phase, note.steps) == (4, Phase.STOPPED, [0])
    session.advance(60)
    assert session.step == 4
