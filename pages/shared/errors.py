"""What a person asked for, tried: an error becomes words for the screen."""

from __future__ import annotations

from collections.abc import Callable

from gan_core.errors import GanError
from gan_core.files import describe_os_error


def run_safely(work: Callable[..., object], *arguments: object) -> str:
    """Do it, and return what went wrong in words; empty where nothing did."""
    try:
        _ = work(*arguments)
    except GanError as error:
        return str(error)
    except OSError as error:
        return describe_os_error(error)
    return ""
