"""The Runs page: every run in a table, and what can be done with the one that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from gan_core.errors import GanError
from pages.shared.attempt import attempt
from pages.shared.forms.length_input import more_steps
from pages.shared.pairs.fork_form import fork_form
from pages.shared.pairs.report import report_button
from pages.shared.runs import charts as run_charts
from pages.shared.runs import findings
from pages.shared.runs import state as run_state
from pages.shared.runs.progress import duration
from pages.shared.runs.state import Row
from pages.shared.server import routes, sources
from pages.shared.widgets.link_button import link_button
from pages.shared.widgets.player.player import player

SELECTED = "runs_selected"  # the name of the run that is selected
NOTICE = "runs_notice"  # (kind, sentence) to be shown once
ASKING = "runs_asking"  # (question, name of the run) while a dialog is open
UPLOADS = "runs_uploads"  # how many uploads were taken: each gets an uploader of its own
LOOK_EVERY = 2  # seconds, while a training runs
LOOK_FOR_OTHERS_EVERY = 5  # seconds, at whether another tab began or ended one
MAX_TABLE_HEIGHT = 520
ROW_HEIGHT = 64


def rows(kind: str) -> list[Row]:
    """All runs or all shipped checkpoints, the newest first."""
    snapshots = sources.snapshots() if kind == "runs" else {}
    found = [run_state.row(run, snapshots) for run in sources.store(kind).list()]
    return sorted(found, key=lambda row: (_created(row), row.name), reverse=True)


def table(shown: Sequence[Row], kind: str, **options: Any) -> None:
    """The rows with their pictures; a column is sorted by a click on its head."""
    config = st.column_config
    st.dataframe(
        [_cells(row, kind) for row in shown],
        row_height=ROW_HEIGHT,
        height=min(MAX_TABLE_HEIGHT, 40 + ROW_HEIGHT * len(shown)),
        hide_index=True,
        placeholder="-",
        column_config={
            "Picture": config.ImageColumn(width=80, help="The last grid of samples."),
            "Name": config.TextColumn(width=210, pinned=True),
            "Status": config.TextColumn(width="small"),
            "Steps": config.NumberColumn(format="localized"),
            "of": config.NumberColumn(format="localized"),
            "Images/s": config.NumberColumn(format="%,.0f"),
            "Size (MB)": config.NumberColumn(format="%.1f", help="On disk, as last saved."),
            "Created": config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        **options,
    )


def own_runs(ticking: bool) -> None:
    """The table of own runs. Selecting a row shows what can be done with it."""
    shown = rows("runs")
    if ticking and sources.trainings().active is None:
        st.rerun()
    names = [row.name for row in shown]
    selected = st.session_state.get(SELECTED)
    # Rows are selected by their place: a list that changed gets a widget of its own, or a click
    # meant for one run would reach another.
    key = f"runs_table_{hash(tuple(names))}"

    def remember() -> None:
        places = st.session_state[key]["selection"]["rows"]
        st.session_state[SELECTED] = names[places[0]] if places else None

    default = [names.index(selected)] if selected in names else []
    table(
        shown,
        "runs",
        key=key,
        on_select=remember,
        selection_mode="single-row",
        selection_default={"selection": {"rows": default}},
        alt="All runs, one a row",
    )
    if st.session_state.get(SELECTED) != st.session_state.get("runs_shown"):
        st.rerun()


def details(row: Row) -> None:
    """What can be done with a run, what stopped it, its last grid, curves and settings."""
    st.subheader(row.name, anchor=False)
    actions(row)
    if row.stored.damage:
        st.error(
            f"{row.stored.damage} It cannot be opened; you can delete it, or mend the file by hand."
        )
        return
    if row.message:
        st.error(row.message)
    elif row.status == run_state.INTERRUPTED:
        st.warning(
            f"The training was interrupted: the program ended. The state of step {row.step:,} was "
            "saved; Resume goes on from there."
        )
    elif row.stored.status.acted:
        st.info(row.stored.status.acted)
    item = sources.Source("runs", row.name)
    origin(row)
    st.fragment(state, run_every=LOOK_EVERY if row.active else None)(item)
    try:
        run_charts.resolved_settings(run_charts.snapshot_of(item))
    except GanError as error:
        st.error(str(error))


def origin(row: Row) -> None:
    """Where it was forked from, and the way to fork it."""
    info = row.stored.info
    if info is not None and info.parent:
        st.caption(f"Forked from {info.parent} at step {info.forked_at:,}.")
    if row.stored.resumable and not row.active:
        with st.expander("Fork: go on from a saved step otherwise", icon=":material/call_split:"):
            st.fragment(fork)(sources.Source("runs", row.name))


def fork(item: sources.Source) -> None:
    """The form; a run that was deleted meanwhile is told in words."""
    try:
        fork_form(item)
    except GanError as error:
        st.error(str(error))


def state(item: sources.Source) -> None:
    """Where a run stands: its last grid and its curves. Ticks while it trains."""
    try:
        row = run_state.row(item.folder, sources.snapshots())
        curves = sources.curves(item)
        url = routes.grid_url(item, row.grid) if row.grid is not None else ""
    except GanError as error:
        st.error(str(error))
        return
    done = f"{row.step:,} of {row.stored.total:,} steps"
    st.caption(f"{row.status.capitalize()}, {done}, {duration(row.seconds)} of training")
    picture, charts = st.columns([1, 3], gap="medium")
    with picture:
        frames = [{"at": row.step, "url": url, "caption": f"step {row.grid:,}"}] if url else []
        player([{"label": "Last grid", "frames": frames}], key="run_grid", show_controls=False)
    with charts:
        if row.stored.config is not None:
            tick = run_charts.latest_step(curves)
            found = findings.found(item, row.stored.config, curves)
            with st.container():
                findings.in_short(found, logged=tick > 0)
            run_charts.curves(item, row.stored.config, tick, found, key=f"run_{row.name}")
            run_charts.quality(item, key=f"run_{row.name}")
            with st.container():
                findings.in_full(found)


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
        problem = attempt(sources.store("runs").rename, row.name, name)
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
    problem = _refusal(row.name, "deleted") or attempt(sources.store("runs").delete, row.name)
    if problem:
        st.error(problem)
        return
    _asked()
    st.session_state[SELECTED] = None
    st.session_state[NOTICE] = ("success", f"{row.name} was deleted.")
    st.rerun()


def importer() -> None:
    """Take a run from a zip file, once for each upload."""
    key = f"runs_upload_{st.session_state.setdefault(UPLOADS, 0)}"

    def take() -> None:
        upload = st.session_state[key]
        if upload is None:
            return
        st.session_state[UPLOADS] += 1
        try:
            run = sources.store("runs").import_zip(upload.getvalue())
        except GanError as error:
            st.session_state[NOTICE] = ("error", f"{upload.name} was not imported. {error}")
            return
        except OSError as error:
            st.session_state[NOTICE] = (
                "error",
                f"{upload.name} was not imported, because it cannot be written ({error}).",
            )
            return
        st.session_state[SELECTED] = run.name
        st.session_state[NOTICE] = ("success", f"Imported as {run.name}.")

    st.file_uploader(
        "Import a run from a zip file",
        type="zip",
        key=key,
        on_change=take,
        help="A zip that was downloaded on this page, here or on another machine.",
    )


def notice() -> None:
    """What the last action did, shown once."""
    kind, words = st.session_state.pop(NOTICE, ("", ""))
    if kind == "success":
        st.success(words)
    elif kind:
        st.error(words)


@st.fragment(run_every=LOOK_FOR_OTHERS_EVERY)
def notice_other_tabs(known: bool) -> None:
    """Follow a training that another tab began or ended."""
    if (sources.trainings().active is not None) != known:
        st.rerun()


def _cells(row: Row, kind: str) -> dict[str, Any]:
    config = row.stored.config
    item = sources.Source(kind, row.name)
    return {
        "Name": row.name,
        "Picture": _picture(item, row.grid),
        "Status": row.status,
        "Created": _created(row) or None,
        "Recipe": config.preset if config else None,
        "Data set": config.dataset if config else None,
        "Network": config.architecture if config else None,
        "Steps": row.step,
        "of": row.stored.total or None,
        "Images/s": row.images_per_second,
        "Size (MB)": row.stored.size / 1e6,
        "Objective": config.objective if config else None,
    }


def _picture(item: sources.Source, grid: int | None) -> str | None:
    try:
        return routes.grid_url(item, grid) if grid is not None else None
    except GanError:  # deleted a moment ago
        return None


def _created(row: Row) -> str:
    return row.stored.info.created if row.stored.info else ""


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
        steps = more_steps(row.step, row.stored.total, key=f"run_steps_{row.name}_{row.step}")
        if st.button("Resume", key="run_resume", type="primary"):
            _go_on(row.name, {"steps": steps})


def _go_on(name: str, changes: dict[str, Any]) -> None:
    problem = attempt(sources.trainings().resume, name, changes)
    if problem:
        st.warning(problem)
        return
    st.switch_page("train/page.py", query_params={"run": name})


def _refusal(name: str, done: str) -> str:
    """Why a run may not be renamed or deleted now; empty where it may."""
    if sources.trainings().is_active(name):
        return f"{name} is being trained and cannot be {done} now. Stop it on the Train page first."
    if sources.Source("runs", name).folder.locked:
        return f"{name} is being trained by another process and cannot be {done} now."
    return ""


st.title("Runs")
notice()
active = sources.trainings().active is not None
notice_other_tabs(active)
chosen = st.session_state.get(SELECTED)
st.session_state["runs_shown"] = chosen
mine = rows("runs")
if mine:
    st.fragment(own_runs, run_every=LOOK_EVERY if active else None)(active)
    found = next((row for row in mine if row.name == chosen), None)
    if found is not None:
        details(found)
    else:
        st.caption("Select a run by the box at the left of its row to see what you can do with it.")
else:
    st.info(
        "There are no runs yet. Train one on the Train page, or import one from a zip file below."
    )
importer()
shipped = rows("checkpoints")
if shipped:
    st.subheader("Shipped checkpoints", anchor=False)
    st.caption("They came with the program and are read only. Explore and Compare open them.")
    table(shipped, "checkpoints", key="runs_shipped", alt="Shipped checkpoints, one a row")
