"""Libraries that are loaded when they are first needed: by one thread at a time.

Their modules import one another in circles. Where two threads load them at once, from two ends of a
circle, each waits for the other; Python breaks that by letting one of them go on with a module that
is not complete, and what it does with it fails.

``from gan_core.libraries import functional, nn, torch`` names torch in a file that is read for what
it declares as well as for what it computes: torch is loaded when something of it is first asked
for. A file whose classes are modules of torch imports it as usual.
"""

from __future__ import annotations

import gc
import threading
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any


class _OneAtATime:
    """A lock that a thread may take again while it has it.

    Nothing is collected meanwhile: modules stay, and to look through all of them again and again as
    they come makes torch take a seventh longer.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._collects = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if not self._depth:
            self._collects = gc.isenabled()
            gc.disable()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth and self._collects:
            gc.enable()
        self._lock.release()


one_at_a_time = _OneAtATime()  # held around such an import


class _Module(ModuleType):
    """A module that is loaded when something of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # what is looked for in any module, which is no use of it
            raise AttributeError(name)
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def on_first_use(name: str) -> Any:
    """The module of that name, which is loaded when something of it is first asked for."""
    return _Module(name)


if TYPE_CHECKING:
    import torch as torch
    from torch import nn as nn
    from torch.nn import functional as functional
else:
    torch = on_first_use("torch")
    nn = on_first_use("torch.nn")
    functional = on_first_use("torch.nn.functional")
