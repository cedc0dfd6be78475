"""What a device can do at most, measured, and what a piece of work asks of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry

PRODUCT = 4096  # side of the square matrices; 2,048 on a CPU
COPIED = 64 * 2**20  # floats


@dataclass(frozen=True)
class Ceiling:
    """The most that a device was seen to do in a second."""

    operations: float  # floating-point, in a product of large matrices
    bytes: float  # read and written, in a copy of a large tensor


def measure_ceiling(device: torch.device, repeats: int = 7) -> Ceiling:
    """The best of some large products and copies, in float32 as torch is set."""
    side = PRODUCT if device.type == "cuda" else PRODUCT // 2
    a, b = (torch.rand(side, side, device=device) for _ in range(2))
    source = torch.rand(COPIED, device=device)
    target = torch.empty_like(source)
    product = min(seconds(lambda: torch.mm(a, b), device) for _ in range(repeats))
    copy = min(seconds(lambda: target.copy_(source), device) for _ in range(repeats))
    return Ceiling(2 * side**3 / product, 2 * source.nbytes / copy)


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """How long it takes: by the device's own clock on a GPU, which works behind the program."""
    if device.type != "cuda":
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    work()
    last.record()
    torch.cuda.synchronize(device)
    return first.elapsed_time(last) / 1e3


def operations(func: Any, args: Any, kwargs: dict[str, Any], output: Any) -> int:
    """Floating-point operations of a product or convolution; 0 of all else."""
    count = flop_registry.get(func.overloadpacket)
    return count(*args, **kwargs, out_val=output) if count else 0


class Work(TorchDispatchMode):
    """What the work done within it asks of a device.

    torch's own counter follows the modules too, and cannot do so through the gradients that a
    penalty takes; its table of operations is used here.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0  # floating-point, of products and convolutions
        self.bytes = 0  # that all operations read and write
        self._products: list[Callable[[], object]] = []

    def products(self) -> None:
        """Do its products and convolutions once more, and nothing else of it."""
        for product in self._products:
            product()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if func.overloadpacket in flop_registry:
            self.operations += operations(func, args, kwargs, output)
            self._products.append(partial(func, *args, **kwargs))
        if not func.is_view:
            tensors = [x for x in tree_leaves((args, kwargs, output)) if isinstance(x, Tensor)]
            self.bytes += sum(x.nbytes for x in tensors)
        return output
