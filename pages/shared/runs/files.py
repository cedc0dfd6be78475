"""The log, downloads and settings of a run."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

from gan_core.errors import DataError
from gan_core.files import dump_json, written
from gan_core.images import films, pixels
from gan_core.runs.curves_file import curves_csv
from gan_core.runs.folder import RunFolder
from gan_core.runs.history import thinned
from gan_core.training.log import log_line
from pages.shared.forms.downloads import FRAMES_PER_SECOND, Export, export_row
from pages.shared.runs import by_hand
from pages.shared.runs.state import RunState, read_state
from pages.shared.server import process
from pages.shared.server.sources import Source
from pages.shared.text import plain

LOG_LINES = 200
MAX_FRAMES = 200


def log_lines(state: RunState, last: int | None = None) -> list[str]:
    """The log in the field's usual form, all of it or its last lines, and between them what was
    done by hand."""
    columns, config = state.curves, state.config
    if config is None:
        return []
    length = len(columns.get("step", ()))
    first = 0 if last is None else max(0, length - last)
    lines = []  # with the step of each
    for index in range(first, length):
        row = {name: float(column[index]) for name, column in columns.items()}
        lines.append((int(row["step"]), log_line(row, config, state.dataset_size)))
    begin = lines[0][0] if first else 0
    lines += [
        (moment.step, f"By {moment.by} at step {moment.step:,}: {moment.words}")
        for moment in by_hand.moments(state.events)
        if moment.step >= begin
    ]
    # What is done at a step is done after it was logged.
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def show_log(state: RunState) -> None:
    """The last lines of the log, the newest in view."""
    lines = log_lines(state, LOG_LINES)
    with st.container(height=220, autoscroll=True, border=False):
        st.code("\n".join(lines) or "Nothing logged yet.", language=None, wrap_lines=True)


def downloads(source: Source, *, key: str) -> None:
    """The grids as a film, and the whole log: made when they are asked for."""
    export = export_grids(source)
    if export is not None:
        export_row(export, key=f"{key}/film")
        st.caption(
            f"The film shows the grids drawn so far, {FRAMES_PER_SECOND} a second. Of more than "
            f"{MAX_FRAMES} grids, fewer where they are large, it takes some, spread evenly."
        )
    st.download_button(
        "Curves as CSV",
        lambda: curves_csv(source.folder),
        file_name=f"{source.name}.csv",
        mime="text/csv",
        key=f"{key}/csv",
        on_click="ignore",
        icon=":material/table:",
    )
    st.download_button(
        "Whole log",
        lambda: "\n".join(log_lines(read_state(source))) + "\n",
        file_name=f"{source.name}.log",
        mime="text/plain",
        key=f"{key}/log",
        on_click="ignore",
        icon=":material/description:",
    )


def export_grids(source: Source) -> Export | None:
    """The grids of a run, thinned evenly to :data:`MAX_FRAMES`, or to as many as a file holds;
    None where there are none. One that is damaged, or of another size, is left out.

    Raises:
        CheckpointError: it is gone.
    """
    folder = source.folder
    grids = folder.grids()
    latest = next(filter(None, (_shape(folder, step) for step in reversed(grids))), None)
    if latest is None:
        return None
    height, width, _ = latest
    steps = thinned(grids, min(MAX_FRAMES, max(1, films.MAX_PIXELS // (height * width))))
    steps = [step for step in steps if _shape(folder, step) == latest]
    size = films.Size(len(steps), height, width)

    def read() -> list[np.ndarray]:
        return [pixels.from_png(folder.grid_path(step).read_bytes()) for step in steps]

    return Export(source.name, read, size, f"{steps}", columns=0)


def _shape(folder: RunFolder, step: int) -> tuple[int, ...] | None:
    path = folder.grid_path(step)
    return _shape_of(path, *written(path))


@lru_cache(maxsize=8192)
def _shape_of(path: Path, version: int) -> tuple[int, ...] | None:
    """Height, width and channels of a grid; None where it cannot be read."""
    try:
        return pixels.from_png(path.read_bytes()).shape
    except (OSError, DataError):
        return None


def resolved_settings(state: RunState) -> None:
    """The settings of a run as they stand in its config.json, and what has changed since."""
    if state.config is None:
        return
    with st.expander("Settings of this run", icon=":material/tune:"):
        before, now = state.config.to_dict(), (state.settings or state.config).to_dict()
        changes = [f"{name} {now[name]:g}" for name in now if now[name] != before.get(name)]
        if changes:
            st.caption(f"It began with these settings. Changed since: {plain(', '.join(changes))}.")
        st.code(dump_json(state.config.to_dict()), language="json")
        began_here = state.info is not None and not (state.info.parent or state.info.origin)
        if began_here and not state.events:
            st.caption("The command that trains it anew:")
            st.code(process.train_command(state.config), language="bash", wrap_lines=True)
