"""What the whole server has once: its options, its trainings, and whether torch is loaded.

The only place with ``st.cache_resource``. torch is imported inside the functions that need it, so
that a page can show its frame before torch is loaded.
"""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Event, Thread

import streamlit as st
from starlette.types import ASGIApp, Receive, Scope, Send

from gan_core.cli import commands
from gan_core.config import TrainConfig
from gan_core.data.loading import default_data_dir
from gan_core.errors import ConfigError
from gan_core.libraries import one_at_a_time
from gan_core.runs.generators import settle
from gan_core.runs.store import RunStore, default_runs_dir
from gan_core.training.trainings import Trainings
from gan_core.wait_policy import adapt_wait_policy

_FIRST_VISIT = 3.0  # seconds that a browser has to come before torch is loaded
_FIRST_PAGE = 10.0  # seconds that its page then has
_DRAWING = 1.0  # seconds that a browser draws a page after its script has ended
_SCRIPTS = {path.parent.name: path for path in Path(__file__).parents[2].glob("*/page.py")}
_DRAWN_WITH_TORCH = ("explore",)
_DRAWN_WITH_TABLES = ("compare", "leaderboard", "learn", "runs")
_LOADED_FIRST = "gan_core.training.opening"
_TABLES = "pandas"  # with which Streamlit draws them
_LOADED_LATER = (
    _TABLES,
    "pyarrow",
    "torchvision.datasets",
    "sklearn.decomposition",
    "torchmetrics.image.fid",
)


@dataclass(frozen=True)
class Options:
    """Where things are, and what to train on: ``streamlit run app.py -- --data-dir D``."""

    data_dir: Path
    runs_dir: Path
    device: str


@cache
def options() -> Options:
    """The command line's options, else the environment's, else the defaults.

    Exits with one sentence where the command line asks for what is not there.
    """
    parser = argparse.ArgumentParser(prog="streamlit run app.py --", allow_abbrev=False)
    parser.add_argument("--data-dir", type=Path, default=default_data_dir())
    parser.add_argument("--runs-dir", type=Path, default=default_runs_dir())
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    arguments, _ = parser.parse_known_args()
    if arguments.device == "cuda":
        from gan_core.devices import choose_device

        try:
            choose_device(arguments.device)
        except ConfigError as error:
            parser.error(str(error))
    return Options(arguments.data_dir, arguments.runs_dir, arguments.device)


def train_command(config: TrainConfig, may_act: str = "off") -> str:
    """The command that trains exactly these settings where this server does, in a terminal that
    may not know this server's environment."""
    where, words = options(), []
    if where.data_dir != Path("data"):
        words += ["--data-dir", str(where.data_dir)]
    if where.runs_dir != Path("runs"):
        words += ["--runs-dir", str(where.runs_dir)]
    if where.device != "auto":
        words += ["--device", where.device]
    if may_act != "off":
        words += ["--may-act", may_act]
    return commands.train_command(config, words)


@st.cache_resource(show_spinner=False)
def trainings() -> Trainings:
    """The jobs of this server, the same object for every tab."""
    adapt_wait_policy()
    where = options()
    store = RunStore(where.runs_dir)
    store.sweep()  # what the last server left half written
    for run in store.list():
        with suppress(OSError):  # a folder that may only be read is shown as it is
            settle(run)
    return Trainings(store, where.data_dir, where.device)


_page_asked, _page_shown = Event(), Event()  # the first of this server
_torch_wanted = Event()  # by a page that is under way
_warming_up = Event()
_leaving = Event()


class Foresight:
    """ASGI middleware: what the first page asked for is drawn with is loaded while the browser
    still fetches what all pages need."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at the path, and pass the request on."""
        if scope["type"] == "http" and not _page_asked.is_set():
            base = str(st.get_option("server.baseUrlPath") or "").strip("/")
            page = scope["path"].strip("/").removeprefix(base).strip("/") or "home"
            if page in _SCRIPTS:
                if page in _DRAWN_WITH_TORCH:
                    _torch_wanted.set()
                _page_asked.set()
                Thread(target=_load_for, args=(page,), name="foresight").start()
        await self.app(scope, receive, send)


def _load_for(page: str) -> None:
    """Load what a page's script imports, and what Streamlit draws it with; torch is loaded beside
    it, by :func:`warm_up`."""
    for node in ast.parse(_SCRIPTS[page].read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom) and node.module and not _leaving.is_set():
            import_module(node.module)
    inspect.stack()  # which Streamlit asks for with a server's first element: 0.07 s at first
    if page in _DRAWN_WITH_TABLES and not _leaving.is_set():
        with one_at_a_time:
            import_module(_TABLES)


@contextmanager
def showing_page() -> Iterator[None]:
    """Around a page's script, which what can wait leaves the interpreter to."""
    _page_asked.set()
    try:
        yield
    finally:
        _page_shown.set()


def warming_up() -> bool:
    """Whether the server is still to load torch, of its own accord."""
    return _warming_up.is_set()


def warm_up() -> None:
    """Load what the first training or picture would otherwise wait for.

    Not before the first page is shown, if one is asked for soon and does without torch: loading
    leaves little of the interpreter to others.
    """
    _warming_up.set()
    try:
        if _page_asked.wait(_FIRST_VISIT) and not _torch_wanted.is_set():
            _page_shown.wait(_FIRST_PAGE)
            _leaving.wait(_DRAWING)
        if _leaving.is_set():
            return
        trainings()
        with one_at_a_time:
            import_module(_LOADED_FIRST)
    finally:
        _warming_up.clear()
    if _page_asked.is_set():
        _page_shown.wait(_FIRST_PAGE)
        _leaving.wait(_DRAWING)
    for module in _LOADED_LATER:
        if not _leaving.is_set():
            with one_at_a_time:
                import_module(module)


def stop_warming_up() -> None:
    """Load no more: the server ends, and is not to wait for it."""
    for event in (_leaving, _page_asked, _page_shown):
        event.set()
