"""The Runs page: every run in a table, and what can be done with the one that is selected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from gan_core.errors import GanError
from pages.runs.actions import actions
from pages.runs.importer import importer
from pages.runs.selection import SELECTED, notice
from pages.runs.weights_importer import weights_importer
from pages.shared.fragments import fragment, redraw_page
from pages.shared.pairs.fork_form import fork_form
from pages.shared.runs import charts, files, findings
from pages.shared.runs.other_tabs import notice_other_tabs
from pages.shared.runs.state import INTERRUPTED, RunState, read_state, read_states
from pages.shared.server import process, urls
from pages.shared.server.sources import Source
from pages.shared.text import describe_duration, plain
from pages.shared.widgets.player.player import player

LOOK_EVERY = 2  # seconds, while a training runs
MAX_TABLE_HEIGHT = 520
ROW_HEIGHT = 64


def table(states: Sequence[RunState], **options: Any) -> None:
    """The runs with their pictures; a column is sorted by a click on its head."""
    config = st.column_config
    st.dataframe(
        [_cells(state) for state in states],
        row_height=ROW_HEIGHT,
        height=min(MAX_TABLE_HEIGHT, 40 + ROW_HEIGHT * len(states)),
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
    states = read_states("runs")
    if ticking and process.trainings().active is None:
        redraw_page()
    names = [state.name for state in states]
    selection = st.session_state.get(SELECTED)
    # Rows are selected by their place: a list that changed gets a widget of its own, or a click
    # meant for one run would reach another.
    key = f"runs_table_{hash(tuple(names))}"

    def remember() -> None:
        places = st.session_state[key]["selection"]["rows"]
        st.session_state[SELECTED] = names[places[0]] if places else None

    default = [names.index(selection)] if selection in names else []
    table(
        states,
        key=key,
        on_select=remember,
        selection_mode="single-row",
        selection_default={"selection": {"rows": default}},
        alt="All runs, one a row",
    )
    if st.session_state.get(SELECTED) != st.session_state.get("runs_shown"):
        redraw_page()


def details(state: RunState) -> None:
    """What can be done with a run, what stopped it, its last grid, curves and settings."""
    st.subheader(plain(state.name), anchor=False)
    actions(state)
    if state.damage:
        st.error(
            f"{plain(state.damage)} It cannot be opened; you can delete it, or mend the file by "
            "hand."
        )
        return
    if state.error:
        st.error(plain(state.error))
    elif state.ending == INTERRUPTED:
        st.warning(
            f"The training was interrupted: the program ended. The state of step {state.step:,} "
            "was saved; Resume goes on from there."
        )
    elif state.action:
        st.info(plain(state.action))
    origin(state)
    fragment(history, every=LOOK_EVERY if state.active else None)(state.source)
    files.resolved_settings(state)


def origin(state: RunState) -> None:
    """Where it came from, and the way to fork it."""
    if state.info is not None and state.info.origin:
        st.caption(f"Imported from {plain(state.info.origin)}.")
    if state.info is not None and state.info.parent:
        st.caption(f"Forked from {plain(state.info.parent)} at step {state.info.forked_at:,}.")
    if state.resumable and not state.active:
        with st.expander(
            "Fork: go on from a saved step with other settings", icon=":material/call_split:"
        ):
            fragment(fork)(state.source)


def fork(source: Source) -> None:
    """The form; of a run that was deleted meanwhile it says so in words."""
    try:
        fork_form(source)
    except GanError as error:
        st.error(plain(error))


def history(source: Source) -> None:
    """Where a run stands: its last grid and its curves. Ticks while it trains."""
    try:
        state = read_state(source)
        grid = state.grids[-1] if state.grids else None
        url = urls.grid_url(source, grid) if grid is not None else ""
    except GanError as error:
        st.error(plain(error))
        return
    done = f"{state.step:,} of {state.total:,} steps"
    st.caption(
        f"{state.standing.capitalize()}, {done}, {describe_duration(state.seconds)} of training"
    )
    picture, curves = st.columns([1, 3], gap="medium")
    with picture:
        frames = [{"at": state.step, "url": url, "caption": f"step {grid:,}"}] if url else []
        player([{"label": "Last grid", "frames": frames}], key="run_grid", show_controls=False)
    with curves:
        with st.container():
            findings.in_short(state)
        charts.show_curves(state, key=f"run_{state.name}")
        charts.show_quality(state, key=f"run_{state.name}")
        with st.container():
            findings.in_full(state.findings)


def _cells(state: RunState) -> dict[str, Any]:
    config = state.config
    return {
        "Name": state.name,
        "Picture": _picture(state),
        "Status": state.standing,
        "Created": (state.info.created if state.info else "") or None,
        "Recipe": config.preset if config else None,
        "Data set": config.dataset if config else None,
        "Network": config.architecture if config else None,
        "Steps": state.step,
        "of": state.total or None,
        "Images/s": state.images_per_second or None,
        "Size (MB)": state.size / 1e6,
        "Objective": config.objective if config else None,
    }


def _picture(state: RunState) -> str | None:
    try:
        return urls.grid_url(state.source, state.grids[-1]) if state.grids else None
    except GanError:  # deleted a moment ago
        return None


st.title("Runs")
notice()
active = process.trainings().active is not None
name = st.session_state.get(SELECTED)
st.session_state["runs_shown"] = name
mine = read_states("runs")
if mine:
    fragment(own_runs, every=LOOK_EVERY if active else None)(active)
    selection = next((state for state in mine if state.name == name), None)
    if selection is not None:
        details(selection)
    else:
        st.caption("Select a run by the box at the left of its row to see what you can do with it.")
else:
    st.info(
        "There are no runs yet. Train one on the Train page, or import one from a zip file below."
    )
importer()
weights_importer()
shipped = read_states("checkpoints")
if shipped:
    st.subheader("Shipped checkpoints", anchor=False)
    st.caption("They came with the program and are read only. Explore and Compare open them.")
    table(shipped, key="runs_shipped", alt="Shipped checkpoints, one a row")
notice_other_tabs()
