"""A real browser and a real server, shared by the tests that drive the screen."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from gan_core.runs.store import RunStore
from tests.e2e import evidence
from tests.e2e.evidence import ROOT as ROOT
from tests.warm import WarmProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PATIENCE = 60_000  # milliseconds; the machine may be busy with other tests
expect.set_options(timeout=PATIENCE)

START_SECONDS = 60

CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Server = Callable[..., AbstractContextManager[str]]


@contextmanager
def serve(script: str | Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a script with `streamlit run` from the root of the project and yield its address."""
    with _serve(script, env, warm=False) as served:
        yield served.url


@contextmanager
def serve_warm(script: str | Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """The same on a server that need not load its libraries."""
    with _serve(script, env, warm=True) as served:
        yield served.url


@contextmanager
def serve_process(
    script: str | Path, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """As :func:`serve`, with the server's process, for what is done to it."""
    with _serve(script, env, warm=False) as served:
        assert isinstance(served.process, subprocess.Popen)
        yield served.url, served.process


@contextmanager
def serve_warm_process(
    script: str | Path, env: Mapping[str, str] | None = None
) -> Iterator[tuple[str, WarmProcess]]:
    """As :func:`serve_warm`, with the server's process."""
    with _serve(script, env, warm=True) as served:
        assert isinstance(served.process, WarmProcess)
        yield served.url, served.process


@contextmanager
def _serve(
    script: str | Path, env: Mapping[str, str] | None, *, warm: bool
) -> Iterator[evidence.Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    paths = (str(ROOT), os.environ.get("PYTHONPATH", ""))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        **(env or {}),
    }
    options = {
        "--server.port": str(port),
        "--server.address": "127.0.0.1",
        "--server.headless": "true",
        "--server.fileWatcherType": "none",
        "--browser.gatherUsageStats": "false",
    }
    words = ["run", str(script), *(part for pair in options.items() for part in pair)]
    url = f"http://127.0.0.1:{port}"
    served = evidence.Served(url, words, environment, warm=warm)
    process = served.process
    try:
        if not _healthy(served):
            pytest.fail(f"the server for {script} did not start")
        yield served
    except BaseException:
        served.witness()
        raise
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _healthy(served: evidence.Served) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not served.ended:
        try:
            with urllib.request.urlopen(f"{served.url}/_stcore/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder need the browser: `-m "not browser"` leaves them out."""
    for test in items:
        if Path(__file__).parent in test.path.parents:
            test.add_marker("browser")


def pytest_runtest_setup() -> None:
    evidence.forget_ended()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say beside a failure what the page showed and what the server did meanwhile."""
    report = yield
    if report.failed:
        try:
            # When fixtures have been taken down, so have the pages.
            browser = getattr(item, "funcargs", {}).get("browser")
            report.sections += evidence.sections(None if report.when == "teardown" else browser)
        except Exception as error:  # the failure itself must be told, whatever else fails
            report.sections.append(("evidence", f"could not be gathered: {error!r}"))
    return report


@pytest.fixture(scope="session")
def streamlit_server() -> Server:
    """`with streamlit_server(script, env) as url`: a server for as long as the block lasts."""
    return serve_warm


@pytest.fixture
def runs(tmp_path: Path) -> RunStore:
    """The runs of a laboratory of the test's own, empty at first."""
    return RunStore(tmp_path / "runs")


@pytest.fixture
def url(runs: RunStore, tmp_path: Path) -> Iterator[str]:
    """The address of the app with these runs, and an empty data folder."""
    with serve_warm("app.py", _folders(runs, tmp_path)) as address:
        yield address


@pytest.fixture
def cold_url(runs: RunStore, tmp_path: Path) -> Iterator[str]:
    """The same of a server that is still to load its libraries."""
    with serve("app.py", _folders(runs, tmp_path)) as address:
        yield address


def _folders(runs: RunStore, tmp_path: Path) -> dict[str, str]:
    return {"GAN_RUNS_DIR": str(runs.root), "GAN_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a module.

    Not of the session: Playwright keeps an event loop running in this thread for as long as it
    lives, and tests elsewhere begin loops of their own.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh visitor for each test."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test when the browser reports an uncaught error."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    yield page
    if errors:
        pytest.fail("uncaught in the browser:\n" + "\n".join(errors))


@pytest.fixture(scope="session")
def settle() -> Callable[[Page], None]:
    """`settle(page)` waits until the script has run to its end."""

    def wait(page: Page) -> None:
        page.wait_for_selector(
            '[data-testid="stApp"][data-test-script-state="notRunning"]',
            timeout=START_SECONDS * 1e3,  # the first page of a server may be loading torch
        )

    return wait
