"""What can be done with one run."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.runs.selection import NOTICE, SELECTED
from pages.shared.errors import run_safely
from pages.shared.forms.explorer_page import explorer_button
from pages.shared.forms.length_input import length_input
from pages.shared.forms.moved_folder import is_gone, moved_folder
from pages.shared.pairs.report import report_button
from pages.shared.runs import by_hand
from pages.shared.runs.plane_view import plane_link
from pages.shared.runs.state import RunState
from pages.shared.server import process, sources
from pages.shared.text import plain
from pages.shared.widgets.lead_on.lead_on import lead_on
from pages.shared.widgets.link_button import link_button

ASKING = "runs_asking"  # (question, name of the run) while a dialog is open


def actions(state: RunState) -> None:
    """The buttons for one run; those that it cannot bear now are greyed out."""
    whole = not state.damage
    with st.container(horizontal=True, vertical_alignment="center"):
        link_button(
            "train/page.py",
            "Open",
            key="open",
            icon=":material/model_training:",
            disabled=not whole,
            query_params={"run": state.name},
        )
        plane_link(state, key="plane")
        link_button(
            "explore/page.py",
            "Explore it",
            key="explore",
            icon=":material/explore:",
            disabled=not (whole and state.playable),
            query_params={"g": f"runs/{state.name}"},
        )
        link_button(
            "compare/page.py",
            "Compare it",
            key="compare",
            icon=":material/compare:",
            disabled=not whole,
            query_params={"a": f"runs/{state.name}"},
        )
        if whole and not state.active:
            _resume(state)
        st.button(
            "Rename",
            key="run_rename",
            icon=":material/edit:",
            on_click=_open,
            args=("rename", state.name),
        )
        with st.popover("Download", icon=":material/download:"):
            if whole:
                report_button([sources.Source("runs", state.name)], key=f"run_report_{state.name}")
            if whole and state.playable:
                explorer_button(state.source, key=f"run_page_{state.name}")
            _downloads(state)
        st.button(
            "Delete",
            key="run_delete",
            icon=":material/delete:",
            on_click=_open,
            args=("delete", state.name),
        )
    # Kept in the session, so that a rerun for another reason leaves an open question open.
    question, name = st.session_state.get(ASKING, (None, ""))
    if name == state.name:
        {"rename": rename, "delete": delete}[question](state)


def _downloads(state: RunState) -> None:
    states = st.checkbox(
        "With the states kept along the way",
        key=f"run_zip_states_{state.name}",
        help="For forks at earlier steps on another machine. The latest state is always in it.",
    )
    st.download_button(
        "Download as zip",
        partial(sources.store("runs").export_zip, state.name, states),
        file_name=f"{state.name}.zip",
        mime="application/zip",
        key=f"run_zip_{state.name}",
        on_click="ignore",
        icon=":material/folder_zip:",
    )


def _open(question: str, name: str) -> None:
    st.session_state[ASKING] = (question, name)


def _close() -> None:
    st.session_state[ASKING] = (None, "")


@st.dialog("Rename the run", on_dismiss=_close)
def rename(state: RunState) -> None:
    """Ask for another name."""
    if refusal := _refusal(state.name, "renamed"):
        st.warning(plain(refusal))
        return
    with st.form("rename", border=False):
        name = st.text_input(
            "New name",
            state.name,
            max_chars=100,
            help="Letters, digits, '.', '_' and '-', beginning with a letter or digit.",
        )
        if not st.form_submit_button("Rename", type="primary"):
            return
    # Asked again: a training may have begun while the dialog stood open.
    problem = _refusal(state.name, "renamed")
    if not problem and name != state.name:
        problem = run_safely(sources.store("runs").rename, state.name, name)
    if problem:
        st.error(plain(problem))
        return
    _close()
    st.session_state[SELECTED] = name
    if name != state.name:
        st.session_state[NOTICE] = ("success", f"{state.name} is now called {name}.")
    st.rerun()


@st.dialog("Delete the run?", on_dismiss=_close)
def delete(state: RunState) -> None:
    """Ask before it is gone for good."""
    if refusal := _refusal(state.name, "deleted"):
        st.warning(plain(refusal))
        return
    st.markdown(
        f"**{plain(state.name)}** ({state.size / 1e6:,.1f} MB) will be deleted with its pictures, "
        "its curves and its generator. This cannot be undone."
    )
    with st.container(horizontal=True):
        sure = st.button("Delete for good", type="primary", key="delete_sure")
        if st.button("Keep it", key="delete_not"):
            _close()
            st.rerun()
    if not sure:
        return
    problem = _refusal(state.name, "deleted") or run_safely(
        sources.store("runs").delete, state.name
    )
    if problem:
        st.error(plain(problem))
        return
    _close()
    st.session_state[SELECTED] = None
    st.session_state[NOTICE] = ("success", f"{state.name} was deleted.")
    st.rerun()


def _resume(state: RunState) -> None:
    if not state.resumable:
        st.button(
            "Resume",
            key="run_resume",
            disabled=True,
            icon=":material/play_arrow:",
            help="This run holds no training state, so it cannot go on.",
        )
        return
    if not state.finished and not state.coming and not is_gone(state.config):
        if st.button("Resume", key="run_resume", icon=":material/play_arrow:"):
            _go_on(state.name, {})
        return
    with st.popover("Continue training", icon=":material/play_arrow:"):
        steps = length_input(state.step, state.total, key=f"run_steps_{state.name}_{state.step}")
        place = moved_folder(state.config, key=f"run_folder_{state.name}")
        again = by_hand.again_choice(state, key=f"run_again_{state.name}_{state.step}")
        if st.button("Resume", key="run_resume", type="primary"):
            _go_on(state.name, {"steps": steps, **place}, again=again)


def _go_on(name: str, changes: dict[str, Any], *, again: bool = True) -> None:
    problem = run_safely(partial(process.trainings().resume, again=again), name, changes)
    if problem:
        st.warning(plain(problem))
        return
    lead_on("train", "To the training", run=name)


def _refusal(name: str, done: str) -> str:
    """Why a run may not be renamed or deleted now; empty where it may."""
    if process.trainings().is_active(name):
        return f"{name} is being trained and cannot be {done} now. Stop it on the Train page first."
    if sources.Source("runs", name).folder.locked:
        return f"{name} is being trained by another process and cannot be {done} now."
    return ""
