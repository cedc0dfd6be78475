"""What the doctor finds in a run, in words, and what it may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.training.findings import ACTIONS, Finding
from pages.shared.charts.figures import Mark
from pages.shared.runs.state import RunState
from pages.shared.server import urls
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob

# An icon stands beside the word that says the same.
_LOOKS = {
    "severe": ("Severe", ":red[:material/error:]"),
    "warning": ("Warning", ":orange[:material/warning:]"),
    "note": ("Note", ":blue[:material/info:]"),
}
_WELL = ":green[:material/check_circle:]"
ASKED = "If the doctor finds something severe"
EXPLAINED = (
    "Severe are mode collapse, a discriminator that has won, and losses that run away. The doctor "
    "never changes a setting. To go back is to take up the last state saved before it began, with "
    "other noise, because with the same noise it would happen again; the second time it stops. NaN "
    "always ends a training."
)


def marks(state: RunState, letter: str = "") -> list[Mark]:
    """The steps at which findings began, to be marked in charts."""
    source = urls.curves_url(state.source)
    return [
        Mark(source, finding.step, f"{letter}: {finding.title}" if letter else finding.title)
        for finding in state.findings
    ]


def in_short(state: RunState) -> None:
    """All findings of a run by name, in one line."""
    findings = state.findings
    if not state.logged_step:
        st.markdown("**Doctor:** waits for the first numbers.")
        return
    if not findings:
        st.markdown(f"{_WELL} **Doctor:** nothing to report.")
        return
    _, icon = _LOOKS[findings[0].severity]
    listed = "; ".join(f"{f.title.lower()} since step {f.step:,}" for f in findings)
    st.markdown(f"{icon} **Doctor:** {listed}.")


def in_full(findings: Sequence[Finding]) -> None:
    """Each finding with its evidence, what it means and what to try."""
    for finding in findings:
        word, icon = _LOOKS[finding.severity]
        st.markdown(
            f"{icon} **{finding.title}** ({word.lower()}, since step {finding.step:,}). "
            f"{finding.evidence}  \n"
            f"**What it means.** {finding.meaning}  \n"
            f"**What to try.** {finding.advice}"
        )


def side_by_side(sides: Sequence[tuple[str, RunState]]) -> None:
    """What there is to say of each of two runs, under its name."""
    for column, (name, state) in zip(st.columns(2), sides, strict=True):
        with column:
            st.markdown(f"**{plain(name)}**")
            in_short(state)
            in_full(state.findings)


def permission(key: str) -> str:
    """What the doctor may do in a training that is yet to begin."""
    return st.selectbox(
        ASKED,
        list(ACTIONS),
        format_func=ACTIONS.__getitem__,
        key=key,
        persist_state="session",
        help=EXPLAINED,
    )


def permission_while_training(job: TrainingJob, *, key: str) -> None:
    """What the doctor may do in a training that runs, to be changed at any time."""

    def allow() -> None:
        job.allow(st.session_state[key])

    popover = st.popover(
        f"Doctor: {ACTIONS[job.may_act].lower()}",
        icon=":material/stethoscope:",
        key=f"{key}/popover",
        on_change="rerun",
    )
    if not popover.open:
        return
    st.session_state[key] = job.may_act
    with popover:
        st.radio(ASKED, list(ACTIONS), format_func=ACTIONS.__getitem__, key=key, on_change=allow)
        st.caption(EXPLAINED)
