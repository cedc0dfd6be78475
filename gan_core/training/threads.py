"""How many of the processor's threads compute a training, and which wait for each other.

All that torch takes, but one where the networks are so small that threads would wait for one
another longer than they compute: it is a fifth quicker then, leaves the other cores to the pages,
and is not held up by programs that want them. The rule looks at the settings alone, so that a
training is always computed in the same way and the same seed gives the same weights.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

one_capture_at_a_time = threading.Lock()  # of a CUDA graph: two that overlap in a process both fail

_SMALL = 2**22  # weights times images; networks of 64-64 have a tenth of it, of 256-256 twice it


def is_small(network: nn.Module, images: int) -> bool:
    """Whether a step of so many images is quicker on one thread."""
    return sum(weight.numel() for weight in network.parameters()) * images <= _SMALL


@contextmanager
def on_one_thread() -> Iterator[None]:
    """Within it torch computes on one thread, where the calling thread asks it to. Where it does
    already, nothing is to be done: what follows waits for a core, and on a busy machine for long.
    """
    before = torch.get_num_threads()
    if before == 1:
        yield
        return
    torch.set_num_threads(1)
    # That is also what threads would take that begin from here on: another one puts it back.
    other = threading.Thread(target=torch.set_num_threads, args=(before,))
    other.start()
    other.join()
    try:
        yield
    finally:
        torch.set_num_threads(before)
