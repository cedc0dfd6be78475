"""Trainer: one step of the game, samples, and a state that resumes bit for bit.

No threads, no files, no printing. All randomness comes from generators that the trainer owns and
saves, so nothing that happens elsewhere in the process can change a training.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from gan_core import catalog
from gan_core.config import SMOOTH, TrainConfig
from gan_core.data.dataset import Batches, ImageData
from gan_core.latent import vectors
from gan_core.libraries import one_at_a_time
from gan_core.networks.base import Generator, ImageCritic
from gan_core.networks.layers import Dropout
from gan_core.networks.sampling import sample
from gan_core.objectives import build as objectives
from gan_core.objectives.augmentation import AugmentedCritic
from gan_core.objectives.base import Batch, CriticCall
from gan_core.runs.events import Player
from gan_core.training.adam import Adam
from gan_core.training.cuda_graphs import GraphedTurns

_AS_IT_IS = nullcontext()


class Trainer:
    """Trains a generator against a critic on a data set in memory.

    Args:
        config: the settings; ``config.steps`` is not looked at but for where a schedule ends, the
            caller counts. Some of them may :meth:`change` while it trains.
        data: images whose shape the architecture can make.
        device: where networks, data and random numbers live.
        graphed: whether steps are captured as CUDA graphs, on a device that has them.
        mixed: whether products and convolutions are computed in bfloat16, the rest as ever.

    Raises:
        ConfigError: the settings do not fit together.
    """

    def __init__(
        self,
        config: TrainConfig,
        data: ImageData,
        device: torch.device,
        *,
        graphed: bool = False,
        mixed: bool = False,
    ) -> None:
        config = config.with_steps(len(data))
        self.config = config
        self._settings = config  # as they are at this step, but for what may move at every step
        self._held: dict[str, float] = {}  # what the schedule changed in them
        self._ema_decay = config.ema_decay
        self.device = device
        self._graphed = graphed
        self._mixed = mixed
        self.steps_done = 0
        self._batches_done = 0  # of real images
        self._in_round = 0  # generator updates that the round has had; 0 where the next begins
        self.objective = objectives.build(config)
        networks = catalog.networks(config, self.objective, data.image_shape, data.classes)
        # Channels last is what convolutions work in: other maps are turned at every layer.
        for network in networks:
            network.to(device).to(memory_format=torch.channels_last)
        self.generator, self.critic = networks
        self.averaged: Generator | None = (
            copy.deepcopy(self.generator).requires_grad_(False) if config.ema_decay else None
        )
        self._random = torch.Generator(device).manual_seed(config.seed)
        self.objective.draw_from(self._random)
        for network in (self.generator, self.critic):
            for module in network.modules():
                if isinstance(module, Dropout):
                    module.draw_from(self._random)
        with one_at_a_time:  # torch loads its compiler with the first optimizer
            self._optimizer_g = self._optimizer(self.generator)
            self._optimizer_d = self._optimizer(self.critic)
        self._set_up_optimizers()
        self._judge: CriticCall = self.critic
        if config.augment:
            assert isinstance(self.critic, ImageCritic)
            names = config.augment.split(", ")
            self._judge = AugmentedCritic(self.critic, names, self._random)
        self._batches = Batches(data.to(device), config.batch_size, config.seed)
        self._reals: Iterator[tuple[Tensor, Tensor]] = iter(self._batches)
        self._round: list[Batch] = []  # real batches of this round, one a critic update
        # Listed once: to walk through a network takes as long as a small one's arithmetic. They
        # stay the same tensors, whatever is loaded into them.
        self._weights_g = list(self.generator.parameters())
        self._weights_d = list(self.critic.parameters())
        self._currents = _tensors(self.generator)
        self._averages = [] if self.averaged is None else _tensors(self.averaged)
        self._share = torch.zeros((), device=device)  # of the current weights in the average
        self._sums: dict[str, Tensor] = {}
        self._counts: Counter[str] = Counter()
        self._turn: Callable[[bool], list[str]] = self._play
        if graphed:
            self._turn = GraphedTurns(self._play, self._random)

    def _optimizer(self, network: nn.Module) -> torch.optim.Optimizer:
        """Of the kind that the settings name; :meth:`_set_up_optimizers` gives it its settings."""
        options: dict[str, Any] = {"capturable": True} if self._graphed else {}
        if self.config.optimizer == "rmsprop":
            return torch.optim.RMSprop(network.parameters(), foreach=True, **options)
        adam = Adam if self.device.type == "cpu" else torch.optim.Adam
        return adam(network.parameters(), fused=True, **options)

    @property
    def sampler(self) -> Generator:
        """The generator that pictures are drawn from: the averaged one where there is one."""
        return self.averaged if self.averaged is not None else self.generator

    @property
    def images_seen(self) -> int:
        """Real images that the critic was shown so far."""
        return self._batches_done * self.config.batch_size

    @property
    def between_rounds(self) -> bool:
        """Whether the next step begins a round."""
        return self._in_round == 0

    def step(self) -> None:
        """One generator update, before which, at the start of a round, the critic learns; no host
        synchronisation.

        A round is ``d_steps`` critic updates and ``g_steps`` generator updates. Where both players
        have the same batch size, the first generator update learns from the critic's last fake
        batch: the generator runs once for both, its graph kept while the critic learns from the
        detached images.
        """
        self._set_out()
        begins_round = self.between_rounds
        if begins_round:
            self._take_reals()
        self._count_step()
        self._in_round = (self._in_round + 1) % self._settings.g_steps
        self._counts.update(self._turn(begins_round))

    def turn(self, player: Player) -> None:
        """One update of one player alone, beside the rounds, which go on where they were: of the
        discriminator with the next real batch, or of the generator, which counts as a step.

        The other player stays as it is bit for bit, batch-norm statistics included.
        """
        self._set_out()
        if player == "d" or not self._round:
            self._round = [self._next_real()]
        other = self.generator if player == "d" else self.critic
        statistics = [(buffer, buffer.clone()) for buffer in other.buffers()]
        if player == "d":
            _, parts = self._train_critic(for_generator=False)
        else:
            self._count_step()
            parts = self._train_generator(self._fake_for_generator())
        for buffer, before in statistics:
            buffer.copy_(before)
        self._counts.update(self._accumulate(parts))
        self._capture_anew()

    def change(self, config: TrainConfig) -> None:
        """Go on with other settings, which differ from those so far in what may change while it
        trains; see :func:`gan_core.catalog.changed`.

        Raises:
            ConfigError: a value that the objective does not take.
        """
        self.config = config
        self._held = {}
        self._compute_with(config)

    def _compute_with(self, settings: TrainConfig) -> None:
        """Have these settings, which differ in what may change while it trains."""
        before, self._settings = self._settings, settings
        if settings.objective_settings != before.objective_settings:
            learnt = self.objective.state_dict()
            self.objective = objectives.build(settings)
            self.objective.draw_from(self._random)
            self.objective.load_state_dict(learnt)
        self._set_up_optimizers()
        self._ema_decay = settings.ema_decay
        if self._in_round >= settings.g_steps:
            self._in_round = 0  # it has had as many as a round has now
        self._capture_anew()

    def _set_up_optimizers(self) -> None:
        """Give both the settings of this moment; what they remember stays.

        A rate that follows the step is a tensor where steps are captured, so that the graph reads
        it anew each time.
        """
        scheduled = self.config.scheduled(self.steps_done) if self._graphed else {}
        settings = self._settings
        for optimizer, name, lr in (
            (self._optimizer_g, "lr_g", settings.lr_g),
            (self._optimizer_d, "lr_d", settings.lr_d),
        ):
            for group in optimizer.param_groups:
                group["lr"] = torch.tensor(lr, device=self.device) if name in scheduled else lr
                if "betas" in group:
                    group["betas"] = (settings.beta1, settings.beta2)

    def _follow_schedule(self) -> None:
        """Take what the schedule gives its settings at this step."""
        values = self.config.scheduled(self.steps_done)
        held = {name: value for name, value in values.items() if name not in SMOOTH}
        if held != self._held:
            self._held = held
            self._compute_with(self.config.with_settings(held))
        self._ema_decay = values.get("ema_decay", self._ema_decay)
        for name, optimizer in (("lr_g", self._optimizer_g), ("lr_d", self._optimizer_d)):
            for group in optimizer.param_groups if name in values else ():
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(values[name])
                else:
                    group["lr"] = values[name]

    def _set_out(self) -> None:
        """Both networks as they are while they learn, and the settings as they are at this step."""
        for network in (self.generator, self.critic):
            if not network.training:
                network.train()
        if self.config.schedule:
            self._follow_schedule()

    def _play(self, begins_round: bool) -> list[str]:
        """The updates of a step, all of it on the device: reads and writes tensors that stay where
        they are, and nothing of the host's that changes. Returns the names of the scalars that it
        added to the sums."""
        fake, parts = self._train_critic() if begins_round else (None, {})
        if fake is None:
            fake = self._fake_for_generator()
        return self._accumulate({**parts, **self._train_generator(fake)})

    def _train_generator(self, fake: Batch) -> dict[str, Tensor]:
        """The generator's update on a batch of its own, and what there is to plot."""
        for weight in self._weights_d:  # whose gradients would only be thrown away
            weight.requires_grad_(False)
        with self._precision():
            loss = self.objective.g_loss(self._judge, self._round[-1], fake)
        _forget_gradients(self._weights_g)
        loss.total.backward()
        slope = _gradient_norm(self._weights_g)
        self._optimizer_g.step()
        for weight in self._weights_d:
            weight.requires_grad_(True)
        self._update_average()
        return {"g/loss": loss.total.detach(), **loss.parts, "g/gradient_norm": slope}

    def _train_critic(
        self, *, for_generator: bool = True
    ) -> tuple[Batch | None, dict[str, Tensor]]:
        """The critic's updates of a round; returns the last fake batch where the generator follows
        and can learn from it, and what there is to plot."""
        size = self.config.batch_size
        same_batch = for_generator and self.config.batch_size_g in (0, size)
        for number, real in enumerate(self._round, start=1):
            with torch.set_grad_enabled(same_batch and number == len(self._round)):
                fake = self._fake(size)
            images = Batch(fake.images.detach(), fake.labels)
            with self._precision():
                loss = self.objective.d_loss(self._judge, real, images)
            _forget_gradients(self._weights_d)
            loss.total.backward()
            self._optimizer_d.step()
            self.objective.after_d_step(self.critic, loss)
        return fake if same_batch else None, {"d/loss": loss.total.detach(), **loss.parts}

    def scalars(self) -> dict[str, float]:
        """Means since the last call, by name: the only host synchronisation."""
        if not self._counts:
            return {}
        names = [name for name in self._sums if self._counts[name]]
        values = torch.stack([self._sums[name] for name in names]).tolist()
        means = {n: value / self._counts[n] for n, value in zip(names, values, strict=True)}
        self._forget_sums()
        return means

    def sample(self, z: Tensor, y: Tensor | None = None) -> Tensor:
        """Images (N, C, H, W) in [-1, 1] for latent vectors (N, latent_dim) and, where the
        generator is conditional, labels (N,).

        Runs in eval mode without gradients; touches neither weights nor any random state.
        """
        return sample(self.sampler, z, y)

    def reseed(self, seed: int) -> None:
        """Draw other noise from here on than this training would have."""
        self._random.manual_seed(seed)

    def is_finite(self) -> bool:
        """Whether every number of the networks is finite; synchronises with the device."""
        networks = (self.generator, self.critic, self.sampler)
        numbers = [tensor for network in networks for tensor in _tensors(network)]
        return bool(torch.stack([tensor.isfinite().all() for tensor in numbers]).all())

    def state_dict(self) -> dict[str, Any]:
        """Everything needed to go on: tensors and plain values only. The tensors are those that the
        next step changes: write or copy them before it."""
        return {
            "step": self.steps_done,
            "batches": self._batches_done,
            "in_round": self._in_round,
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "averaged": None if self.averaged is None else self.averaged.state_dict(),
            "optimizer_g": self._optimizer_g.state_dict(),
            "optimizer_d": self._optimizer_d.state_dict(),
            "objective": self.objective.state_dict(),
            "random": self._random.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of networks of the same shapes; the state stays as it is.

        The optimizers keep what they remember of past gradients; their rates are the settings' own.
        An average that the state lacks begins with the weights as they are.

        Raises:
            KeyError, RuntimeError, ValueError: the state is of other networks, or incomplete.
        """
        self.generator.load_state_dict(state["generator"])
        self.critic.load_state_dict(state["critic"])
        if self.averaged is not None:
            self.averaged.load_state_dict(state["averaged"] or state["generator"])
        for optimizer, name in (
            (self._optimizer_g, "optimizer_g"),
            (self._optimizer_d, "optimizer_d"),
        ):
            optimizer.load_state_dict(copy.deepcopy(state[name]))  # which would take the tensors
        self.steps_done = int(state["step"])
        self._set_up_optimizers()
        self.objective.load_state_dict(state.get("objective", {}))
        self._capture_anew()  # the optimizers' state lies elsewhere now
        # A state of before these were counted is of a training in even rounds.
        self._in_round = int(state.get("in_round", self.steps_done % self.config.g_steps))
        batches = int(state.get("batches", self.config.batches_at(self.steps_done)))
        random = state["random"].cpu()
        if len(random) == len(self._random.get_state()):
            self._random.set_state(random)
        else:  # saved on another kind of device, whose random numbers this one cannot continue
            self._random.manual_seed(self.config.seed + self.steps_done)
        self._go_to(batches)
        self._forget_sums()

    def _go_to(self, batches: int) -> None:
        """Take up the order of real batches where it stands after so many."""
        self._batches_done = max(0, batches - 1)
        self._reals = self._batches.starting_at(self._batches_done)
        # The generator's updates look at the last one: those of a round, and those alone.
        self._round = [self._next_real()] if batches else []

    def _labels(self, n: int) -> Tensor | None:
        classes = self.generator.n_classes
        if not classes:
            return None
        return torch.randint(classes, (n,), device=self.device, generator=self._random)

    def _fake_for_generator(self) -> Batch:
        return self._fake(self.config.batch_size_g or self.config.batch_size)

    def _fake(self, n: int) -> Batch:
        labels = self._labels(n)
        z = vectors.draw_latent(n, self.config.latent_dim, self.config.noise, self._random)
        with self._precision():
            return Batch(self.generator(z, labels).to(z.dtype), labels)

    def _precision(self) -> AbstractContextManager[None]:
        """What forward passes and losses are computed in."""
        kind = self.device.type
        if not self._mixed and not torch.is_autocast_enabled(kind):  # to say so takes a while
            return _AS_IT_IS
        return torch.autocast(kind, torch.bfloat16, enabled=self._mixed)

    def _take_reals(self) -> None:
        """The real batches of the round that begins: into the same memory, where steps are
        captured."""
        batches = [self._next_real() for _ in range(self._settings.d_steps)]
        if not self._graphed or len(self._round) != len(batches):
            self._round = batches
            return
        for old, new in zip(self._round, batches, strict=True):
            old.images.copy_(new.images)
            if old.labels is not None and new.labels is not None:
                old.labels.copy_(new.labels)

    def _next_real(self) -> Batch:
        images, labels = next(self._reals)
        self._batches_done += 1
        return Batch(images.to(self.device), labels.to(self.device))

    def _count_step(self) -> None:
        self.steps_done += 1
        self._share.fill_(1 - self._decay())

    def _capture_anew(self) -> None:
        """What was captured reads tensors or holds numbers that are no longer those."""
        if isinstance(self._turn, GraphedTurns):
            self._turn.forget()

    def _decay(self) -> float:
        """Of the average at this step: it grows from 0 as (1 + t) / (10 + t), so that early
        pictures are not held back by the random weights that training began with."""
        return min(self._ema_decay, (1 + self.steps_done) / (10 + self.steps_done))

    @torch.no_grad()
    def _update_average(self) -> None:
        """Move the averaged weights and batch-norm statistics towards the current ones."""
        if self._averages:
            shares = [self._share] * len(self._averages)
            torch._foreach_lerp_(self._averages, self._currents, shares)

    def _accumulate(self, values: dict[str, Tensor]) -> list[str]:
        for name, value in values.items():
            if name not in self._sums:
                self._sums[name] = torch.zeros_like(value)
            self._sums[name].add_(value)
        return list(values)

    def _forget_sums(self) -> None:
        for total in self._sums.values():
            total.zero_()
        self._counts = Counter()


def _forget_gradients(weights: Sequence[Tensor]) -> None:
    for weight in weights:
        weight.grad = None


def _gradient_norm(weights: Sequence[Tensor]) -> Tensor:
    """Euclidean norm of all their gradients together, a scalar; no host synchronisation."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    return torch.stack(torch._foreach_norm(gradients)).norm()


def _tensors(module: nn.Module) -> list[Tensor]:
    """Parameters and floating-point buffers."""
    return [t for t in module.state_dict().values() if t.is_floating_point()]
