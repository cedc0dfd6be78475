from __future__ import annotations

import asyncio
import io
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from itertools import pairwise
from json import dumps, loads
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.types import Message

from gan_core.files import written
from gan_core.images.pixels import to_uint8
from gan_core.latent import directions
from gan_core.latent.family import Directions
from gan_core.latent.vectors import noise
from gan_core.networks.feature_maps import feature_maps
from gan_core.networks.sampling import sample
from gan_core.plane.frame import unpack
from gan_core.presets import preset
from gan_core.quality import judgement
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import open_critic, open_generator
from gan_core.runs.program import to_program
from gan_core.runs.store import RunStore
from pages.shared.server import generators, histories, latent_space, process, routes, sources, urls
from pages.shared.server.generators import saved_version
from tests.streams import frames_of
from tests.tiny import STEPS, train

PANEL = {"base": [0.0] * 16, "basis": "pca", "truncation": 1.0, "coordinates": {"0": 1.5}}


@dataclass(frozen=True)
class Answer:
    status_code: int
    headers: dict[str, str]
    content: bytes

    def json(self) -> Any:
        return loads(self.content)


class Client:
    """Calls the routes as a server does (starlette's own client needs one more package)."""

    app = Starlette(routes=routes.ROUTES)

    def get(self, address: str, headers: dict[str, str] | None = None) -> Answer:
        return asyncio.run(self._call("GET", address, b"", headers or {}))

    def post(self, address: str, content: bytes | str = b"", json: object = None) -> Answer:
        body = dumps(json) if json is not None else content
        return asyncio.run(
            self._call("POST", address, body.encode() if isinstance(body, str) else body, {})
        )

    async def _call(
        self, method: str, address: str, body: bytes, sent_headers: dict[str, str]
    ) -> Answer:
        parts = urlsplit(address)
        messages: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "method": method,
            "path": unquote(parts.path),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in sent_headers.items()],
        }
        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        content = b"".join(message.get("body", b"") for message in messages[1:])
        media, _, _ = headers.pop("content-type", "").partition(";")
        return Answer(messages[0]["status"], {**headers, "content-type": media}, content)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    train(folder, "tiny")
    train(folder, "told", architecture="mlp-small", objective="cgan", steps=4)
    train(folder, "uniform", architecture="mlp-small", noise="uniform", steps=4)
    broken = train(folder, "damaged", steps=1)
    (broken.path / "generator.safetensors").write_bytes(b"no such file format")
    (folder.parent / "outside").mkdir(exist_ok=True)
    return folder


