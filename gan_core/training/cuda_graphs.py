"""Steps as CUDA graphs: captured once, replayed with one launch in place of hundreds.

What is captured must read and write tensors that stay where they are, and must not wait for the
device. Random numbers come from a generator that the graph knows, and that moves on at each replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch

from gan_core.training.threads import one_capture_at_a_time

WARM_UP = 3  # runs before a capture, in which libraries choose their kernels


class GraphedTurns:
    """A function of the device's tensors, run as it is at first and then as a graph.

    Args:
        play: what to run; it is told a key, and what it returns for it must always be the same.
        random: the generator on the device that it draws from.
    """

    def __init__(self, play: Callable[[bool], list[str]], random: torch.Generator) -> None:
        self._play = play
        self._random = random
        self._stream = torch.cuda.Stream(random.device)
        self.forget()

    def forget(self) -> None:
        """Capture anew: the tensors that were read and written are no longer those."""
        self._runs: Counter[bool] = Counter()
        self._graphs: dict[bool, tuple[torch.cuda.CUDAGraph, list[str]]] = {}

    def __call__(self, key: bool) -> list[str]:
        """Run it for that key."""
        if key not in self._graphs and self._runs[key] < WARM_UP:
            self._runs[key] += 1
            return self._aside(key)
        if key not in self._graphs:
            graph = torch.cuda.CUDAGraph()
            graph.register_generator_state(self._random)
            # Another training may take memory of the same GPU meanwhile, in a thread of its own.
            with one_capture_at_a_time, torch.cuda.graph(graph, capture_error_mode="thread_local"):
                names = self._play(key)
            self._graphs[key] = graph, names
        graph, names = self._graphs[key]
        graph.replay()
        return names

    def _aside(self, key: bool) -> list[str]:
        """Run it on a stream of its own, as a capture will."""
        current = torch.cuda.current_stream(self._random.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            names = self._play(key)
        current.wait_stream(self._stream)
        return names
