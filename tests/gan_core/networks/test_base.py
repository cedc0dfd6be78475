from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gan_core.networks.base import AutoencoderCritic, Critic, LabelPlane
from gan_core.networks.build import build
from gan_core.networks.needs import Needs


def test_a_critic_sees_the_plane_of_the_label() -> None:
    critic = Critic(nn.Flatten(), 2 * 4)
    conditional = LabelPlane(critic, n_classes=3, side=2)
    with torch.no_grad():
        conditional.planes.weight.copy_(torch.arange(12).view(3, 4))
        critic.head.weight.copy_(torch.tensor([[1.0, 1, 1, 1, 10, 10, 10, 10]]))
        critic.head.bias.zero_()
    x = torch.ones(3, 1, 2, 2)
    # 4 for the image, 10 * (0+1+2+3), 10 * (4+5+6+7), 10 * (8+9+10+11) for the planes
    assert conditional(x, torch.tensor([0, 1, 2])).score.tolist() == [64, 224, 384]
    with pytest.raises(AssertionError, match="needs labels"):
        conditional(x, None)


def test_a_conditional_generator_needs_labels() -> None:
    generator = build("mlp", 4, (1, 8, 8), Needs(n_classes=3)).generator
    with pytest.raises(AssertionError, match="needs labels"):
        generator(torch.zeros(2, 4), None)


class Half(nn.Module):
    def forward(self, code: Tensor) -> Tensor:
        return code / 2


@pytest.mark.parametrize(("power", "energies"), [(2, [0.125, 0.625]), (1, [0.25, 0.75])])
def test_energies_by_hand(power: int, energies: list[float]) -> None:
    critic = AutoencoderCritic(nn.Flatten(), 2, 2, Half(), power)
    with torch.no_grad():
        critic.encode.weight.copy_(torch.eye(2))
        critic.encode.bias.copy_(torch.tensor([0.0, 1.0]))
    images = torch.tensor([[1.0, 1.0], [1.0, -1.0]]).view(2, 2, 1, 1)
    verdict = critic(images, None)
    # codes (1, 2) and (1, 0), reconstructions (0.5, 1) and (0.5, 0): errors 0.5 and 0, 0.5 and 1
    assert verdict.score.tolist() == energies
    assert verdict.code.tolist() == [[1, 2], [1, 0]]
