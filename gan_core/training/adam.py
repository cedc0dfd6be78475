"""Adam for small networks, whose step does nothing but its arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor


class _Memory(NamedTuple):
    """Weights, and what Adam remembers of each."""

    weights: list[Tensor]
    means: list[Tensor]
    squares: list[Tensor]
    steps: list[Tensor]


class Adam(torch.optim.Adam):
    """torch's fused Adam bit for bit, of one group of weights on the CPU and without its options.

    At each step torch's own looks through groups, options and devices, and has itself timed. Beside
    the arithmetic of networks of 64-64 that takes a sixth of a training step. Of hooks those alone
    are called that follow a step.
    """

    _memory: _Memory | None = None  # of all weights, once each has had a gradient

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Update the weights that have a gradient."""
        assert closure is None, "the loss is computed before a step"
        [group] = self.param_groups
        memory = self._memory
        gradients = [weight.grad for weight in group["params"] if weight.grad is not None]
        if memory is None or len(gradients) < len(memory.weights):
            memory = self._remembered(group)
        beta1, beta2 = group["betas"]
        torch._foreach_add_(memory.steps, 1)
        torch._fused_adam_(
            memory.weights,
            gradients,
            memory.means,
            memory.squares,
            [],
            memory.steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )
        for hook in self._optimizer_step_post_hooks.values():
            hook(self, (), {})

    step.hooked = True  # type: ignore[attr-defined]  # else torch wraps it, to have it timed

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Remember what the state does."""
        super().load_state_dict(state_dict)
        self._memory = None  # its tensors are others now

    def _remembered(self, group: dict[str, Any]) -> _Memory:
        """Of the weights that have a gradient; of what had none before nothing yet."""
        memory = _Memory([], [], [], [])
        weights, means, squares, steps = memory
        self._init_group(group, weights, [], means, squares, [], steps)  # type: ignore[no-untyped-call]
        if len(weights) == len(group["params"]):
            self._memory = memory
        return memory
