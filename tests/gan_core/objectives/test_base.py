"""A critic judges two batches at once where that says the same, and apart where it does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gan_core.networks.build import build
from gan_core.networks.needs import Head, Needs, Verdict
from gan_core.objectives.base import Batch, judge_both

SHAPE = (1, 28, 28)
CRITICS = {
    "scores": Needs(critic_norm=False),
    "scores with batch norm": Needs(),
    "scores by class": Needs(n_classes=10, critic_norm=False),
    "names classes": Needs(Head.CLASSES, n_classes=10, critic_norm=False),
    "reconstructs": Needs(Head.SQUARED_ERROR, critic_norm=False),
}


def batch(size: int, seed: int) -> Batch:
    random = torch.Generator().manual_seed(seed)
    images = torch.rand(size, *SHAPE, generator=random, dtype=torch.float64) * 2 - 1
    return Batch(images, torch.randint(10, (size,), generator=random))


@pytest.mark.parametrize("needs", CRITICS.values(), ids=list(CRITICS))
def test_both_batches_get_what_each_gets_alone(needs: Needs) -> None:
    critic = build("dcgan-28", 4, SHAPE, needs).critic.double().train()
    real, fake = batch(6, 0), batch(4, 1)
    apart = critic(*real), critic(*fake)
    for together, alone in zip(judge_both(critic, real, fake), apart, strict=True):
        for part, other in zip(together, alone, strict=True):
            assert (part is None) == (other is None)
            if part is not None:
                torch.testing.assert_close(part, other, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("norm", "passes"), [(False, 1), (True, 2)])
def test_one_pass_where_images_are_judged_by_themselves(norm: bool, passes: int) -> None:
    critic = build("dcgan-28", 4, SHAPE, Needs(critic_norm=norm)).critic.double()
    sizes: list[int] = []
    critic.register_forward_hook(lambda _, images, verdict: sizes.append(len(verdict.score)))
    judge_both(critic, batch(6, 0), batch(4, 1))
    assert len(sizes) == passes
    assert sum(sizes) == 10


def test_a_function_for_a_critic_is_asked_for_each_batch() -> None:
    def mean_over_batch(images: Tensor, labels: Tensor | None) -> Verdict:
        return Verdict(images.flatten(1).sum(1) - images.mean())

    real, fake = batch(6, 0), batch(4, 1)
    on_real, on_fake = judge_both(mean_over_batch, real, fake)
    assert torch.equal(on_real.score, mean_over_batch(*real).score)
    assert torch.equal(on_fake.score, mean_over_batch(*fake).score)
