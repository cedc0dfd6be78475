"""The routes that browser components fetch from: curves, grids and pictures.

They read and have no side effects; everything they are given is validated here. A page builds
their addresses with :func:`url`.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import numpy as np
import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from gan_core.config import MAX_SEED
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.runs.folder import Curves
from pages.shared.server import sources

PREFIX = "/api"
MAX_BODY_BYTES = 256 * 1024
MAX_PICTURES = 256
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_NEVER = {"Cache-Control": "no-store"}


def url(path: str, **query: object) -> str:
    """The address of a route, under the base path that the app is served from."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    address = f"{'/' + base if base else ''}{PREFIX}/{quote(path)}"
    return f"{address}?{urlencode(query)}" if query else address


def plotly_url() -> str:
    """plotly's own script, served from this machine; its address changes with its version."""
    return url("plotly.min.js", v=_plotly_script().stat().st_mtime_ns)


def curves_url(item: sources.Source) -> str:
    """The curves of a run: GET with ``after=STEP`` gives the rows that came later."""
    return url(f"{item.id}/curves")


def quality_url(item: sources.Source) -> str:
    """What was measured of its samples while it trained, in the same form as the curves."""
    return url(f"{item.id}/quality")


def grid_url(item: sources.Source, step: int | None) -> str:
    """The fixed-noise grid of a step, or the real images for None."""
    folder = item.folder
    path = folder.grid_path(step)
    version = path.stat().st_mtime_ns if path.is_file() else 0
    return url(f"{item.id}/grids/{'real' if step is None else step}.png", v=version)


def samples_url(
    item: sources.Source, seed: int, n: int, columns: int, label: int | None = None
) -> str:
    """A grid drawn by its generator at the time of the request, from its latest saved state.

    A conditional generator draws that class in so many columns, or without a label all classes: a
    row a noise vector and a column a class.
    """
    query = {"seed": seed, "n": n, "columns": columns, "v": sources.version(item)}
    return url(f"{item.id}/samples.png", **query, **_y(label))


def picture_url(
    item: sources.Source,
    version: int,
    label: int | None = None,
    along: tuple[sources.Source, int] | None = None,
) -> str:
    """POST ``{"base", "basis", "truncation", "coordinates"}`` gives one picture.

    It comes from that saved version, see :func:`session.version`; without it from the latest. A
    conditional generator draws that class. The coordinates are measured along its own directions,
    or along those of another generator at a saved version.
    """
    query = {**_saved(item, version), **_y(label)}
    if along is not None:
        guide, saved = along
        query |= {"along": guide.id, "along_v": saved}
        if guide.step is not None:
            query["along_step"] = guide.step
    return url(f"{item.id}/picture", **query)


def _y(label: int | None) -> dict[str, object]:
    return {} if label is None else {"y": label}


def _saved(item: sources.Source, version: int) -> dict[str, object]:
    return {"v": version} if item.step is None else {"v": version, "step": item.step}


def latent_point(
    base: np.ndarray, basis: str, coordinates: dict[int, float], vectors: np.ndarray, psi: float
) -> np.ndarray:
    """The latent vector that a panel of sliders stands for.

    Args:
        base: (latent_dim,) the point that the sliders start from.
        basis: ``raw``: coordinates replace the numbers of ``base``; else, the name of a family of
            directions: they are added along unit ``vectors``.
        coordinates: slider values by index.
        vectors: (K, latent_dim) directions of that family.
        psi: truncation, applied last.

    Raises:
        ConfigError: an index that the basis does not have.
    """
    limit = len(base) if basis == "raw" else len(vectors)
    point = base.astype(np.float32).copy()
    for index, value in coordinates.items():
        if not 0 <= index < limit:
            raise ConfigError(f"coordinate {index} does not exist; there are {limit}.")
        if basis == "raw":
            point[index] = value
        else:
            point += value * vectors[index]
    return point * np.float32(psi)


def _plotly_script() -> Path:
    found = importlib.util.find_spec("plotly")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "package_data" / "plotly.min.js"


def sprite_url(item: sources.Source, version: int) -> str:
    """The pictures of :func:`session.map_samples` on one sheet without gaps."""
    return url(f"{item.id}/sprite.png", **_saved(item, version))


Handler = Callable[[Request], Awaitable[Response]]


