"""Downloads and measurements in the background."""

from __future__ import annotations

import errno
import re
import threading
from pathlib import Path

import torch

from gan_core.data.loading import download, downloaded_bytes
from gan_core.data.table import dataset_spec
from gan_core.errors import GanError
from gan_core.quality import evaluation
from gan_core.runs.folder import RunFolder


def explain(error: BaseException) -> str:
    """What happened and what to try, in words for the person at the screen."""
    if isinstance(error, GanError):
        return str(error)
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    out_of_memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and re.search("(not enough|allocate) memory", str(error))
    )
    if out_of_memory:
        return (
            "Out of memory. The last saved state is kept; try a smaller batch size, a smaller "
            "network or smaller images."
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            "The disk is full. The last saved state is kept; make room (old runs can be deleted "
            "on the Runs page), then resume this run."
        )
    if isinstance(error, OSError):
        return (
            f"A file could not be written or read ({text}). The last saved state is kept; check "
            "the disk and its permissions, then resume this run."
        )
    return (
        f"Something unexpected stopped the training ({type(error).__name__}: {text}). The last "
        "saved state is kept; you can resume this run."
    )


class Download:
    """A data set being fetched in a daemon thread."""

    def __init__(self, name: str, data_dir: Path) -> None:
        self.name = name
        self.error: str | None = None
        self._data_dir = data_dir
        self._thread = threading.Thread(target=self._run, name=f"download-{name}", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    @property
    def share(self) -> float:
        """How much has arrived, from 0 to 1."""
        total = dataset_spec(self.name).download_bytes
        return min(1.0, downloaded_bytes(self.name, self._data_dir) / max(1, total))

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it to end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            download(self.name, self._data_dir)
        except BaseException as error:  # a daemon thread has nobody else to tell
            self.error = explain(error)


class Measurement:
    """A full measurement of a run or checkpoint, made in a daemon thread and kept in its folder."""

    def __init__(self, run: RunFolder, data_dir: Path) -> None:
        self.name = run.name
        self.error: str | None = None
        self.share, self.doing = 0.0, "drawing samples"
        self._run_folder, self._data_dir = run, data_dir
        self._thread = threading.Thread(target=self._run, name=f"measure-{run.name}", daemon=True)
        self._thread.start()

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        return self._thread.is_alive()

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it to end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            evaluation.measure(self._run_folder, self._data_dir, self._progress)
        except BaseException as error:  # a daemon thread has nobody else to tell
            self.error = explain(error)

    def _progress(self, share: float, doing: str) -> None:
        self.share, self.doing = min(1.0, share), doing