@pytest.fixture
def client(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    options = process.Options(runs, runs, "cpu")
    monkeypatch.setattr(process, "options", lambda: options)
    monkeypatch.setattr(sources, "CHECKPOINTS_DIR", runs / "none")
    return Client()


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def number(source: sources.Source) -> int:
    """Of its latest saved version."""
    return saved_version(source).number


def assert_refusal(answer: Any, status: int, *words: str) -> None:
    """The answer is that status and one sentence with those words."""
    assert answer.status_code == status
    sentence = answer.json()["error"]
    assert answer.json() == {"error": sentence}
    assert sentence.endswith(".") and "\n" not in sentence and "Traceback" not in sentence
    for word in words:
        assert word in sentence


# The program


def test_the_program_of_a_generator_and_what_runs_it(client: Client) -> None:
    source = sources.find_source("runs/tiny")
    answer = client.get(urls.program_url(source, number(source)))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == to_program(open_generator(source.folder.path).generator)
    assert client.get("/api/runs/tiny/program").headers["cache-control"] == "no-store"
    script = client.get(urls.program_script_url())
    assert script.headers["content-type"] == "text/javascript"
    assert b"export function openProgram" in script.content


def test_no_program_of_what_is_not_there(client: Client) -> None:
    source = sources.find_source("runs/told")
    assert_refusal(client.get(urls.program_url(source, 1)), 409, "saved anew")
    assert_refusal(client.get("/api/runs/gone/program"), 404, "gone")
    assert_refusal(client.get("/api/runs/damaged/program"), 404, "damaged")


# The picture


def test_picture_is_what_the_generator_makes_of_the_point(client: Client) -> None:
    answer = client.post("/api/runs/tiny/picture", json={**PANEL, "truncation": 0.5})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "no-store"
    source = sources.find_source("runs/tiny")
    family = latent_space.directions(saved_version(source), "pca")
    z = torch.from_numpy(family.vectors[0] * np.float32(0.75))
    expected = to_uint8(sample(generators.open_generator(source).generator, z[None]))[0, :, :, 0]
    assert abs(pixels(answer.content).astype(int) - expected).max() <= 1


def test_picture_on_raw_coordinates(client: Client) -> None:
    z = noise(1, 16, seed=3)[0]
    coordinates = {str(index): float(value) for index, value in enumerate(z)}
    raw = {**PANEL, "basis": "raw", "coordinates": coordinates}
    at_rest = {**PANEL, "base": z.tolist(), "coordinates": {}}
    answers = [client.post("/api/runs/tiny/picture", json=body) for body in (raw, at_rest)]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": [0.0] * 15}, "base must hold 16 numbers"),
        ({"base": [[0.0] * 16]}, "base must hold 16 numbers"),
        ({"base": "zero"}, "JSON with base"),
        ({"base": [float("nan")] * 16}, "finite"),
        ({"truncation": float("inf")}, "finite"),
        ({"coordinates": {"0": float("nan")}}, "finite"),
        ({"coordinates": {"first": 1.0}}, "JSON with base"),
        ({"coordinates": {"12": 1.0}}, "coordinate 12"),
        ({"coordinates": [1.0]}, "JSON with base"),
        ({"basis": "tsne"}, "no directions 'tsne'"),
        ({"base": [10**400] * 16}, "JSON with base"),
        ({"truncation": 10**400}, "JSON with base"),
        ({"coordinates": {"0": 10**400}}, "JSON with base"),
    ],
)
def test_a_bad_panel_is_refused(client: Client, change: dict[str, Any], words: str) -> None:
    assert_refusal(
        client.post("/api/runs/tiny/picture", content=dumps({**PANEL, **change})), 400, words
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"base": []}', b"[" * 100_000]
)
def test_a_body_that_is_no_panel_is_refused(client: Client, body: bytes) -> None:
    assert_refusal(client.post("/api/runs/tiny/picture", content=body), 400, "JSON with base")


def test_a_conditional_generator_draws_the_class_asked_for(client: Client) -> None:
    model = generators.open_generator(sources.find_source("runs/told"))
    body = {**PANEL, "basis": "raw", "coordinates": {}}
    for label in (0, 7):
        answer = client.post(f"/api/runs/told/picture?y={label}", json=body)
        assert answer.status_code == 200
        images = sample(model.generator, torch.zeros(1, 16), torch.tensor([label]))
        expected = to_uint8(images)[0, :, :, 0]
        assert abs(pixels(answer.content).astype(int) - expected).max() <= 1
    source = sources.find_source("runs/told")
    assert client.post(urls.picture_url(source, number(source), 9), json=PANEL).content != (
        client.post(urls.picture_url(source, number(source), 0), json=PANEL).content
    )


def test_the_layers_are_those_of_the_point(client: Client) -> None:
    source = sources.find_source("runs/told")
    body = {**PANEL, "basis": "raw", "coordinates": {}}
    answer = client.post(urls.layers_url(source, number(source), 3), json=body)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    rows = feature_maps(generators.open_generator(source).generator, np.zeros(16), 3)
    ends = np.frombuffer(answer.content, "<f4", 2 * len(rows)).reshape(-1, 2)
    np.testing.assert_allclose(ends, [(row.low, row.high) for row in rows], rtol=1e-6)
    start = ends.nbytes
    for row in rows:
        maps = np.frombuffer(answer.content, np.uint8, row.maps.size, start)
        assert (maps == row.maps.ravel()).all()
        start += row.maps.size
    assert start == len(answer.content)
    assert_refusal(client.post("/api/runs/told/layers", json=body), 400, "y is missing")
    assert_refusal(client.post("/api/runs/tiny/layers", json=[]), 400, "JSON with base")


