"""What a person asked for, tried: an error becomes words for the screen."""

from __future__ import annotations

from collections.abc import Callable

from gan_core.errors import GanError
from gan_core.files import describe_os_error


def reason(error: GanError | OSError) -> str:
    """What went wrong, in words for the screen."""
    return describe_os_error(error) if isinstance(error, OSError) else str(error)


def run_safely(work: Callable[..., object], *arguments: object) -> str:
    """Do it, and return what went wrong in words; empty where nothing did."""
    try:
        _ = work(*arguments)
    except (GanError, OSError) as error:
        return reason(error)
    return ""
