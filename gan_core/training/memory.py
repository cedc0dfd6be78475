"""Memory that a training frees is kept by the process and used again.

A step makes and frees some dozens of tensors. Whatever the C library gives back to the system it
asks for again at the next step, and is handed a page at a time, each cleared first: for large maps
a third of a step's time on a virtual machine. Where the C library is not glibc, nothing happens.
"""

from __future__ import annotations

import ctypes

# Of malloc.h. Large tensors come from the heap too, its end is never given back by itself, and all
# threads share one heap, since what glibc sets up for each thread cannot hold a large tensor.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_NEVER = 2**31 - 1


def keep_freed() -> bool:
    """From now on keep what is freed; whether this C library can. For the whole process."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    options = {_MMAP_THRESHOLD: 2**30, _TRIM_THRESHOLD: _NEVER, _ARENA_MAX: 1}
    results = [mallopt(option, value) for option, value in options.items()]
    return all(results)


def give_back() -> None:
    """Give what is kept and not in use back to the system."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
