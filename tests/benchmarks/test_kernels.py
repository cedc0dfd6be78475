"""To what a kernel's time is counted, and the least that work can take."""

from __future__ import annotations

import pytest
import torch

from benchmarks.ceiling import Ceiling
from benchmarks.kernels import OTHER, OUTSIDE, Least, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aten::addmm", "products"),
        ("aten::convolution_backward", "products"),
        ("aten::_fused_adam_", "optimizer"),
        ("aten::_foreach_lerp_", "average"),
        ("aten::_foreach_norm", "gradient norm"),
        ("aten::native_batch_norm_backward", "batch norm"),
        ("aten::leaky_relu_", "activations"),
        ("aten::bernoulli_", "random numbers"),
        ("aten::softplus", OTHER),
        ("aten::t", OUTSIDE),
        ("Optimizer.step#Adam.step", OUTSIDE),
    ],
)
def test_kinds(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_the_least_is_what_is_longer_arithmetic_or_bytes() -> None:
    a, b = torch.ones(2, 3), torch.ones(3, 4)
    with Least(Ceiling(operations=2 * 2 * 3 * 4, bytes=1e9)) as least:
        a @ b  # 48 operations, at 48 a second
    assert least.seconds["products"] == pytest.approx(1.0)
    with Least(Ceiling(operations=1e9, bytes=4 * (6 + 12 + 8))) as least:
        a @ b  # 26 numbers of four bytes
    assert least.seconds["products"] == pytest.approx(1.0)
