"""A run to a zip file and from one."""

from __future__ import annotations

import lzma
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO

from gan_core.errors import ArchiveError
from gan_core.runs.folder import RunFolder, is_run_name

MAX_ARCHIVE_BYTES = 500 * 2**20  # unpacked; uploads are bounded by the same figure
MAX_ARCHIVE_FILES = 20_000

RUN_FILE = re.compile(
    r"(config\.json|status\.json|metrics\.jsonl|quality\.jsonl|events\.jsonl|evaluation\.json"
    r"|memorisation\.png|direction-names\.json|distribution\.json"
    r"|generator\.safetensors|critic\.safetensors|training\.pt"
    r"|samples/(\d{6,9}|real)\.png|plane/(frames|real)\.bin"
    r"|states/\d{6,9}\.(pt|safetensors)"
    r"|states/\d{6,9}/direction-names\.json|README\.md)"
)

# What zipfile raises on archives that are damaged, encrypted or packed in a way it does not know.
BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError,
    LookupError,
)  # fmt: skip


def pack(run: RunFolder, sink: IO[bytes], *, states: bool) -> None:
    """Write a run as a zip file, its folder at the top.

    Args:
        states: with the states kept along the way.
    """
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(run.path.rglob("*")):
            inside = path.relative_to(run.path).as_posix()
            skip = not states and inside.startswith("states/")
            if path.is_file() and RUN_FILE.fullmatch(inside) and not skip:
                archive.write(path, f"{run.name}/{inside}")


def extract(archive: zipfile.ZipFile, scratch: Path) -> Path:
    """Unpack the files of one run below ``scratch`` and return the run's folder.

    Raises:
        ArchiveError: the archive holds anything else, is damaged or too large.
        OSError: it cannot be written.
    """
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ARCHIVE_FILES:
        raise ArchiveError(
            f"The zip holds {len(entries):,} files, more than {MAX_ARCHIVE_FILES:,}."
        )
    budget = MAX_ARCHIVE_BYTES
    if sum(entry.file_size for entry in entries) > budget:
        raise ArchiveError(f"The zip unpacks to more than {budget // 2**20} MiB.")
    files = {PurePosixPath(entry.filename.replace("\\", "/")): entry for entry in entries}
    files = {path: entry for path, entry in files.items() if not _is_litter(path)}
    top = _top(files)
    name = top.name if is_run_name(top.name) else "imported-run"
    for path, entry in files.items():
        inside = path.relative_to(top).as_posix() if path.is_relative_to(top) else ""
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveError(f"The zip holds a link ({entry.filename}), which is refused.")
        if not RUN_FILE.fullmatch(inside):
            raise ArchiveError(f"The zip holds {entry.filename!r}, which is no part of a run.")
        target = scratch / name / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with archive.open(entry) as source, target.open("wb") as sink:
                # The header's size can lie: what counts is what comes out.
                while block := source.read(2**20):
                    budget -= len(block)
                    if budget < 0:
                        raise ArchiveError(
                            f"The zip unpacks to more than {MAX_ARCHIVE_BYTES // 2**20} MiB."
                        )
                    sink.write(block)
        except BAD_ZIP as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of the disk that it is unpacked to
            raise ArchiveError(f"{entry.filename} in the zip is damaged ({error}).") from error
    return scratch / name


def _top(paths: Iterable[PurePosixPath]) -> PurePosixPath:
    """The folder of the run: where its config.json lies, at the top or in folders around it.

    Raises:
        ArchiveError: there is none, or more than one.
    """
    paths = list(paths)
    folders = {path.parent for path in paths if path.name == "config.json"}
    if not folders:
        folders = {PurePosixPath(*path.parts[:1]) for path in paths if len(path.parts) > 1}
    hidden = any(part.startswith((".", "/")) for folder in folders for part in folder.parts)
    if len(folders) != 1 or hidden:
        raise ArchiveError("The zip must hold one run in one folder at its top.")
    return folders.pop()


def _is_litter(path: PurePosixPath) -> bool:
    """Whether a file is what a system or this program leaves in any folder."""
    return (
        "__MACOSX" in path.parts
        or path.name in (".lock", ".new", ".DS_Store", "Thumbs.db", "desktop.ini")
        or path.name.startswith("._")
        or (path.name.startswith(".") and path.suffix == ".tmp")
    )
