from __future__ import annotations

import torch

from gan_core.networks.build import build
from gan_core.networks.layers import BATCH_NORMS
from gan_core.networks.needs import Needs
from gan_core.networks.table import ARCHITECTURES
from gan_core.presets import preset
from gan_core.runs.folder import RunInfo
from gan_core.runs.generators import OpenedGenerator


def random_generator(
    architecture: str, classes: tuple[str, ...] = (), latent_dim: int = 7
) -> OpenedGenerator:
    """A generator with random weights, and batch norm whose running statistics matter."""
    side = ARCHITECTURES[architecture].image_size or 12
    shape = (3 if side == 32 else 1, side, side)
    generator = build(
        architecture, latent_dim, shape, Needs(n_classes=len(classes)), seed=3
    ).generator
    random = torch.Generator().manual_seed(4)
    for module in generator.modules():
        if isinstance(module, BATCH_NORMS):
            assert module.running_mean is not None and module.running_var is not None
            module.running_mean.normal_(0, 0.1, generator=random)
            module.running_var.uniform_(0.2, 1.5, generator=random)
    config = preset("digits").with_settings(
        {"architecture": architecture, "latent_dim": latent_dim}
    )
    info = RunInfo(shape, classes, "", 0, "", "", "")
    return OpenedGenerator("tiny", generator.eval(), config, info)
