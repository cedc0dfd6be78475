"""Generators, critics, and the table of architectures.

Every generator is called ``G(z, y)`` and every critic ``D(x, y)``, with ``y`` possibly None. Images
are (N, C, H, W) in [-1, 1], latent vectors (N, latent_dim). To add an architecture, write its
generator and its trunk and add a line to :data:`ARCHITECTURES`.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict, Unpack

import torch
from torch import nn

from gan_core.errors import ConfigError
from gan_core.networks.base import (
    Architecture,
    AutoencoderCritic,
    Critic,
    Generator,
    Head,
    ImageShape,
    LabelPlane,
)
from gan_core.networks.initialisation import init_dcgan, init_he, initialise
from gan_core.networks.table import architecture


class Needs(TypedDict, total=False):
    """What an objective needs of its networks; see :func:`outline`."""

    head: Head
    n_classes: int
    critic_norm: bool


class Networks(NamedTuple):
    """The two players."""

    generator: Generator
    critic: nn.Module


def build_generator(
    name: str, latent_dim: int, image_shape: ImageShape, n_classes: int = 0
) -> Generator:
    """A generator with weights not yet set, on the CPU; with classes, one that takes labels.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    with torch.device("meta"):
        generator = _bare_generator(name, latent_dim, image_shape, n_classes)
    return generator.to_empty(device="cpu")


def outline(
    name: str,
    latent_dim: int,
    image_shape: ImageShape,
    *,
    head: Head = Head.SCORE,
    n_classes: int = 0,
    critic_norm: bool = True,
) -> Networks:
    """Both networks without any weights, on the meta device: to be counted and described.

    Args:
        name: a key of :data:`ARCHITECTURES`.
        latent_dim: numbers in z, and in the code of an autoencoder critic.
        image_shape: (channels, height, width).
        head: what the critic is to give.
        n_classes: of a conditional objective, else 0. The generator takes labels; so does the
            critic, unless its head is to name the class itself.
        critic_norm: whether the critic may use batch norm; objectives with a gradient penalty
            or an autoencoder critic say no.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    spec = architecture(name)
    with torch.device("meta"):
        return Networks(
            _bare_generator(name, latent_dim, image_shape, n_classes),
            _bare_critic(spec, latent_dim, image_shape, head, n_classes, critic_norm),
        )


def build(
    name: str, latent_dim: int, image_shape: ImageShape, *, seed: int = 0, **needs: Unpack[Needs]
) -> Networks:
    """Both networks as :func:`outline` describes them, on the CPU, with weights from the seed.

    No global random state is read or moved: torch's own initialisation draws nothing on the meta
    device.

    Raises:
        ConfigError: the architecture is unknown or does not make images of that shape.
    """
    networks = outline(name, latent_dim, image_shape, **needs)
    init = architecture(name).init
    random = torch.Generator().manual_seed(seed)
    for network in networks:
        network.to_empty(device="cpu")
    for module in networks.generator.modules():
        initialise(module, init, random)
    # DCGAN's small weights presume batch norm
    needs_he = not needs.get("critic_norm", True) and init is init_dcgan
    for module in networks.critic.modules():
        initialise(module, init_he if needs_he else init, random)
    return networks


def _bare_generator(
    name: str, latent_dim: int, image_shape: ImageShape, n_classes: int
) -> Generator:
    spec = architecture(name)
    _, height, width = image_shape
    if height != width or spec.image_size not in (None, height):
        raise ConfigError(
            f"image_size is {height}; the architecture {name!r} makes pictures of "
            f"{spec.image_size} x {spec.image_size}."
        )
    body = spec.generator(latent_dim + n_classes, image_shape, True)
    return Generator(body, latent_dim, image_shape, n_classes)


def _bare_critic(
    spec: Architecture, code_dim: int, shape: ImageShape, head: Head, n_classes: int, norm: bool
) -> nn.Module:
    if head in (Head.SQUARED_ERROR, Head.ABSOLUTE_ERROR):
        # Without the tanh: saturated, it passes no gradient, and a critic that learnt to answer
        # every image with the background would never leave that.
        decoder = nn.Sequential(*list(spec.generator(code_dim, shape, norm).children())[:-1])
        power = 2 if head is Head.SQUARED_ERROR else 1
        return AutoencoderCritic(*spec.trunk(shape, norm), code_dim, decoder, power)
    if head is Head.CLASSES:
        return Critic(*spec.trunk(shape, norm), n_classes)
    if n_classes:
        channels, height, width = shape
        told = Critic(*spec.trunk((channels + 1, height, width), norm))
        return LabelPlane(told, n_classes, height)
    return Critic(*spec.trunk(shape, norm))
