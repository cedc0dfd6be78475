"""Files that are whole or not there: atomic writes, JSON, and where to write at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from gan_core.errors import first_line


def state_dir() -> Path:
    """Where things are kept for this person: ``GAN_STATE_DIR``, else the XDG state folder."""
    folder = os.environ.get("GAN_STATE_DIR")
    if folder:
        return Path(folder)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "ganscope"


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file beside itself and rename it into place: readers see the old or the new one.

    Raises:
        OSError: naming this file, whatever went wrong beside it.
    """
    write_together({path: content})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: all of them beside themselves first, then renamed into
    place one right after the other, so that next to nothing can come between.

    Raises:
        OSError: naming the file that could not be written; all are as they were, unless a rename
            failed.
    """
    temporaries = {path: path.with_name(f".{uuid4().hex}.tmp") for path in contents}
    try:
        for path, temporary in temporaries.items():
            with naming(path):
                path.parent.mkdir(parents=True, exist_ok=True)
                with temporary.open("wb") as sink:
                    sink.write(contents[path])
                    sink.flush()
                    os.fsync(sink.fileno())
        for path, temporary in temporaries.items():
            with naming(path):
                temporary.replace(path)
    finally:
        for temporary in temporaries.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def link_atomic(path: Path, other: Path) -> None:
    """Give a file another name beside its own, at once; where there are no links, copy it.

    Raises:
        OSError: naming the other.
    """
    temporary = other.with_name(f".{uuid4().hex}.tmp")
    with naming(other):
        other.parent.mkdir(exist_ok=True)
        try:
            os.link(path, temporary)
        except OSError:  # a file system without hard links
            write_atomic(other, path.read_bytes())
            return
        temporary.replace(other)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Within: an OSError is told of this file, which a person knows, in place of one that stands
    in for it."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


_NO_ROOM = "The disk is full: {name} cannot be written. Make room (old runs can go) and try again."
_NOT_ALLOWED = "{name} may not be used by this user: change its permissions, or take another place."
_NO_FOLDER = "{name} cannot be made or used: a file stands where a folder is needed."
_OS_ERRORS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: "{name} cannot be written: it is larger than a file may be here.",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: "{name} cannot be written: the disk is read-only. Take another place.",
    errno.ENOENT: "{name} is not there, or no longer.",
    errno.ENOTDIR: _NO_FOLDER,
    errno.EEXIST: _NO_FOLDER,
    errno.EISDIR: "{name} is a folder, where a file is needed.",
    errno.ENAMETOOLONG: "{name} is too long for a name here.",
    errno.EIO: "{name} cannot be read or written: the disk reports an error.",
}


def describe_os_error(error: OSError) -> str:
    """What a file could not be used for, and what to do: a sentence or two that name it."""
    name = printable_name(os.fsdecode(error.filename)) if error.filename else "a file"
    sentence = _OS_ERRORS.get(error.errno or 0, "{name} cannot be used ({reason}).")
    words = sentence.format(name=name, reason=error.strerror or first_line(error))
    return words if error.filename else words[0].upper() + words[1:]


def is_folder(path: Path) -> bool:
    """Whether there is a folder: none where a text can be no name, or nobody may look."""
    return stat.S_ISDIR(_mode(path))


def is_file(path: Path) -> bool:
    """Whether there is a regular file, or a link to one, in the same way."""
    return stat.S_ISREG(_mode(path))


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except (OSError, ValueError):  # not there, a name too long or with a zero byte, a locked place
        return 0


def written(*paths: Path) -> tuple[int, ...]:
    """A number for each file that is another one once it was written anew, 0 where there is none:
    what is kept of their content is kept by this."""
    return tuple(_version(path) for path in paths)


def _version(path: Path) -> int:
    """The time at which it was written, in nanoseconds, moved by which file it is and how long: the
    clock of many a file system stands still for some milliseconds."""
    try:
        status = path.stat()
    except OSError:
        return 0
    return status.st_mtime_ns + (status.st_ino + status.st_size) % 1_000_000


def dump_json(value: Any) -> str:
    """JSON as it is written into run folders: indented, never NaN or infinity."""
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def read_json(path: Path) -> Any:
    """What a file of JSON holds, its texts printable.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no JSON, or nested too deep.
    """
    return parse_json(path.read_bytes())


def parse_json(content: bytes) -> Any:
    """What JSON holds, its texts printable: in UTF-8, in UTF-16 as PowerShell writes it, and with
    the mark at its beginning that editors on Windows put there.

    Raises:
        ValueError: it is no JSON, or nested too deep.
    """
    try:
        return _printable_values(json.loads(content))
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _printable_values(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable_values(entry) for entry in value]
    if isinstance(value, dict):
        return {printable(name): _printable_values(entry) for name, entry in value.items()}
    return value


def printable(text: str) -> str:
    """A text that any screen, file and address can hold: halves of a character replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def printable_name(name: str) -> str:
    """A file's name on one line of any screen. What cannot be shown stands as an escape, so that
    two names stay two."""
    return "".join(map(_shown, name))


def _shown(letter: str) -> str:
    if 0xDC80 <= ord(letter) <= 0xDCFF:  # a byte of a name that is no text
        return f"\\x{ord(letter) - 0xDC00:02x}"
    hidden = unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")
    return letter.encode("unicode_escape").decode() if hidden else letter
