"""Adam gives what torch's own gives, bit for bit, whatever happens to it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.training.adam import Adam

OPTIONS: dict[str, Any] = {"lr": 0.1, "betas": (0.5, 0.9), "fused": True}


def two() -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    random = torch.Generator().manual_seed(0)
    tensors = [torch.randn(shape, generator=random) for shape in ((3, 5), (17,), ())]
    one, other = ([nn.Parameter(t.clone()) for t in tensors] for _ in range(2))
    return one, other


def gradients() -> Iterator[list[Tensor]]:
    random = torch.Generator().manual_seed(1)
    while True:
        yield [torch.randn(shape, generator=random) for shape in ((3, 5), (17,), ())]


def give(weights: list[nn.Parameter], values: list[Tensor]) -> None:
    for weight, value in zip(weights, values, strict=True):
        weight.grad = value.clone()


def test_it_is_torchs_adam() -> None:
    ours, theirs = two()
    adam, torchs = Adam(ours, **OPTIONS), torch.optim.Adam(theirs, **OPTIONS)
    source = gradients()
    for step in range(12):
        values = next(source)
        give(ours, values)
        give(theirs, values)
        if step == 3:  # rates may change at any step
            for optimizer in (adam, torchs):
                optimizer.param_groups[0].update(lr=0.01, betas=(0.0, 0.99))
        if step == 6:  # and a state may be taken up, which stays as it is
            state = copy.deepcopy(adam.state_dict())
            kept = copy.deepcopy(state)
            adam.load_state_dict(state)
        if step == 9:  # a weight without a gradient stays
            ours[1].grad = theirs[1].grad = None
        adam.step()
        torchs.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    saved, expected = adam.state_dict(), torchs.state_dict()
    assert saved["param_groups"] == expected["param_groups"]
    for index, memory in expected["state"].items():
        for name, value in memory.items():
            assert torch.equal(saved["state"][index][name], value), name
    assert float(kept["state"][0]["step"]) == 6


def test_a_weight_may_get_its_first_gradient_late() -> None:
    ours, theirs = two()
    adam, torchs = Adam(ours, **OPTIONS), torch.optim.Adam(theirs, **OPTIONS)
    source = gradients()
    for step in range(4):
        values = next(source)
        give(ours, values)
        give(theirs, values)
        if step < 2:
            ours[2].grad = theirs[2].grad = None
        adam.step()
        torchs.step()
    assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
