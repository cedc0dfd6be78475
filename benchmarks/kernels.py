"""Where the time of a training step goes, by kind of kernel, against what the kind asks at least.

    python benchmarks/kernels.py [PRESET ...] [--steps 30] [--rounds 5] [--data-dir D]

Steps are timed as they are, and in turns with them under torch's profiler, whose shares are told of
the former. "At least" is the time that the same arithmetic takes at the speed of a product of large
matrices, or the same reading and writing at that of a large copy, whichever is longer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile
from torch.utils._pytree import tree_leaves

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.ceiling import Ceiling, measure_ceiling, operations, seconds
from benchmarks.throughput import times
from gan_core import catalog, presets
from gan_core.data import loading
from gan_core.training import memory
from gan_core.training.trainer import Trainer

PRESETS = ("gan-mnist", "dcgan-upsample-mnist", "dcgan-mnist", "dcgan-64")
OTHER = "sums, losses, arithmetic"
OUTSIDE = "Python, dispatch"
# The kind of a kernel, by how its name begins; the first that fits.
KINDS = {
    "products": (
        "mm",
        "addmm",
        "bmm",
        "baddbmm",
        "mkldnn_",
        "convolution",
        "_convolution",
        "thnn_",
        "slow_",
        "_slow_",
    ),
    "patches of images": ("im2col", "col2im"),
    "average": ("_foreach_lerp", "lerp"),
    "gradient norm": ("_foreach_norm", "linalg_vector_norm"),
    "optimizer": ("_fused_", "_foreach_"),
    "batch norm": ("native_batch_norm", "batch_norm", "_batch_norm"),
    "activations": ("relu", "leaky_relu", "threshold", "tanh", "sigmoid", "max_pool", "elu"),
    "random numbers": ("bernoulli", "normal", "uniform", "random", "rand"),
    "copies": ("copy", "clone", "fill", "zero", "cat", "index", "stack", "contiguous"),
}
# They only say how memory is to be read, or call others.
VIEWS = {
    "alias", "as_strided", "conv2d", "detach", "empty", "empty_like", "empty_strided", "expand",
    "expand_as", "flatten", "linear", "matmul", "permute", "reshape", "resize_", "select", "slice",
    "squeeze", "t", "to", "_to_copy", "transpose", "unflatten", "unsqueeze", "view",
}  # fmt: skip


def kind_of(name: str) -> str:
    """The kind that a kernel counts to, by its name, as in ``aten::addmm``."""
    plain = name.removeprefix("aten::")
    if plain == name or plain in VIEWS:
        return OUTSIDE
    return next((kind for kind, starts in KINDS.items() if plain.startswith(starts)), OTHER)


class Least(TorchDispatchMode):
    """The shortest that the work done within it can take, in seconds by kind."""

    def __init__(self, ceiling: Ceiling) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ceiling = ceiling
        self.seconds: dict[str, float] = defaultdict(float)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if func.is_view or func.overloadpacket.__name__ in VIEWS:
            return output
        tensors = {id(x): x for x in tree_leaves((args, kwargs)) if isinstance(x, Tensor)}
        results = [x for x in tree_leaves(output) if isinstance(x, Tensor)]
        moved = sum(x.nbytes for x in (*tensors.values(), *results))
        self.seconds[kind_of(f"aten::{func.overloadpacket.__name__}")] += max(
            operations(func, args, kwargs, output) / self.ceiling.operations,
            moved / self.ceiling.bytes,
        )
        return output


def measure(name: str, steps: int, rounds: int, data_dir: Path) -> list[tuple[str, float, float]]:
    """Of a step of a recipe: each kind, the milliseconds that it takes, and takes at least."""
    config, device = presets.preset(name), torch.device("cpu")
    data = loading.load(config.dataset, data_dir, image_size=catalog.image_size(config))
    trainer = Trainer(config, data, device)
    memory.keep_freed()
    times(trainer.step, 3)()
    plain: list[float] = []
    shares: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        plain.append(seconds(times(trainer.step, steps), device) / steps * 1e3)
        with profile(activities=[ProfilerActivity.CPU]) as profiled:
            took = seconds(times(trainer.step, steps), device) * 1e6
        kinds: dict[str, float] = defaultdict(float)
        for event in profiled.key_averages():
            kinds[kind_of(event.key)] += event.self_cpu_time_total
        kinds[OUTSIDE] = took - sum(kinds.values())
        for kind, microseconds in kinds.items():
            shares[kind].append(microseconds / took)
    with Least(measure_ceiling(device)) as least:
        trainer.step()
    step = statistics.median(plain)
    rows = [
        (kind, statistics.median(found) * step, least.seconds[kind] * 1e3)
        for kind, found in shares.items()
    ]
    rows.sort(key=lambda row: -row[1])
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each recipe."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("presets", nargs="*", default=list(PRESETS))
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data-dir", type=Path, default=loading.default_data_dir())
    options = parser.parse_args(arguments)
    for name in options.presets:
        rows = measure(name, options.steps, options.rounds, options.data_dir)
        whole = sum(taken for _, taken, _ in rows)
        print(f"| {name} | ms a step | share | at least, ms |\n|---|--:|--:|--:|")
        for kind, taken, least in rows:
            print(f"| {kind} | {taken:.2f} | {taken / whole:.0%} | {least:.2f} |")
        print(f"| **all** | **{whole:.2f}** | | {sum(least for *_, least in rows):.2f} |\n")


if __name__ == "__main__":
    main()
