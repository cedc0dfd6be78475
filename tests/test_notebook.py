"""The notebook in docs: it runs, and what it keeps is what its cells give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.notebooks import execute

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "notebook.ipynb"


def kinds(notebook: dict[str, Any]) -> list[list[object]]:
    """What each cell gives: a stream's name, or the kinds of picture and text."""
    return [
        [sorted(output["data"]) if "data" in output else output["name"] for output in outputs]
        for outputs in (cell.get("outputs", []) for cell in notebook["cells"])
    ]


@pytest.mark.timeout(600)
def test_the_notebook_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAN_RUNS_DIR", raising=False)
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    assert kinds(execute(notebook, tmp_path)) == kinds(notebook)
    pictures = [kind for kept in kinds(notebook) for kind in kept if "image/png" in str(kind)]
    assert len(pictures) == 9
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
