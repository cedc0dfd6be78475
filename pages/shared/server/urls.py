"""The addresses of the app's routes."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np
import streamlit as st

from gan_core import runs
from gan_core.files import written
from gan_core.images import pixels
from pages.shared.server import generators, sources

PREFIX = "/api"


def url(path: str, **query: object) -> str:
    """The address of a route, under the base path that the app is served from."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"{'/' + base if base else ''}{PREFIX}/{quote(path)}"
    return f"{address}?{urlencode(query)}" if query else address


# What draws the live curves, as its authors give it: uPlot 1.6.32, under the MIT licence beside it.
UPLOT = Path(__file__).parents[1] / "widgets" / "live_chart" / "uplot" / "uPlot.iife.min.js"


# What runs programs, beside what writes them; named here because that loads torch.
PROGRAM_SCRIPT = Path(runs.__file__).with_name("program.js")


def uplot_url() -> str:
    """The script that draws the live curves; its address changes with it."""
    return url("uplot.js", v=written(UPLOT)[0])


def program_script_url() -> str:
    """The script that runs generators in the browser; its address changes with it."""
    return url("program.js", v=written(PROGRAM_SCRIPT)[0])


def program_url(source: sources.Source, version: int) -> str:
    """A generator as a program, from the saved version of that number."""
    return url(f"{source.id}/program", **_version_query(source, version))


def curves_url(source: sources.Source) -> str:
    """The curves of a run: GET with ``after=STEP`` gives the rows that came later."""
    return url(f"{source.id}/curves")


def quality_url(source: sources.Source) -> str:
    """What was measured of its samples while it trained, in the same form as the curves."""
    return url(f"{source.id}/quality")


def grid_url(source: sources.Source, step: int | None) -> str:
    """The fixed-noise grid of a step, or the real images for None."""
    (version,) = written(source.folder.grid_path(step))
    return url(f"{source.id}/grids/{'real' if step is None else step}.png", v=version)


def plane_live_url(source: sources.Source) -> str:
    """The newest frame of a training on points: GET with ``seen=NUMBER`` waits a second for another
    one, and answers 204 where none came and 404 once it trains no more. ``y=CLASS`` is the class of
    landscape and sheet, ``current=1`` the generator as it is in place of the averaged one."""
    return url(f"{source.id}/plane/live")


def plane_frames_url(source: sources.Source) -> str:
    """What the addresses of the frames that a run keeps begin with: the step and ``?v=`` a version
    of the run follow."""
    return url(f"{source.id}/plane/frames/")


def plane_real_url(source: sources.Source) -> str:
    """Real points (N, 2) beside them, float16."""
    return url(f"{source.id}/plane/real", v=written(source.folder.frames.real_path)[0])


def samples_url(
    source: sources.Source, seed: int, n: int, columns: int, label: int | None = None
) -> str:
    """A grid drawn by its generator at the time of the request, from its latest saved state.

    A conditional generator draws that class in so many columns, or without a label all classes: a
    row a noise vector and a column a class.
    """
    version = generators.saved_version(source).number
    query = {"seed": seed, "n": n, "columns": columns, "v": version}
    return url(f"{source.id}/samples.png", **query, **_label_query(label))


def picture_url(
    source: sources.Source,
    version: int,
    label: int | None = None,
    along: tuple[sources.Source, int] | None = None,
) -> str:
    """POST ``{"base", "basis", "truncation", "coordinates"}`` gives one picture.

    It comes from the saved version of that number, see :class:`.generators.SavedVersion`. A
    conditional generator draws that class. The coordinates are measured along its own directions,
    or along those of another generator at a saved version.
    """
    query = {**_version_query(source, version), **_label_query(label)}
    if along is not None:
        guide, guide_version = along
        query |= {"along": guide.id, "along_v": guide_version}
        if guide.step is not None:
            query["along_step"] = guide.step
    return url(f"{source.id}/picture", **query)


def pictures_url(source: sources.Source, version: int) -> str:
    """POST ``{"vectors", "classes"}`` gives the pictures of up to 32 latent vectors, in a row.

    The vectors (N, latent_dim) are float32, the lowest byte first, as base64; the classes (N,) are
    those to draw, or null where the generator takes none.
    """
    return url(f"{source.id}/pictures", **_version_query(source, version))


def layers_url(source: sources.Source, version: int, label: int | None = None) -> str:
    """The same POST gives what each layer makes of that point.

    The answer is binary: for each layer what is black and what is white, as two float32 (little
    endian), and behind those the maps of each layer, a byte a number. Layers and maps are those of
    :func:`gan_core.networks.feature_maps.feature_maps`.
    """
    return url(f"{source.id}/layers", **_version_query(source, version), **_label_query(label))


def verdict_url(source: sources.Source, version: int, label: int | None = None) -> str:
    """The same POST gives what the critic says of the picture of that point, in JSON, see
    :func:`.critics.verdict`."""
    return url(f"{source.id}/verdict", **_version_query(source, version), **_label_query(label))


def _label_query(label: int | None) -> dict[str, object]:
    return {} if label is None else {"y": label}


def _version_query(source: sources.Source, version: int) -> dict[str, object]:
    return {"v": version} if source.step is None else {"v": version, "step": source.step}


def sprite_url(source: sources.Source, version: int) -> str:
    """The pictures of :func:`.latent_space.map_samples` on one sheet without gaps."""
    return url(f"{source.id}/sprite.png", **_version_query(source, version))


def data_url(picture: np.ndarray, width: int = 0) -> str:
    """A picture (H, W, C) uint8 as an address that holds it, enlarged to about that many pixels."""
    scale = max(1, width // picture.shape[1])
    return _data_url(picture.tobytes(), picture.shape, scale)


@lru_cache(maxsize=512)
def _data_url(content: bytes, shape: tuple[int, ...], scale: int) -> str:
    """The same picture stands in a strip and in a player, and again in the next rerun."""
    picture = np.frombuffer(content, np.uint8).reshape(shape)
    return f"data:image/png;base64,{base64.b64encode(pixels.png(picture, scale)).decode()}"
