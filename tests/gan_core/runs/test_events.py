from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.errors import ConfigError
from gan_core.runs import events as run_events
from gan_core.runs.events import (
    Event,
    EventLog,
    check_events,
    describe_event,
    events_behind,
    read_events,
    settings_at,
)
from tests.gan_core.helpers import tiny_config

RATE = Event(3, "set", "lr_g", 0.5, 0.25)
TURN = Event(3, "turn", "d")
NOISE = Event(7, "noise", new=460)
LATER = Event(9, "set", "d_steps", 4)
LINES = (
    '{"step": 3, "event": "set", "name": "lr_g", "old": 0.25, "new": 0.5}\n'
    '{"step": 3, "event": "turn", "name": "d"}\n'
    '{"step": 7, "event": "noise", "new": 460}\n'
    '{"step": 9, "event": "set", "name": "d_steps", "new": 4}\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def log_of(path: Path, *events: Event) -> EventLog:
    log = EventLog(path, events)
    log.write()
    return log


def test_a_file_holds_a_line_for_each_event(path: Path) -> None:
    assert read_events(path, "it") == ()
    log_of(path)
    assert not path.exists()  # a run that nothing was done to has none
    log_of(path, RATE, TURN, NOISE, LATER)
    assert path.read_text() == LINES
    assert read_events(path, "it") == (RATE, TURN, NOISE, LATER)


def test_the_events_of_a_step_come_in_their_order_and_not_before_it(path: Path) -> None:
    log = log_of(path, RATE, TURN, LATER)
    assert log.due(2) is None
    assert log.due(3) == RATE
    log.pass_by(RATE)
    assert log.due(3) == TURN
    log.pass_by(TURN)
    assert log.due(8) is None
    assert (log.past, log.coming) == ((RATE, TURN), (LATER,))


def test_what_is_planned_is_on_disk_and_comes_before_what_was_to_come(path: Path) -> None:
    log = EventLog(path)
    log.plan(RATE)
    assert read_events(path, "it") == (RATE,)
    log.pass_by(RATE)
    log.plan(TURN)
    assert read_events(path, "it") == (RATE, TURN)
    assert log.coming == (TURN,)
    log = log_of(path, LATER)
    log.plan(TURN)
    assert read_events(path, "it") == log.coming == (TURN, LATER)


def test_an_event_is_told_as_it_happened(path: Path) -> None:
    log = log_of(path, LATER, Event(9, "turn", "g"))
    log.pass_by(Event(10, "set", "d_steps", 4, 1))
    told = (Event(10, "set", "d_steps", 4, 1), Event(9, "turn", "g"))
    assert (*log.past, *log.coming) == told
    # the one behind it says an earlier step until it happens itself
    with pytest.raises(ConfigError, match="the steps must not fall"):
        read_events(path, "it")
    log.pass_by(Event(10, "turn", "g"))
    assert read_events(path, "it") == (told[0], Event(10, "turn", "g"))


def test_to_go_back_is_to_meet_the_later_events_again(path: Path) -> None:
    log = log_of(path, RATE, TURN, NOISE)
    for event in (RATE, TURN, NOISE):
        log.pass_by(event)
    log.go_back((RATE,), step=3)
    assert (log.past, log.coming) == ((RATE,), (TURN, NOISE))
    assert read_events(path, "it") == (RATE, TURN, NOISE)
    log.drop(1)
    assert read_events(path, "it") == (RATE, NOISE)


def test_the_state_holds_where_the_file_tells_of_another_past(path: Path) -> None:
    log = log_of(path, TURN, NOISE)
    log.go_back((RATE,), step=3)
    assert (log.past, log.coming) == ((RATE,), ())
    assert read_events(path, "it") == (RATE,)
    log = log_of(path, RATE, TURN, LATER)
    log.go_back((RATE,), step=5)  # the turn of step 3 belongs to the past of another state
    assert (log.past, log.coming) == ((RATE,), (LATER,))


def test_a_last_line_cut_short_is_left_out(path: Path) -> None:
    path.write_text(LINES + '{"step": 9, "ev')
    assert read_events(path, "it") == (RATE, TURN, NOISE, LATER)
    path.write_text(LINES[:-1] + "\n\n")
    assert len(read_events(path, "it")) == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense\n", "it, line 1, is no JSON."),
        (LINES + "{\n" + LINES, "it, line 5, is no JSON."),
        ("[3]\n", "it, line 1: it holds no values by name."),
        ('{"step": -1, "event": "turn", "name": "d"}', "line 1: step must be a whole number"),
        ('{"step": true, "event": "turn", "name": "d"}', "line 1: step must be a whole number"),
        ('{"step": 1, "event": "jump"}', "line 1: event must be one of set, turn, noise."),
        ('{"step": 1, "event": ["set"]}', "line 1: event must be one of set, turn, noise."),
        ('{"step": 1, "event": "turn", "name": "x"}', "line 1: name must be d or g"),
        ('{"step": 1, "event": "turn", "name": 4}', "line 1: name and run must be short texts."),
        ('{"step": 1, "event": "set", "name": "lr_g"}', "name must be a setting, and new its"),
        ('{"step": 1, "event": "set", "name": "lr_g", "new": NaN}', "and new its value, a number"),
        ('{"step": 1, "event": "set", "name": "lr_g", "new": "1"}', "and new its value, a number"),
        ('{"step": 1, "event": "noise", "new": 0.5}', "new must be the seed of the noise"),
        ('{"step": 1, "event": "noise", "new": 1e400}', "new must be the seed of the noise"),
        (LINES + LINES, "it, line 5: the steps must not fall."),
        ("[" * 100_000 + "\n", "it, line 1, is no JSON."),
    ],
)
def test_a_damaged_file_is_answered_in_a_sentence(path: Path, content: str, message: str) -> None:
    path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_events(path, "it")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="it is no text: an event is a line of JSON"):
        read_events(path, "it")
    with pytest.raises(ConfigError, match=r"it cannot be read\. .* is a folder"):
        read_events(path.parent, "it")
    monkeypatch.setattr(run_events, "MAX_EVENTS", 3)
    path.write_text(LINES)
    with pytest.raises(ConfigError, match="it holds 4 lines; 3 are the most"):
        read_events(path, "it")


