"""What is done to a training by hand, and done again: by a resumed run, a fork, a repeat."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_core.errors import CheckpointError, ConfigError
from gan_core.objectives.settings import own_settings
from gan_core.objectives.table import OBJECTIVES
from gan_core.runs.events import Event, EventLog
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training
from gan_core.training import opening
from gan_core.training.session import TrainingSession
from tests.gan_core import helpers
from tests.gan_core.helpers import copied, differences, finish, resume, start, tiny_config

Act = Callable[[TrainingSession], None]
ROUNDS: dict[str, Any] = {"d_steps": 2, "g_steps": 3, "batch_size_g": 12}


def play(session: TrainingSession, acts: dict[int, list[Act]], until: int = 10) -> TrainingSession:
    """Train to a step, and do at each step on the way what is to be done at it."""
    while True:
        now = acts.pop(session.step, [])
        for act in now:
            act(session)
        if session.step >= until:
            return session
        if not now:
            session.advance(0)


def changed(name: str, value: float) -> Act:
    return lambda session: session.change(name, value)


def some_acts() -> dict[int, list[Act]]:
    return {
        0: [lambda s: s.turn("g")],
        2: [changed("lr_g", 0.01), lambda s: s.turn("d")],
        4: [changed("d_steps", 3), lambda s: s.turn("d"), lambda s: s.turn("d")],
        6: [changed("g_steps", 2), lambda s: s.turn("g")],
        8: [changed("lr_d", 0.0), changed("lr_g", 0.0)],
    }


def state(run: RunFolder, step: int | None = None) -> dict[str, Any]:
    """A saved state, less what a clock measured."""
    values = load_training(run, helpers.CPU, step)
    del values["seconds"]
    return values


def rows(run: RunFolder) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in run.rows()]


def repeat(folder: Path, run: RunFolder, **changes: Any) -> RunFolder:
    folder.mkdir()
    config = run.config().with_settings(changes)
    arguments = (folder, helpers.CPU, helpers.quiet, run.events())
    return finish(opening.start(RunFolder(folder), config, *arguments)).run


@pytest.mark.parametrize("architecture", ["mlp", "mlp-small", "dcgan-28"])
@pytest.mark.parametrize("changes", [{}, ROUNDS])
def test_five_steps_saved_and_resumed_equal_ten_events_included(
    tmp_path: Path, architecture: str, changes: dict[str, Any]
) -> None:
    settings = {"architecture": architecture, "image_size": 28, **changes}
    whole = finish(play(start(tmp_path / "whole", **settings), some_acts())).run
    half = play(start(tmp_path / "parts", **settings), acts := some_acts(), until=5)
    half.save()
    half.close()
    again = resume(tmp_path / "parts")
    assert again.step == 5 and again.config == half.config
    parts = finish(play(again, acts)).run
    assert differences(state(whole), state(parts)) == []
    assert rows(whole) == rows(parts)
    assert whole.events() == parts.events()
    assert parts.config() == tiny_config(**settings)  # the settings that it began with


def test_the_run_says_what_was_done_at_which_step(tmp_path: Path) -> None:
    run = finish(play(start(tmp_path / "run", lr_g=0.25, lr_d=0.25), some_acts())).run
    assert run.events() == (
        Event(0, "turn", "g"),
        Event(2, "set", "lr_g", 0.01, 0.25),
        Event(2, "turn", "d"),
        Event(4, "set", "d_steps", 3, 1),
        Event(4, "turn", "d"),
        Event(4, "turn", "d"),
        Event(6, "set", "g_steps", 2, 1),
        Event(6, "turn", "g"),
        Event(8, "set", "lr_d", 0.0, 0.25),
        Event(8, "set", "lr_g", 0.0, 0.01),
    )
    assert [run.settings_at(step).lr_g for step in (1, 2, 7, 8)] == [0.25, 0.01, 0.01, 0.0]
    assert (run.settings_at().d_steps, run.config().d_steps) == (3, 1)
    # Batches: the first turn of the generator needs one to look at, each turn of the discriminator
    # takes one; steps 2, 3 and 4 one each, 5 and 6 three each; 8 and 9 share three, 10 begins anew.
    assert run.status().images == load_training(run, helpers.CPU)["batches"] * 8
    assert [row["images"] // 8 for row in rows(run)] == [2, 5, 10, 13, 16, 19]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_takes_each_setting_that_may_change(tmp_path: Path, name: str) -> None:
    values: dict[str, float] = {"lr_g": 1e-3, "lr_d": 1e-3, "d_steps": 2, "g_steps": 2}
    values |= {
        own: setting.minimum or 0.5 for own, setting in own_settings(OBJECTIVES[name]).items()
    }
    settings: dict[str, Any] = {"objective": name, "steps": 6}

    def acts() -> dict[int, list[Act]]:
        return {2: [changed(setting, value) for setting, value in values.items()]}

    whole = finish(play(start(tmp_path / "whole", **settings), acts(), until=6)).run
    play(start(tmp_path / "parts", **settings), acts(), until=4).close()  # killed: saved at 0
    parts = finish(resume(tmp_path / "parts")).run
    plain = helpers.trained(tmp_path / "plain", **settings)
    assert differences(state(whole), state(parts)) == []
    assert differences(state(whole)["critic"], state(plain)["critic"]) != []
    now = whole.settings_at().to_dict()
    assert {setting: now[setting] for setting in values} == values


def test_an_own_setting_reaches_the_loss(tmp_path: Path) -> None:
    session = start(tmp_path / "run", objective="wgan", architecture="mlp", clip=0.01)
    play(session, {3: [changed("clip", 0.002)]}, until=4)
    session.close()
    weights = [weight.abs().max() for weight in session.trainer.critic.parameters()]
    assert max(weights).item() == pytest.approx(0.002)


def test_what_is_so_already_is_no_change(tmp_path: Path) -> None:
    session = start(tmp_path / "run", objective="wgan")
    for name, value in (("lr_g", 2e-4), ("d_steps", 1), ("clip", 0.01)):
        session.change(name, value)
    session.close()
    assert not (tmp_path / "run" / "events.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lr_g", -1.0, "lr_g is -1.0; it must be"),
        ("d_steps", 0, "d_steps is 0; it must be"),
        ("clip", 0.1, "clip cannot change while a run trains"),
        ("batch_size", 16, "batch_size cannot change while a run trains"),
    ],
)
def test_what_cannot_change_is_refused_and_leaves_nothing(
    tmp_path: Path, name: str, value: float, message: str
) -> None:
    session = start(tmp_path / "run")
    with pytest.raises(ConfigError, match=message):
        session.change(name, value)
    session.close()
    assert session.events.past == session.events.coming == ()
    assert not (tmp_path / "run" / "events.jsonl").exists()


class Killed(BaseException):
    """The end of the process, as far as a test can bring it about."""


@pytest.mark.parametrize(
    "act", [changed("lr_g", 0.05), lambda s: s.turn("d"), lambda s: s.turn("g")]
)
def test_a_kill_between_an_event_and_what_it_says_leaves_it_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, act: Act
) -> None:
    whole = finish(play(start(tmp_path / "whole"), {7: [act]})).run

    def kill(*_: object) -> None:
        raise Killed

    session = play(start(tmp_path / "cut"), {}, until=7)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(EventLog, "pass_by", kill)
        act(session)
    session.close()
    again = resume(tmp_path / "cut")
    assert again.step == 5
    assert [event.step for event in again.events.coming] == [7]
    assert "done again: step 7: " in again.notice
    cut = finish(again).run
    assert differences(state(whole), state(cut)) == []
    assert rows(whole) == rows(cut)
    assert whole.events() == cut.events()


def test_after_a_kill_what_was_done_is_done_again(tmp_path: Path) -> None:
    def acts() -> dict[int, list[Act]]:
        return {
            5: [changed("lr_d", 0.02)],
            6: [lambda s: s.turn("d"), changed("g_steps", 2), lambda s: s.turn("g")],
            8: [changed("lr_g", 0.05)],
        }

    whole = finish(play(start(tmp_path / "whole"), acts())).run
    session = play(start(tmp_path / "cut"), acts(), until=9)
    session.close()  # killed at step 9, its last state is of step 5
    with (tmp_path / "cut" / "events.jsonl").open("a") as sink:
        sink.write('{"step": 9, "even')
    cut = finish(resume(tmp_path / "cut")).run
    assert differences(state(whole), state(cut)) == []
    assert rows(whole) == rows(cut)
    assert whole.events() == cut.events()


def test_or_it_is_left_out(tmp_path: Path) -> None:
    acts: dict[int, list[Act]] = {3: [changed("lr_d", 0.02)], 7: [changed("lr_g", 1.0)]}
    play(start(tmp_path / "cut"), dict(acts), until=8).close()
    again = opening.resume(
        RunFolder(tmp_path / "cut"), {}, tmp_path, helpers.CPU, helpers.quiet, again=False
    )
    assert again.notice == ""
    cut = finish(again).run
    assert [event.step for event in cut.events()] == [3]
    del acts[7]
    whole = finish(play(start(tmp_path / "whole"), acts)).run
    assert differences(state(whole), state(cut)) == []


def test_a_state_is_what_it_is_after_all_events_of_its_step(tmp_path: Path) -> None:
    run = finish(
        play(start(tmp_path / "run"), {5: [changed("lr_g", 0.05), lambda s: s.turn("d")]})
    ).run
    kept = state(run, 5)
    assert [event["event"] for event in kept["events"]] == ["set", "turn"]
    assert kept["optimizer_g"]["param_groups"][0]["lr"] == 0.05
    assert kept["batches"] == 6


def test_a_repeated_run_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    run = finish(play(start(tmp_path / "run", **ROUNDS), some_acts())).run
    copy = repeat(tmp_path / "copy", run)
    assert differences(state(run), state(copy)) == []
    assert rows(run) == rows(copy)
    assert run.events() == copy.events()
    for name in ("generator.safetensors", "events.jsonl", "samples/000010.png"):
        assert (run.path / name).read_bytes() == (copy.path / name).read_bytes()


def test_events_written_by_hand_are_told_as_they_happened(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "run")
    lines = [{"step": 3, "event": "turn", "name": "g"}, {"step": 3, "event": "turn", "name": "g"}]
    lines.append({"step": 4, "event": "set", "name": "lr_g", "new": 0.05})
    (run.path / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    copy = repeat(tmp_path / "copy", run)
    assert copy.events() == (
        Event(3, "turn", "g"),
        Event(4, "turn", "g"),
        Event(5, "set", "lr_g", 0.05, 2e-4),
    )
    assert differences(state(copy), state(repeat(tmp_path / "third", copy))) == []


def test_events_that_do_not_fit_leave_no_run(tmp_path: Path) -> None:
    event = Event(4, "set", "clip", 0.1)
    with pytest.raises(ConfigError, match="The event of step 4 cannot be: clip cannot change"):
        opening.start(
            RunFolder(tmp_path), tiny_config(), tmp_path, helpers.CPU, helpers.quiet, [event]
        )
    assert not RunFolder(tmp_path).is_run


def test_damaged_events_are_named_before_anything_is_changed(tmp_path: Path) -> None:
    play(start(tmp_path / "run"), {}, until=7).close()
    (tmp_path / "run" / "events.jsonl").write_text('{"step": 6}\n')
    before = sorted(path.read_bytes() for path in (tmp_path / "run").glob("*.*"))
    with pytest.raises(CheckpointError, match=r"run/events\.jsonl, line 1: event must be one of"):
        resume(tmp_path / "run")
    assert sorted(path.read_bytes() for path in (tmp_path / "run").glob("*.*")) == before


@pytest.mark.parametrize("events", [[{"step": -1}], 3, ["x"], [{"step": 1, "event": "jump"}]])
def test_a_state_with_damaged_events(tmp_path: Path, events: object) -> None:
    run = play(start(tmp_path / "run"), {}, until=7).run
    torch.save({**load_training(run, helpers.CPU), "events": events}, run.path / "training.pt")
    with pytest.raises(CheckpointError, match=r"training\.pt holds damaged events"):
        resume(tmp_path / "run")


def test_a_state_of_before_there_were_events(tmp_path: Path) -> None:
    whole = helpers.trained(tmp_path / "whole", **ROUNDS)
    session = play(start(tmp_path / "parts", **ROUNDS), {}, until=7)
    session.save()
    session.close()
    old = load_training(session.run, helpers.CPU)
    for name in ("events", "batches", "in_round"):
        del old[name]
    torch.save(old, session.run.path / "training.pt")
    parts = finish(resume(tmp_path / "parts")).run
    assert differences(state(whole), state(parts)) == []
    assert rows(whole)[-1] == rows(parts)[-1]


def fork(parent: RunFolder, name: str, step: int = 5, **changes: Any) -> TrainingSession:
    (parent.path.parent / name).mkdir()
    child = RunFolder(parent.path.parent / name)
    return opening.fork(child, parent, step, changes, parent.path, helpers.CPU, helpers.quiet)


def test_a_fork_inherits_what_was_done_up_to_its_step(tmp_path: Path) -> None:
    acts: dict[int, list[Act]] = {3: [changed("d_steps", 2)], 8: [changed("lr_g", 0.05)]}
    parent = finish(play(start(tmp_path / "parent"), acts)).run
    child = finish(play(fork(parent, "child"), {7: [changed("lr_d", 0.01)]})).run
    assert child.events() == (
        Event(3, "set", "d_steps", 2, 1, run="parent"),
        Event(7, "set", "lr_d", 0.01, 2e-4),
    )
    assert child.config() == parent.config().with_settings({"d_steps": 2})
    assert child.settings_at(6).lr_d == 2e-4 and child.settings_at(7).lr_d == 0.01
    grandchild = finish(fork(child, "grandchild", step=5, lr_d=0.01)).run
    assert grandchild.events() == child.events()[:1]
    # with the same done to it at the same step, a fork is its parent
    twin = finish(play(fork(parent, "twin"), {8: [changed("lr_g", 0.05)]})).run
    assert set(differences(state(parent), state(twin))) == {"events.0.run"}


def test_what_a_fork_changes_holds_against_what_was_done_before(tmp_path: Path) -> None:
    parent = finish(play(start(tmp_path / "parent"), {3: [changed("lr_g", 0.05)]})).run
    session = fork(parent, "child", lr_g=0.01)
    assert session.config.lr_g == 0.01
    child = finish(session).run
    assert child.config().lr_g == child.settings_at().lr_g == 0.01
    assert state(child)["optimizer_g"]["param_groups"][0]["lr"] == 0.01
    resumed = resume(child.path, steps=12)
    assert resumed.config.lr_g == 0.01
    finish(resumed)


def test_a_round_is_played_to_the_beginning_of_the_next(tmp_path: Path) -> None:
    session = start(tmp_path / "run", d_steps=2, g_steps=3)
    session.play_round()
    assert session.step == 3
    session.advance(0)
    session.play_round()  # what is left of it
    assert session.step == 6
    session.turn("g")  # which is beside the rounds
    session.play_round()
    session.play_round()
    assert (session.step, session.finished) == (10, True)
    session.play_round()
    session.turn("d")
    session.change("lr_g", 0.5)  # nothing more happens to what is over
    session.close()
    assert session.step == 10
    assert session.run.events() == (Event(6, "turn", "g"),)
    alone = helpers.trained(tmp_path / "alone", d_steps=2, g_steps=3, steps=6)
    assert rows(alone)[:3] == rows(session.run)[:3]


def test_a_turn_of_the_generator_is_a_step_at_which_handlers_are_due(tmp_path: Path) -> None:
    session = play(start(tmp_path / "run"), {4: [lambda s: s.turn("g")]}, until=5)
    session.close()
    assert session.saved_step == 5
    assert session.grids == (0, 5)
    assert session.history.view()["step"].tolist() == [2, 4, 5]


def test_a_turn_of_the_discriminator_logs_nothing_twice(tmp_path: Path) -> None:
    session = start(tmp_path / "run")
    before = copied(session.trainer.generator.state_dict())
    play(session, {4: [lambda s: s.turn("d")] * 3}, until=4)
    assert session.history.view()["step"].tolist() == [2, 4]
    assert differences(before, session.trainer.generator.state_dict()) != []
    play(session, {}, until=6)
    session.close()
    assert session.history.view()["images"].tolist() == [16, 32, 64, 72]
