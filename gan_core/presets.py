"""Recipes: named settings, each with its source. To add one, add an entry to :data:`PRESETS`."""

from __future__ import annotations

from collections.abc import Callable

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError


def gan_mnist() -> TrainConfig:
    """A fully connected GAN on MNIST.

    Generator z-128-256-512-784, discriminator 784-512-256-1, LeakyReLU 0.2; z has as many numbers
    as in ``dcgan-mnist``, so that both can be shown on the same noise. Adam with beta1 0.5
    and a step size of 1e-3, five times DCGAN's, with which ones do not crowd out the other digits.
    Source: Goodfellow et al. 2014 (arXiv:1406.2661); beta1 from Radford et al. 2015
    (arXiv:1511.06434), section 4.
    """
    return TrainConfig(
        preset="gan-mnist",
        dataset="mnist",
        architecture="mlp",
        latent_dim=64,
        batch_size=64,
        lr_g=1e-3,
        lr_d=1e-3,
        epochs=50,
    )


def gan_small_mnist() -> TrainConfig:
    """A small fully connected GAN on MNIST with dropout.

    Generator 100-32-64-128-784, discriminator 784-128-64-32-1, LeakyReLU 0.2 and dropout 0.3 in
    both. Source: the MNIST exercise of Udacity's "Deep Learning with PyTorch" course; dropout in
    the discriminator as in Goodfellow et al. 2014 (arXiv:1406.2661), section 5.
    """
    return TrainConfig(
        preset="gan-small-mnist",
        dataset="mnist",
        architecture="mlp-small",
        latent_dim=100,
        batch_size=64,
        lr_g=1e-3,
        lr_d=1e-3,
        epochs=50,
    )


def dcgan_mnist() -> TrainConfig:
    """A light DCGAN on MNIST at 28 x 28, for two CPU cores.

    Three strided layers, 4-7-14-28, of 96, 48 and 24 maps. Adam with beta1 0.5, beta2 0.99 and a
    step size of 2e-3, ten times DCGAN's, which this small network bears and which draws readable
    digits within the first epochs.
    Source: Radford et al. 2015 (arXiv:1511.06434), with three strided layers in place of four.
    """
    return TrainConfig(
        preset="dcgan-mnist",
        dataset="mnist",
        architecture="dcgan-28",
        latent_dim=64,
        batch_size=64,
        lr_g=2e-3,
        lr_d=2e-3,
        beta2=0.99,
        epochs=5,
    )


def dcgan_64() -> TrainConfig:
    """The DCGAN of the paper at 64 x 64, with one or three channels.

    nz 100, ngf = ndf = 64, batch 128, Adam 2e-4 with beta1 0.5. Made for a GPU.
    Source: Radford et al. 2015 (arXiv:1511.06434), section 4.
    """
    return TrainConfig(
        preset="dcgan-64",
        dataset="mnist",
        architecture="dcgan-64",
        latent_dim=100,
        batch_size=128,
        epochs=5,
    )


def digits() -> TrainConfig:
    """The light DCGAN on the bundled digits, which need no download.

    Source: Radford et al. 2015 (arXiv:1511.06434), scaled down; the data set is scikit-learn's
    copy of the UCI Optical Recognition of Handwritten Digits.
    """
    return TrainConfig(
        preset="digits",
        dataset="digits",
        architecture="dcgan-28",
        latent_dim=64,
        batch_size=64,
        lr_g=2e-3,
        lr_d=2e-3,
        beta2=0.99,
        steps=1500,
        log_every=10,
        sample_every=50,
        save_every=250,
    )


PRESETS: dict[str, Callable[[], TrainConfig]] = {
    "gan-mnist": gan_mnist,
    "gan-small-mnist": gan_small_mnist,
    "dcgan-mnist": dcgan_mnist,
    "dcgan-64": dcgan_64,
    "digits": digits,
}


def preset(name: str) -> TrainConfig:
    """The settings of that recipe.

    Raises:
        ConfigError: there is none.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset is {name!r}; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]()
