"""Residual networks: what a block adds at first, and how a signal keeps its size."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from gan_core.networks.build import build
from gan_core.networks.needs import Needs
from gan_core.networks.residual import ResidualBlock, residual_body


def test_a_block_that_has_not_learnt_gives_what_it_takes() -> None:
    generator, _ = build("resnet-28", 8, (1, 28, 28), Needs(critic_norm=False), seed=1)
    blocks = [module for module in generator.modules() if isinstance(module, ResidualBlock)]
    maps = torch.randn(2, 192, 7, 7)

    assert len(blocks) == 6
    assert torch.equal(blocks[0](maps), maps)
    # He's deviation, sqrt(2 / 192), times 6 ** (-1/4)
    first, _, _, _, last = blocks[0].added
    assert isinstance(first, nn.Conv2d) and isinstance(last, nn.Conv2d)
    assert first.weight.std().item() == pytest.approx(0.0652, rel=0.02)
    assert last.weight.abs().max() == 0


@pytest.mark.parametrize(("name", "side"), [("resnet-28", 28), ("resnet-64", 64)])
def test_pictures_and_scores_begin_with_a_size_of_their_own(name: str, side: int) -> None:
    generator, critic = build(name, 16, (3, side, side), Needs(critic_norm=False), seed=1)
    with torch.no_grad():
        images = generator(torch.randn(32, 16))
        scores = critic(images).score

    assert images.shape == (32, 3, side, side)
    assert 0.3 < images.std() < 0.95
    assert 0.1 < scores.std() < 3


def test_maps_are_doubled_between_the_widths() -> None:
    body = residual_body(4, (1, 12, 12), (8, 6, 6), blocks=1)
    sizes = []
    x = torch.zeros(1, 4)
    for layer in body.children():
        x = layer(x)
        sizes.append(tuple(x.shape[1:]))

    assert sizes == [
        (72,), (8, 3, 3), (8, 3, 3), (6, 3, 3), (6, 6, 6), (6, 6, 6), (6, 12, 12), (6, 12, 12),
        (1, 12, 12),
    ]  # fmt: skip
