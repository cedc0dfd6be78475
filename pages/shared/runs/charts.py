"""What is known of one run: curves, grids, log and downloads, live or from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gan_core.config import TrainConfig, dump_json
from gan_core.errors import CheckpointError
from gan_core.runs.folder import Curves
from pages.shared.charts import figures
from pages.shared.charts.watches import levels, watches_of
from pages.shared.forms.classes import classes_of, grid_words, in_columns
from pages.shared.forms.downloads import FRAMES_PER_SECOND, Film, take_away
from pages.shared.runs import findings as doctor
from pages.shared.runs import state
from pages.shared.server import routes, sources
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.training.doctor import Finding
    from gan_core.training.job import Snapshot

LOG_LINES = 200
PRESENT = 0.01  # share of the samples from which a digit counts as drawn, as in the classifier
MAX_FRAMES = 200
MAX_PLAYED = 400  # frames of the player
DASHES: tuple[figures.Dash, ...] = ("solid", "dot", "dash")
NOTICES = {
    state.INTERRUPTED: "The program that trained this run ended without stopping it. It can be "
    "resumed from its last saved state.",
    state.ELSEWHERE: "Another process trains this run now. What is shown is what it has "
    "written so far.",
}


def snapshot_of(item: sources.Source) -> Snapshot:
    """Where a run stands: from the job that trains it, else from its folder.

    Raises:
        CheckpointError: no job trains it, and its folder is gone or cannot be read.
    """
    last = sources.last_snapshot(item)
    if last is not None and last.phase.active and last.curves is not None:
        return last
    try:
        saved = saved_snapshot(item)
    except CheckpointError:
        if last is None or last.curves is not None:
            raise
        return last  # it had no folder yet, or could not read it
    if last is not None and last.phase.active:
        # Before its first step a job knows only what it does; a resumed run has a past to show.
        return replace(saved, phase=last.phase, doing=last.doing, share=last.share)
    return saved


def saved_snapshot(item: sources.Source) -> Snapshot:
    """A run as its folder tells it. One that claims to be under way was most likely interrupted.

    Raises:
        CheckpointError: config.json is missing or damaged.
    """
    from gan_core.training.job import Phase, Snapshot

    folder = item.folder
    config, status = folder.config(), folder.status()
    ended = {"finished": Phase.FINISHED, "failed": Phase.FAILED}
    last = sources.last_snapshot(item)
    # Not asked while an own job begins: to look at the run's lock is to hold it for a moment.
    own = last is not None and last.phase.active
    standing = status.phase if own else state.standing(folder, status)
    error = state.unrecorded(last, standing)
    seen = config.images_at(status.step)
    return Snapshot(
        run=folder.name,
        phase=ended.get(status.phase, Phase.STOPPED),
        config=config,
        step=status.step,
        total=config.steps,
        seconds=status.seconds,
        images_per_second=seen / status.seconds if status.seconds > 0 else 0.0,
        dataset_size=folder.info().dataset_size,
        curves=sources.curves(item),
        grids=tuple(folder.grids()),
        saved_step=status.step if folder.resumable else None,
        notice="" if error else NOTICES.get(standing, status.acted),
        error=error or status.message or None,
        may_act=status.may_act,
    )


def has_folder(item: sources.Source) -> bool:
    """Whether the run is on disk: not before its training was set up, and not once deleted."""
    try:
        return (item.folder.path / "config.json").is_file()
    except CheckpointError:
        return False


def latest_step(curves: Curves | None) -> int:
    """The step of the newest point of the curves; 0 before the first."""
    steps = curves.get("step") if curves else None
    return int(steps[-1]) if steps is not None and len(steps) else 0


def curves(
    item: sources.Source,
    config: TrainConfig,
    tick: int,
    findings: Sequence[Finding] = (),
    *,
    key: str,
) -> None:
    """The losses, and what there is to watch of the run's objective, a chart each in two columns.

    ``tick`` is the latest step: the browser fetches new points whenever it changes. The steps at
    which ``findings`` began are marked.
    """
    marks = doctor.marks(item, findings)
    source, plotly = routes.curves_url(item), routes.plotly_url()
    blue, orange, green = figures.PALETTE[:3]
    losses = figures.live_figure(
        "Loss",
        [
            figures.Trace(source, "d/loss", "Discriminator", blue),
            figures.Trace(source, "g/loss", "Generator", orange),
        ],
        plotly_url=plotly,
        y_title="loss",
        marks=marks,
    )
    charts = [(losses, "", "loss")]
    for number, watch in enumerate(watches_of(config, sources.curves(item))):
        lines = zip(watch.columns.items(), (green, blue, orange), DASHES, strict=False)
        figure = figures.live_figure(
            watch.title,
            [
                figures.Trace(source, part, label, color, dash)
                for (part, label), color, dash in lines
            ],
            plotly_url=plotly,
            y_range=watch.bounds,
            levels=levels(watch, config),
            marks=marks,
        )
        charts.append((figure, watch.words, f"watch/{number}"))
    for first in range(0, len(charts), 2):
        for column, (figure, words, name) in zip(
            st.columns(2), charts[first : first + 2], strict=False
        ):
            with column:
                live_chart(figure, tick=tick, key=f"{key}/{name}")
                if words:
                    st.caption(words)


def quality(item: sources.Source, *, key: str) -> None:
    """What was measured of the samples while the run trained: distance, variety, classes.

    The charts of what is only measured in digits are left out where the data are none.
    """
    measured = sources.quality(item)
    tick = latest_step(measured)
    source, plotly = routes.quality_url(item), routes.plotly_url()
    blue, orange, green = figures.PALETTE[:3]
    if not tick and "samples" not in measured:
        st.caption(
            "The quality of the samples was not measured while this run trained; the setting "
            "'Measure every' says how often it is."
        )
        return
    samples = int(measured["samples"][-1])
    if "fd" in measured:
        traces = [figures.Trace(source, "fd", "Samples", orange)]
        words = (
            f"FD on digit-classifier features of {samples:,} samples, drawn from the averaged "
            "weights where they are kept. Lower is better"
        )
        if "fd/real" in measured:
            traces.append(figures.Trace(source, "fd/real", "Real images", blue, "dash"))
            words += f"; {samples:,} real images score what the dashed line shows"
        distance = figures.live_figure(
            "Distance from the real images",
            traces,
            plotly_url=plotly,
            y_title="Frechet distance",
            log_y=True,
        )
        bars = figures.live_figure(
            "Digits drawn",
            [figures.Trace(source, f"share/{k}", str(k), blue) for k in range(10)],
            plotly_url=plotly,
            y_title="share of the samples",
            levels={"equal shares": 0.1},
            bars=True,
        )
        charts = [(distance, f"{words}.", "fd"), (bars, _class_words(measured), "classes")]
    else:
        charts = []
    variety = {"diversity": ("Variety", green)}
    if "readable" in measured:
        variety["readable"] = ("Readable", orange)
    charts.append(
        (
            figures.live_figure(
                "Variety of the samples" + (", and how many are readable" * (len(variety) > 1)),
                [
                    figures.Trace(source, name, title, color, dash)
                    for (name, (title, color)), dash in zip(variety.items(), DASHES, strict=False)
                ],
                plotly_url=plotly,
                levels={"as varied as real images": 1.0},
            ),
            "Variety is the mean distance between two samples over that between two real images: "
            "where it falls towards 0, all samples look alike (mode collapse).",
            "variety",
        )
    )
    for first in range(0, len(charts), 2):
        for column, (figure, words, name) in zip(
            st.columns(2), charts[first : first + 2], strict=False
        ):
            with column:
                live_chart(figure, tick=tick, key=f"{key}/quality/{name}")
                st.caption(words)


def _class_words(measured: Curves) -> str:
    """The latest shares of the classes in words."""
    shares = {k: float(measured[f"share/{k}"][-1]) for k in range(10)}
    missing = [str(k) for k, share in shares.items() if share < PRESENT]
    most = max(shares, key=lambda k: shares[k])
    words = f"{10 - len(missing)} of 10 digits drawn; {most} most often ({shares[most]:.0%})"
    return f"{words}; missing: {', '.join(missing)}." if missing else f"{words}."


def pictures(item: sources.Source, grids: Sequence[int], *, key: str, size: int = 320) -> None:
    """A player over the grids drawn so far, beside real images."""
    # Written when a run starts or resumes: between these, a grid once drawn stays as it is.
    version = (item.folder.path / "config.json").stat().st_mtime_ns
    known = state.stored(item.folder)
    classes = classes_of(known.config, known.info) if known.config and known.info else ()
    columns = in_columns(classes)
    frames = [
        {"at": step, "url": _grid_url(item, version, step)} for step in thinned(grids, MAX_PLAYED)
    ]
    label = "Generated, always from the same noise"
    tracks = [{"label": label, "frames": frames, "columns": columns}]
    if item.folder.grid_path(None).is_file():
        first = grids[0] if grids else 0
        real = {"at": first, "url": routes.grid_url(item, None), "caption": " "}
        tracks.append({"label": "Real images", "frames": [real], "columns": columns})
    player(tracks, key=f"{key}/player", label="Training step of the grid", size=size)
    if classes:
        st.caption(grid_words(classes))


@lru_cache(maxsize=8192)
def _grid_url(item: sources.Source, version: int, step: int) -> str:
    return routes.grid_url(item, step)


def log_lines(snapshot: Snapshot, last: int | None = None) -> list[str]:
    """The log in the field's usual form, all of it or its last lines."""
    from gan_core.training.session import log_line

    columns = snapshot.curves or {}
    length = len(columns.get("step", ()))
    first = 0 if last is None else max(0, length - last)
    lines = []
    for index in range(first, length):
        row = {name: float(column[index]) for name, column in columns.items()}
        lines.append(log_line(row, snapshot.config, snapshot.dataset_size))
    return lines


