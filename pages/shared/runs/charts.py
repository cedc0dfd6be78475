"""What is known of one run: curves, grids, log and downloads, live or from its folder."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import streamlit as st

from gan_core.quality.measures import FOUND, MEASURES, PRESENT, Measure
from gan_core.runs.history import Curves, thinned
from gan_core.runs.watches import levels, watches_of
from pages.shared.charts import figures
from pages.shared.forms.classes import classes_of, grid_words, in_columns
from pages.shared.runs import by_hand, findings
from pages.shared.runs.state import RunState, last_step
from pages.shared.server import urls
from pages.shared.server.sources import Source
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

MAX_PLAYED = 400  # frames of the player
DASHES: tuple[figures.Dash, ...] = ("solid", "dot", "dash")


def show_curves(state: RunState, *, key: str, with_marks: bool = True) -> None:
    """The losses, and what there is to watch of the run's objective, a chart each in two columns.

    The browser fetches new points whenever there is a later step. Where ``marked``, the steps at
    which findings began and something was done by hand stand in the charts.
    """
    marks = [*by_hand.marks(state), *findings.marks(state)] if with_marks else []
    url = urls.curves_url(state.source)
    blue, orange, green = figures.PALETTE[:3]
    losses = figures.live_figure(
        "Loss",
        [
            figures.Trace(url, "d/loss", "Discriminator", blue),
            figures.Trace(url, "g/loss", "Generator", orange),
        ],
        y_title="loss",
        marks=marks,
    )
    charts = [(losses, "", "loss")]
    config = state.settings
    for number, watch in enumerate(watches_of(config, state.curves) if config else ()):
        assert config is not None
        lines = zip(watch.columns.items(), (green, blue, orange), DASHES, strict=False)
        figure = figures.live_figure(
            watch.title,
            [figures.Trace(url, part, label, color, dash) for (part, label), color, dash in lines],
            y_range=watch.bounds,
            levels=levels(watch, config),
            marks=marks,
        )
        charts.append((figure, watch.words, f"watch/{number}"))
    _in_two_columns(charts, tick=state.logged_step, key=key)


def _in_two_columns(
    charts: Sequence[tuple[dict[str, Any], str, str]], *, tick: int, key: str
) -> None:
    """Charts with the words below each, and what their keys end in."""
    for first in range(0, len(charts), 2):
        row = charts[first : first + 2]
        for column, (figure, words, name) in zip(st.columns(2), row, strict=False):
            with column:
                live_chart(figure, tick=tick, key=f"{key}/{name}")
                if words:
                    st.caption(words)


def show_quality(state: RunState, *, key: str) -> None:
    """What was measured of the samples while the run trained: distance, variety, classes; of points
    what there is to say of them.

    The charts of what is only measured in digits are left out where the data are none.
    """
    quality = state.quality
    if not last_step(quality) and "samples" not in quality:
        st.caption(
            "The quality of the samples was not measured while this run trained; the setting "
            "'Measure every' says how often it is."
        )
        return
    url = urls.quality_url(state.source)
    charts = [_variety_chart(quality, url)]
    if _columns(quality, "share"):
        charts.insert(0, _classes_chart(quality, url))
    if "fd" in quality:
        charts.insert(0, _distance_chart(quality, url))
    of_points = {name: m for name, m in MEASURES.items() if m.points and name in quality}
    charts = [_plane_chart(quality, url, name, m) for name, m in of_points.items()] + charts
    if _columns(quality, "mode"):
        charts.insert(1, _modes_chart(quality, url))
    _in_two_columns(charts, tick=last_step(quality), key=f"{key}/quality")


def _distance_chart(quality: Curves, url: str) -> tuple[dict[str, Any], str, str]:
    blue, orange = figures.PALETTE[:2]
    count = quality["samples"][-1] if "samples" in quality else math.nan
    samples = "samples" if math.isnan(count) else f"{int(count):,} samples"
    traces = [figures.Trace(url, "fd", "Samples", orange)]
    words = (
        f"FD on digit-classifier features of {samples}, drawn from the averaged weights where "
        "they are kept. Lower is better"
    )
    if "fd/real" in quality:
        traces.append(figures.Trace(url, "fd/real", "Real images", blue, "dash"))
        words += "; as many real images score what the dashed line shows"
    figure = figures.live_figure(
        "Distance from the real images",
        traces,
        y_title="Frechet distance",
        log_y=True,
    )
    return figure, f"{words}.", "fd"


def _plane_chart(
    quality: Curves, url: str, name: str, measure: Measure
) -> tuple[dict[str, Any], str, str]:
    """A measurement of points, beside what a fresh sample of the real ones gets."""
    blue, orange = figures.PALETTE[:2]
    real = f"{name}/real"
    traces = [figures.Trace(url, name, "Generated points", orange)]
    words = measure.meaning
    if real in quality:
        traces.append(figures.Trace(url, real, "As many real points", blue, "dash"))
        now, ceiling = (float(quality[column][-1]) for column in (name, real))
        if math.isfinite(now) and math.isfinite(ceiling):
            words += f" Now {measure.format(now)}; real points get {measure.format(ceiling)}."
    return figures.live_figure(measure.title, traces), words, name


def _modes_chart(quality: Curves, url: str) -> tuple[dict[str, Any], str, str]:
    names = _columns(quality, "mode")
    figure = figures.live_figure(
        "Points at each mode",
        [figures.Trace(url, f"mode/{k}", str(k), figures.PALETTE[0]) for k in names],
        y_title="share of the points",
        levels={"fair share": 1 / len(names)},
        bars=True,
    )
    shares = {k: float(quality[f"mode/{k}"][-1]) for k in names}
    missing = [str(k) for k in names if not shares[k] >= FOUND / len(names)]
    words = "By the numbers of the modes, as the data set counts them"
    return (
        figure,
        f"{words}; missing: {', '.join(missing)}." if missing else f"{words}.",
        "at-modes",
    )


def _classes_chart(quality: Curves, url: str) -> tuple[dict[str, Any], str, str]:
    names = _columns(quality, "share")
    figure = figures.live_figure(
        "Digits drawn",
        [figures.Trace(url, f"share/{k}", str(k), figures.PALETTE[0]) for k in names],
        y_title="share of the samples",
        levels={"equal shares": 1 / len(names)},
        bars=True,
    )
    return figure, _describe_classes(quality), "classes"


def _variety_chart(quality: Curves, url: str) -> tuple[dict[str, Any], str, str]:
    orange, green = figures.PALETTE[1:3]
    traces = [figures.Trace(url, "diversity", "Variety", green, DASHES[0])]
    title = "Variety of the samples"
    if "readable" in quality:
        title += ", and how many are readable"
        traces.append(figures.Trace(url, "readable", "Readable", orange, DASHES[1]))
    figure = figures.live_figure(title, traces, levels={"as varied as real images": 1.0})
    words = (
        "Variety is the mean distance between two samples over that between two real images: "
        "where it falls towards 0, all samples look alike (mode collapse)."
    )
    return figure, words, "variety"


def _columns(quality: Curves, kind: str) -> list[int]:
    """The classes whose shares were measured, or the modes."""
    matches = (re.fullmatch(rf"{kind}/([0-9]{{1,4}})", name) for name in quality)
    return sorted(int(match[1]) for match in matches if match)


def _describe_classes(quality: Curves) -> str:
    """The latest shares of the classes in words."""
    shares = {k: float(quality[f"share/{k}"][-1]) for k in _columns(quality, "share")}
    shares = {k: 0.0 if math.isnan(share) else share for k, share in shares.items()}
    missing = [str(k) for k, share in shares.items() if share < PRESENT]
    most = max(shares, key=lambda k: shares[k])
    words = (
        f"{len(shares) - len(missing)} of {len(shares)} digits drawn; {most} most often "
        f"({shares[most]:.0%})"
    )
    return f"{words}; missing: {', '.join(missing)}." if missing else f"{words}."


def show_pictures(state: RunState, *, key: str, size: int = 320) -> None:
    """A player over the grids drawn so far, beside real images."""
    classes = classes_of(state.config, state.info) if state.config and state.info else ()
    columns = in_columns(classes)
    frames = [
        {"at": step, "url": _grid_url(state.source, state.version, step)}
        for step in thinned(state.grids, MAX_PLAYED)
    ]
    label = "Generated, always from the same noise"
    tracks = [{"label": label, "frames": frames, "columns": columns}]
    if state.real_grid:
        first = state.grids[0] if state.grids else 0
        url = _grid_url(state.source, state.version, None)
        real = {"at": first, "url": url, "caption": " "}
        tracks.append({"label": "Real images", "frames": [real], "columns": columns})
    player(tracks, key=f"{key}/player", label="Training step of the grid", size=size)
    if classes:
        st.caption(grid_words(classes))


@lru_cache(maxsize=8192)  # a grid once drawn stays as it is until the run starts anew
def _grid_url(source: Source, version: int, step: int | None) -> str:
    return urls.grid_url(source, step)
