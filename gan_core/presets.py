"""Recipes: named settings, each with its words and its source.

To add a recipe, add an entry to :data:`PRESETS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gan_core.config import TrainConfig
from gan_core.errors import ConfigError


@dataclass(frozen=True)
class Recipe:
    """Settings to start from, and what a person should know of them. Words are Markdown.

    ``title`` and ``source`` have no full stop, so that they fit into a sentence and into a list.
    """

    title: str  # what it is, in a sentence
    about: str  # its networks and settings, and why they are so, in sentences; may be empty
    source: str  # whose it is: papers, with their sections or equations
    config: TrainConfig

    @property
    def details(self) -> str:
        """What it is made of and where it comes from, in sentences."""
        return f"{self.about} Source: {self.source}.".lstrip()


def _settings(name: str, **settings: Any) -> TrainConfig:
    return TrainConfig.from_dict({"preset": name, **settings})


def _light(name: str, **settings: Any) -> TrainConfig:
    """Settings on MNIST and the light network of ``dcgan-mnist``, for another objective."""
    light = {
        "dataset": "mnist",
        "architecture": "dcgan-28",
        "latent_dim": 64,
        "batch_size": 128,
        "lr_g": 1e-3,
        "lr_d": 1e-3,
        "beta2": 0.99,
        "ema_decay": 0.9995,
    }
    if "steps" not in settings:
        light["epochs"] = 10  # as long as most of them take to look good
    return _settings(name, **{**light, **settings})


def _falling(rate: float) -> str:
    """The schedule of both rates: as they are for three fifths of the training, then down to a
    fiftieth, so that what the last steps disagree about is settled."""
    way = f"linear 60%:{rate:g} end:{rate / 50:g}"
    return f"lr_g {way}; lr_d {way}"


_POINTS: dict[str, Any] = {
    "dataset": "ring",
    "architecture": "points",
    "latent_dim": 2,
    "batch_size": 128,
    "lr_g": 1e-3,
    "lr_d": 3e-3,
    "beta1": 0.0,
    "beta2": 0.9,
    "ema_decay": 0.99,
    "steps": 3000,
    "log_every": 20,
    "sample_every": 100,
    "measure_every": 100,
    "save_every": 500,
}


def _on_ring(objective: str, source: str, **settings: Any) -> Recipe:
    """An objective on eight Gaussians, which a small network learns in seconds."""
    name = f"ring-{objective}"
    return Recipe(
        title=f"The objective `{objective}` on points: a ring of 8 Gaussians",
        about="Two hidden layers of 64 units in both networks, z of two numbers, Adam 1e-3 and "
        "3e-3 with betas 0 and 0.9 unless the objective asks for others: every point can be seen, "
        "and why one goes where it goes.",
        source=source,
        config=_settings(name, **{**_POINTS, "objective": objective, **settings}),
    )


def _on_grid(objective: str, about: str, source: str, **settings: Any) -> Recipe:
    """An objective on 25 Gaussians, where it shows which forget some of them."""
    name = f"grid-{objective}"
    return Recipe(
        title=f"The objective `{objective}` on points: a grid of 25 Gaussians",
        about=about,
        source=source,
        config=_settings(
            name, **{**_POINTS, "dataset": "grid", "objective": objective, **settings}
        ),
    )


PRESETS: dict[str, Recipe] = {
    "gan-mnist": Recipe(
        title="A fully connected GAN on MNIST",
        about="Generator z-128-256-512-784, discriminator 784-512-256-1, LeakyReLU 0.2; z has as "
        "many numbers as in `dcgan-mnist`, so that both can be shown on the same noise. Adam with "
        "beta1 0.5 and a step size of 1e-3, five times DCGAN's, with which ones do not crowd out "
        "the other digits.",
        source="Goodfellow et al. 2014 (arXiv:1406.2661); beta1 from Radford et al. 2015 "
        "(arXiv:1511.06434), section 4",
        config=_settings(
            "gan-mnist",
            dataset="mnist",
            architecture="mlp",
            latent_dim=64,
            batch_size=64,
            lr_g=1e-3,
            lr_d=1e-3,
            epochs=50,
        ),
    ),
    "gan-small-mnist": Recipe(
        title="A small fully connected GAN on MNIST with dropout",
        about="Generator 100-32-64-128-784, discriminator 784-128-64-32-1, LeakyReLU 0.2 and "
        "dropout 0.3 in both.",
        source='the MNIST exercise of Udacity\'s "Deep Learning with PyTorch" course; dropout in '
        "the discriminator as in Goodfellow et al. 2014 (arXiv:1406.2661), section 5",
        config=_settings(
            "gan-small-mnist",
            dataset="mnist",
            architecture="mlp-small",
            latent_dim=100,
            batch_size=64,
            lr_g=1e-3,
            lr_d=1e-3,
            epochs=50,
        ),
    ),
    "gan-wide-mnist": Recipe(
        title="A wide fully connected GAN on MNIST",
        about="Generator 100-1024-1024-784 with ReLU, discriminator 784-256-256-1 with LeakyReLU "
        "0.01; Adam 1e-3 with beta1 0.55.",
        source="a widespread course exercise on Goodfellow et al. 2014 (arXiv:1406.2661)",
        config=_settings(
            "gan-wide-mnist",
            dataset="mnist",
            architecture="mlp-wide",
            latent_dim=100,
            batch_size=64,
            lr_g=1e-3,
            lr_d=1e-3,
            beta1=0.55,
            epochs=30,
        ),
    ),
    "dcgan-mnist": Recipe(
        title="A light DCGAN on MNIST at 28 x 28, for two CPU cores",
        about="Three strided layers, 4-7-14-28, of 192, 96 and 48 maps, and 24, 48 and 96 in the "
        "discriminator, which a wider one would let win. Adam with beta1 0.5, beta2 0.99 and a "
        "step size of 2e-3, ten times DCGAN's, which this small network bears and which draws "
        "readable digits within the first epochs.",
        source="Radford et al. 2015 (arXiv:1511.06434), with three strided layers in place of four",
        config=_settings(
            "dcgan-mnist",
            dataset="mnist",
            architecture="dcgan-28",
            latent_dim=64,
            batch_size=64,
            lr_g=2e-3,
            lr_d=2e-3,
            beta2=0.99,
            epochs=5,
        ),
    ),
    "dcgan-upsample-mnist": Recipe(
        title="A DCGAN on MNIST at 32 x 32 that upsamples instead of transposing convolutions",
        about="",
        source="the DCGAN of the PyTorch-GAN collection; Radford et al. 2015 (arXiv:1511.06434)",
        config=_settings(
            "dcgan-upsample-mnist",
            dataset="mnist",
            architecture="dcgan-upsample",
            latent_dim=100,
            batch_size=64,
            epochs=15,
        ),
    ),
    "hybrid-mnist": Recipe(
        title="A generator half fully connected, half convolutional, on MNIST",
        about="Uniform noise of 64 numbers; two generator steps on batches of 256 to one "
        "discriminator step on a batch of 16.",
        source="a course exercise on Radford et al. 2015 (arXiv:1511.06434)",
        config=_settings(
            "hybrid-mnist",
            dataset="mnist",
            architecture="hybrid",
            latent_dim=64,
            noise="uniform",
            batch_size=16,
            batch_size_g=256,
            g_steps=2,
            epochs=2,
        ),
    ),
    "infogan-mnist": Recipe(
        title="The MNIST networks of InfoGAN with the original objective",
        about="Generator z-1024-6272 and two transposed convolutions, discriminator mirrored; Adam "
        "1e-3 for the generator and 2e-4 for the discriminator, beta1 0.5.",
        source="Chen et al. 2016 (arXiv:1606.03657), appendix C.1",
        config=_settings(
            "infogan-mnist",
            dataset="mnist",
            architecture="infogan",
            latent_dim=62,
            batch_size=128,
            lr_g=1e-3,
            lr_d=2e-4,
            epochs=15,
        ),
    ),
    "minimax-mnist": Recipe(
        title="The original, saturating game on MNIST, on the light network of `dcgan-mnist`",
        about="Set beside `dcgan-mnist` it shows why its authors advise against it.",
        source="Goodfellow et al. 2014 (arXiv:1406.2661), equation 1",
        config=_light("minimax-mnist", objective="gan-minimax"),
    ),
    "lsgan-mnist": Recipe(
        title="LSGAN on MNIST, on the light network of `dcgan-mnist`",
        about="",
        source="Mao et al. 2016 (arXiv:1611.04076), equation 9",
        config=_light("lsgan-mnist", objective="lsgan", epochs=17),
    ),
    "hinge-mnist": Recipe(
        title="The hinge objective on MNIST, on the light network of `dcgan-mnist`",
        about="",
        source="Lim and Ye 2017 (arXiv:1705.02894)",
        config=_light("hinge-mnist", objective="hinge"),
    ),
    "wgan-mnist": Recipe(
        title="WGAN with weight clipping on MNIST, on the light network of `dcgan-mnist`",
        about="RMSprop 5e-5, weights clipped to 0.01, 5 critic steps. A critic much slower than "
        "its generator learns more, in a third of the time: with one critic step at 2.5e-5 and the "
        "generator at 1e-3, 74% of the samples are readable after 4,000 steps; with these settings "
        "29%.",
        source="Arjovsky et al. 2017 (arXiv:1701.07875), algorithm 1",
        config=_light(
            "wgan-mnist",
            objective="wgan",
            optimizer="rmsprop",
            lr_g=5e-5,
            lr_d=5e-5,
            d_steps=5,
            batch_size=64,
            steps=15_000,
        ),
    ),
    "wgan-gp-mnist": Recipe(
        title="WGAN-GP on MNIST, on the light network of `dcgan-mnist`",
        about="Betas (0, 0.9), lambda 10 and no batch norm in the critic, as published; Adam at "
        "5e-4, falling from three fifths on, and two critic steps in place of 1e-4 and five, with "
        "which 5,000 steps draw as well as 12,000 with those.",
        source="Gulrajani et al. 2017 (arXiv:1704.00028), algorithm 1",
        config=_light(
            "wgan-gp-mnist",
            objective="wgan-gp",
            lr_g=5e-4,
            lr_d=5e-4,
            beta1=0.0,
            beta2=0.9,
            d_steps=2,
            batch_size=64,
            steps=12_000,
            schedule=_falling(5e-4),
        ),
    ),
    "dragan-mnist": Recipe(
        title="DRAGAN on MNIST, on the light network of `dcgan-mnist`",
        about="Lambda 10 and no batch norm in the discriminator; 20 epochs, in whose last eight "
        "the rates fall.",
        source="Kodali et al. 2017 (arXiv:1705.07215)",
        config=_light("dragan-mnist", objective="dragan", epochs=20, schedule=_falling(1e-3)),
    ),
    "r3gan-mnist": Recipe(
        title="R3GAN on MNIST, on the light network of `dcgan-mnist`",
        about="15 epochs, in whose last six the rates fall.",
        source="Huang et al. 2024 (arXiv:2501.05441)",
        config=_light(
            "r3gan-mnist", objective="r3gan", beta1=0.0, epochs=15, schedule=_falling(1e-3)
        ),
    ),
    "mnist-best": Recipe(
        title="The digits nearest to MNIST's that were found: R3GAN with hidden layers of 512",
        about="R3GAN with a penalty of 0.1 and z of 16 numbers; rates that fall as a cosine and "
        "an average over some 5,000 steps. What helped, each beside the light `r3gan-mnist`: "
        "the hidden layers, which make a picture between two digits rarer, and more steps. "
        "Made for a GPU: 20,000 steps took four minutes on one that nine trainings shared.",
        source="Huang et al. 2024 (arXiv:2501.05441); the cosine of Loshchilov and Hutter 2016 "
        "(arXiv:1608.03983)",
        config=_settings(
            "mnist-best",
            dataset="mnist",
            architecture="dcgan-28-dense",
            objective="r3gan",
            zero_penalty=0.1,
            latent_dim=16,
            batch_size=128,
            lr_g=4e-4,
            lr_d=4e-4,
            beta1=0.0,
            beta2=0.99,
            ema_decay=0.9998,
            steps=20_000,
            schedule="lr_g cosine end:8e-06; lr_d cosine end:8e-06",
            sample_every=500,
            save_every=5000,
        ),
    ),
    "cgan-mnist": Recipe(
        title="CGAN on MNIST, on the light network of `dcgan-mnist`: you choose the digit",
        about="",
        source="Mirza and Osindero 2014 (arXiv:1411.1784)",
        config=_light("cgan-mnist", objective="cgan"),
    ),
    "acgan-mnist": Recipe(
        title="ACGAN on MNIST, on the light network of `dcgan-mnist`: you choose the digit",
        about="",
        source="Odena et al. 2016 (arXiv:1610.09585)",
        config=_light("acgan-mnist", objective="acgan", schedule=_falling(1e-3)),
    ),
    "ebgan-mnist": Recipe(
        title="EBGAN with the pull-away term on MNIST, with an autoencoder of the light network",
        about="",
        source="Zhao et al. 2016 (arXiv:1609.03126)",
        config=_light("ebgan-mnist", objective="ebgan", batch_size=64, steps=6000),
    ),
    "began-mnist": Recipe(
        title="BEGAN on MNIST, with an autoencoder of the light network",
        about="gamma 1 and lambda_k 0.01 where the paper has 0.5 and 0.001, and a generator that "
        "learns four times as fast as the critic: digits of little ink have the least energy, and "
        "a class may be drawn up to 1/k times too often before the critic minds. With the paper's "
        "balance k stays near 0 and the generator draws ones or nothing at all; a quick generator "
        "keeps k high.",
        source="Berthelot et al. 2017 (arXiv:1703.10717)",
        config=_light(
            "began-mnist",
            objective="began",
            diversity=1.0,
            k_rate=0.01,
            lr_g=1.2e-3,
            lr_d=3e-4,
            beta2=0.999,
            batch_size=64,
            steps=12_000,
        ),
    ),
    "dcgan-64": Recipe(
        title="The DCGAN of the paper at 64 x 64, with one or three channels",
        about="nz 100, ngf = ndf = 64, batch 128, Adam 2e-4 with beta1 0.5. Made for a GPU.",
        source="Radford et al. 2015 (arXiv:1511.06434), section 4",
        config=_settings(
            "dcgan-64",
            dataset="mnist",
            architecture="dcgan-64",
            latent_dim=100,
            batch_size=128,
            epochs=5,
        ),
    ),
    "digits": Recipe(
        title="The light DCGAN on the bundled digits, which need no download",
        about="",
        source="Radford et al. 2015 (arXiv:1511.06434), scaled down; the data set is "
        "scikit-learn's copy of the UCI Optical Recognition of Handwritten Digits",
        config=_settings(
            "digits",
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
        ),
    ),
    "ring-gan": _on_ring("gan", "Goodfellow et al. 2014 (arXiv:1406.2661), section 3"),
    "ring-gan-minimax": _on_ring("gan-minimax", "Goodfellow et al. 2014 (arXiv:1406.2661)"),
    "ring-lsgan": _on_ring("lsgan", "Mao et al. 2016 (arXiv:1611.04076), equation 9"),
    "ring-hinge": _on_ring("hinge", "Lim and Ye 2017 (arXiv:1705.02894)"),
    "ring-wgan": _on_ring(
        "wgan",
        "Arjovsky et al. 2017 (arXiv:1701.07875), with a wider clip",
        optimizer="rmsprop",
        clip=0.1,
        lr_d=1e-3,
        d_steps=2,
    ),
    "ring-wgan-gp": _on_ring(
        "wgan-gp", "Gulrajani et al. 2017 (arXiv:1704.00028)", gradient_penalty=0.1
    ),
    "ring-dragan": _on_ring(
        "dragan", "Kodali et al. 2017 (arXiv:1705.07215)", gradient_penalty=0.1
    ),
    "ring-r3gan": _on_ring("r3gan", "Huang et al. 2024 (arXiv:2501.05441)", zero_penalty=0.1),
    "ring-cgan": _on_ring("cgan", "Mirza and Osindero 2014 (arXiv:1411.1784)"),
    "ring-acgan": _on_ring("acgan", "Odena et al. 2016 (arXiv:1610.09585)"),
    "ring-ebgan": _on_ring("ebgan", "Zhao et al. 2016 (arXiv:1609.03126)", margin=0.05),
    "ring-began": _on_ring(
        "began",
        "Berthelot et al. 2017 (arXiv:1703.10717)",
        diversity=1.0,
        k_rate=1.0,
        latent_dim=1,
        noise="uniform",
    ),
    "grid-gan": _on_grid(
        "gan",
        "It forgets modes: with five seeds it draws 20 to 24 of the 25 after 12,000 steps.",
        "Goodfellow et al. 2014 (arXiv:1406.2661), section 3",
        steps=12_000,
    ),
    "grid-wgan-gp": _on_grid(
        "wgan-gp",
        "Three critic steps and a penalty of 0.1, with which all 25 modes are drawn after about "
        "5,300 steps, each of which takes four times as long as one of `grid-r3gan`.",
        "Gulrajani et al. 2017 (arXiv:1704.00028)",
        gradient_penalty=0.1,
        d_steps=3,
        steps=10_000,
    ),
    "grid-r3gan": _on_grid(
        "r3gan",
        "A weak penalty and twice the usual rates, with which all 25 modes are drawn after about "
        "5,500 steps, and stay.",
        "Huang et al. 2024 (arXiv:2501.05441)",
        zero_penalty=0.005,
        latent_dim=4,
        lr_g=2e-3,
        lr_d=4e-3,
        steps=12_000,
    ),
}


def preset(name: str) -> TrainConfig:
    """The settings of that recipe.

    Raises:
        ConfigError: there is none.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset is {name!r}; choose one of {', '.join(PRESETS)}.")
    return PRESETS[name].config
