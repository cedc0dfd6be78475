"""A training under one's hand: settings that change while it runs, single steps, slow motion."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from gan_core import catalog
from gan_core.errors import GanError
from gan_core.training.snapshot import Phase
from pages.shared.errors import run_safely
from pages.shared.forms.settings import setting_widget
from pages.shared.runs.state import ELSEWHERE, RunState
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob

PACES: dict[float, str] = {
    0.0: "Full speed",
    10.0: "10 steps a second",
    4.0: "4 steps a second",
    1.0: "1 step a second",
    0.25: "1 step in 4 seconds",
}
_SINGLE = (
    "It is beside the rounds of the game, which go on where they were, and it is written into the "
    "run, so that the run can be resumed and repeated bit for bit."
)
_PAUSE_FIRST = "Pause the training first."


def live_controls(job: TrainingJob | None, state: RunState, *, key: str) -> None:
    """What can be done with a run while it trains, beside pausing and stopping; nothing where it
    does not train.

    Args:
        job: the one of this server that trains it, if one does.
        key: what the keys of the widgets begin with; of this run alone.
    """
    elsewhere = state.ending == ELSEWHERE
    if state.phase not in (Phase.RUNNING, Phase.PAUSED) and not elsewhere:
        return
    _settings(job, state, key)
    _single_steps(job, state, key)
    _pace(job, key)
    if elsewhere:
        st.caption("It can be steered only where it is trained.")


def _settings(job: TrainingJob | None, state: RunState, key: str) -> None:
    popover = st.popover(
        "Change settings",
        icon=":material/tune:",
        disabled=job is None,
        help="What may change while it trains, from the next step on.",
        key=f"{key}/settings",
        on_change="rerun",
    )
    # While it is shut the form is left out: at each tick it would cost more than all the rest.
    if job is None or state.settings is None or not popover.open:
        return
    with popover:
        now = catalog.complete(state.settings)
        values = now.to_dict()
        try:
            settings = catalog.live_settings(now)
        except GanError as error:
            st.warning(plain(str(error)))
            return
        with st.form(f"{key}/form", border=False):
            chosen = {
                # A value of its own for each value: what another tab changed is shown here too.
                name: setting_widget(
                    name, setting, values[name], key=f"{key}/{name}/{values[name]!r}"
                )
                for name, setting in settings.items()
            }
            apply = st.form_submit_button("Change from here on", key=f"{key}/apply")
        st.caption(
            "A change is marked in the curves and written into the run: resumed or repeated, it "
            "changes at the same step again."
        )
        changes = {name: value for name, value in chosen.items() if value != values[name]}
        if apply and not changes:
            st.info("Nothing was changed: these are the settings that it trains with.")
        elif apply and (problem := run_safely(job.change, state.name, changes)):
            st.error(plain(problem))


def _single_steps(job: TrainingJob | None, state: RunState, key: str) -> None:
    may = job is not None and state.phase is Phase.PAUSED
    buttons = {
        "Step D": ("d", f"One step of the discriminator alone. {_SINGLE}"),
        "Step G": ("g", f"One step of the generator alone. {_SINGLE}"),
        "One round": ("round", "The steps of both players up to the beginning of the next round."),
    }
    for label, (what, words) in buttons.items():
        st.button(
            label,
            key=f"{key}/{what}",
            icon=":material/skip_next:",
            on_click=partial(_step, job, state.name, what),
            disabled=not may,
            help=words if may else f"{words} {_PAUSE_FIRST}",
        )


def _step(job: TrainingJob | None, run: str, what: str) -> None:
    """A single step; nothing where the run is no longer the job's."""
    if job is None:
        return
    if what == "round":
        run_safely(job.play_round, run)
    else:
        run_safely(job.turn, run, what)


def _pace(job: TrainingJob | None, key: str) -> None:
    pace = f"{key}/pace"
    st.session_state[pace] = job.pace if job is not None and job.pace in PACES else 0.0

    def slow_down() -> None:
        if job is not None:
            job.slow_down(st.session_state[pace])

    st.selectbox(
        "Speed",
        list(PACES),
        format_func=PACES.__getitem__,
        key=pace,
        on_change=slow_down,
        disabled=job is None,
        label_visibility="collapsed",
        width=190,
        help="Slow motion changes nothing but the time that the training takes.",
    )
