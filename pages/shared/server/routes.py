"""The routes that browser components fetch from: curves, grids and pictures.

They read and have no side effects; everything they are given is validated here. A page builds
their addresses with :mod:`.urls`.
"""

from __future__ import annotations

import asyncio
import base64
import json
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gan_core.config import MAX_SEED
from gan_core.data.dataset import POINT
from gan_core.errors import CheckpointError, ConfigError, GanError
from gan_core.images import pixels
from gan_core.latent.points import RAW, latent_point
from gan_core.plane.frame import number_of
from gan_core.runs.generators import OpenedGenerator
from gan_core.runs.history import Curves
from gan_core.training.showing import Look
from pages.shared.server import (
    access,
    critics,
    generators,
    histories,
    latent_space,
    process,
    programs,
    sources,
)
from pages.shared.server.generators import SavedVersion, saved_version
from pages.shared.server.urls import PREFIX, PROGRAM_SCRIPT, UPLOT

if TYPE_CHECKING:
    from gan_core.training.job import TrainingJob

MAX_BODY_BYTES = 256 * 1024
MAX_PICTURES = 256
MAX_VECTORS = 32  # to draw for one request
FRAMES_SECONDS = 1.0  # of a training's frames in one answer
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_NEVER = {"Cache-Control": "no-store"}
# Neither packed, which takes longer than it saves, nor held back by a server in between.
_AS_IT_COMES = {**_NEVER, "Content-Encoding": "identity", "X-Accel-Buffering": "no"}
_FOREIGN = (
    "The request came from another site, or under a name that this server does not answer to; "
    "name it in Streamlit's server.corsAllowedOrigins or server.allowedHosts."
)


Handler = Callable[[Request], Awaitable[Response]]


def _answer(work: Callable[[Request, bytes], Response]) -> Handler:
    """Run blocking work off the event loop, for those who may read it."""

    async def handler(request: Request) -> Response:
        try:
            response = await _respond(work, request)
        except ClientDisconnect:  # nobody is left to read an answer
            response = Response(status_code=400)
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return handler


async def _respond(work: Callable[[Request, bytes], Response], request: Request) -> Response:
    """The answer to a request, or one sentence that says why there is none."""
    if not await run_in_threadpool(access.is_allowed, request):
        return JSONResponse({"error": _FOREIGN}, 403)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return JSONResponse({"error": "The request is too large."}, 413)
    try:
        return await run_in_threadpool(work, request, body)
    except CheckpointError as error:
        return JSONResponse({"error": str(error)}, 404)
    except generators.SavedAnewError as error:
        return JSONResponse({"error": str(error)}, 409)
    except GanError as error:
        return JSONResponse({"error": str(error)}, 400)


def _source(request: Request) -> sources.Source:
    """The source that the path names; asking for its folder raises CheckpointError where it is
    not there."""
    return sources.Source(request.path_params["kind"], request.path_params["name"])


def _version(
    request: Request, source: sources.Source, step_key: str = "step", number_key: str = "v"
) -> SavedVersion:
    """The saved generator at the step and the version asked for."""
    if step_key in request.query_params:
        source = source.at(_whole(request, step_key, 0, 0, 2**53))
    number = None
    if number_key in request.query_params:
        number = _whole(request, number_key, 0, 0, 2**63 - 1)
    return saved_version(source, number)


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
        raise ConfigError("y is given, but this generator is not conditional; leave it out.")
    return _whole(request, "y", 0, 0, n_classes - 1)


def _uplot(request: Request, body: bytes) -> Response:
    return FileResponse(UPLOT, media_type="text/javascript", headers=_FOREVER)


def _program_script(request: Request, body: bytes) -> Response:
    return FileResponse(PROGRAM_SCRIPT, media_type="text/javascript", headers=_FOREVER)


def _program(request: Request, body: bytes) -> Response:
    content = programs.read_program(_version(request, _source(request)))
    caching = _FOREVER if "v" in request.query_params else _NEVER
    return Response(content, 200, caching, "application/octet-stream")


def _curves(request: Request, body: bytes) -> Response:
    return _columns(request, histories.read_curves)


def _quality(request: Request, body: bytes) -> Response:
    return _columns(request, histories.read_quality)


