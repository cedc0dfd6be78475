"""What is known of one run: curves, grids, log and downloads, live or from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import TrainConfig
from gan_core.runs.history import Curves
from pages.shared.charts import figures
from pages.shared.charts.watches import levels, watches_of
from pages.shared.forms.classes import classes_of, grid_words, in_columns
from pages.shared.runs import findings as doctor
from pages.shared.runs import state
from pages.shared.runs.files import thinned
from pages.shared.runs.state import latest_step
from pages.shared.server import histories, sources, urls
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.training.findings import Finding


PRESENT = 0.01  # share of the samples from which a digit counts as drawn, as in the classifier
MAX_PLAYED = 400  # frames of the player
DASHES: tuple[figures.Dash, ...] = ("solid", "dot", "dash")


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
    source, plotly = urls.curves_url(item), urls.plotly_url()
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
    for number, watch in enumerate(watches_of(config, histories.read_curves(item))):
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
    measured = histories.read_quality(item)
    tick = latest_step(measured)
    source, plotly = urls.quality_url(item), urls.plotly_url()
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
        real = {"at": first, "url": urls.grid_url(item, None), "caption": " "}
        tracks.append({"label": "Real images", "frames": [real], "columns": columns})
    player(tracks, key=f"{key}/player", label="Training step of the grid", size=size)
    if classes:
        st.caption(grid_words(classes))


@lru_cache(maxsize=8192)
def _grid_url(item: sources.Source, version: int, step: int) -> str:
    return urls.grid_url(item, step)
