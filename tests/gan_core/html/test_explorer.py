from __future__ import annotations

import base64
import json
import re
import shutil
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gan_core.errors import ConfigError
from gan_core.html.explorer import write_explorer
from gan_core.latent import direction_files
from gan_core.latent.directions import fingerprint
from gan_core.latent.vectors import noise
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import find_checkpoint, open_generator
from gan_core.runs.program import to_program
from tests.gan_core.quality.measurements import evaluated
from tests.tiny import STEPS, train


class Outline(HTMLParser):
    """The tags of a document with their attributes, the scripts by id, and the text besides."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self._script: str | None = None
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._script = (dict(attrs).get("id") or tag) if tag in ("script", "style") else None

    def handle_endtag(self, tag: str) -> None:
        self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.text += data
        else:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def page_of(run: RunFolder) -> Outline:
    return Outline(write_explorer(run, open_generator(run.path)))


@cache
def shipped_page(name: str) -> str:
    """The page of a generator that came with the program, written once."""
    run = RunFolder(find_checkpoint(name))
    return write_explorer(run, open_generator(run.path))


@pytest.fixture(scope="module")
def _with_directions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has a page, for which its directions were found: to be copied."""
    run = train(tmp_path_factory.mktemp("runs"), "one")
    page_of(run)
    return run.path


@pytest.fixture
def run(_with_directions: Path, tmp_path: Path) -> RunFolder:
    return RunFolder(Path(shutil.copytree(_with_directions, tmp_path / "one")))


def data_of(page: Outline) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(page.scripts["data"])
    return data


def test_a_page_holds_all_that_it_needs(run: RunFolder) -> None:
    run = evaluated(run, 12.34)
    model, page = open_generator(run.path), page_of(run)
    loading = {"img": "src", "script": "src", "link": "href", "iframe": "src"}
    sources = [about.get(loading[tag]) for tag, about in page.tags if tag in loading]
    assert all(source is None or source.startswith("data:image/png;base64,") for source in sources)
    program = base64.b64decode(page.scripts["program"])
    assert program == to_program(model.generator, "float16")
    assert "export function openProgram" in page.scripts["program-script"]
    assert data_of(page)["start"] == noise(1, 16, seed=0)[0].tolist()
    assert f"{STEPS} steps" in page.text and "12.34" in page.text
    assert "latent_dim" in page.text and "Losses" in page.text
    captions = re.findall(r"Step [\d,]+|Real images", page.text)
    assert captions[-2:] == [f"Step {STEPS}", "Real images"]


def test_directions_that_have_names_come_first(run: RunFolder) -> None:
    model = open_generator(run.path)
    page = data_of(page_of(run))
    titles = [family["title"] for family in page["families"]]
    assert titles.index("Measured") < titles.index("Principal")
    kept = direction_files.load(run.path, fingerprint(model.generator), 16)
    principal = page["families"][titles.index("Principal")]["directions"]
    np.testing.assert_allclose(
        [row["vector"] for row in principal], kept["pca"].vectors, rtol=0, atol=1e-4
    )
    direction_files.keep_name(run.path, fingerprint(model.generator), "pca/0", "<b>Round</b>")
    renamed = data_of(page_of(run))["families"][titles.index("Principal")]
    assert renamed["directions"][0]["title"] == "<b>Round</b>"


def test_a_conditional_generator_brings_its_classes() -> None:
    page = Outline(shipped_page("cgan-mnist"))
    assert data_of(page)["classes"] == [str(digit) for digit in range(10)]
    assert ("fieldset", {"id": "classes"}) in page.tags


@pytest.mark.parametrize("name", ["gan-mnist", "dcgan-mnist", "cgan-mnist"])
def test_the_page_of_a_shipped_generator_is_small(name: str) -> None:
    assert len(shipped_page(name)) < 2_000_000


def test_what_others_wrote_is_shown_as_it_stands(run: RunFolder) -> None:
    model = open_generator(run.path)
    odd = replace(model, name="</script><img src=x onerror=alert(1)>")
    page = Outline(write_explorer(run, odd))
    assert not any(about.get("src") == "x" for _, about in page.tags)
    assert data_of(page)["name"] == odd.name


def test_points_are_no_pictures(run: RunFolder) -> None:
    model = open_generator(run.path)
    points = replace(model, info=replace(model.info, image_shape=(2, 1, 1)))
    with pytest.raises(ConfigError, match="draws points of the plane"):
        write_explorer(run, points)
