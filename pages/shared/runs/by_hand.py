"""What was done to a training while it ran, nearly all by hand: in words, and marked in curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import streamlit as st

from gan_core.runs.events import PLAYERS, Event, describe_event
from pages.shared.charts.figures import Mark
from pages.shared.runs.state import RunState
from pages.shared.server import urls
from pages.shared.text import plain

MOST_NAMED = 5  # in a chart, where one name stands below the other, and in a line of text
MOST_MARKED = 60


@dataclass(frozen=True)
class Moment:
    """One thing that was done, or turns alone that followed each other."""

    step: int
    words: str
    name: str  # the same, as short as a chart has room for
    by: str = "hand"  # or the doctor


def moments(events: Sequence[Event]) -> list[Moment]:
    """What was done, in order."""
    done = []
    for is_turn, group in groupby(events, lambda event: event.kind == "turn"):
        if is_turn:
            turns = list(group)
            done.append(Moment(turns[0].step, *_describe_turns(turns)))
        else:
            done += [Moment(one.step, describe_event(one), _name(one), one.by) for one in group]
    return done


def _describe_turns(turns: Sequence[Event]) -> tuple[str, str]:
    """In words, and in short."""
    counts = {player: sum(turn.name == player for turn in turns) for player in PLAYERS}
    words = [
        f"{'a step' if count == 1 else f'{count:,} steps'} of the {PLAYERS[player]} alone"
        for player, count in counts.items()
        if count
    ]
    names = [f"{count:,} x {player.upper()}" for player, count in counts.items() if count]
    return " and ".join(words), f"{' + '.join(names)} alone"


def _name(event: Event) -> str:
    return "other noise" if event.kind == "noise" else f"{event.name} = {event.new:g}"


def marks(state: RunState, letter: str = "") -> list[Mark]:
    """The steps at which something was done, to be marked in charts: the last ones by name."""
    source = urls.curves_url(state.source)
    done = moments(state.events)[-MOST_MARKED:]
    unnamed = len(done) - MOST_NAMED
    names = [f"{letter}: {moment.name}" if letter else moment.name for moment in done]
    return [
        Mark(source, moment.step, name if index >= unnamed else "", by_hand=True)
        for index, (moment, name) in enumerate(zip(done, names, strict=True))
    ]


def _listed(done: Sequence[Moment]) -> str:
    return "; ".join(f"step {moment.step:,}: {moment.words}" for moment in done)


def in_numbers(events: Sequence[Event]) -> str:
    """How much was done, in a few words."""
    changes = sum(event.kind == "set" for event in events)
    turns = sum(event.kind == "turn" for event in events)
    counts = {f"settings changed: {changes:,}": changes, f"single steps: {turns:,}": turns}
    return ", ".join(words for words, count in counts.items() if count) or "nothing"


def in_short(state: RunState) -> None:
    """What was done last by hand, in one line; nothing where nothing was. What the doctor did is
    said in the notice."""
    done = [moment for moment in moments(state.events) if moment.by == "hand"]
    if not done:
        return
    earlier = len(done) - MOST_NAMED
    more = f" Before that, {earlier:,} more: the log has all of them." if earlier > 0 else ""
    st.markdown(f"**By hand:** {plain(_listed(done[-MOST_NAMED:]))}.{plain(more)}")


def again_choice(state: RunState, *, key: str) -> bool:
    """Whether what was done after the saved state is to be done again in a resumed training; asked
    only where something was."""
    if not state.coming:
        return True
    return st.checkbox(
        "Do again what was done by hand after the saved state",
        value=not state.error,
        key=key,
        help=f"{plain(_listed(moments(state.coming)))}. With it the training goes the way that it "
        "went before it broke off, bit for bit on a CPU; without it, another way.",
    )
