"""Runs to be looked at, and to be damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gan_core.data.table import DATASETS
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore
from tests.gan_core import helpers


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, to be copied and not touched."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS, "tiny", helpers.tiny_spec())
        helpers.trained(root / "finished")
    return root / "finished"


@pytest.fixture
def run(finished_run: Path, tmp_path: Path) -> RunFolder:
    """A finished run of its own for each test, in a store of its own."""
    return RunFolder(Path(shutil.copytree(finished_run, tmp_path / "runs" / "my-run")))


@pytest.fixture
def store(run: RunFolder) -> RunStore:
    return RunStore(run.path.parent)
