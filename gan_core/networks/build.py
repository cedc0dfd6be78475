"""Both networks of an architecture, as an objective needs them.

Every generator is called ``G(z, y)`` and every critic ``D(x, y)``, with ``y`` possibly None. Images
are (N, C, H, W) in [-1, 1], latent vectors (N, latent_dim). To add an architecture, write its
generator's body and its critic's trunk in a file of this folder and add a line to
:data:`~gan_core.networks.table.ARCHITECTURES`.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

from gan_core.devices import own_defaults
from gan_core.errors import ConfigError
from gan_core.networks.architecture import Architecture
from gan_core.networks.base import AutoencoderCritic, Critic, Generator, LabelPlane
from gan_core.networks.initialisation import allocate
from gan_core.networks.needs import Head, Hidden, ImageShape, Needs
from gan_core.networks.table import architecture

PLAIN = Needs()  # a critic that scores, and no classes
OWN = Hidden()  # the architecture's own hidden layers
AUTOENCODERS = {Head.SQUARED_ERROR: 2, Head.ABSOLUTE_ERROR: 1}  # -> the power of the error


class Networks(NamedTuple):
    """The two players."""

    generator: Generator
    critic: nn.Module


@own_defaults()
def build_generator(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    n_classes: int = 0,
    hidden: Hidden = OWN,
) -> Generator:
    """A generator with weights not yet set, on the CPU; with classes, one that takes labels.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    spec = _fitting(name, image_shape, hidden)
    with torch.device("meta"):
        generator = _generator(spec, latent_dim, image_shape, n_classes)
    allocate(generator)
    return generator


def outline(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    needs: Needs = PLAIN,
    hidden: Hidden = OWN,
) -> Networks:
    """Both networks without any weights, on the meta device: to be counted and described.

    Args:
        name: a key of :data:`~gan_core.networks.table.ARCHITECTURES`.
        latent_dim: numbers in z, and in the code of an autoencoder critic.
        image_shape: (channels, height, width).
        needs: what the objective asks for.
        hidden: the hidden layers, where these can be chosen.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    spec = _fitting(name, image_shape, hidden)
    with torch.device("meta"):
        return Networks(
            _generator(spec, latent_dim, image_shape, needs.n_classes),
            _critic(spec, latent_dim, image_shape, needs),
        )


def build(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    needs: Needs = PLAIN,
    hidden: Hidden = OWN,
    *,
    seed: int = 0,
) -> Networks:
    """Both networks as :func:`outline` describes them, on the CPU, with weights from the seed.

    No global random state is read or moved: torch's own initialisation draws nothing on the meta
    device.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    networks = outline(name, latent_dim, image_shape, needs, hidden)
    for network in networks:
        allocate(network)
    random = torch.Generator().manual_seed(seed)
    initialisation = architecture(name).initialisation
    initialisation.apply(networks.generator, random)
    initialisation.in_critic(needs.critic_norm).apply(networks.critic, random)
    return networks


def _fitting(name: str, image_shape: ImageShape, hidden: Hidden) -> Architecture:
    spec = architecture(name)
    _, height, width = image_shape
    if height != width or spec.image_size not in (None, height):
        raise ConfigError(
            f"image_size is {height}; the architecture {name!r} makes pictures of "
            f"{spec.image_size} x {spec.image_size}."
        )
    return spec.sized(hidden)


def _generator(
    spec: Architecture, latent_dim: int, image_shape: ImageShape, n_classes: int
) -> Generator:
    body = spec.body(latent_dim + n_classes, image_shape, True)
    return Generator(body, latent_dim, image_shape, n_classes)


def _critic(spec: Architecture, code_dim: int, shape: ImageShape, needs: Needs) -> nn.Module:
    norm = needs.critic_norm
    if needs.head in AUTOENCODERS:
        decoder = spec.body(code_dim, shape, norm)
        power = AUTOENCODERS[needs.head]
        return AutoencoderCritic(*spec.trunk(shape, norm), code_dim, decoder, power)
    if needs.head is Head.CLASSES:
        return Critic(*spec.trunk(shape, norm), needs.n_classes)
    if needs.n_classes:
        channels, height, width = shape
        critic = Critic(*spec.trunk((channels + 1, height, width), norm))
        return LabelPlane(critic, needs.n_classes, height)
    return Critic(*spec.trunk(shape, norm))
