"""Programs that begin with their libraries loaded.

To load Streamlit and torch takes most of the start of a server or of a training: several seconds of
a core, for the same modules each time. So one process loads them once for all tests of a worker,
and what a test starts is a fork of it: a process of its own, with its own folders and memory, that
shares nothing with those of other tests but what was loaded. Tests of how a program starts and of
how it ends have one that loads its libraries itself.
"""

from __future__ import annotations

import faulthandler
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
# What the programs load by and by, none of which begins threads or reads the environment.
LIBRARIES = (
    "streamlit.web.cli",
    "streamlit.web.bootstrap",
    "streamlit.web.server.starlette.starlette_server",
    "gan_core.cli.main",
    "gan_core.training.opening",
    "pages.shared.server.process",
    "pandas",
    "pyarrow",
    "torch._dynamo",  # by the first optimizer
    "torchvision.datasets",
    "sklearn.decomposition",
    "torchmetrics.image.fid",
)
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(list(LIBRARIES))


class WarmProcess:
    """``python -m MODULE WORDS`` in a fork; to be waited for and ended like a
    :class:`subprocess.Popen`.

    Args:
        module: the program.
        words: its command line.
        environment: all of its environment.
        log: the file that takes what it says, on either stream.
        stacks: the file that takes where its threads stand, at each SIGUSR1.
    """

    def __init__(
        self,
        module: str,
        words: Sequence[str],
        environment: Mapping[str, str],
        *,
        log: Path,
        stacks: Path | None = None,
    ) -> None:
        self.log = log
        self._process = _CONTEXT.Process(
            target=_run, args=(module, [*words], {**environment}, log, stacks), daemon=True
        )
        # In the folder where the process that loads the libraries looks for them.
        with chdir(ROOT), _no_main_program():
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
            raise subprocess.TimeoutExpired("a fork", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()


@contextmanager
def _no_main_program() -> Iterator[None]:
    """Within: no program that a new process would begin with. A page's test without a browser
    leaves its script there, which cannot be run a second time."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = before


def _run(
    module: str, words: list[str], environment: dict[str, str], log: Path, stacks: Path | None
) -> None:
    """In the fork: become that program, which does not wait for the disk either: what was written
    outlives a killed process, and only a power cut would tell."""
    os.fsync = lambda fd: None
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    with log.open("ab", 0) as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    if stacks is not None:
        faulthandler.register(signal.SIGUSR1, file=stacks.open("ab", 0))
    sys.argv = [module, *words]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
