from __future__ import annotations

import pytest
import torch

from gan_core.networks.layers import Dropout
from tests.gan_core.helpers import random_states


def test_dropout_draws_from_its_own_generator() -> None:
    dropout, x = Dropout(0.25), torch.ones(200, 50)
    random = torch.Generator().manual_seed(1)
    dropout.draw_from(random)
    before = random_states()
    first = dropout(x)
    assert random_states() == before
    random.manual_seed(1)
    assert torch.equal(first, dropout(x))
    assert first.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert (first == 0).float().mean() == pytest.approx(0.25, abs=0.02)
    assert torch.equal(dropout.eval()(x), x)


def test_dropout_of_channels_drops_whole_maps() -> None:
    images = Dropout(0.5, channels=True)(torch.ones(20, 8, 3, 3))
    maps = images.flatten(2)
    assert ((maps == 0).all(2) | (maps == 2).all(2)).all()
