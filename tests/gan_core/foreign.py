"""Networks as others write them, from torch's own layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Pair(NamedTuple):
    """Two players, in eval mode."""

    generator: nn.Module
    critic: nn.Module


class Main(nn.Module):
    """PyTorch's tutorial and examples: everything is in ``main``."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.main = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        images: Tensor = self.main(x)
        return images


def tutorial(channels: int = 3, latent_dim: int = 100, width: int = 64) -> Pair:
    """DCGAN for 64 x 64 pictures; its noise is (N, latent_dim, 1, 1)."""
    up = [8 * width, 4 * width, 2 * width, width]
    down = [channels, *reversed(up)]
    generator: list[nn.Module] = [nn.ConvTranspose2d(latent_dim, up[0], 4, 1, 0, bias=False)]
    for before, after in zip(up, [*up[1:], channels], strict=True):
        generator += [nn.BatchNorm2d(before), nn.ReLU(True)]
        generator += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False)]
    critic: list[nn.Module] = []
    for before, after in zip(down, down[1:], strict=False):
        critic.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        critic += [nn.BatchNorm2d(after)] if before != channels else []
        critic.append(nn.LeakyReLU(0.2, inplace=True))
    critic.append(nn.Conv2d(up[0], 1, 4, 1, 0, bias=False))
    return drawn(Pair(Main(*generator, nn.Tanh()), Main(*critic, nn.Sigmoid())))


def dense_layers(before: int, pixels: int) -> Iterator[nn.Module]:
    """The layers of PyTorch-GAN's fully connected generators."""
    for width in (128, 256, 512, 1024):
        yield nn.Linear(before, width)
        if width > 128:
            yield nn.BatchNorm1d(width, 0.8)
        yield nn.LeakyReLU(0.2, inplace=True)
        before = width
    yield from (nn.Linear(before, pixels), nn.Tanh())


class Dense(nn.Module):
    """PyTorch-GAN: gan and wgan_gp; everything is in ``model``."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        numbers: Tensor = self.model(x.flatten(1))
        return numbers


def dense(pixels: int = 28 * 28, latent_dim: int = 100) -> Pair:
    critic = [nn.Linear(pixels, 512), nn.LeakyReLU(0.2), nn.Linear(512, 256), nn.LeakyReLU(0.2)]
    return drawn(Pair(Dense(*dense_layers(latent_dim, pixels)), Dense(*critic, nn.Linear(256, 1))))


class Labelled(Dense):
    """PyTorch-GAN's cgan: a generator that is told the class."""

    def __init__(self, classes: int, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.label_emb = nn.Embedding(classes, classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(torch.cat([self.label_emb(y), x], -1))


class LabelledCritic(Dense):
    """PyTorch-GAN's cgan: a discriminator that is told the class."""

    def __init__(self, classes: int, *layers: nn.Module) -> None:
        super().__init__(*layers)
        self.label_embedding = nn.Embedding(classes, classes)

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:
        return super().forward(torch.cat([x.flatten(1), self.label_embedding(y)], -1))


def labelled(pixels: int = 32 * 32, latent_dim: int = 100, classes: int = 10) -> Pair:
    critic: list[nn.Module] = [nn.Linear(pixels + classes, 512), nn.LeakyReLU(0.2)]
    for _ in range(2):
        critic += [nn.Linear(512, 512), nn.Dropout(0.4), nn.LeakyReLU(0.2)]
    return drawn(
        Pair(
            Labelled(classes, *dense_layers(latent_dim + classes, pixels)),
            LabelledCritic(classes, *critic, nn.Linear(512, 1)),
        )
    )


class Upsampling(nn.Module):
    """PyTorch-GAN's dcgan: a generator for 32 x 32 pictures."""

    def __init__(self, channels: int, latent_dim: int) -> None:
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(latent_dim, 128 * 8 * 8))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(128),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 128, 3, stride=1, padding=1),
            nn.BatchNorm2d(128, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(128, 64, 3, stride=1, padding=1),
            nn.BatchNorm2d(64, 0.8),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(64, channels, 3, stride=1, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        images: Tensor = self.conv_blocks(self.l1(z).view(-1, 128, 8, 8))
        return images


class Downsampling(nn.Module):
    """PyTorch-GAN's dcgan: the discriminator."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        widths = (channels, 16, 32, 64, 128)
        for before, after in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv2d(before, after, 3, 2, 1), nn.LeakyReLU(0.2), nn.Dropout2d(0.25)]
            layers += [nn.BatchNorm2d(after, 0.8)] if before != channels else []
        self.model = nn.Sequential(*layers)
        self.adv_layer = nn.Sequential(nn.Linear(128 * 2 * 2, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        share: Tensor = self.adv_layer(self.model(x).flatten(1))
        return share


def upsampling(channels: int = 1, latent_dim: int = 100) -> Pair:
    return drawn(Pair(Upsampling(channels, latent_dim), Downsampling(channels)))


def drawn(pair: Pair) -> Pair:
    """The same with statistics as a training leaves them."""
    random = torch.Generator().manual_seed(3)
    for network in pair:
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
                module.weight.data.normal_(0, module.weight[0].numel() ** -0.5, generator=random)
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.weight.data.uniform_(0.5, 1.5, generator=random)
                module.bias.data.normal_(generator=random)
                assert module.running_mean is not None and module.running_var is not None
                module.running_mean.normal_(generator=random)
                module.running_var.uniform_(0.5, 1.5, generator=random)
        network.eval()
    return pair