def test_the_settings_at_a_step() -> None:
    config = tiny_config(lr_g=0.25)
    others = Event(1, "set", "lr_d", 0.125, run="parent")  # what the parent was given
    events = (others, RATE, TURN, LATER)
    assert [settings_at(config, events, step).lr_g for step in (0, 2, 3, 4)] == [
        0.25,
        0.25,
        0.5,
        0.5,
    ]
    assert [settings_at(config, events, step).d_steps for step in (8, 9)] == [1, 4]
    assert settings_at(config, events) == config.with_settings({"lr_g": 0.5, "d_steps": 4})
    assert settings_at(config, (others,)) is config


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event(4, "set", "lr_g", 7.0), "The event of step 4 cannot be: lr_g is 7.0; it must be"),
        (Event(4, "set", "d_steps", 1.5), "d_steps is 1.5; it must be a whole number"),
        (
            Event(4, "set", "batch_size", 4),
            "batch_size cannot change while a run trains; only lr_g",
        ),
        (Event(4, "set", "clip", 0.1), "clip cannot change while a run trains"),
        (Event(4, "set", "speed", 1), "'speed' is not a setting"),
    ],
)
def test_what_a_training_could_not_go_through(event: Event, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_events(tiny_config(), [RATE, event])
    check_events(tiny_config(objective="wgan"), [RATE, TURN, NOISE, Event(9, "set", "clip", 0.1)])


def test_a_state_holds_the_events_behind_it() -> None:
    events = (RATE, TURN, NOISE, Event(9, "set", "lr_d", 1, 0.5, "parent"))
    assert events_behind({"events": [event.to_dict() for event in events]}) == events
    assert events_behind({}) == ()  # of before there were any


def test_events_in_words() -> None:
    assert [
        describe_event(event) for event in (RATE, LATER, TURN, Event(1, "turn", "g"), NOISE)
    ] == [
        "lr_g from 0.25 to 0.5",
        "d_steps to 4",
        "a step of the discriminator alone",
        "a step of the generator alone",
        "other noise from here on",
    ]
