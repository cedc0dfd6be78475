from __future__ import annotations

from gan_core.runs.events import Event
from gan_core.training.snapshot import Phase
from pages.shared.runs import by_hand
from pages.shared.runs.by_hand import Moment
from pages.shared.runs.state import RunState
from pages.shared.server.sources import Source

RATE = Event(2, "set", "lr_g", 0.5, 0.25)


def turns(player: str, *steps: int) -> list[Event]:
    return [Event(step, "turn", player) for step in steps]


def state(events: list[Event]) -> RunState:
    run = RunState(Source("runs", "mine"), Phase.FINISHED)
    run.__dict__["events"] = tuple(events)  # as its folder would tell
    return run


def test_turns_that_follow_each_other_are_one_moment() -> None:
    assert by_hand.moments([]) == []
    events = [RATE, *turns("d", 3, 3), *turns("g", 3), Event(7, "noise", new=460), *turns("g", 9)]
    assert by_hand.moments(events) == [
        Moment(2, "lr_g from 0.25 to 0.5", "lr_g = 0.5"),
        Moment(
            3,
            "2 steps of the discriminator alone and a step of the generator alone",
            "2 x D + 1 x G alone",
        ),
        Moment(7, "other noise from here on", "other noise", "the doctor"),
        Moment(9, "a step of the generator alone", "1 x G alone"),
    ]


def test_how_much_was_done() -> None:
    assert by_hand.in_numbers([]) == "nothing"
    assert by_hand.in_numbers([Event(7, "noise", new=460)]) == "nothing"  # that was the doctor
    assert (
        by_hand.in_numbers([RATE, RATE, *turns("d", 4)]) == "settings changed: 2, single steps: 1"
    )


def test_the_last_marks_have_names_and_there_is_an_end_to_them() -> None:
    rates = [Event(step, "set", "lr_g", step, step - 1) for step in range(1, 101)]
    marks = by_hand.marks(state(rates), "A")
    assert len(marks) == by_hand.MOST_MARKED
    assert all(mark.by_hand for mark in marks)
    named = [(mark.step, mark.name) for mark in marks if mark.name]
    assert named[0] == (96, "A: lr_g = 96")
    assert [step for step, _ in named] == [96, 97, 98, 99, 100]
    assert [mark.name for mark in by_hand.marks(state([RATE]))] == ["lr_g = 0.5"]
