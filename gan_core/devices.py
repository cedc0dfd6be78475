"""Which devices there are to train on, and what they are called."""

from __future__ import annotations

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


def device_name(device: torch.device) -> str:
    """A name that a person knows: the GPU's, or the number of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
