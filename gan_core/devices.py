"""Which devices there are to train on, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

from gan_core.errors import ConfigError


def choose_device(name: str) -> torch.device:
    """The device called ``auto``, ``cpu`` or ``cuda``; auto takes the GPU where there is one.

    Raises:
        ConfigError: another name, or no GPU where one was asked for.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device is {name!r}; choose one of auto, cpu, cuda.")
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device is 'cuda', but torch finds no GPU here; use auto or cpu.")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


@contextmanager
def own_defaults() -> Iterator[None]:
    """Within: 32-bit numbers on the CPU where no type and no device is named, whatever a notebook
    has set with ``torch.set_default_dtype`` and ``torch.set_default_device``; as it was behind it.

    For the doors of the library, also as a decorator. A ``Trainer`` by itself computes in the
    default type, so that it can be compared with another program in double precision.
    """
    dtype, on_cpu = torch.get_default_dtype(), torch.get_default_device().type == "cpu"
    if dtype != torch.float32:
        torch.set_default_dtype(torch.float32)
    try:
        with nullcontext() if on_cpu else torch.device("cpu"):  # a device set slows every call
            yield
    finally:
        if dtype != torch.float32:
            torch.set_default_dtype(dtype)


def device_name(device: torch.device) -> str:
    """A name that a person knows: the GPU's, or the number of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