def test_the_verdict_is_on_the_picture_of_the_point(client: Client) -> None:
    source = sources.find_source("runs/told")
    body = {**PANEL, "basis": "raw", "coordinates": {}}
    answer = client.post(urls.verdict_url(source, number(source), 3), json=body)
    assert answer.status_code == 200
    said = answer.json()
    judge = open_critic(source.folder.path)
    labels = torch.tensor([3])
    images = sample(generators.open_generator(source).generator, torch.zeros(1, 16), labels)
    assert said["value"] == pytest.approx(judgement.values(judge, images, labels)[0], rel=1e-5)
    assert said["classes"] == []
    shown = pixels(b64decode(said["picture"].partition(",")[2]))
    assert abs(shown.astype(int) - to_uint8(images)[0, :, :, 0]).max() <= 1
    assert pixels(b64decode(said["overlay"].partition(",")[2])).shape == (28, 28, 3)


def test_a_generator_without_its_critic_says_so(client: Client, runs: Path) -> None:
    run = train(runs, "alone", steps=1)
    (run.path / "training.pt").unlink()
    answer = client.post("/api/runs/alone/verdict", json={**PANEL, "basis": "raw"})
    assert_refusal(answer, 404, "alone has no critic")


def test_a_picture_resolves_its_source_and_opens_its_generator_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moving a slider asks the disk as little as can be."""
    asks: list[str] = []
    get = RunStore.get

    def watch_get(store: RunStore, name: str) -> RunFolder:
        asks.append(f"find {name}")
        return get(store, name)

    def watch_stat(*paths: Path) -> tuple[int, ...]:
        asks.extend(f"stat {path.name}" for path in paths)
        return written(*paths)

    monkeypatch.setattr(RunStore, "get", watch_get)
    monkeypatch.setattr(generators, "written", watch_stat)
    assert client.post("/api/runs/tiny/picture", json=PANEL).status_code == 200
    asks.clear()
    misses = generators.open_version.cache_info().misses
    assert client.post("/api/runs/tiny/picture", json=PANEL).status_code == 200
    assert asks == ["find tiny", "stat generator.safetensors"]
    address = urls.picture_url(source := sources.find_source("runs/tiny"), number(source))
    asks.clear()
    assert client.post(address, json=PANEL).status_code == 200
    assert asks == ["find tiny"]
    assert generators.open_version.cache_info().misses == misses


def vectors_text(vectors: np.ndarray) -> str:
    return b64encode(np.asarray(vectors, "<f4").tobytes()).decode()


def test_pictures_of_several_points_stand_in_a_row(client: Client) -> None:
    z = noise(4, 16, 0)
    for name, classes in (("tiny", None), ("told", [3, 0, 9, 3])):
        body = {"vectors": vectors_text(z.numpy()), "classes": classes}
        answer = client.post(f"/api/runs/{name}/pictures", json=body)
        assert answer.status_code == 200
        generator = generators.open_generator(sources.find_source(f"runs/{name}")).generator
        labels = None if classes is None else torch.tensor(classes)
        expected = np.concatenate(list(to_uint8(sample(generator, z, labels))[..., 0]), axis=1)
        assert abs(pixels(answer.content).astype(int) - expected).max() <= 1


ONE = vectors_text(np.zeros((1, 16)))


@pytest.mark.parametrize(
    ("run", "body", "words"),
    [
        ("tiny", {}, "vectors of 16 numbers"),
        ("tiny", [], "vectors of 16 numbers"),
        ("tiny", {"vectors": ONE}, "vectors of 16 numbers"),
        ("tiny", {"vectors": "no base64", "classes": None}, "vectors of 16 numbers"),
        ("tiny", {"vectors": vectors_text(np.zeros(15)), "classes": None}, "of 16 numbers"),
        ("tiny", {"vectors": "", "classes": None}, "1 to 32 vectors"),
        ("tiny", {"vectors": vectors_text(np.zeros((33, 16))), "classes": None}, "1 to 32"),
        ("tiny", {"vectors": vectors_text(np.full(16, np.nan)), "classes": None}, "finite"),
        ("tiny", {"vectors": ONE, "classes": [0]}, "where a generator is conditional"),
        ("told", {"vectors": ONE, "classes": None}, "where a generator is conditional"),
        ("told", {"vectors": ONE, "classes": [10]}, "a class from 0 to 9"),
        ("told", {"vectors": ONE, "classes": [1, 2]}, "a class from 0 to 9"),
        ("told", {"vectors": ONE, "classes": ["x"]}, "vectors of 16 numbers"),
    ],
)
def test_what_names_no_pictures_is_refused(
    client: Client, run: str, body: object, words: str
) -> None:
    assert_refusal(client.post(f"/api/runs/{run}/pictures", json=body), 400, words)


@pytest.mark.parametrize("y", ["10", "-1", "x", "1.5", ""])
def test_a_class_that_is_none_is_refused(client: Client, y: str) -> None:
    assert_refusal(client.post(f"/api/runs/told/picture?y={y}", json=PANEL), 400, "from 0 to 9")
    assert_refusal(client.get(f"/api/runs/told/samples.png?y={y}"), 400, "from 0 to 9")


def test_the_sheet_of_the_map_has_its_pictures_in_their_places(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent_space, "_MAP_SAMPLES", 50)
    latent_space.map_samples.cache_clear()
    source = sources.find_source("runs/tiny")
    sheet = pixels(client.get(urls.sprite_url(source, number(source))).content)
    assert sheet.shape == (2 * 28, latent_space.SPRITE_COLUMNS * 28)
    expected = latent_space.map_samples(saved_version(source)).pixels[41, :, :, 0]
    np.testing.assert_array_equal(sheet[28:, 28:56], expected)


def test_a_class_is_asked_for_where_one_is_told_and_nowhere_else(client: Client) -> None:
    assert_refusal(client.post("/api/runs/told/picture", json=PANEL), 400, "y is missing", "0 to 9")
    assert_refusal(client.post("/api/runs/tiny/picture?y=0", json=PANEL), 400, "y is given")
    assert_refusal(client.get("/api/runs/tiny/samples.png?y=0"), 400, "y is given")


def test_directions_of_a_conditional_generator_leave_out_what_sets_classes_apart(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[np.ndarray] = []
    find = directions.principal_directions

    def watch(z: np.ndarray, pictures: np.ndarray) -> Directions:
        calls.append(pictures)
        return find(z, pictures)

    monkeypatch.setattr(directions, "principal_directions", watch)
    generator = generators.open_generator(sources.find_source("runs/told")).generator
    assert directions.FAMILIES["pca"].find(generator, "normal", None).vectors.shape == (12, 16)
    (pictures,) = calls
    assert pictures.std() > 0
    for label in range(10):  # labels follow one another
        np.testing.assert_allclose(pictures[label::10].mean(0), 0, atol=1e-3)


def test_a_version_is_served_until_it_is_neither_in_memory_nor_on_disk(
    client: Client, runs: Path
) -> None:
    run = train(runs, "anew")
    address = urls.picture_url(source := sources.find_source("runs/anew"), number(source))
    before = client.post(address, json=PANEL)
    weights = run.path / "generator.safetensors"
    other = sources.find_source("runs/tiny").folder.path / "generator.safetensors"
    weights.write_bytes(other.read_bytes())
    os.utime(weights, ns=(1, 1))
    assert before.status_code == 200
    assert client.post(address, json=PANEL).content == before.content
    latest = client.post("/api/runs/anew/picture", json=PANEL)
    assert latest.content == client.post("/api/runs/tiny/picture", json=PANEL).content
    assert_refusal(
        client.post(urls.picture_url(source, 2), json=PANEL), 409, "Take the latest state"
    )


def test_a_saved_step_draws_what_its_generator_makes(client: Client, runs: Path) -> None:
    run = train(runs, "steps", architecture="mlp-small", save_every=10)
    source = sources.find_source("runs/steps").at(10)
    version = number(source)
    answer = client.post(urls.picture_url(source, version), json={**PANEL, "basis": "raw"})
    z = torch.zeros(1, 16)
    z[0, 0] = 1.5
    early = open_generator(run.path, 10).generator
    np.testing.assert_array_equal(pixels(answer.content), to_uint8(sample(early, z))[0, ..., 0])
    latest = client.post("/api/runs/steps/picture", json={**PANEL, "basis": "raw"})
    assert latest.content != answer.content
    sheet = client.get(urls.sprite_url(source, version))
    assert sheet.status_code == 200
    assert sheet.content != client.get("/api/runs/steps/sprite.png").content


@pytest.mark.parametrize(("step", "status"), [("11", 404), ("x", 400), ("-1", 400)])
def test_a_step_that_is_not_kept_is_refused(client: Client, step: str, status: int) -> None:
    answer = client.post(f"/api/runs/tiny/picture?step={step}", json=PANEL)
    assert_refusal(
        answer, status, "no generator of step 11" if status == 404 else "step must be a whole"
    )


def test_a_second_generator_moves_along_the_directions_of_the_first(client: Client) -> None:
    guide, source = sources.find_source("runs/tiny"), sources.find_source("runs/told")
    along = (guide, number(guide))
    answer = client.post(urls.picture_url(source, number(source), 3, along), json=PANEL)
    family = latent_space.directions(saved_version(guide), "pca")
    z = torch.from_numpy(1.5 * family.vectors[:1]).float()
    images = sample(generators.open_generator(source).generator, z, torch.tensor([3]))
    np.testing.assert_array_equal(pixels(answer.content), to_uint8(images)[0, ..., 0])


@pytest.mark.parametrize(
    ("along", "status", "words"),
    [
        ("runs/none", 404, "no run named"),
        ("nonsense", 404, "neither 'runs' nor"),
        ("runs/wide", 400, "another latent size"),
        ("runs/tiny&along_step=x", 400, "along_step must be"),
        ("runs/tiny&along_v=7", 409, "saved anew"),
    ],
)
def test_directions_that_are_not_there_are_refused(
    client: Client, runs: Path, along: str, status: int, words: str
) -> None:
    if not (runs / "wide").is_dir():
        train(runs, "wide", steps=1, latent_dim=32, architecture="mlp-small")
    assert_refusal(
        client.post(f"/api/runs/told/picture?y=1&along={along}", json=PANEL), status, words
    )


def test_a_body_that_is_too_large_is_refused(client: Client) -> None:
    body = b" " * (routes.MAX_BODY_BYTES + 1)
    assert_refusal(client.post("/api/runs/tiny/picture", content=body), 413, "too large")


@pytest.mark.parametrize(
    "name", ["gone", "%2e%2e", "..%2Foutside", "%2Fetc", ".hidden", "a" * 200, "tiny%00"]
)
def test_a_run_that_is_not_there_is_named(client: Client, name: str) -> None:
    answer = client.post(f"/api/runs/{name}/picture", json=PANEL)
    assert answer.status_code == 404
    # Names with a slash in them reach no route at all.
    if answer.headers["content-type"] == "application/json":
        assert_refusal(answer, 404, "no run named")


def test_only_runs_and_checkpoints_are_served(client: Client) -> None:
    assert_refusal(client.post("/api/data/tiny/picture", json=PANEL), 404, "neither")
    assert_refusal(client.post("/api/checkpoints/tiny/picture", json=PANEL), 404, "no run named")


def test_a_damaged_generator_is_named(client: Client) -> None:
    assert_refusal(
        client.post("/api/runs/damaged/picture", json=PANEL), 404, "damaged", "safetensors"
    )


def test_reading_is_no_way_to_post(client: Client) -> None:
    assert client.get("/api/runs/tiny/picture").status_code == 405
    assert client.post("/api/runs/tiny/curves").status_code == 405


# Curves, grids, samples


def test_curves_come_whole_or_after_a_step(client: Client) -> None:
    whole = client.get("/api/runs/tiny/curves").json()
    assert whole["run"] == "runs/tiny"
    assert whole["columns"]["step"] == [10, STEPS]
    later = client.get("/api/runs/tiny/curves?after=10").json()["columns"]
    assert later["step"] == [STEPS]
    assert set(later) >= {"images", "seconds", "d/loss", "g/loss", "d/D(x)"}
    assert client.get("/api/runs/tiny/curves?after=20").json()["columns"]["step"] == []


def test_missing_numbers_are_null(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {"step": np.array([1.0, 2.0]), "fid": np.array([np.nan, 3.0])}
    monkeypatch.setattr(histories, "read_curves", lambda source: columns)
    answer = client.get("/api/runs/tiny/curves").json()
    assert answer["columns"] == {"step": [1.0, 2.0], "fid": [None, 3.0]}


@pytest.mark.parametrize("after", ["x", "-2", "1.5", "9" * 30, ""])
def test_a_bad_step_to_begin_after_is_refused(client: Client, after: str) -> None:
    assert_refusal(client.get(f"/api/runs/tiny/curves?after={after}"), 400, "after must be")


def test_grids_are_files_of_the_run(client: Client) -> None:
    run = sources.find_source("runs/tiny").folder
    answer = client.get(f"/api/runs/tiny/grids/{STEPS}.png")
    assert answer.content == run.grid_path(STEPS).read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    real = client.get("/api/runs/tiny/grids/real.png")
    assert real.content == run.grid_path(None).read_bytes()


@pytest.mark.parametrize(
    ("step", "status"), [("7", 404), ("x", 400), ("-1", 400), ("9" * 12, 400), ("%2e%2e", 400)]
)
def test_a_grid_that_is_not_there_is_named(client: Client, step: str, status: int) -> None:
    assert_refusal(client.get(f"/api/runs/tiny/grids/{step}.png"), status, "step")


def test_samples_depend_on_the_seed_alone(client: Client) -> None:
    address = "/api/runs/tiny/samples.png?n=6&columns=3&seed="
    first, again, other = (client.get(f"{address}{seed}").content for seed in (1, 1, 2))
    assert first == again != other
    assert pixels(first).shape == (2 * 28 + 2, 3 * 28 + 4)


def test_samples_of_a_conditional_generator_have_a_column_for_each_class(client: Client) -> None:
    whole = pixels(client.get("/api/runs/told/samples.png?n=40&columns=8").content)
    assert whole.shape == (4 * 28 + 3 * 2, 10 * 28 + 9 * 2)
    model = generators.open_generator(sources.find_source("runs/told"))
    z = noise(4, 16, 0)[1:2]
    images = to_uint8(sample(model.generator, z, torch.tensor([3])))[0, :, :, 0]
    assert abs(whole[30:58, 90:118].astype(int) - images).max() <= 1
    one = pixels(client.get("/api/runs/told/samples.png?n=6&columns=3&y=3").content)
    assert one.shape == (2 * 28 + 2, 3 * 28 + 4)
    z = noise(6, 16, 0)[1:2]
    images = to_uint8(sample(model.generator, z, torch.tensor([3])))[0, :, :, 0]
    assert abs(one[:28, 30:58].astype(int) - images).max() <= 1


def test_samples_come_from_the_noise_that_was_trained_on(client: Client) -> None:
    model = generators.open_generator(sources.find_source("runs/uniform"))
    images = pixels(client.get("/api/runs/uniform/samples.png?n=1&columns=1&seed=5").content)
    z = noise(1, 16, 5, "uniform")
    expected = to_uint8(sample(model.generator, z))[0, :, :, 0]
    assert abs(images.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("query", ["n=0", "n=257", "n=many", "seed=-1", "columns=0"])
def test_bad_samples_are_refused(client: Client, query: str) -> None:
    assert_refusal(client.get(f"/api/runs/tiny/samples.png?{query}"), 400, query.split("=")[0])


def test_addresses_are_quoted_and_name_their_version(client: Client) -> None:
    source = sources.find_source("runs/tiny")
    assert urls.picture_url(source, 3) == "/api/runs/tiny/picture?v=3"
    assert urls.url("runs/a b/curves", after=3) == "/api/runs/a%20b/curves?after=3"
    (version,) = written(source.folder.grid_path(STEPS))
    assert urls.grid_url(source, STEPS) == f"/api/runs/tiny/grids/{STEPS}.png?v={version}"
    assert client.get(urls.grid_url(source, STEPS)).status_code == 200


def test_what_draws_the_curves_comes_from_this_machine(client: Client) -> None:
    answer = client.get(urls.uplot_url())
    assert answer.status_code == 200
    assert "javascript" in answer.headers["content-type"]
    assert b"uPlot" in answer.content[:200]


# Who may read them


def test_a_foreign_origin_is_refused_by_every_route(client: Client) -> None:
    own = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}
    assert client.get("/api/runs/tiny/curves", own).status_code == 200
    foreign = {**own, "Origin": "http://203.0.113.7:8501"}
    for route in routes.ROUTES:
        address = route.path.format(kind="runs", name="tiny", step="real")
        method = "POST" if route.methods == {"POST"} else "GET"
        answer = asyncio.run(client._call(method, address, b"{}", foreign))
        assert_refusal(answer, 403, "another site", "server.allowedHosts")


def test_no_answer_is_taken_for_another_type(client: Client) -> None:
    for address in ("/api/runs/tiny/curves", "/api/runs/gone/curves", urls.uplot_url()):
        assert client.get(address).headers["x-content-type-options"] == "nosniff"


def test_a_client_that_goes_away_while_it_sends_is_no_error() -> None:
    scope = {
        "type": "http", "method": "POST", "path": "/api/runs/tiny/picture", "root_path": "",
        "query_string": b"", "headers": [],
    }  # fmt: skip
    arrivals: list[Message] = [
        {"type": "http.request", "body": b'{"base"', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return arrivals.pop(0)

    async def send(message: Message) -> None:
        pass

    asyncio.run(Client.app(scope, receive, send))  # raises where the server would log a traceback
    assert not arrivals


# Frames of a training on points


def test_kept_frames_and_real_points_are_handed_out(client: Client, runs: Path) -> None:
    on_ring = {"dataset": "ring", "architecture": "points", "latent_dim": 2}
    run = train(runs, "ring", **on_ring, steps=2)
    source = sources.Source("runs", "ring")
    frame = client.get(f"{urls.plane_frames_url(source)}2?v=1")
    assert frame.status_code == 200 and "immutable" in frame.headers["cache-control"]
    assert unpack(frame.content).step == 2
    real = client.get(urls.plane_real_url(source))
    assert real.content == run.frames.real_path.read_bytes()
    assert_refusal(client.get(f"{urls.plane_frames_url(source)}3"), 404, "no frame of step 3")
    assert_refusal(client.get(f"{urls.plane_frames_url(source)}x"), 400, "a whole number")
    assert_refusal(client.get("/api/runs/tiny/plane/real"), 404, "no real points")
    assert_refusal(client.get(urls.plane_live_url(source)), 404, "not being trained here")


def test_frames_follow_one_another_in_an_answer(client: Client) -> None:
    process.trainings.clear()
    config = preset("ring-gan").with_settings({"steps": 10**6, "batch_size": 8})
    job = process.trainings().start([config])
    try:
        address = urls.plane_live_url(sources.Source("runs", job.snapshot.run))
        answer = client.get(address)
        while not answer.content:  # it is still being set up
            answer = client.get(address)
        assert answer.headers["cache-control"] == "no-store"
        first = frames_of(answer.content)
        assert len(first) > 1
        assert all(a.number < b.number and a.step < b.step for a, b in pairwise(first))
        second = frames_of(client.get(f"{address}?seen={first[-1].number}&current=1").content)
        assert second[0].number > first[-1].number
        assert first[0].averaged and not second[-1].averaged
        assert_refusal(client.get(f"{address}?y=-1"), 400, "y must be a whole number")
    finally:
        process.trainings().close()
        process.trainings.clear()
