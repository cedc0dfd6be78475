"""The runs in one folder."""

from __future__ import annotations

import errno
import io
import itertools
import os
import re
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gan_core.errors import ArchiveError, CheckpointError
from gan_core.files import naming
from gan_core.runs.archive import BAD_ZIP, extract, pack
from gan_core.runs.folder import RUN_NAME, RunFolder, is_run_name

SWEEP_AFTER = 600.0  # seconds after which nobody writes on what is half written
_NEW_NAME = re.compile(r"[0-9]{8}-[0-9]{4}-")  # how the names of new runs begin


def default_runs_dir() -> Path:
    """``GAN_RUNS_DIR`` where it is set, else ``runs`` in the working directory."""
    return Path(os.environ.get("GAN_RUNS_DIR") or "runs")


@dataclass(frozen=True)
class RunStore:
    """The runs in one folder."""

    root: Path

    def list(self) -> list[RunFolder]:
        """All runs, by name."""
        if not self.root.is_dir():
            return []
        return [
            RunFolder(path)
            for path in sorted(self.root.iterdir())
            if is_run_name(path.name) and RunFolder(path).is_run
        ]

    def get(self, name: str) -> RunFolder:
        """The run of that name.

        Raises:
            CheckpointError: no such run, or no possible name of one.
        """
        if not is_run_name(name) or not RunFolder(self.root / name).is_run:
            raise CheckpointError(f"There is no run named {name!r}.")
        return RunFolder(self.root / name)

    def create(self, title: str) -> RunFolder:
        """A new empty folder named by the minute and a title."""
        stem = f"{datetime.now():%Y%m%d-%H%M}-{re.sub(r'[^A-Za-z0-9._-]+', '-', title) or 'run'}"
        run = RunFolder(self._claim(stem[:80]))
        run.mark_new()
        return run

    def rename(self, name: str, new_name: str) -> RunFolder:
        """Give a run another name.

        Raises:
            CheckpointError: no such run, a name that is taken, or one that cannot be a folder's.
            BusyError: a training has it.
        """
        run = self.get(name)
        run.lock().release()
        if not RUN_NAME.fullmatch(new_name):
            raise CheckpointError(
                f"{new_name!r} cannot be a run's name; use up to 100 letters, digits, '.', '_' "
                "and '-', beginning with a letter or digit."
            )
        target = self.root / new_name
        if target.exists():
            raise CheckpointError(f"There is already a run named {new_name!r}.")
        run.path.rename(target)
        return RunFolder(target)

    def delete(self, name: str) -> None:
        """Remove a run for good; of one that is a link to a folder elsewhere, the link.

        Raises:
            CheckpointError: no such run.
            BusyError: a training has it.
        """
        run = self.get(name)
        run.lock().release()
        if run.path.is_symlink():
            run.path.unlink()
            return
        # Renamed out of the listing first: a removal that is cut short leaves no half of a run.
        # The run's name may be as long as a name can be already.
        trash = self.root / f".deleting-{name}".encode()[:255].decode(errors="ignore")
        shutil.rmtree(trash, ignore_errors=True)  # what an earlier one left behind
        with naming(run.path):
            run.path.rename(trash)
            shutil.rmtree(trash)

    def export_zip(self, name: str, states: bool = False) -> bytes:
        """The run as a zip file, its folder at the top.

        Args:
            states: with the states kept along the way, which make most of a run's size. The
                latest is always in it.

        Raises:
            CheckpointError: no such run.
        """
        buffer = io.BytesIO()
        pack(self.get(name), buffer, states=states)
        return buffer.getvalue()

    def import_zip(self, content: bytes) -> RunFolder:
        """Add a run from a zip file made by :meth:`export_zip`.

        Only the files that a run is made of are taken, and what systems leave in a zip made by
        hand is passed over; the run keeps its name, with a number behind it where that is taken.

        Raises:
            ArchiveError: no zip, a path that climbs out, a link, a file that does not belong into
                a run, too large, or not a readable run.
            OSError: the folder of the runs cannot be written; nothing of the run stays.
        """
        with naming(self.root):
            return self._import(content)

    def _import(self, content: bytes) -> RunFolder:
        self.root.mkdir(parents=True, exist_ok=True)
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
        except BAD_ZIP as error:
            raise ArchiveError(f"This is no zip file ({error}).") from error
        with archive, tempfile.TemporaryDirectory(prefix=".import-", dir=self.root) as scratch:
            folder = extract(archive, Path(scratch))
            run = RunFolder(folder)
            try:
                run.config(), run.info(), run.events()
            except CheckpointError as error:
                raise ArchiveError(f"The zip holds no readable run: {error}") from error
            return RunFolder(self._place(folder))

    def sweep(self, older_than: float = SWEEP_AFTER) -> None:
        """Remove what a process that was killed has left half written: imports, removals, files
        beside those that they should have replaced, and runs that never began.

        Args:
            older_than: seconds since it was last written; what is younger may be another
                process's work of this moment.
        """
        try:
            paths = [*self.root.iterdir()]
        except OSError:  # no folder yet, or none that can be read: said where it is needed
            return
        before = time.time() - older_than
        for path in paths:
            try:
                if path.stat().st_mtime > before:
                    continue
                if path.name.startswith((".import-", ".export-", ".deleting-")):
                    shutil.rmtree(path, ignore_errors=True)
                elif path.is_dir() and not path.is_symlink():
                    self._sweep_run(RunFolder(path))
            except OSError:  # gone meanwhile, or not ours to remove
                continue

    def _sweep_run(self, run: RunFolder) -> None:
        never_began = run.is_new or (_NEW_NAME.match(run.name) and not any(run.path.iterdir()))
        if not (never_began or run.is_run) or run.locked:
            return
        if never_began:
            shutil.rmtree(run.path, ignore_errors=True)
        for rest in run.path.rglob(".*.tmp"):
            rest.unlink(missing_ok=True)

    def _claim(self, stem: str) -> Path:
        """A folder of that name, or of that name with a number, that did not exist before."""
        self.root.mkdir(parents=True, exist_ok=True)
        for path in self._paths(stem):
            with suppress(FileExistsError):
                path.mkdir()
                return path
        raise AssertionError("there is always another number")

    def _place(self, folder: Path) -> Path:
        """Move a whole run to its name here, or to that with a number, at once: neither a half of
        a run nor an empty folder is ever seen."""
        for path in self._paths(folder.name):
            try:
                if not os.path.lexists(path):
                    return folder.rename(path)
            except OSError as error:  # another process was quicker
                if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                    raise
        raise AssertionError("there is always another number")

    def _paths(self, stem: str) -> Iterator[Path]:
        """That name here, and then with the numbers from 2."""
        yield self.root / stem
        for number in itertools.count(2):
            yield self.root / f"{stem}-{number}"
