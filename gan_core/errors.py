"""The errors that a person can do something about.

Every message is one sentence or two that a page or the command line shows as it stands: what is
wrong, by name, and what to do instead.
"""

from __future__ import annotations


def first_line(error: BaseException) -> str:
    """What an error says, short enough to stand within a sentence."""
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0].rstrip(".:")


class GanError(Exception):
    """Base of all errors whose message is meant for the person at the screen."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of the way to here: the sentence."""
        return [str(self)]


class ConfigError(GanError):
    """A setting is unknown, of the wrong type, out of range, or does not fit another one."""


class DataError(GanError):
    """A data set is missing, empty or unreadable."""


class DownloadError(DataError):
    """A data set could not be downloaded."""


class CheckpointError(GanError):
    """A run or checkpoint folder is missing, incomplete, damaged, or refused."""


class ArchiveError(GanError):
    """A zip file is not a run that may be imported."""


class DivergedError(GanError):
    """A loss became NaN or infinite."""


class BusyError(GanError):
    """A training was asked for while another one runs."""


class MissingToolError(GanError):
    """A library that one kind of file needs is missing or broken."""
