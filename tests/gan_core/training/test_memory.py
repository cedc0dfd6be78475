"""What is freed is used again, and can be given back."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

MEASURE = """
import resource, torch
from gan_core.training import memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(1024, 1024, 16)  # 64 MiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as numbers:
        return int(numbers.read().split()[1]) // 256  # MiB

assert memory.keep_freed()
seen, kept = [faults() for _ in range(20)], resident()
memory.give_back()
print(seen[0], seen[-1], kept - resident())
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc"
)
def test_a_tensor_takes_the_pages_of_one_that_was_freed() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    )
    first, again, given_back = map(int, ran.stdout.split())
    assert again < first / 10
    assert given_back > 48
