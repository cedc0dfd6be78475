"""Trainer: one step of the game, samples, and a state that resumes bit for bit.

No threads, no files, no printing. All randomness comes from generators that the trainer owns and
saves, so nothing that happens elsewhere in the process can change a training.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from gan_core.config import TrainConfig
from gan_core.datasets import Batches, ImageData
from gan_core.networks import Dropout, Generator, build
from gan_core.objectives import Batch, objective


class Trainer:
    """Trains a generator against a critic on a data set in memory.

    Args:
        config: the settings; ``config.steps`` is not looked at, the caller counts.
        data: images whose shape the architecture can make.
        device: where networks, data and random numbers live.

    Raises:
        ConfigError: the settings do not fit together.
    """

    def __init__(self, config: TrainConfig, data: ImageData, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.steps_done = 0
        self.objective = objective(config.objective)
        networks = build(
            config.architecture,
            config.latent_dim,
            data.image_shape,
            critic_norm=self.objective.critic_norm,
            seed=config.seed,
        )
        self.generator = networks.generator.to(device)
        self.critic = networks.critic.to(device)
        self.averaged: Generator | None = (
            copy.deepcopy(self.generator).requires_grad_(False) if config.ema_decay else None
        )
        self._random = torch.Generator(device).manual_seed(config.seed)
        for network in (self.generator, self.critic):
            for module in network.modules():
                if isinstance(module, Dropout):
                    module.generator = self._random
        self._optimizer_g = self._adam(self.generator, config.lr_g)
        self._optimizer_d = self._adam(self.critic, config.lr_d)
        self._batches = Batches(data.to(device), config.batch_size, config.seed)
        self._reals: Iterator[tuple[Tensor, Tensor]] = iter(self._batches)
        self._sums: dict[str, Tensor] = {}
        self._summed_steps = 0

    def _adam(self, network: nn.Module, lr: float) -> torch.optim.Adam:
        betas = (self.config.beta1, self.config.beta2)
        return torch.optim.Adam(network.parameters(), lr=lr, betas=betas, fused=True)

    @property
    def sampler(self) -> Generator:
        """The generator that pictures are drawn from: the averaged one where there is one."""
        return self.averaged if self.averaged is not None else self.generator

    @property
    def images_seen(self) -> int:
        """Real images that the critic was shown so far."""
        return self.steps_done * self.config.d_steps * self.config.batch_size

    def step(self) -> None:
        """Critic updates, then a generator update on the last fake batch; no host synchronisation.

        The generator runs once for both: its graph is kept while the critic learns from the
        detached images, then used for the generator's own loss.
        """
        self.generator.train()
        self.critic.train()
        for _ in range(self.config.d_steps):
            fake = self.generator(self._noise(self.config.batch_size))
            real = Batch(*self._next_real())
            loss_d = self.objective.d_loss(self.critic, real, Batch(fake.detach()))
            self._optimizer_d.zero_grad(set_to_none=True)
            loss_d.total.backward()
            self._optimizer_d.step()
        self.critic.requires_grad_(False)  # the critic's weight gradients would only be thrown away
        loss_g = self.objective.g_loss(self.critic, Batch(fake))
        self._optimizer_g.zero_grad(set_to_none=True)
        loss_g.total.backward()
        self._optimizer_g.step()
        self.critic.requires_grad_(True)
        self.steps_done += 1
        self._update_average()
        self._accumulate(
            {
                "d/loss": loss_d.total.detach(),
                "g/loss": loss_g.total.detach(),
                **loss_d.parts,
                **loss_g.parts,
            }
        )

    def scalars(self) -> dict[str, float]:
        """Means since the last call, by name: the only host synchronisation."""
        if not self._summed_steps:
            return {}
        values = torch.stack(list(self._sums.values())).div(self._summed_steps).tolist()
        result = dict(zip(self._sums, values, strict=True))
        self._sums = {}
        self._summed_steps = 0
        return result

    def sample(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] for latent vectors (N, latent_dim).

        Runs in eval mode without gradients; touches neither weights nor any random state.
        """
        return sample(self.sampler, z.to(self.device), y)

    def is_finite(self) -> bool:
        """Whether every number of the networks is finite; synchronises with the device."""
        networks = (self.generator, self.critic, self.sampler)
        numbers = [tensor for network in networks for tensor in _tensors(network)]
        return bool(torch.stack([tensor.isfinite().all() for tensor in numbers]).all())

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on: tensors and plain values only."""
        return {
            "step": self.steps_done,
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "optimizer_g": self._optimizer_g.state_dict(),
            "optimizer_d": self._optimizer_d.state_dict(),
            "random": self._random.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of the same settings.

        Raises:
            KeyError, RuntimeError, ValueError: the state is of other networks, or incomplete.
        """
        self.generator.load_state_dict(state["generator"])
        self.critic.load_state_dict(state["critic"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"])
        self._optimizer_g.load_state_dict(state["optimizer_g"])
        self._optimizer_d.load_state_dict(state["optimizer_d"])
        self.steps_done = int(state["step"])
        random = state["random"].cpu()
        if len(random) == len(self._random.get_state()):
            self._random.set_state(random)
        else:  # saved on another kind of device, whose random numbers this one cannot continue
            self._random.manual_seed(self.config.seed + self.steps_done)
        self._reals = self._batches.starting_at(self.steps_done * self.config.d_steps)
        self._sums = {}
        self._summed_steps = 0

    def _noise(self, n: int) -> Tensor:
        return torch.randn(n, self.config.latent_dim, device=self.device, generator=self._random)

    def _next_real(self) -> tuple[Tensor, Tensor]:
        images, labels = next(self._reals)
        return images.to(self.device), labels.to(self.device)

    @torch.no_grad()
    def _update_average(self) -> None:
        """Move the averaged weights and batch-norm statistics towards the current ones.

        The decay grows from 0 as (1 + t) / (10 + t), so that early pictures are not held back by
        the random weights that training began with.
        """
        if self.averaged is None:
            return
        decay = min(self.config.ema_decay, (1 + self.steps_done) / (10 + self.steps_done))
        pairs = zip(_tensors(self.averaged), _tensors(self.generator), strict=True)
        averages, currents = zip(*pairs, strict=True)
        torch._foreach_lerp_(averages, currents, 1 - decay)

    def _accumulate(self, values: dict[str, Tensor]) -> None:
        for name, value in values.items():
            self._sums[name] = self._sums[name] + value if name in self._sums else value
        self._summed_steps += 1


def _tensors(module: nn.Module) -> list[Tensor]:
    """Parameters and floating-point buffers."""
    return [t for t in module.state_dict().values() if t.is_floating_point()]


@torch.no_grad()
def sample(generator: Generator, z: Tensor, y: Tensor | None = None) -> Tensor:
    """Images (N, C, H, W) in [-1, 1], in eval mode, in chunks that bound the memory used."""
    was_training = generator.training
    generator.eval()
    try:
        chunks = [
            generator(part, None if y is None else y[i * 512 : (i + 1) * 512])
            for i, part in enumerate(z.split(512))
        ]
        return torch.cat(chunks)
    finally:
        generator.train(was_training)
