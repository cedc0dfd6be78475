"""Recipes: named settings, each with its source. To add one, add an entry to :data:`PRESETS`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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

    Three strided layers, 4-7-14-28, of 192, 96 and 48 maps, and 24, 48 and 96 in the discriminator,
    which a wider one would let win. Adam with beta1 0.5, beta2 0.99 and a
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


def minimax_mnist() -> TrainConfig:
    """The original, saturating game on MNIST, on the light network of ``dcgan-mnist``.

    Set beside ``dcgan-mnist`` it shows why its authors advise against it.
    Source: Goodfellow et al. 2014 (arXiv:1406.2661), equation 1.
    """
    return _light("minimax-mnist", "gan-minimax")


def lsgan_mnist() -> TrainConfig:
    """LSGAN on MNIST, on the light network of ``dcgan-mnist``.

    Source: Mao et al. 2016 (arXiv:1611.04076), equation 9.
    """
    return _light("lsgan-mnist", "lsgan", epochs=17)


def hinge_mnist() -> TrainConfig:
    """The hinge objective on MNIST, on the light network of ``dcgan-mnist``.

    Source: Lim and Ye 2017 (arXiv:1705.02894).
    """
    return _light("hinge-mnist", "hinge")


def wgan_mnist() -> TrainConfig:
    """WGAN with weight clipping on MNIST, on the light network of ``dcgan-mnist``.

    RMSprop 5e-5, weights clipped to 0.01, 5 critic steps. A critic much slower than its generator
    learns more, in a third of the time: with one critic step at 2.5e-5 and the generator at 1e-3,
    74% of the samples are readable after 4,000 steps; with these settings 29%.
    Source: Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1.
    """
    return _light(
        "wgan-mnist",
        "wgan",
        optimizer="rmsprop",
        lr_g=5e-5,
        lr_d=5e-5,
        d_steps=5,
        batch_size=64,
        steps=15_000,
    )


def wgan_gp_mnist() -> TrainConfig:
    """WGAN-GP on MNIST, on the light network of ``dcgan-mnist``.

    Adam 1e-4 with betas (0, 0.9), lambda 10, 5 critic steps, no batch norm in the critic. With
    two critic steps and Adam at 5e-4, 5,000 steps draw as well as 12,000 with these settings.
    Source: Gulrajani et al. 2017 (arXiv:1704.00028), algorithm 1.
    """
    return _light(
        "wgan-gp-mnist",
        "wgan-gp",
        lr_g=1e-4,
        lr_d=1e-4,
        beta1=0.0,
        beta2=0.9,
        d_steps=5,
        batch_size=64,
        steps=12_000,
    )


def dragan_mnist() -> TrainConfig:
    """DRAGAN on MNIST, on the light network of ``dcgan-mnist``.

    Lambda 10 and no batch norm in the discriminator. Source: Kodali et al. 2017
    (arXiv:1705.07215).
    """
    return _light("dragan-mnist", "dragan")


def cgan_mnist() -> TrainConfig:
    """CGAN on MNIST, on the light network of ``dcgan-mnist``: you choose the digit.

    Source: Mirza and Osindero 2014 (arXiv:1411.1784).
    """
    return _light("cgan-mnist", "cgan")


def acgan_mnist() -> TrainConfig:
    """ACGAN on MNIST, on the light network of ``dcgan-mnist``: you choose the digit.

    Source: Odena et al. 2016 (arXiv:1610.09585).
    """
    return _light("acgan-mnist", "acgan")


def ebgan_mnist() -> TrainConfig:
    """EBGAN with the pull-away term on MNIST, with an autoencoder of the light network.

    Source: Zhao et al. 2016 (arXiv:1609.03126).
    """
    return _light("ebgan-mnist", "ebgan", batch_size=64, steps=6000)


def began_mnist() -> TrainConfig:
    """BEGAN on MNIST, with an autoencoder of the light network.

    gamma 1 and lambda_k 0.01 where the paper has 0.5 and 0.001, and a generator that learns four
    times as fast as the critic: digits of little ink have the least energy, and a class may be
    drawn up to 1/k times too often before the critic minds. With the paper's balance k stays near
    0 and the generator draws ones or nothing at all; a quick generator keeps k high.
    Source: Berthelot et al. 2017 (arXiv:1703.10717).
    """
    return _light(
        "began-mnist",
        "began",
        diversity=1.0,
        k_rate=0.01,
        lr_g=1.2e-3,
        lr_d=3e-4,
        beta2=0.999,
        batch_size=64,
        steps=12_000,
    )


def r3gan_mnist() -> TrainConfig:
    """R3GAN on MNIST, on the light network of ``dcgan-mnist``.

    Source: Huang et al. 2024 (arXiv:2501.05441).
    """
    return _light("r3gan-mnist", "r3gan", beta1=0.0)


def gan_wide_mnist() -> TrainConfig:
    """A wide fully connected GAN on MNIST.

    Generator 100-1024-1024-784 with ReLU, discriminator 784-256-256-1 with LeakyReLU 0.01; Adam
    1e-3 with beta1 0.55. Source: a widespread course exercise on Goodfellow et al. 2014
    (arXiv:1406.2661).
    """
    return TrainConfig(
        preset="gan-wide-mnist",
        dataset="mnist",
        architecture="mlp-wide",
        latent_dim=100,
        batch_size=64,
        lr_g=1e-3,
        lr_d=1e-3,
        beta1=0.55,
        epochs=30,
    )


def dcgan_upsample_mnist() -> TrainConfig:
    """A DCGAN on MNIST at 32 x 32 that upsamples instead of transposing convolutions.

    Source: the DCGAN of the PyTorch-GAN collection; Radford et al. 2015 (arXiv:1511.06434).
    """
    return TrainConfig(
        preset="dcgan-upsample-mnist",
        dataset="mnist",
        architecture="dcgan-upsample",
        latent_dim=100,
        batch_size=64,
        epochs=15,
    )


def hybrid_mnist() -> TrainConfig:
    """A generator half fully connected, half convolutional, on MNIST.

    Uniform noise of 64 numbers; two generator steps on batches of 256 to one discriminator step
    on a batch of 16. Source: a course exercise on Radford et al. 2015 (arXiv:1511.06434).
    """
    return TrainConfig(
        preset="hybrid-mnist",
        dataset="mnist",
        architecture="hybrid",
        latent_dim=64,
        noise="uniform",
        batch_size=16,
        batch_size_g=256,
        g_steps=2,
        epochs=2,
    )


def infogan_mnist() -> TrainConfig:
    """The MNIST networks of InfoGAN with the original objective.

    Generator z-1024-6272 and two transposed convolutions, discriminator mirrored; Adam 1e-3 for
    the generator and 2e-4 for the discriminator, beta1 0.5.
    Source: Chen et al. 2016 (arXiv:1606.03657), appendix C.1.
    """
    return TrainConfig(
        preset="infogan-mnist",
        dataset="mnist",
        architecture="infogan",
        latent_dim=62,
        batch_size=128,
        lr_g=1e-3,
        lr_d=2e-4,
        epochs=15,
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


def _light(name: str, objective: str, **changes: Any) -> TrainConfig:
    """Another objective on the network of ``dcgan-mnist``, for as long as it takes to look good."""
    longer = {"batch_size": 128, "lr_g": 1e-3, "lr_d": 1e-3, "ema_decay": 0.9995, "epochs": 10}
    own = {"preset": name, "objective": objective, **changes}
    return dcgan_mnist().changed(longer).changed(own)


PRESETS: dict[str, Callable[[], TrainConfig]] = {
    "gan-mnist": gan_mnist,
    "gan-small-mnist": gan_small_mnist,
    "gan-wide-mnist": gan_wide_mnist,
    "dcgan-mnist": dcgan_mnist,
    "dcgan-upsample-mnist": dcgan_upsample_mnist,
    "hybrid-mnist": hybrid_mnist,
    "infogan-mnist": infogan_mnist,
    "minimax-mnist": minimax_mnist,
    "lsgan-mnist": lsgan_mnist,
    "hinge-mnist": hinge_mnist,
    "wgan-mnist": wgan_mnist,
    "wgan-gp-mnist": wgan_gp_mnist,
    "dragan-mnist": dragan_mnist,
    "r3gan-mnist": r3gan_mnist,
    "cgan-mnist": cgan_mnist,
    "acgan-mnist": acgan_mnist,
    "ebgan-mnist": ebgan_mnist,
    "began-mnist": began_mnist,
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
