"""What `.streamlit/config.toml` means to Streamlit's own code."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.pages_manager import PagesManager
from streamlit.watcher import local_sources_watcher
from streamlit.watcher.folder_black_list import FolderBlackList

ROOT = Path(__file__).resolve().parents[1]
SERVER: dict[str, Any] = tomllib.loads((ROOT / ".streamlit/config.toml").read_text("utf-8"))[
    "server"
]
WATCHED = {"pages/main.py", "pages/runs/page.py", "pages/shared/runs/state.py"}
SPARED = {
    "gan_core/data/table.py",
    "gan_core/runs/folder.py",
    "runs/x/metrics.jsonl",
    "data/MNIST/raw/x",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of these files, under this project's settings; every file counts as a module."""
    for number, name in enumerate(sorted(WATCHED | SPARED)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        module = ModuleType(f"watched_{number}")
        module.__file__ = str(path)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    options = {"server.folderWatchList": [], "global.developmentMode": False}
    options |= {f"server.{name}": setting for name, setting in SERVER.items()}
    monkeypatch.setattr(config, "get_option", options.__getitem__)
    return tmp_path


def watched_files(project: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The files of the project for which Streamlit makes a watcher."""
    paths: list[Path] = []

    class Recorder:
        def __init__(self, path: str, *_: object, **__: object) -> None:
            paths.append(Path(path))

        def close(self) -> None:
            pass

    monkeypatch.setattr(local_sources_watcher, "PathWatcher", Recorder)
    watcher = local_sources_watcher.LocalSourcesWatcher(
        PagesManager(str(project / "pages/main.py"))
    )
    watcher.update_watched_modules()
    root = project.resolve()
    return {path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root)}


def test_an_edited_page_is_loaded_anew_and_nothing_else_is(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert watched_files(project, monkeypatch) == WATCHED


def test_the_library_is_spared_where_pythonpath_names_the_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(project))
    files = watched_files(project, monkeypatch)
    assert files >= WATCHED
    assert not any(name.startswith("gan_core/") for name in files)


@pytest.mark.parametrize("entry", SERVER["folderWatchBlacklist"])
def test_an_entry_matches_absolute_paths_and_no_page(entry: str) -> None:
    folders = FolderBlackList([entry])
    assert folders.is_blacklisted("/home/somebody/project/gan_core/data/table.py")
    for path in (ROOT / "pages").rglob("*.py"):
        assert not folders.is_blacklisted(f"/home/somebody/project/{path.relative_to(ROOT)}")