def _columns(request: Request, read: Callable[[sources.Source], Curves]) -> Response:
    source = _source(request)
    after = _whole(request, "after", -1, -1, 2**53)
    columns = read(source)
    first = int(np.searchsorted(columns["step"], after, side="right")) if columns else 0
    answer = {
        name: [value if math.isfinite(value) else None for value in column[first:].tolist()]
        for name, column in columns.items()
    }
    return JSONResponse({"run": source.id, "columns": answer}, headers=_NEVER)


def _grid(request: Request, body: bytes) -> Response:
    folder = _source(request).folder
    word = request.path_params["step"]
    if word != "real" and not (word.isdigit() and len(word) <= 9):
        raise ConfigError("the step must be a whole number, or 'real'.")
    path = folder.grid_path(None if word == "real" else int(word))
    if not path.is_file():
        raise CheckpointError(f"{folder.name} has no grid of step {word}.")
    return FileResponse(path, media_type="image/png", headers=_FOREVER)


def _live_frame(request: Request, body: bytes) -> Response:
    source = _source(request)
    job = process.trainings().active
    if source.kind != "runs" or job is None or source.name not in {s.run for s in job.snapshots}:
        raise CheckpointError(f"{source.name} is not being trained here.")
    look = Look(_whole(request, "y", 0, 0, 1000), not _whole(request, "current", 0, 0, 1))
    seen = _whole(request, "seen", 0, 0, 2**32 - 1)
    frames = _frames(job, source.name, look, seen)
    return StreamingResponse(frames, 200, _AS_IT_COMES, "application/octet-stream")


