"""Which generators the Explore page shows: one, at one of its saved steps, and one beside it.

What is chosen stands in the page's address, and is kept for the session.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import streamlit as st

from gan_core.errors import GanError
from pages.explore.latent_state import hold
from pages.shared.forms.classes import classes_of
from pages.shared.server import generators, histories
from pages.shared.server.sources import Source

DEFAULT = "checkpoints/dcgan-mnist"
NOBODY = "none"
ITSELF = "the first one, of which one state is saved"
STEP_LABELS = {"step": "Saved step", "step2": "Its saved step"}  # by the key in the address
_STEP = re.compile("[0-9]{1,9}")
NAMED = 3  # generators of a kind in a sentence, beyond which they are counted


class Choice(NamedTuple):
    """What is chosen, and what there is to say of it."""

    first: Source
    second: Source | None
    notes: list[str]  # what the address asks for and cannot have
    left_out: str  # which generators cannot stand beside the first, and why


def generator_choice(items: Mapping[str, Source]) -> Choice:
    """Choose a generator, its saved step, and a second one that takes the same vectors."""
    notes: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = _step(_generator(items, notes), "step", notes)
        reasons = {source_id: _misfit(first, item) for source_id, item in items.items()}
        second = _second(items, reasons, notes)
    return Choice(first, second, notes, _left_out(items, reasons))


def choose_step(item: Source, step: int | None) -> None:
    """Explore that saved step of the generator on the page from now on; None for the latest."""
    _remember_step("step", item, step)


def _generator(items: Mapping[str, Source], notes: list[str]) -> Source:
    """The generator named in the address, else the one chosen last, else the default."""
    fallback = DEFAULT if DEFAULT in items else next(iter(items))
    asked = st.query_params.get("g") or st.session_state.get("explore_generator") or fallback
    chosen = asked if asked in items else fallback
    if asked != chosen:
        notes.append(f"There is no generator {asked!r}; this is {items[chosen].label}.")
    hold("explore_g", chosen)
    st.session_state["explore_generator"] = chosen
    if st.query_params.get("g") != chosen:
        st.query_params["g"] = chosen

    def remember() -> None:
        st.query_params["g"] = st.session_state["explore_g"]
        st.query_params.pop("step", None)

    st.selectbox(
        "Generator",
        list(items),
        format_func=lambda source_id: items[source_id].label,
        key="explore_g",
        on_change=remember,
        width=320,
    )
    return items[chosen]


def _step(item: Source, address: str, notes: list[str]) -> Source:
    """The generator at the saved step in the address, else the one chosen last, else the latest."""
    kept, latest = _steps(item)
    asked = st.query_params.get(address)
    if asked is None:
        whose, step = st.session_state.get(f"explore_{address}", ("", None))
        step = step if whose == item.id and step in kept else None
    else:
        step = int(asked) if _STEP.fullmatch(asked) else None
        if step not in (*kept, latest):
            notes.append(f"{item.label} keeps no state of step {asked!r}; this is the latest.")
        step = step if step in kept else None
    _remember_step(address, item, step)
    if kept:
        key = f"explore_{address}_choice"
        hold(key, latest if step is None else step)

        def remember() -> None:
            chosen = st.session_state[key]
            _remember_step(address, item, chosen if chosen in kept else None)

        st.selectbox(
            STEP_LABELS[address],
            [latest, *reversed(kept)],
            format_func=lambda step: f"{step:,}{' (latest)' * (step == latest)}",
            key=key,
            on_change=remember,
            help="The states that this run kept while it trained, of which each can be explored.",
            width=160,
        )
    return item.at(step)


def _steps(item: Source) -> tuple[list[int], int]:
    """The kept steps of a generator, and its latest."""
    try:
        return item.folder.kept_steps(), item.folder.status().step
    except GanError:  # deleted this moment
        return [], 0


def _remember_step(address: str, item: Source, step: int | None) -> None:
    st.session_state[f"explore_{address}"] = (item.id, step)
    if step is None:
        st.query_params.pop(address, None)
    elif st.query_params.get(address) != str(step):
        st.query_params[address] = str(step)


def _second(
    items: Mapping[str, Source], reasons: Mapping[str, str], notes: list[str]
) -> Source | None:
    """The second generator in the address, else the one chosen last, else none."""
    fitting = {source_id: item for source_id, item in items.items() if not reasons[source_id]}
    asked = st.query_params.get("g2") or st.session_state.get("explore_second") or NOBODY
    chosen = asked if asked in fitting else NOBODY
    if asked in items and asked not in fitting:
        notes.append(f"{items[asked].label} cannot stand beside it: {reasons[asked]}.")
    elif asked != chosen:
        notes.append(f"There is no generator {asked!r} to stand beside it.")
    _remember_second(chosen)
    if not fitting:
        return None
    hold("explore_g2", chosen)

    def remember() -> None:
        _remember_second(st.session_state["explore_g2"])
        st.query_params.pop("step2", None)

    st.selectbox(
        "Beside it",
        [NOBODY, *fitting],
        format_func=lambda source_id: fitting[source_id].label if source_id in fitting else "None",
        key="explore_g2",
        on_change=remember,
        help="A second generator, whose picture follows the same sliders. The tools below use the "
        "first.",
        width=260,
    )
    return _step(fitting[chosen], "step2", notes) if chosen in fitting else None


def _remember_second(chosen: str) -> None:
    st.session_state["explore_second"] = chosen
    if chosen == NOBODY:
        st.query_params.pop("g2", None)
        st.query_params.pop("step2", None)
    elif st.query_params.get("g2") != chosen:
        st.query_params["g2"] = chosen


def _misfit(first: Source, item: Source) -> str:
    """Why a generator cannot stand beside the first, in a few words; empty where it can."""
    try:
        (mine, my_info), (other, info) = histories.settings(first), histories.settings(item)
        if item.id == first.id:
            return "" if item.folder.kept_steps() else ITSELF
        if not generators.version(item):
            return "nothing saved yet"
    except GanError:
        return "damaged"
    if other.latent_dim != mine.latent_dim:
        return f"latent size {other.latent_dim}, not {mine.latent_dim}"
    if other.noise != mine.noise:
        return f"{other.noise} noise, not {mine.noise}"
    told, classes = classes_of(mine, my_info), classes_of(other, info)
    return "other classes" if told and classes and told != classes else ""


def _left_out(items: Mapping[str, Source], reasons: Mapping[str, str]) -> str:
    """A sentence on the generators that cannot stand beside the first; empty where all can."""
    labels: dict[str, list[str]] = {}
    for source_id, reason in reasons.items():
        if reason not in ("", ITSELF):
            labels.setdefault(reason, []).append(items[source_id].label)
    if not labels:
        return ""
    parts = [f"{_some(names)} ({reason})" for reason, names in labels.items()]
    return f"Only what takes the same vectors can stand beside it; left out: {'; '.join(parts)}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
