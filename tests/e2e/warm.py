"""Servers that begin with their libraries loaded.

To load Streamlit and torch takes most of a server's start: several seconds of a core, for the same
modules each time. So one process loads them once for all tests of a worker, and a test's server is
a fork of it: a process of its own, with its own folders, trainings and memory, that shares nothing
with the server of another test but what was loaded. Tests of how a server starts or is killed have
one that loads its libraries itself.
"""

from __future__ import annotations

import faulthandler
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import chdir
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What the app loads by and by, none of which begins threads or reads the environment.
LIBRARIES = (
    "streamlit.web.cli",
    "streamlit.web.bootstrap",
    "streamlit.web.server.starlette.starlette_server",
    "gan_core.training.opening",
    "pages.shared.server.process",
    "torch._dynamo",
    "torchvision.datasets",
    "sklearn.datasets",
    "sklearn.decomposition",
    "torchmetrics.image.fid",
)
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(LIBRARIES))


class WarmProcess:
    """``streamlit WORDS`` in a fork; to be waited for and ended like a :class:`subprocess.Popen`.

    Args:
        words: the words after ``streamlit``.
        environment: all of its environment.
        log: the file that takes what it says.
        stacks: the file that takes where its threads stand, at each SIGUSR1.
    """

    def __init__(
        self, words: Sequence[str], environment: Mapping[str, str], log: Path, stacks: Path
    ) -> None:
        self._process = _CONTEXT.Process(
            target=_run, args=([*words], {**environment}, log, stacks), daemon=True
        )
        with chdir(ROOT):  # where the process that loads the libraries looks for them
            self._process.start()

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("streamlit", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


def _run(words: list[str], environment: dict[str, str], log: Path, stacks: Path) -> None:
    """In the fork: become that server."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab", 0) as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    faulthandler.register(signal.SIGUSR1, file=stacks.open("ab", 0))
    sys.argv = ["streamlit", *words]
    runpy.run_module("streamlit", run_name="__main__", alter_sys=True)
