"""Downloads and measurements in the background, and errors in words for a person.

torch is imported where it is used, so that pages can ask what is under way without it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, wait
from pathlib import Path
from typing import Any, TypeVar

from gan_core.data.dataset import Progress
from gan_core.data.loading import download, downloaded_bytes
from gan_core.data.table import dataset_spec
from gan_core.errors import GanError, first_line
from gan_core.files import describe_os_error
from gan_core.runs.folder import RunFolder

T = TypeVar("T")


class DaemonExecutor(Executor):
    """Runs each call at once in a daemon thread of its own.

    A ``ThreadPoolExecutor`` makes a program that ends wait for its threads, and so for a download
    that hangs.
    """

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Run the function; its result or error is the future's."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # a daemon thread has nobody else to tell
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run, name="background", daemon=True).start()
        return future


class BackgroundTask:
    """Something that takes long, under way in an executor.

    Args:
        name: what it is about.
        work: does it, and says to the function that it is given how far it got.
        executor: runs it.
        doing: what it does first, in words.
        share: how far it got, for work that does not say so.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Progress], object],
        executor: Executor,
        *,
        doing: str = "",
        share: Callable[[], float] | None = None,
    ) -> None:
        self.name = name
        self.doing = doing
        self._work = work
        self._share = share
        self._last_share = 0.0
        self._future = executor.submit(self._run)

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return not self._future.done()

    @property
    def error(self) -> str | None:
        """What went wrong, in words; None while it is under way, and where nothing did."""
        return self._future.result() if self._future.done() else None

    @property
    def share(self) -> float:
        """How far it got, from 0 to 1."""
        return min(1.0, self._last_share if self._share is None else self._share())

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it to end, no longer than so many seconds."""
        wait([self._future], timeout)

    def _run(self) -> str | None:
        """Do it; what went wrong, in words. The error itself would hold on to its tensors."""
        try:
            self._work(self._progress)
        except BaseException as error:
            return explain(error)
        return None

    def _progress(self, share: float, doing: str) -> None:
        self._last_share, self.doing = share, doing


def start_download(name: str, data_dir: Path, executor: Executor) -> BackgroundTask:
    """Fetch a data set."""

    def share() -> float:
        total = dataset_spec(name).download_bytes
        return downloaded_bytes(name, data_dir) / max(1, total)

    return BackgroundTask(name, lambda progress: download(name, data_dir), executor, share=share)


def start_measurement(run: RunFolder, data_dir: Path, executor: Executor) -> BackgroundTask:
    """Measure the generator of a run or checkpoint in full, and keep the result in its folder."""

    def work(progress: Progress) -> None:
        from gan_core.quality import evaluation

        evaluation.measure(run, data_dir, progress)

    return BackgroundTask(run.name, work, executor, doing="drawing samples")


def explain(error: BaseException, kept: str = "") -> str:
    """What happened and what to try, in words for the person at the screen.

    Args:
        kept: what is left of a training, in a sentence.
    """
    if isinstance(error, GanError):
        return str(error)
    import torch

    out_of_memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and re.search("(not enough|allocate) memory", str(error))
    )
    if out_of_memory:
        advice = "Try a smaller batch size, a smaller network or smaller images."
        sentences = ["Out of memory.", kept, advice]
    elif isinstance(error, OSError):
        sentences = [describe_os_error(error), kept]
    else:
        what = (
            f"{type(error).__name__}: {first_line(error)}" if str(error) else type(error).__name__
        )
        sentences = [f"Something unexpected happened ({what}).", kept]
    return " ".join(filter(None, sentences))
