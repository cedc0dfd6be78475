"""A training under the hand of who watches it: pages/shared/runs/live_controls.py on Train."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.runs.events import Event
from gan_core.runs.status import Status
from gan_core.training.job import TrainingJob
from gan_core.training.snapshot import Phase
from pages.shared.runs.by_hand import marks
from pages.shared.runs.state import read_state
from pages.shared.server import process
from pages.shared.server.sources import Source
from tests.pages.screen import ended_job, laboratory, open_page, words
from tests.pages.train.test_train import progress, started, wait_for
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def paused() -> TrainingJob:
    job = started()
    job.pause()
    wait_for(job, Phase.PAUSED)
    return job


def wait_for_events(job: TrainingJob, count: int) -> None:
    while len(job.snapshot.events) < count:
        assert job.phase.active
        job.wait(0.01)


def key_of(job: TrainingJob, what: str) -> str:
    return f"train/live/{job.snapshot.run}/{what}"


def rate(job: TrainingJob, value: float) -> str:
    return key_of(job, f"lr_g/{value!r}")


def show_settings(at: AppTest, job: TrainingJob) -> None:
    """Open what holds the form."""
    at.session_state[key_of(job, "settings")] = True
    at.run()


def test_a_rate_is_changed_and_the_run_says_so(lab: Path) -> None:
    job = paused()
    at = open_page("train")
    before = job.snapshot.config.lr_g
    show_settings(at, job)
    at.number_input(rate(job, before)).set_value(0.05)
    at.button(key_of(job, "apply")).click().run()
    wait_for_events(job, 1)
    at.run()
    assert not at.exception
    step = job.snapshot.step
    assert job.snapshot.events == (Event(step, "set", "lr_g", 0.05, before),)
    assert f"**By hand:** step {step:,}: lr_g from {before:g} to 0.05." in words(at)
    assert f"By hand at step {step:,}: lr_g from {before:g} to 0.05" in at.code[1].value
    assert "Changed since: lr_g 0.05." in words(at)
    assert at.number_input(rate(job, 0.05)).value == 0.05
    (mark,) = marks(read_state(Source("runs", job.snapshot.run)))
    assert (mark.step, mark.name) == (step, "lr_g = 0.05")
    at.button(key_of(job, "apply")).click().run()
    assert "Nothing was changed" in words(at)
    assert len(job.snapshot.events) == 1


def test_single_steps_are_for_a_pause(lab: Path) -> None:
    job = started()
    at = open_page("train")
    assert "and saved" not in progress(at)
    buttons = [at.button(key_of(job, what)) for what in ("d", "g", "round")]
    assert [button.disabled for button in buttons] == [True] * 3
    assert "Pause the training first." in buttons[0].help
    at.button("train/pause").click().run()
    wait_for(job, Phase.PAUSED)
    at.run()
    step = job.snapshot.step
    assert progress(at).endswith("and saved")
    at.button(key_of(job, "d")).click().run()
    wait_for_events(job, 1)
    at.button(key_of(job, "g")).click().run()
    wait_for_events(job, 2)
    at.run()
    assert job.snapshot.step == step + 1
    assert (
        f"step {step:,}: a step of the discriminator alone and a step of the generator alone"
        in words(at)
    )
    at.button(key_of(job, "round")).click().run()
    while job.snapshot.step < step + 2:
        job.wait(0.01)
    assert job.phase is Phase.PAUSED
    assert len(job.snapshot.events) == 2
    assert progress(at.run()).endswith(f"Paused at step {step + 2:,} of 1,000,000")


def test_slow_motion_is_seen_in_every_tab(lab: Path) -> None:
    job = started()
    first, second = open_page("train"), open_page("train")
    first.selectbox(key_of(job, "pace")).set_value(1.0).run()
    assert job.pace == 1.0
    assert second.run().selectbox(key_of(job, "pace")).value == 1.0
    second.selectbox(key_of(job, "pace")).set_value(0.0).run()
    assert job.pace == 0.0


def test_a_run_of_another_process_is_not_steered_here(lab: Path) -> None:
    run = train(lab / "runs", "elsewhere", steps=10)
    run.write_config(run.config().with_settings({"steps": 20}), run.info())
    run.write_status(Status(Phase.RUNNING, 10, 1.0))
    lock = run.lock()
    try:
        at = open_page("train", run="elsewhere")
        assert not at.exception
        assert "It can be steered only where it is trained." in words(at)
        keys = [f"train/live/elsewhere/{what}" for what in ("d", "g", "round")]
        assert [at.button(key).disabled for key in keys] == [True] * 3
        assert at.selectbox("train/live/elsewhere/pace").disabled
    finally:
        lock.release()


def test_a_run_that_is_over_is_repeated(lab: Path) -> None:
    run = train(lab / "runs", "older", steps=8)
    event = {"step": 3, "event": "set", "name": "lr_g", "new": 0.05}
    (run.path / "events.jsonl").write_text(json.dumps(event) + "\n")
    at = open_page("train", run="older")
    assert "train/live/older/d" not in [button.key for button in at.button]
    at.button("train/repeat/older").click().run()
    job = ended_job()
    assert job.snapshot.run != "older"
    assert [(e.step, e.new) for e in job.snapshot.events] == [(3, 0.05)]


@pytest.mark.parametrize("again", [True, False])
def test_what_was_done_after_the_saved_state_is_asked_about(lab: Path, again: bool) -> None:
    run = train(lab / "runs", "killed", steps=10)
    run.write_config(run.config().with_settings({"steps": 12}), run.info())
    run.write_status(Status(Phase.RUNNING, 10, 1.0))
    (run.path / "events.jsonl").write_text('{"step": 11, "event": "turn", "name": "d"}\n')
    at = open_page("train", run="killed")
    choice = at.checkbox("train/again/killed/10")
    assert choice.value
    assert "step 11: a step of the discriminator alone" in choice.help
    choice.set_value(again).run()
    at.button("train/go-on/killed").click().run()
    assert len(ended_job().snapshot.events) == again


def test_damaged_events_are_said_and_the_run_is_shown(lab: Path) -> None:
    run = train(lab / "runs", "older", steps=8)
    (run.path / "events.jsonl").write_text("nonsense\n")
    at = open_page("train", run="older")
    assert not at.exception
    assert "older/events.jsonl, line 1, is no JSON." in at.info[0].value
    at.button("train/repeat/older").click().run()
    assert "older/events.jsonl, line 1, is no JSON." in at.error[0].value
    assert process.trainings().job is None