def log(snapshot: Snapshot) -> None:
    """The last lines of the log, the newest in view."""
    lines = log_lines(snapshot, LOG_LINES)
    with st.container(height=220, autoscroll=True, border=False):
        st.code("\n".join(lines) or "Nothing logged yet.", language=None, wrap_lines=True)


def downloads(item: sources.Source, *, key: str) -> None:
    """The grids as a film, and the whole log: made when they are asked for."""
    if item.folder.grids():
        take_away(film(item), key=f"{key}/film")
        st.caption(
            f"The film shows the grids drawn so far, {FRAMES_PER_SECOND} a second. Of more than "
            f"{MAX_FRAMES} grids, fewer where they are large, it takes some, spread evenly."
        )
    st.download_button(
        "Whole log",
        lambda: "\n".join(log_lines(snapshot_of(item))) + "\n",
        file_name=f"{item.name}.log",
        mime="text/plain",
        key=f"{key}/log",
        on_click="ignore",
        icon=":material/description:",
    )


def film(item: sources.Source) -> Film:
    """The grids of a run, thinned evenly to :data:`MAX_FRAMES`, or to as many as a file holds.

    Raises:
        CheckpointError: it is gone.
    """
    from gan_core.images import films, pixels

    folder = item.folder
    drawn = folder.grids()

    def read(step: int) -> np.ndarray:
        return pixels.from_png(folder.grid_path(step).read_bytes())

    height, width = read(drawn[-1]).shape[:2]
    steps = thinned(drawn, min(MAX_FRAMES, max(1, films.MAX_PIXELS // (height * width))))
    size = films.Size(len(steps), height, width)
    return Film(item.name, lambda: [read(step) for step in steps], size, f"{steps}", columns=0)


def thinned(steps: Sequence[int], most: int) -> list[int]:
    """At most so many of the steps, spread evenly, the first and the last among them."""
    if len(steps) <= most:
        return list(steps)
    return [steps[index] for index in np.linspace(0, len(steps) - 1, most).round().astype(int)]


def resolved_settings(snapshot: Snapshot) -> None:
    """The settings of a run as they stand in its config.json."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        st.code(dump_json(snapshot.config.to_dict()), language="json")
