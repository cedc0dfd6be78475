"""The objectives: what each player minimises, and what that needs of the networks.

No optimizer, no data, no files. To add an objective, write a class in a file of this folder and add
a line to :data:`OBJECTIVES`; its settings are the arguments of its constructor. Scores are (N,):
logits, critic values, or energies of an autoencoder critic. Losses are means over the batch.
"""

from __future__ import annotations

from gan_core.errors import ConfigError
from gan_core.objectives.autoencoder import BEGAN, EBGAN
from gan_core.objectives.base import Objective
from gan_core.objectives.classic import LSGAN, Hinge, MinimaxGAN, NonSaturatingGAN
from gan_core.objectives.conditional import ACGAN, CGAN
from gan_core.objectives.penalised import DRAGAN, R3GAN
from gan_core.objectives.wasserstein import WGAN, WGANGP

OBJECTIVES: dict[str, type[Objective]] = {
    "gan": NonSaturatingGAN,
    "gan-minimax": MinimaxGAN,
    "lsgan": LSGAN,
    "hinge": Hinge,
    "wgan": WGAN,
    "wgan-gp": WGANGP,
    "dragan": DRAGAN,
    "cgan": CGAN,
    "acgan": ACGAN,
    "ebgan": EBGAN,
    "began": BEGAN,
    "r3gan": R3GAN,
}


def objective_class(name: str) -> type[Objective]:
    """The objective of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in OBJECTIVES:
        raise ConfigError(f"objective is {name!r}; choose one of {', '.join(OBJECTIVES)}.")
    return OBJECTIVES[name]