async def _frames(job: TrainingJob, run: str, look: Look, seen: int) -> AsyncIterator[bytes]:
    """The newest frame of a run whenever there is another, for some time: the length of its message
    in four bytes, and the message. An answer for each frame would hold the training up for longer,
    which needs Python's lock as well."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        with suppress(RuntimeError):  # the server has ended meanwhile
            loop.call_soon_threadsafe(news.set)

    until = loop.time() + FRAMES_SECONDS
    with job.telling(tell):
        while (left := until - loop.time()) > 0 and job.phase.active:
            news.clear()
            message = job.newest_frame(run, look, seen, 0)
            if message:
                seen = number_of(message)
                yield struct.pack("<I", len(message)) + message
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), left)


def _kept_frame(request: Request, body: bytes) -> Response:
    word = request.path_params["step"]
    if not (word.isascii() and word.isdigit() and len(word) <= 9):
        raise ConfigError("the step must be a whole number.")
    message = _source(request).folder.frames.read(int(word))
    return Response(message, 200, _FOREVER, "application/octet-stream")


def _real_points(request: Request, body: bytes) -> Response:
    path = _source(request).folder.frames.real_path
    if not path.is_file():
        raise CheckpointError("There are no real points beside this run.")
    return FileResponse(path, media_type="application/octet-stream", headers=_FOREVER)


def _samples(request: Request, body: bytes) -> Response:
    from gan_core.latent import vectors as latent_vectors
    from gan_core.networks.sampling import draw

    source = _source(request)
    seed = _whole(request, "seed", 0, 0, MAX_SEED)
    n = _whole(request, "n", 25, 1, MAX_PICTURES)
    columns = _whole(request, "columns", 5, 1, MAX_PICTURES)
    model = generators.open_generator(source)
    config, n_classes = model.config, model.generator.n_classes
    label = _label(request, n_classes)
    classes_in_columns = 0 if label is not None else n_classes
    if model.info.image_shape == POINT:
        n = max(n, pixels.POINTS_SHOWN)
    sheet = latent_vectors.sheet(n, config.latent_dim, seed, config.noise, classes_in_columns)
    labels = sheet.y if label is None else np.full(n, label)
    pictures = draw(model.generator, sheet.z, labels)
    together = pixels.sheet(pictures, sheet.columns or columns)
    return Response(pixels.png(together), 200, _NEVER, "image/png")


def _picture(request: Request, body: bytes) -> Response:
    from gan_core.networks.sampling import draw

    model, point, label = _point(request, body)
    (picture,) = draw(model.generator, point[None], None if label is None else np.array([label]))
    return Response(pixels.png(picture), 200, _NEVER, "image/png")


def _pictures(request: Request, body: bytes) -> Response:
    from gan_core.networks.sampling import draw

    model = generators.open_version(_version(request, _source(request)))
    vectors, labels = _points(body, model.config.latent_dim, model.generator.n_classes)
    together = pixels.grid(draw(model.generator, vectors, labels), len(vectors), gap=0)
    return Response(pixels.png(together), 200, _NEVER, "image/png")


def _layers(request: Request, body: bytes) -> Response:
    from gan_core.networks.feature_maps import feature_maps
    from gan_core.training.threads import on_one_thread

    model, point, label = _point(request, body)
    with on_one_thread():  # of so little work others would be waited for longer than they help
        rows = feature_maps(model.generator, point, label)
    ends = np.array([(row.low, row.high) for row in rows], "<f4")
    content = b"".join([ends.tobytes(), *(row.maps.tobytes() for row in rows)])
    return Response(content, 200, _NEVER, "application/octet-stream")


def _verdict(request: Request, body: bytes) -> Response:
    from gan_core.training.threads import on_one_thread

    _, point, label = _point(request, body)
    version = _version(request, _source(request))
    with on_one_thread():
        said = critics.verdict_on_point(version, point, label)
    return JSONResponse(said, headers=_NEVER)


def _point(request: Request, body: bytes) -> tuple[OpenedGenerator, np.ndarray, int | None]:
    """The generator asked for, the latent vector (latent_dim,) that the body describes, and the
    class to draw."""
    version = _version(request, _source(request))
    model = generators.open_version(version)
    n_classes = model.generator.n_classes
    label = _label(request, n_classes)
    if n_classes and label is None:
        raise ConfigError(
            f"y is missing: this generator is conditional; give a class from 0 to {n_classes - 1}."
        )
    base, basis, psi, coordinates = _panel(body, model.config.latent_dim)
    vectors = np.empty((0, len(base)))
    if basis != RAW:
        vectors = latent_space.directions(_guide(request) or version, basis).vectors
        if vectors.shape[1] != len(base):
            raise ConfigError("along names a generator with another latent size.")
    return model, latent_point(base, basis, coordinates, vectors, psi), label


def _guide(request: Request) -> SavedVersion | None:
    """The other generator along whose directions the coordinates are measured, where one is."""
    if "along" not in request.query_params:
        return None
    guide = sources.parse_source(request.query_params["along"])
    return _version(request, guide, "along_step", "along_v")


def _sprite(request: Request, body: bytes) -> Response:
    samples = latent_space.map_samples(_version(request, _source(request)))
    sheet = pixels.grid(samples.pixels, latent_space.SPRITE_COLUMNS, gap=0)
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


def _points(body: bytes, latent_dim: int, n_classes: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The latent vectors (N, latent_dim) that a body holds, and the classes (N,) to draw."""
    try:
        values: dict[str, Any] = json.loads(body)
        content = base64.b64decode(values["vectors"], validate=True)
        vectors = np.frombuffer(content, "<f4").reshape(-1, latent_dim).copy()
        labels = None if values["classes"] is None else np.array(values["classes"], np.int64)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise ConfigError(
            f"the body must be JSON with classes and vectors of {latent_dim} numbers."
        ) from error
    if not 1 <= len(vectors) <= MAX_VECTORS:
        raise ConfigError(f"1 to {MAX_VECTORS} vectors may be drawn at a time.")
    if not np.isfinite(vectors).all():
        raise ConfigError("every number must be finite.")
    if (labels is None) == bool(n_classes):
        raise ConfigError("classes are given where a generator is conditional, and only there.")
    known = labels is None or ((labels >= 0) & (labels < n_classes)).all()
    if not known or (labels is not None and labels.shape != (len(vectors),)):
        raise ConfigError(f"each vector needs a class from 0 to {n_classes - 1}.")
    return vectors, labels


ROUTES = [
    Route(f"{PREFIX}/uplot.js", _answer(_uplot)),
    Route(f"{PREFIX}/program.js", _answer(_program_script)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/program", _answer(_program)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/curves", _answer(_curves)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/quality", _answer(_quality)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/grids/{{step}}.png", _answer(_grid)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/plane/live", _answer(_live_frame)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/plane/frames/{{step}}", _answer(_kept_frame)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/plane/real", _answer(_real_points)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/samples.png", _answer(_samples)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/sprite.png", _answer(_sprite)),
    Route(f"{PREFIX}/{{kind}}/{{name}}/picture", _answer(_picture), methods=["POST"]),
    Route(f"{PREFIX}/{{kind}}/{{name}}/pictures", _answer(_pictures), methods=["POST"]),
    Route(f"{PREFIX}/{{kind}}/{{name}}/layers", _answer(_layers), methods=["POST"]),
    Route(f"{PREFIX}/{{kind}}/{{name}}/verdict", _answer(_verdict), methods=["POST"]),
]
