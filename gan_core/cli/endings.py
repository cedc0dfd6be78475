"""How a training on the command line ends: at a signal it is saved first, whatever sent it, and
whoever has stopped listening to what is printed takes nothing away."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from gan_core.signals import Wish, heed_signals


@contextmanager
def wish_to_end() -> Iterator[Wish]:
    """The wish that signals make for as long as the block lasts, which ends nothing by itself."""
    wish = Wish()
    with heed_signals(wish.receive):
        yield wish


def say(words: object, *, err: bool = False) -> None:
    """Print a line, if there is anyone to hear it: a closed pipe, a full disk or a terminal that
    is gone is no reason to stop."""
    stream = sys.stderr if err else sys.stdout
    try:
        print(words, file=stream, flush=True)
    except (OSError, ValueError):
        silence(stream)


def silence(*streams: TextIO | None) -> None:
    """Let what is printed from now on go nowhere, at the end of the process as well."""
    for stream in filter(None, streams):
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            continue
