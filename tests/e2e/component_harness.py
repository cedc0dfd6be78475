"""A small app around the browser components, with made-up numbers and pictures behind its routes.

`?show=chart|player|panel` picks the component, `run` keeps one test's curves from another's.
"""

from __future__ import annotations

import asyncio
import io
import math
import sys
from typing import Any

import streamlit as st
from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.server import urls

LOG_EVERY = 10

# The server imports this file and the script runner executes it: `sys` is what both share.
ROWS: dict[str, int] = vars(sys).setdefault("component_harness_rows", {})


async def curves(request: Request) -> Response:
    """Answer the rows after a step, as the app's own route does."""
    run = request.path_params["run"]
    after = int(request.query_params["after"])
    steps = [n * LOG_EVERY for n in range(1, ROWS.get(run, 0) + 1) if n * LOG_EVERY > after]
    columns = {
        "step": steps,
        "images": [step * 64 for step in steps],
        "seconds": [step * 0.05 for step in steps],
        "d/loss": [1.2 + math.sin(step / 90) * 0.3 + math.exp(-step / 200) for step in steps],
        "g/loss": [0.8 + math.cos(step / 70) * 0.2 + step / 4000 for step in steps],
        "fid": [300 * math.exp(-step / 500) if step % 100 == 0 else None for step in steps],
    }
    return JSONResponse({"run": run, "columns": columns})


async def uplot_js(_: Request) -> Response:
    """Serve the library that the charts draw with."""
    return FileResponse(urls.UPLOT, media_type="text/javascript")


def png(color: tuple[int, int, int], *, side: int, text: str = "") -> Response:
    """Encode a plain picture with a checked corner, in which blurring would show."""
    image = Image.new("RGB", (side, side), color)
    draw = ImageDraw.Draw(image)
    for i in range(0, side // 2, 2):
        draw.point([(side // 2 + i, side // 2 + (i // 2) % (side // 2))], fill="white")
    draw.rectangle((side // 2, side // 4, side // 2 + 3, side // 4 + 3), fill="white")
    if text:
        draw.text((2, side - 12), text, fill="white")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    headers = {"cache-control": "no-store"}
    return Response(buffer.getvalue(), media_type="image/png", headers=headers)


async def frame(request: Request) -> Response:
    """Draw a frame whose colour tells its number."""
    number = request.path_params["number"]
    track = request.path_params["track"]
    return png((number, 200 if track else 40, 255 - number), side=64, text=str(number))


async def picture(request: Request) -> Response:
    """Draw the picture of a point: red and green are its coordinates, blue its base."""
    point = await request.json()
    await asyncio.sleep(float(request.query_params.get("delay", 0)))
    first, second = point["coordinates"]["0"], point["coordinates"]["3"]
    if request.query_params["name"] == "Broken":
        return JSONResponse({"error": "That generator is broken."}, status_code=404)
    if second > 2.9:
        return JSONResponse({"error": "That point is too far out."}, status_code=422)
    red, green = (round(128 + value * 40) for value in (first, second))
    return png((red, green, round(point["base"][0])), side=28)


def chart() -> None:
    """Show two charts of one run, which grows by a button; far down where that is asked for."""
    from pages.shared.charts.figures import PALETTE, Trace, XAxis, live_figure
    from pages.shared.widgets.live_chart.live_chart import live_chart

    run = st.query_params["run"]
    ROWS.setdefault(run, 0)
    with st.container(horizontal=True):
        if st.button("Grow"):
            ROWS[run] += 20
        if st.button("Go back"):
            ROWS[run] = 5
        x: XAxis = "images" if st.toggle("Against images") else "step"
    source = f"/fake/curves/{run}"
    losses = live_figure(
        "Losses",
        [
            Trace(source, "d/loss", "Critic", PALETTE[0]),
            Trace(source, "g/loss", "Generator", PALETTE[1], "dash"),
        ],
        x=x,
        y_title="Loss",
    )
    quality = live_figure(
        "Quality (lower is better)",
        [Trace(source, "fid", "FID", PALETTE[2])],
        x=x,
        log_y=True,
    )
    tick = ROWS[run] * LOG_EVERY
    if "down" in st.query_params:
        st.html('<div style="height: 5000px"></div>')
    left, right = st.columns(2)
    with left:
        live_chart(losses, tick=tick, key="losses")
    with right:
        live_chart(quality, tick=tick, key="quality")


def player() -> None:
    """Show two tracks, the second of which starts late and has fewer frames."""
    from pages.shared.widgets.player.player import player as show_player

    count = st.session_state.setdefault("count", int(st.query_params.get("frames", 10)))
    if st.button("More"):
        count = st.session_state.count = count + 2
    tracks: list[dict[str, Any]] = []
    for track, numbers in enumerate((range(count), range(4, count, 2))):
        frames = [
            {"at": 500 * n, "url": f"/fake/frame/{track}/{n}", "caption": f"frame {n}"}
            for n in numbers
        ]
        tracks.append({"label": f"Run {'AB'[track]}", "frames": frames})
    show_player(tracks, key="player", fps=30)


def panel() -> None:
    """Show a panel with a few directions, and what Python heard of it."""
    from pages.explore.widgets.latent_panel.latent_panel import committed_coordinates, latent_panel

    base = st.session_state.setdefault("base", 10)
    if st.button("New base"):
        base = st.session_state.base = base + 100
    st.button("Rerun")
    revision = f"base {base}"

    def heard() -> None:
        st.session_state.heard = committed_coordinates("panel", revision)

    labels = ["Direction 1", "Direction 2", *(f"Direction {n}" for n in range(3, 10))]
    coordinates = latent_panel(
        pictures=[
            {
                "url": f"/fake/picture?name={name}&delay={st.query_params.get('delay', 0)}",
                "label": name,
            }
            for name in st.query_params.get("names", "").split(",")
        ],
        base=[base, 0.5],
        basis="pca",
        directions=[
            {"index": 3 * i, "label": label, "min": -3, "max": 3, "step": 0.1, "value": 0}
            for i, label in enumerate(labels)
        ],
        truncation=0.7,
        revision=revision,
        key="panel",
        on_change=heard,
    )
    st.text(f"committed {coordinates and coordinates[:2]}")
    st.text(f"heard {(st.session_state.get('heard') or [])[:2]}")


if get_script_run_ctx(suppress_warning=True):
    st.set_page_config(layout="wide")
    {"chart": chart, "player": player, "panel": panel}[st.query_params["show"]]()
else:
    app = st.App(
        __file__,
        routes=[
            Route("/fake/curves/{run}", curves),
            Route(f"{urls.PREFIX}/uplot.js", uplot_js),
            Route("/fake/frame/{track:int}/{number:int}", frame),
            Route("/fake/picture", picture, methods=["POST"]),
        ],
    )
