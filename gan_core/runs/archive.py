"""A run from a zip file."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from pathlib import Path

from gan_core.errors import ArchiveError
from gan_core.runs.folder import ARCHIVED, RUN_NAME

MAX_ARCHIVE_BYTES = 500 * 2**20  # unpacked; uploads are bounded by the same figure
MAX_ARCHIVE_FILES = 20_000

# What zipfile raises on archives that are damaged, encrypted or packed in a way it does not know.
BAD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, EOFError, OSError, ValueError,
    LookupError,
)  # fmt: skip


def extract(archive: zipfile.ZipFile, scratch: Path) -> Path:
    """Unpack the files of one run below ``scratch`` and return the run's folder."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if len(entries) > MAX_ARCHIVE_FILES:
        raise ArchiveError(
            f"The zip holds {len(entries):,} files, more than {MAX_ARCHIVE_FILES:,}."
        )
    budget = MAX_ARCHIVE_BYTES
    if sum(entry.file_size for entry in entries) > budget:
        raise ArchiveError(f"The zip unpacks to more than {budget // 2**20} MiB.")
    tops = {entry.filename.split("/", 1)[0] for entry in entries}
    top = tops.pop() if len(tops) == 1 else ""
    if not RUN_NAME.fullmatch(top):
        raise ArchiveError("The zip must hold one run in one folder at its top.")
    for entry in entries:
        inside = entry.filename.partition("/")[2]
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise ArchiveError(f"The zip holds a link ({entry.filename}), which is refused.")
        if not ARCHIVED.fullmatch(inside):
            raise ArchiveError(f"The zip holds {entry.filename!r}, which is no part of a run.")
        target = scratch / top / inside
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
            raise ArchiveError(f"{entry.filename} in the zip is damaged ({error}).") from error
    return scratch / top
