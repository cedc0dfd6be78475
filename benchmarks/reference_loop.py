"""The training loop of tutorials, for any recipe: what ``Trainer`` is measured against.

A DataLoader with per-image torchvision transforms, torch's own layers, binary cross-entropy on
probabilities where the objective is the original game, torch's optimizers as they come, and two
``.item()`` a step. It draws its noise in the order in which ``Trainer`` does, so that the same
batches give the same losses.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy
from torch.utils.data import DataLoader, Dataset

from gan_core import catalog
from gan_core.config import TrainConfig
from gan_core.data.dataset import ImageData
from gan_core.latent import vectors
from gan_core.networks.convolutions import Conv2d, ConvTranspose2d, UpsampledConv2d
from gan_core.networks.layers import Dropout
from gan_core.objectives import build as objectives
from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN

TORCHS_OWN: dict[type[nn.Module], type[nn.Module]] = {
    Conv2d: nn.Conv2d,
    UpsampledConv2d: nn.Conv2d,
    ConvTranspose2d: nn.ConvTranspose2d,
}
Reals = Iterator[tuple[Tensor, Tensor]]  # images (N, C, H, W) in [-1, 1], labels (N,)


class PictureDataset(Dataset[tuple[Tensor, int]]):
    """The data set as torchvision serves it: a PIL picture at a time, through transforms.

    Args:
        side: that pictures are resized to, as tutorials do whether it is theirs or not; 0: none.
    """

    def __init__(self, data: ImageData, side: int = 0) -> None:
        from torchvision import transforms

        channels = data.image_shape[0]
        self.pictures = data.images.permute(0, 2, 3, 1).numpy()
        self.labels = data.labels
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                *([transforms.Resize(side)] if side else []),
                transforms.ToTensor(),
                transforms.Normalize((0.5,) * channels, (0.5,) * channels),
            ]
        )

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.pictures[index]), int(self.labels[index])


def batches(data: ImageData, batch_size: int, side: int = 0) -> Reals:
    """Endless batches of a DataLoader."""
    loader = DataLoader(PictureDataset(data, side), batch_size, shuffle=True, drop_last=True)
    while True:
        yield from loader


def plain(network: nn.Module) -> nn.Module:
    """The same network on torch's own layers."""
    for name, child in network.named_children():
        upsampling = [nn.Upsample(scale_factor=2)] if isinstance(child, UpsampledConv2d) else []
        setattr(
            network, name, nn.Sequential(*upsampling, plain(child)) if upsampling else plain(child)
        )
    network.__class__ = TORCHS_OWN.get(type(network), type(network))
    return network


class OnProbabilities(NonSaturatingGAN):
    """The original game as tutorials write it: cross-entropy on what a sigmoid gives."""

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_real, on_fake = torch.sigmoid(critic(*real).score), torch.sigmoid(critic(*fake).score)
        total = binary_cross_entropy(on_real, torch.ones_like(on_real)) + binary_cross_entropy(
            on_fake, torch.zeros_like(on_fake)
        )
        return Loss(total, {})

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_fake = torch.sigmoid(critic(*fake).score)
        return Loss(binary_cross_entropy(on_fake, torch.ones_like(on_fake)), {})


class ReferenceLoop:
    """A training as tutorials write it.

    Args:
        config: the recipe.
        data: what it trains on.
        device: where.
        reals: real batches; those of a DataLoader if not given.
        side: that the DataLoader resizes pictures to, one at a time; 0: none.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: ImageData,
        device: torch.device,
        reals: Reals | None = None,
        side: int = 0,
    ) -> None:
        self.config = config
        self.device = device
        self.objective = objectives.build(config)
        if type(self.objective) is NonSaturatingGAN:
            self.objective = OnProbabilities()
        shape = (data.image_shape[0], side, side) if side else data.image_shape
        networks = catalog.networks(config, self.objective, shape, data.classes)
        self.n_classes = networks.generator.n_classes
        self.generator, self.critic = (plain(network).to(device) for network in networks)
        self.random = torch.Generator(device).manual_seed(config.seed)
        self.objective.draw_from(self.random)
        for module in (*self.generator.modules(), *self.critic.modules()):
            if isinstance(module, Dropout):
                module.draw_from(self.random)
        self.optimizer_g = self._optimizer(self.generator, config.lr_g)
        self.optimizer_d = self._optimizer(self.critic, config.lr_d)
        self.reals = reals or batches(data, config.batch_size, side)
        self.steps_done = 0
        self.losses: list[tuple[float, float]] = []  # of critic and generator

    def _optimizer(self, network: nn.Module, lr: float) -> torch.optim.Optimizer:
        if self.config.optimizer == "rmsprop":
            return torch.optim.RMSprop(network.parameters(), lr=lr)
        betas = (self.config.beta1, self.config.beta2)
        return torch.optim.Adam(network.parameters(), lr=lr, betas=betas)

    def step(self) -> None:
        """One generator update, after the critic's at the start of a round."""
        config = self.config
        size_g = config.batch_size_g or config.batch_size
        fake = None
        if self.steps_done % config.g_steps == 0:
            for _ in range(config.d_steps):
                fake = self._fake(config.batch_size)
                self._train_critic(fake)
        if fake is None or size_g != config.batch_size:
            fake = self._fake(size_g)
        loss = self.objective.g_loss(self.critic, self._real, fake)
        self.optimizer_g.zero_grad()
        loss.total.backward()
        self.optimizer_g.step()
        self.steps_done += 1
        self.losses.append((self._loss_d, loss.total.item()))

    def _train_critic(self, fake: Batch) -> None:
        images, labels = next(self.reals)
        self._real = Batch(images.to(self.device), labels.to(self.device))
        fakes = Batch(fake.images.detach(), fake.labels)
        loss = self.objective.d_loss(self.critic, self._real, fakes)
        self.optimizer_d.zero_grad()
        loss.total.backward()
        self.optimizer_d.step()
        self.objective.after_d_step(self.critic, loss)
        self._loss_d = loss.total.item()

    def _fake(self, n: int) -> Batch:
        labels = None
        if self.n_classes:
            labels = torch.randint(self.n_classes, (n,), device=self.device, generator=self.random)
        z = vectors.draw_latent(n, self.config.latent_dim, self.config.noise, self.random)
        return Batch(self.generator(z, labels), labels)
