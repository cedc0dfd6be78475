"""How a fork differs from the run that it comes from, and the button that trains it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from gan_core import catalog
from gan_core.config import FIXED_IN_FORK, Setting, TrainConfig
from gan_core.errors import ConfigError, GanError
from gan_core.training import forks
from pages.shared.errors import run_safely
from pages.shared.forms.length_input import length_input
from pages.shared.forms.settings import setting_widget
from pages.shared.server import process
from pages.shared.server.sources import Source
from pages.shared.text import plain
from pages.shared.widgets.lead_on.lead_on import lead_on

_LENGTHS = ("steps", "epochs")


def fork_form(source: Source) -> None:
    """One fork, or two side by side, from a saved step of a run. Leaves the page once they train.

    Raises:
        CheckpointError: the run is gone or damaged.
    """
    run = source.folder
    size = run.info().dataset_size
    steps = run.saved_steps()
    if not steps:
        st.info("This run keeps no training state, so there is nothing to fork.")
        return
    st.caption(
        "A fork is a new run that goes on from a saved step with the same noise and the same order "
        "of real images. What you change here is all that sets it apart."
    )
    key = f"fork/{source.name}"
    step, length = _way(run.config().with_steps(size), steps, key)
    config = run.settings_at(step).with_steps(size)
    both = st.checkbox(
        "Train two forks, A and B, side by side",
        value=True,
        key=f"{key}/both",
        help="They take turns, and Compare shows them. A fork B without changes repeats the run.",
    )
    changes = []
    for letter, column in zip("AB" if both else "A", st.columns(2), strict=False):
        with column:
            label = f"Change in fork {letter}" if both else "Change"
            changes.append(_changes(config, label, f"{key}/{letter}") | length)
    if _start_button(config, changes, key, loses=any(event.step > step for event in run.events())):
        _start(source, step, changes)


def _way(config: TrainConfig, steps: list[int], key: str) -> tuple[int, dict[str, int]]:
    """From which saved step, and the length where it is another one than the run's."""
    left, right = st.columns(2)
    with left:
        step = st.selectbox(
            "From the state of step",
            steps,
            index=max(0, len(steps) - 2),
            format_func=lambda step: f"{step:,}",
            key=f"{key}/step",
            help="The states that were kept; how many is the setting 'Keep states'.",
        )
    with right:
        until = length_input(step, config.steps, key=f"{key}/until/{step}")
    return step, {} if until == config.steps else {"steps": until}


def _start_button(
    config: TrainConfig, changes: list[dict[str, Any]], key: str, *, loses: bool
) -> bool:
    """The button, with what stands in its way; whether it was pressed.

    Args:
        loses: whether something was done to the run by hand after the step forked at.
    """
    problem = _problem(config, changes)
    both = len(changes) > 1
    same = both and changes[0] == changes[1]
    if problem:
        st.warning(plain(problem))
    elif same:
        st.caption("Choose what fork A or fork B shall change: as yet both would do the same.")
    elif not set(changes[0]) - {"steps"}:
        exact = "less what was done by hand after that step" if loses else "bit for bit on a CPU"
        st.caption(f"Nothing is changed yet: the fork would repeat the run, {exact}.")
    return st.button(
        "Train both forks" if both else "Train the fork",
        key=f"{key}/start",
        type="primary",
        icon=":material/call_split:",
        disabled=bool(problem) or same,
    )


def _start(source: Source, step: int, changes: list[dict[str, Any]]) -> None:
    """Train them, and go where they are shown."""
    if failure := run_safely(process.trainings().fork, source.name, step, changes):
        st.warning(plain(failure))
        return
    job = process.trainings().job
    if len(changes) > 1:
        lead_on("compare", "To the race")
    lead_on("train", "To the training", **({"run": job.snapshot.run} if job else {}))


def _changes(config: TrainConfig, label: str, key: str) -> dict[str, Any]:
    """The settings chosen to be changed that are given another value."""
    settings = _changeable(config)
    values = catalog.complete(config).to_dict()
    names = st.multiselect(
        label,
        list(settings),
        format_func=lambda name: settings[name].label,
        key=f"{key}/names",
        placeholder="Choose settings",
    )
    changes = {
        name: setting_widget(
            name,
            settings[name],
            values[name],
            key=f"{key}/{name}",
            misfits=_unfit(config) if name == "objective" else {},
        )
        for name in names
    }
    return {name: value for name, value in changes.items() if value != values[name]}


def _changeable(config: TrainConfig) -> dict[str, Setting]:
    adam_only = () if config.optimizer == "adam" else ("beta1", "beta2")
    return {
        name: setting
        for name, setting in catalog.settings(config.objective).items()
        if name not in (*FIXED_IN_FORK, *_LENGTHS, *adam_only) and setting.group != "record"
    }


def _unfit(config: TrainConfig) -> dict[str, str]:
    """The objectives that a fork cannot change to, with the reason."""
    reasons = {}
    for name in catalog.objectives():
        try:
            forks.fork_settings(config, {"objective": name})
        except ConfigError as error:
            reasons[name] = str(error)
    return reasons


def _problem(config: TrainConfig, changes: list[dict[str, Any]]) -> str:
    try:
        for change in changes:
            forks.fork_settings(config, change)
    except GanError as error:
        return str(error)
    return ""
