"""What a person did to a training while it ran, in words and as marks in its curves."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from gan_core.runs.events import PLAYERS, Event, describe_event
from pages.shared.charts.figures import Mark
from pages.shared.runs.state import RunState
from pages.shared.server import urls
from pages.shared.text import plain

MOST_NAMED = 5  # in a chart, where one name stands below the other, and in a line of text
MOST_MARKED = 60


def moments(events: Sequence[Event]) -> list[tuple[int, str]]:
    """The steps with what was done at each; turns alone that follow each other are one of them."""
    groups = []
    for is_turn, group in groupby(events, lambda event: event.kind == "turn"):
        if is_turn:
            turns = list(group)
            groups.append((turns[0].step, _describe_turns(turns)))
        else:
            groups += [(event.step, describe_event(event)) for event in group]
    return groups


def _describe_turns(turns: Sequence[Event]) -> str:
    counts = {name: sum(turn.name == player for turn in turns) for player, name in PLAYERS.items()}
    words = [
        f"{'a step' if count == 1 else f'{count:,} steps'} of the {name} alone"
        for name, count in counts.items()
        if count
    ]
    return " and ".join(words)


def marks(state: RunState, letter: str = "") -> list[Mark]:
    """The steps at which something was done, to be marked in charts: the last ones by name."""
    source = urls.curves_url(state.source)
    done = moments(state.events)[-MOST_MARKED:]
    unnamed = len(done) - MOST_NAMED
    return [
        Mark(source, step, _named(words, letter) if index >= unnamed else "", by_hand=True)
        for index, (step, words) in enumerate(done)
    ]


def _named(words: str, letter: str) -> str:
    return f"{letter}: {words}" if letter else words


def in_short(state: RunState) -> None:
    """What was done last, in one line; nothing where nothing was."""
    done = moments(state.events)
    if not done:
        return
    listed = "; ".join(f"step {step:,}: {words}" for step, words in done[-MOST_NAMED:])
    earlier = len(done) - MOST_NAMED
    more = f" Before that, {earlier:,} more: the log has all of them." if earlier > 0 else ""
    st.markdown(f"**By hand:** {plain(listed)}.{plain(more)}")


def again_choice(state: RunState, *, key: str) -> bool:
    """Whether what was done after the saved state is to be done again in a resumed training; asked
    only where something was."""
    if not state.coming:
        return True
    listed = "; ".join(f"step {step:,}: {words}" for step, words in moments(state.coming))
    return st.checkbox(
        "Do again what was done by hand after the saved state",
        value=not state.error,
        key=key,
        help=f"{plain(listed)}. With it the training goes the way that it went before it broke "
        "off, bit for bit on a CPU; without it, another way.",
    )
