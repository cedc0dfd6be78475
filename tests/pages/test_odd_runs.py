"""Runs that hold odd values: every page shows what is left of them, and all other runs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_core.runs.folder import RunFolder
from tests.gan_core.runs.odd_values import odd_values, write
from tests.pages.screen import laboratory, open_page, words
from tests.tiny import train

MEASURED = {
    "step": 20, "samples": 64, "fd": 3.5, "fd/real": 0.5, "diversity": 0.9, "readable": 0.5,
    "present": 9, "kl": 0.1, **{f"share/{k}": 0.1 for k in range(10)},
}  # fmt: skip
CHECKPOINT = Path(__file__).resolve().parents[2] / "checkpoints" / "gan-mnist"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = train(tmp_path_factory.mktemp("good"), "good", sample_every=10, save_every=10)
    (run.path / "quality.jsonl").write_text(json.dumps(MEASURED) + "\n", encoding="utf-8")
    shutil.copy(CHECKPOINT / "evaluation.json", run.path)
    return run


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def with_odd_value(good: RunFolder, path: Path, file: str, name: str, value: Any) -> None:
    """A copy of a good run with one value of one file replaced; all others are the same files."""
    shutil.copytree(good.path, path, copy_function=os.link)
    content = (path / file).read_text("utf-8").splitlines()
    (path / file).unlink()
    if file.endswith(".jsonl"):
        rows = [json.loads(line) for line in content]
        rows[-1][name] = value
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (path / file).write_text(lines, encoding="utf-8")
        return
    values = json.loads("\n".join(content))
    *folders, leaf = name.split("/") if file == "config.json" else [name]
    target = values
    for folder in folders:
        target = target[folder]
    target[leaf] = value
    write(path / file, values)


def fields_of(good: RunFolder) -> list[tuple[str, str]]:
    """Every field of every file that a run has."""
    files = ("config.json", "status.json", "metrics.jsonl", "quality.jsonl", "evaluation.json")
    fields: list[tuple[str, str]] = []
    for file in files:
        text = (good.path / file).read_text("utf-8")
        values = json.loads(text.splitlines()[-1] if file.endswith(".jsonl") else text)
        fields += [(file, name) for name in values]
        if file == "config.json":
            fields += [(file, f"run/{name}") for name in values["run"]]
    return fields


def pages_of(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    yield "train", {"run": name}
    yield "explore", {"g": f"runs/{name}"}
    yield "compare", {"a": f"runs/{name}", "b": "runs/good"}


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_no_value_of_a_run_takes_a_page_away(
    good: RunFolder, lab: Path, data: st.DataObject
) -> None:
    """Each field of each file is given an odd value, one a run; the lists show all of them at
    once, and the pages of a run are opened for one field of each file."""
    runs = lab / "runs"
    shutil.rmtree(runs, ignore_errors=True)
    shutil.copytree(good.path, runs / "good")
    by_file: dict[str, list[str]] = {}
    for number, (file, name) in enumerate(fields_of(good)):
        run = f"odd-{number}"
        with_odd_value(good, runs / run, file, name, data.draw(odd_values, label=f"{file} {name}"))
        by_file.setdefault(file, []).append(run)
    for page in ("home", "runs", "leaderboard"):
        at = open_page(page)
        assert not at.exception, page
    for names in by_file.values():
        run = data.draw(st.sampled_from(names))
        for page, query in pages_of(run):
            at = open_page(page, **query)
            assert not at.exception, (page, run)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_a_grid_that_is_no_picture_leaves_the_pages_whole(
    good: RunFolder, lab: Path, content: bytes
) -> None:
    run = RunFolder(Path(shutil.copytree(good.path, lab / "runs" / "one")))
    for step in (*run.grids(), 999_999_999, None):
        run.grid_path(step).write_bytes(content)
    for page, query in (("train", {"run": "one"}), ("runs", {}), ("leaderboard", {})):
        assert not open_page(page, **query).exception, page


def test_what_was_left_out_is_named_beside_the_rest(good: RunFolder, lab: Path) -> None:
    with_odd_value(good, lab / "runs" / "odd", "status.json", "seconds", 1e300)
    text = words(open_page("train", run="odd"))
    assert "Left out of status.json: seconds is 1e+300." in text
    assert "20 / 20" in text
