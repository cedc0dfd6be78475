"""What can be done with one run."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages.runs.selection import NOTICE, SELECTED
from pages.shared.errors import run_safely
from pages.shared.forms.length_input import length_input
from pages.shared.pairs.report import report_button
from pages.shared.runs.state import Row
from pages.shared.server import process, sources
from pages.shared.widgets.link_button import link_button

ASKING = "runs_asking"  # (question, name of the run) while a dialog is open


def actions(row: Row) -> None:
    """The buttons for one run; those that it cannot bear now are greyed out."""
    whole = not row.stored.damage
    with st.container(horizontal=True, vertical_alignment="center"):
        link_button(
            "train/page.py",
            "Open",
            key="open",
            icon=":material/model_training:",
            disabled=not whole,
            query_params={"run": row.name},
        )
        link_button(
            "explore/page.py",
            "Explore it",
            key="explore",
            icon=":material/explore:",
            disabled=not (whole and row.stored.playable),
            query_params={"g": f"runs/{row.name}"},
        )
        link_button(
            "compare/page.py",
            "Compare it",
            key="compare",
            icon=":material/compare:",
            disabled=not whole,
            query_params={"a": f"runs/{row.name}"},
        )
        if whole and not row.active:
            _resume(row)
        st.button(
            "Rename",
            key="run_rename",
            icon=":material/edit:",
            on_click=_ask,
            args=("rename", row.name),
        )
        with st.popover("Download", icon=":material/download:"):
            if whole:
                report_button([sources.Source("runs", row.name)], key=f"run_report_{row.name}")
            _downloads(row)
        st.button(
            "Delete",
            key="run_delete",
            icon=":material/delete:",
            on_click=_ask,
            args=("delete", row.name),
        )
    # Kept in the session, so that a rerun for another reason leaves an open question open.
    question, name = st.session_state.get(ASKING, (None, ""))
    if name == row.name:
        {"rename": rename, "delete": delete}[question](row)


def _downloads(row: Row) -> None:
    states = st.checkbox(
        "With the states kept along the way",
        key=f"run_zip_states_{row.name}",
        help="For forks at earlier steps on another machine. The latest state is always in it.",
    )
    st.download_button(
        "Download as zip",
        partial(sources.store("runs").export_zip, row.name, states),
        file_name=f"{row.name}.zip",
        mime="application/zip",
        key=f"run_zip_{row.name}",
        on_click="ignore",
        icon=":material/folder_zip:",
    )


def _ask(question: str, name: str) -> None:
    st.session_state[ASKING] = (question, name)


def _asked() -> None:
    st.session_state[ASKING] = (None, "")


@st.dialog("Rename the run", on_dismiss=_asked)
def rename(row: Row) -> None:
    """Ask for another name."""
    if refusal := _refusal(row.name, "renamed"):
        st.warning(refusal)
        return
    with st.form("rename", border=False):
        name = st.text_input(
            "New name",
            row.name,
            max_chars=100,
            help="Letters, digits, '.', '_' and '-', beginning with a letter or digit.",
        )
        if not st.form_submit_button("Rename", type="primary"):
            return
    # Asked again: a training may have begun while the dialog stood open.
    problem = _refusal(row.name, "renamed")
    if not problem and name != row.name:
        problem = run_safely(sources.store("runs").rename, row.name, name)
    if problem:
        st.error(problem)
        return
    _asked()
    st.session_state[SELECTED] = name
    if name != row.name:
        st.session_state[NOTICE] = ("success", f"{row.name} is now called {name}.")
    st.rerun()


@st.dialog("Delete the run?", on_dismiss=_asked)
def delete(row: Row) -> None:
    """Ask before it is gone for good."""
    if refusal := _refusal(row.name, "deleted"):
        st.warning(refusal)
        return
    st.markdown(
        f"**{row.name}** ({row.stored.size / 1e6:,.1f} MB) will be deleted with its pictures, its "
        "curves and its generator. This cannot be undone."
    )
    with st.container(horizontal=True):
        sure = st.button("Delete for good", type="primary", key="delete_sure")
        if st.button("Keep it", key="delete_not"):
            _asked()
            st.rerun()
    if not sure:
        return
    problem = _refusal(row.name, "deleted") or run_safely(sources.store("runs").delete, row.name)
    if problem:
        st.error(problem)
        return
    _asked()
    st.session_state[SELECTED] = None
    st.session_state[NOTICE] = ("success", f"{row.name} was deleted.")
    st.rerun()


def _resume(row: Row) -> None:
    if not row.stored.resumable:
        st.button(
            "Resume",
            key="run_resume",
            disabled=True,
            icon=":material/play_arrow:",
            help="This run holds no training state, so it cannot go on.",
        )
        return
    if not row.finished:
        if st.button("Resume", key="run_resume", icon=":material/play_arrow:"):
            _go_on(row.name, {})
        return
    with st.popover("Train on", icon=":material/play_arrow:"):
        steps = length_input(row.step, row.stored.total, key=f"run_steps_{row.name}_{row.step}")
        if st.button("Resume", key="run_resume", type="primary"):
            _go_on(row.name, {"steps": steps})


def _go_on(name: str, changes: dict[str, Any]) -> None:
    problem = run_safely(process.trainings().resume, name, changes)
    if problem:
        st.warning(problem)
        return
    st.switch_page("train/page.py", query_params={"run": name})


def _refusal(name: str, done: str) -> str:
    """Why a run may not be renamed or deleted now; empty where it may."""
    if process.trainings().is_active(name):
        return f"{name} is being trained and cannot be {done} now. Stop it on the Train page first."
    if sources.Source("runs", name).folder.locked:
        return f"{name} is being trained by another process and cannot be {done} now."
    return ""
