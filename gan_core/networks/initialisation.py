"""How weights begin. To import this loads no torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gan_core.libraries import nn, torch

if TYPE_CHECKING:
    from gan_core.networks.layers import LinearOrConv


def allocate(network: nn.Module) -> None:
    """Give a network that was made on the meta device memory on the CPU, as it happens to be.

    ``Module.to_empty`` does the same, but has torch load its compiler first: more than a second.
    """
    weights = network.state_dict().items()
    empty = {name: torch.empty(tensor.shape, dtype=tensor.dtype) for name, tensor in weights}
    network.load_state_dict(empty, assign=True)


@dataclass(frozen=True)
class Initialisation:
    """How the weights of a network begin.

    Attributes:
        weights: sets the weights of one linear layer or convolution from a random stream.
        norm_deviation: of batch norm's scales around 1.
        without_norm: what a critic takes where its objective forbids batch norm, if it is not this.
    """

    weights: Callable[[LinearOrConv, torch.Generator], None]
    norm_deviation: float = 0.0
    without_norm: Initialisation | None = None

    def in_critic(self, norm: bool) -> Initialisation:
        """What a critic takes that may have batch norm, or may not."""
        return self if norm or self.without_norm is None else self.without_norm

    def apply(self, network: nn.Module, random: torch.Generator) -> None:
        """Set all weights of a network from the random stream, layer by layer in their order;
        batch norm forgets what it has seen."""
        from gan_core.networks.layers import BATCH_NORMS, GainConv2d, LinearOrConv

        for module in network.modules():
            if isinstance(module, LinearOrConv):
                self.weights(module, random)
                if isinstance(module, GainConv2d):
                    module.weight.detach().mul_(module.gain)
            elif isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, generator=random)
            elif isinstance(module, BATCH_NORMS):
                module.reset_running_stats()
                nn.init.ones_(module.weight)
                if self.norm_deviation:
                    nn.init.normal_(module.weight, 1.0, self.norm_deviation, generator=random)
                nn.init.zeros_(module.bias)


def uniform_weights(module: LinearOrConv, random: torch.Generator) -> None:
    """torch's own for linear layers and convolutions: uniform within 1/sqrt(fan in)."""
    weight = module.weight
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    bound = 1 / math.sqrt(fan_in)
    nn.init.uniform_(weight, -bound, bound, generator=random)
    if module.bias is not None:
        nn.init.uniform_(module.bias, -bound, bound, generator=random)


def dcgan_weights(module: LinearOrConv, random: torch.Generator) -> None:
    """Normal weights of deviation 0.02 (DCGAN, section 4)."""
    nn.init.normal_(module.weight, 0.0, 0.02, generator=random)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def he_weights(module: LinearOrConv, random: torch.Generator) -> None:
    """Normal weights of deviation sqrt(2 / fan in) (He et al. 2015, arXiv:1502.01852, equation
    10), which keep a signal's size from layer to layer where no batch norm restores it."""
    fan_in = module.weight[0].numel()
    if isinstance(module, nn.ConvTranspose2d):  # (in, out, k, k), and stride thins what arrives
        fan_in = module.weight[:, 0].numel() // math.prod(module.stride)
    nn.init.normal_(module.weight, 0.0, math.sqrt(2 / fan_in), generator=random)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


DEFAULT = Initialisation(uniform_weights)
HE = Initialisation(he_weights)
# DCGAN's small weights presume batch norm: without it a signal would die on its way.
DCGAN = Initialisation(dcgan_weights, norm_deviation=0.02, without_norm=HE)
