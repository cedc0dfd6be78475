"""What a browser test that failed leaves in its report: what its pages showed, what its servers
said and where their threads stood, and how far their trainings got.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, TYPE_CHECKING

from playwright.sync_api import Error

from gan_core.runs.store import RunStore
from tests.warm import ROOT as ROOT
from tests.warm import WarmProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# `python -m streamlit`, and at a signal the stacks of all threads go to a file that it is given.
PROGRAM = (
    "import faulthandler, runpy, signal; faulthandler.register(signal.SIGUSR1, file={}); "
    "runpy.run_module('streamlit', run_name='__main__', alter_sys=True)"
)
PATIENCE = 5_000  # milliseconds, for a page that may be stuck
TEXT, LOG, STACKS = 8_000, 6_000, 12_000  # characters of each at most

Section = tuple[str, str]  # a heading, and what stands below it


class Served:
    """A server that a test talks to, with what it has written so far.

    Args:
        url: where it will answer.
        options: the words after ``streamlit``.
        environment: its environment, where GAN_RUNS_DIR may name the folder of its runs.
        warm: whether it begins with its libraries loaded.
    """

    def __init__(
        self, url: str, options: Sequence[str], environment: Mapping[str, str], *, warm: bool
    ) -> None:
        self.url = url
        self._runs = environment.get("GAN_RUNS_DIR")
        # A report reads them after the server's end.
        self._log, self._stacks = (NamedTemporaryFile() for _ in range(2))  # noqa: SIM115
        self._witnessed: list[Section] = []
        self.process = (
            WarmProcess(
                "streamlit",
                options,
                environment,
                log=Path(self._log.name),
                stacks=Path(self._stacks.name),
            )
            if warm
            else self._begin(options, environment)
        )
        SERVERS.append(self)

    def _begin(
        self, options: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM.format(self._stacks.fileno()), *options],
            cwd=ROOT,
            env=environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            pass_fds=[self._stacks.fileno()],
        )

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def forget(self) -> None:
        self._log.close()
        self._stacks.close()
        SERVERS.remove(self)

    def witness(self) -> None:
        """Keep what can be known while it lives, for a report that is written after its end."""
        self._witnessed = self._observe()

    def sections(self) -> list[Section]:
        return self._witnessed if self.ended and self._witnessed else self._observe()

    def _observe(self) -> list[Section]:
        state = f"ended with {self.process.returncode}" if self.ended else "lives"
        return [
            (f"server {self.url} ({state}), the end of its log", _written(self._log)[-LOG:]),
            (f"server {self.url}, its threads", self._ask_for_stacks()),
            (f"server {self.url}, its runs", self._trainings()),
        ]

    def _ask_for_stacks(self) -> str:
        if self.ended:
            return "(ended)"
        start = _size(self._stacks)
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 2
        size = start
        while time.monotonic() < deadline:
            time.sleep(0.1)
            before, size = size, _size(self._stacks)
            if size == before > start:  # it has come to its end
                break
        frames = _written(self._stacks, start).splitlines()
        frames = [frame for frame in frames if "<frozen importlib" not in frame]
        return "\n".join(frames)[:STACKS] or "(no answer)"

    def _trainings(self) -> str:
        if self._runs is None:
            return "(a folder of the server's own)"
        runs = RunStore(Path(self._runs)).list()
        return "\n".join(f"{run.name}: {run.status()}" for run in runs) or "(none)"


SERVERS: list[Served] = []


def forget_ended() -> None:
    """Servers that ended before a test are none of its affair."""
    for served in [served for served in SERVERS if served.ended]:
        served.forget()


def sections(browser: Browser | None) -> list[Section]:
    """All that is known now, by heading."""
    load = " ".join(f"{share:.1f}" for share in os.getloadavg())
    collected = [("machine", f"load {load} on {os.cpu_count()} cores")]
    if browser is not None:
        pages = [page for context in browser.contexts for page in context.pages]
        collected += [_shown(page) for page in pages]
    for served in SERVERS:
        collected += served.sections()
    return collected


def _shown(page: Page) -> Section:
    """The visible text of a page, what its console warned of, and whether its script runs."""
    try:
        app = page.locator('[data-testid="stApp"]')
        state: str | None = "no app"
        if app.count():
            state = app.first.get_attribute("data-test-script-state", timeout=PATIENCE)
        text = page.locator("body").inner_text(timeout=PATIENCE)[:TEXT]
        warnings = [m.text for m in page.console_messages() if m.type in ("error", "warning")]
        if warnings:
            text += "\n\nIts console:\n" + "\n".join(warnings)[-TEXT:]
    except Error as error:
        state, text = "unknown", f"(cannot be read: {error.message})"
    return f"page {page.url} (script: {state})", text


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _written(file: IO[bytes], start: int = 0) -> str:
    """What a program wrote from that byte on. It writes where this file's pointer stands, which is
    why the pointer is left there."""
    return os.pread(file.fileno(), _size(file) - start, start).decode(errors="replace")