def _answering(work: Callable[[Request, bytes], Response]) -> Handler:
    """Run blocking work off the event loop, and turn its errors into one sentence."""

    async def handler(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                return JSONResponse({"error": "The request is too large."}, 413)
        try:
            return await run_in_threadpool(work, request, body)
        except CheckpointError as error:
            return JSONResponse({"error": str(error)}, 404)
        except sources.SavedAnewError as error:
            return JSONResponse({"error": str(error)}, 409)
        except GanError as error:
            return JSONResponse({"error": str(error)}, 400)

    return handler


def _source(request: Request) -> sources.Source:
    return sources.source(f"{request.path_params['kind']}/{request.path_params['name']}")


def _saved_source(request: Request) -> tuple[sources.Source, int]:
    """The generator that the path names, at the step and the version asked for."""
    return _at(request, _source(request), "step", "v")


def _at(
    request: Request, item: sources.Source, step_key: str, version_key: str
) -> tuple[sources.Source, int]:
    if step_key in request.query_params:
        item = item.at(_whole(request, step_key, 0, 0, 2**53))
    return item, _whole(request, version_key, sources.version(item), 0, 2**63 - 1)


def _whole(request: Request, key: str, default: int, minimum: int, maximum: int) -> int:
    text = request.query_params.get(key, str(default))
    try:
        value = int(text)
    except ValueError:
        value = minimum - 1
    if not minimum <= value <= maximum:
        raise ConfigError(f"{key} must be a whole number from {minimum} to {maximum}.")
    return value


def _label(request: Request, n_classes: int) -> int | None:
    """The class asked for; None where none is."""
    if "y" not in request.query_params:
        return None
    if not n_classes:
        raise ConfigError("y is given, but this generator is not told a class; leave it out.")
    return _whole(request, "y", 0, 0, n_classes - 1)


def _plotly(request: Request, body: bytes) -> Response:
    return FileResponse(_plotly_script(), media_type="text/javascript", headers=_FOREVER)


def _curves(request: Request, body: bytes) -> Response:
    return _columns(request, sources.curves)


def _quality(request: Request, body: bytes) -> Response:
    return _columns(request, sources.quality)


def _columns(request: Request, read: Callable[[sources.Source], Curves]) -> Response:
    item = _source(request)
    after = _whole(request, "after", -1, -1, 2**53)
    columns = read(item)
    first = int(np.searchsorted(columns["step"], after, side="right")) if columns else 0
    answer = {
        name: [value if math.isfinite(value) else None for value in column[first:].tolist()]
        for name, column in columns.items()
    }
    return JSONResponse({"run": item.id, "columns": answer}, headers=_NEVER)


def _grid(request: Request, body: bytes) -> Response:
    item = _source(request)
    word = request.path_params["step"]
    if word != "real" and not (word.isdigit() and len(word) <= 9):
        raise ConfigError("the step must be a whole number, or 'real'.")
    path = item.folder.grid_path(None if word == "real" else int(word))
    if not path.is_file():
        raise CheckpointError(f"{item.name} has no grid of step {word}.")
    return FileResponse(path, media_type="image/png", headers=_FOREVER)


def _samples(request: Request, body: bytes) -> Response:
    import torch

    from gan_core.images import pixels
    from gan_core.latent import vectors as latent_vectors
    from gan_core.training.trainer import sample

    item = _source(request)
    seed = _whole(request, "seed", 0, 0, MAX_SEED)
    n = _whole(request, "n", 25, 1, MAX_PICTURES)
    columns = _whole(request, "columns", 5, 1, MAX_PICTURES)
    opened = sources.opened(item)
    n_classes = opened.generator.n_classes
    label = _label(request, n_classes)
    of_classes = 0 if label is not None else n_classes
    sheet = latent_vectors.sheet(n, opened.config.latent_dim, seed, opened.config.noise, of_classes)
    y = sheet.y if label is None else torch.full((n,), label)
    pictures = pixels.to_uint8(sample(opened.generator, sheet.z, y))
    picture = pixels.png(pixels.grid(pictures, sheet.columns or columns))
    return Response(picture, 200, _NEVER, "image/png")


def _picture(request: Request, body: bytes) -> Response:
    import torch

    from gan_core.images import pixels
    from gan_core.training.trainer import sample

    item, version = _saved_source(request)
    opened = sources.opened(item, version)
    n_classes = opened.generator.n_classes
    label = _label(request, n_classes)
    if n_classes and label is None:
        raise ConfigError(
            f"y is missing: this generator draws the class that it is told, from 0 to "
            f"{n_classes - 1}."
        )
    base, basis, psi, coordinates = _panel(body, opened.config.latent_dim)
    vectors = np.empty((0, len(base)))
    if basis != "raw":
        vectors = sources.directions(*_guide(request, item, version), basis).vectors
        if vectors.shape[1] != len(base):
            raise ConfigError("along names a generator with another latent size.")
    point = latent_point(base, basis, coordinates, vectors, psi)
    y = None if label is None else torch.tensor([label])
    picture = pixels.to_uint8(sample(opened.generator, torch.from_numpy(point)[None], y))[0]
    return Response(pixels.png(picture), 200, _NEVER, "image/png")


def _guide(request: Request, item: sources.Source, version: int) -> tuple[sources.Source, int]:
    """Whose directions the coordinates are measured along."""
    if "along" not in request.query_params:
        return item, version
    return _at(request, sources.source(request.query_params["along"]), "along_step", "along_v")


def _sprite(request: Request, body: bytes) -> Response:
    from gan_core.images import pixels

    item, version = _saved_source(request)
    pictures = sources.map_samples(item, version).pictures
    sheet = pixels.grid(pictures, sources.SPRITE_COLUMNS, gap=0)
    return Response(pixels.png(sheet), 200, _FOREVER, "image/png")


def _panel(body: bytes, latent_dim: int) -> tuple[np.ndarray, str, float, dict[int, float]]:
    try:
        values: dict[str, Any] = json.loads(body)
        base = np.asarray(values["base"], dtype=np.float32)
        basis = str(values["basis"])
        psi = float(values["truncation"])
        coordinates = {int(key): float(value) for key, value in values["coordinates"].items()}
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ConfigError(
            "the body must be JSON with base, basis, truncation and coordinates."
        ) from error
    if base.shape != (latent_dim,):
        raise ConfigError(f"base must hold {latent_dim} numbers.")
    numbers = [psi, *coordinates.values()]
    if not (np.isfinite(base).all() and all(map(math.isfinite, numbers))):
        raise ConfigError("every number must be finite.")
    return base, basis, psi, coordinates


ROUTES = [
    Route(f"{PREFIX}/plotly.min.js", _answering(_plotly)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/curves", _answering(_curves)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/quality", _answering(_quality)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/grids/{{step}}.png", _answering(_grid)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/samples.png", _answering(_samples)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/sprite.png", _answering(_sprite)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/picture", _answering(_picture), methods=["POST"]),
]
