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
MAX_NAMES = 3  # of generators in a sentence, beyond which they are counted


class GeneratorChoice(NamedTuple):
    """What is chosen, and what there is to say of it."""

    first: Source
    second: Source | None
    notes: list[str]  # what the address asks for and cannot have
    left_out: str  # which generators cannot stand beside the first, and why


def generator_choice(by_id: Mapping[str, Source]) -> GeneratorChoice:
    """Choose a generator, its saved step, and a second one that takes the same vectors."""
    notes: list[str] = []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        first = _step(_generator(by_id, notes), "step", notes)
        reasons = {source_id: _misfit(first, source) for source_id, source in by_id.items()}
        second = _second(by_id, reasons, notes)
    return GeneratorChoice(first, second, notes, _left_out(by_id, reasons))


def choose_step(source: Source, step: int | None) -> None:
    """Explore that saved step of the generator on the page from now on; None for the latest."""
    _remember_step("step", source, step)


def _generator(by_id: Mapping[str, Source], notes: list[str]) -> Source:
    """The generator named in the address, else the one chosen last, else the default."""
    fallback = DEFAULT if DEFAULT in by_id else next(iter(by_id))
    wish = st.query_params.get("g") or st.session_state.get("explore_generator") or fallback
    source_id = wish if wish in by_id else fallback
    if wish != source_id:
        notes.append(f"There is no generator {wish!r}; this is {by_id[source_id].label}.")
    hold("explore_g", source_id)
    st.session_state["explore_generator"] = source_id
    if st.query_params.get("g") != source_id:
        st.query_params["g"] = source_id

    def remember() -> None:
        st.query_params["g"] = st.session_state["explore_g"]
        st.query_params.pop("step", None)

    st.selectbox(
        "Generator",
        list(by_id),
        format_func=lambda source_id: by_id[source_id].label,
        key="explore_g",
        on_change=remember,
        width=320,
    )
    return by_id[source_id]


def _step(source: Source, address: str, notes: list[str]) -> Source:
    """The generator at the saved step in the address, else the one chosen last, else the latest."""
    steps, latest = _steps(source)
    wish = st.query_params.get(address)
    step: int | None
    if wish is None:
        whose, step = st.session_state.get(f"explore_{address}", ("", None))
        step = step if whose == source.id and step in steps else None
    else:
        step = int(wish) if _STEP.fullmatch(wish) else None
        if step not in (*steps, latest):
            notes.append(f"{source.label} keeps no state of step {wish!r}; this is the latest.")
        step = step if step in steps else None
    _remember_step(address, source, step)
    if steps:
        key = f"explore_{address}_choice"
        hold(key, latest if step is None else step)

        def remember() -> None:
            choice = st.session_state[key]
            _remember_step(address, source, choice if choice in steps else None)

        st.selectbox(
            STEP_LABELS[address],
            [latest, *reversed(steps)],
            format_func=lambda step: f"{step:,}{' (latest)' * (step == latest)}",
            key=key,
            on_change=remember,
            help="The states that this run kept while it trained, of which each can be explored.",
            width=160,
        )
    return source.at(step)


def _steps(source: Source) -> tuple[list[int], int]:
    """The kept steps of a generator, and its latest."""
    try:
        return source.folder.kept_steps(), source.folder.status().step
    except GanError:  # deleted this moment
        return [], 0


def _remember_step(address: str, source: Source, step: int | None) -> None:
    st.session_state[f"explore_{address}"] = (source.id, step)
    if step is None:
        st.query_params.pop(address, None)
    elif st.query_params.get(address) != str(step):
        st.query_params[address] = str(step)


def _second(
    by_id: Mapping[str, Source], reasons: Mapping[str, str], notes: list[str]
) -> Source | None:
    """The second generator in the address, else the one chosen last, else none."""
    fitting = {source_id: source for source_id, source in by_id.items() if not reasons[source_id]}
    wish = st.query_params.get("g2") or st.session_state.get("explore_second") or NOBODY
    source_id = wish if wish in fitting else NOBODY
    if wish in by_id and wish not in fitting:
        notes.append(f"{by_id[wish].label} cannot stand beside it: {reasons[wish]}.")
    elif wish != source_id:
        notes.append(f"There is no generator {wish!r} to stand beside it.")
    _remember_second(source_id)
    if not fitting:
        return None
    hold("explore_g2", source_id)

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
    return _step(fitting[source_id], "step2", notes) if source_id in fitting else None


def _remember_second(source_id: str) -> None:
    st.session_state["explore_second"] = source_id
    if source_id == NOBODY:
        st.query_params.pop("g2", None)
        st.query_params.pop("step2", None)
    elif st.query_params.get("g2") != source_id:
        st.query_params["g2"] = source_id


def _misfit(first: Source, source: Source) -> str:
    """Why a generator cannot stand beside the first, in a few words; empty where it can."""
    try:
        (mine, my_info), (other, info) = histories.settings(first), histories.settings(source)
        if source.id == first.id:
            return "" if source.folder.kept_steps() else ITSELF
        if not generators.saved_version(source).number:
            return "nothing saved yet"
    except GanError:
        return "damaged"
    if other.latent_dim != mine.latent_dim:
        return f"latent size {other.latent_dim}, not {mine.latent_dim}"
    if other.noise != mine.noise:
        return f"{other.noise} noise, not {mine.noise}"
    my_classes, classes = classes_of(mine, my_info), classes_of(other, info)
    return "other classes" if my_classes and classes and my_classes != classes else ""


def _left_out(by_id: Mapping[str, Source], reasons: Mapping[str, str]) -> str:
    """A sentence on the generators that cannot stand beside the first; empty where all can."""
    labels: dict[str, list[str]] = {}
    for source_id, reason in reasons.items():
        if reason not in ("", ITSELF):
            labels.setdefault(reason, []).append(by_id[source_id].label)
    if not labels:
        return ""
    parts = [f"{_some(names)} ({reason})" for reason, names in labels.items()]
    return f"Only what takes the same vectors can stand beside it; left out: {'; '.join(parts)}."


def _some(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
