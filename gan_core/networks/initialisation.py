"""How weights begin."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import nn

from gan_core.networks.layers import BATCH_NORMS, LinearOrConv


def init_default(module: LinearOrConv, generator: torch.Generator) -> None:
    """torch's own for linear layers and convolutions: uniform within 1/sqrt(fan in)."""
    weight = module.weight
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(weight)
    bound = 1 / math.sqrt(fan_in)
    nn.init.uniform_(weight, -bound, bound, generator=generator)
    if module.bias is not None:
        nn.init.uniform_(module.bias, -bound, bound, generator=generator)


def init_dcgan(module: LinearOrConv, generator: torch.Generator) -> None:
    """Normal weights of deviation 0.02 (DCGAN, section 4)."""
    nn.init.normal_(module.weight, 0.0, 0.02, generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def init_he(module: LinearOrConv, generator: torch.Generator) -> None:
    """Normal weights of deviation sqrt(2 / fan in) (He et al. 2015, arXiv:1502.01852, equation
    10), which keep a signal's size from layer to layer where no batch norm restores it."""
    fan_in = module.weight[0].numel()
    if isinstance(module, nn.ConvTranspose2d):  # (in, out, k, k), and stride thins what arrives
        fan_in = module.weight[:, 0].numel() // math.prod(module.stride)
    nn.init.normal_(module.weight, 0.0, math.sqrt(2 / fan_in), generator=generator)
    if module.bias is not None:
        nn.init.zeros_(module.bias)


def initialise(
    module: nn.Module,
    init: Callable[[LinearOrConv, torch.Generator], None],
    random: torch.Generator,
) -> None:
    """Set the weights of one layer from the random stream; batch norm forgets what it has seen."""
    if isinstance(module, LinearOrConv):
        init(module, random)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, generator=random)
    elif isinstance(module, BATCH_NORMS):
        module.reset_running_stats()
        if init is init_dcgan:
            nn.init.normal_(module.weight, 1.0, 0.02, generator=random)
        else:
            nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
