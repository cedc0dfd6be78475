"""The Runs page: every run in a table, and what can be done with the one that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gan_core.errors import GanError
from pages.runs.actions import actions
from pages.runs.importer import importer
from pages.runs.selection import SELECTED, notice
from pages.shared.pairs.fork_form import fork_form
from pages.shared.runs import charts as run_charts
from pages.shared.runs import files, findings
from pages.shared.runs import state as run_state
from pages.shared.runs.state import Row
from pages.shared.server import histories, process, sources, urls
from pages.shared.text import duration
from pages.shared.widgets.player.player import player

LOOK_EVERY = 2  # seconds, while a training runs
LOOK_FOR_OTHERS_EVERY = 5  # seconds, at whether another tab began or ended one
MAX_TABLE_HEIGHT = 520
ROW_HEIGHT = 64


def rows(kind: str) -> list[Row]:
    """All runs or all shipped checkpoints, the newest first."""
    snapshots = histories.snapshots() if kind == "runs" else {}
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
    if ticking and process.trainings().active is None:
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
        files.resolved_settings(run_state.snapshot_of(item))
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
        row = run_state.row(item.folder, histories.snapshots())
        curves = histories.read_curves(item)
        url = urls.grid_url(item, row.grid) if row.grid is not None else ""
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
            tick = run_state.latest_step(curves)
            found = findings.found(item, row.stored.config, curves)
            with st.container():
                findings.in_short(found, logged=tick > 0)
            run_charts.curves(item, row.stored.config, tick, found, key=f"run_{row.name}")
            run_charts.quality(item, key=f"run_{row.name}")
            with st.container():
                findings.in_full(found)


@st.fragment(run_every=LOOK_FOR_OTHERS_EVERY)
def notice_other_tabs(known: bool) -> None:
    """Follow a training that another tab began or ended."""
    if (process.trainings().active is not None) != known:
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
        return urls.grid_url(item, grid) if grid is not None else None
    except GanError:  # deleted a moment ago
        return None


def _created(row: Row) -> str:
    return row.stored.info.created if row.stored.info else ""


st.title("Runs")
notice()
active = process.trainings().active is not None
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
