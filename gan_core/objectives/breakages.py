"""Breakages: known mistakes in training a GAN, each made on purpose beside the recipe it ruins.

A broken configuration names its breakage, so that a run says what was done to it and goes on
broken when it is resumed. To add one, add an entry to :data:`BREAKAGES`: settings that are wrong,
or an objective with the mistake in its code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gan_core.config import SETTINGS, TrainConfig
from gan_core.errors import ConfigError
from gan_core.libraries import functional, torch
from gan_core.objectives.autoencoder import EBGAN, pull_away_term
from gan_core.objectives.base import Batch, CriticCall, Loss, Objective
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.settings import own_settings, own_values
from gan_core.objectives.table import OBJECTIVES, objective_class
from gan_core.objectives.wasserstein import WGANGP

if TYPE_CHECKING:
    from torch import Tensor

Kind = type[Objective]


@dataclass(frozen=True)
class Breakage:
    """One mistake: what is wrong, and what to expect of it.

    Attributes:
        objectives: those that it can be made in.
        settings: the wrong settings, from the right ones.
        objective: the class with the mistake in its code, from the right one.
        findings: names of findings of :mod:`gan_core.training.doctor`, one of which a training of
            some length should meet; none where losses and samples do not tell.
    """

    title: str
    fault: str
    expect: str
    objectives: tuple[str, ...]
    settings: Callable[[TrainConfig], Mapping[str, Any]] | None = None
    objective: Callable[[Kind], Kind] | None = None
    findings: tuple[str, ...] = ()


def _with_norm(kind: Kind) -> Kind:
    """Batch norm in the critic, where the objective forbids it."""
    return type(f"Normed{kind.__name__}", (kind,), {"critic_norm": True})


def _one_side(kind: Kind) -> Kind:
    """The discriminator's loss on generated images reaches no weight."""
    assert issubclass(kind, NonSaturatingGAN)

    class OneSided(kind):  # type: ignore[valid-type, misc]
        def d_game(self, score_real: Tensor, score_fake: Tensor) -> Loss:
            loss: Loss = super().d_game(score_real, score_fake.detach())
            return loss

    return OneSided


def _one_label(kind: Kind) -> Kind:
    """The critic is told that every generated image is of the first class."""

    class OneLabel(kind):  # type: ignore[valid-type, misc]
        def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            loss: Loss = super().d_loss(critic, real, _all_first(fake))
            return loss

        def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            loss: Loss = super().g_loss(critic, real, _all_first(fake))
            return loss

    return OneLabel


def _all_first(fake: Batch) -> Batch:
    assert fake.labels is not None
    return fake._replace(labels=torch.zeros_like(fake.labels))


class DetachedEBGAN(EBGAN):
    """The generator's gradient flows through the reconstruction alone, not through its target."""

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        from gan_core.networks.base import AutoencoderCritic

        assert isinstance(critic, AutoencoderCritic)
        code = critic.encode(critic.trunk(fake.images))
        reconstruction = critic.decoder(code).view_as(fake.images)
        energy = (reconstruction - fake.images.detach()).square().mean()
        apart = pull_away_term(code)
        return Loss(energy + self.pull_away * apart, {"g/pull_away": apart.detach()})


class MatrixNormEBGAN(EBGAN):
    """The pull-away term with one norm over the whole matrix of codes."""

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        verdict = critic(*fake)
        assert verdict.code is not None
        units = verdict.code / verdict.code.norm()
        n = len(units)
        apart = ((units @ units.T).square().sum() - n) / (n * (n - 1))
        parts = {"g/pull_away": pull_away_term(verdict.code).detach()}
        return Loss(verdict.score.mean() + self.pull_away * apart, parts)


class BatchHingeEBGAN(EBGAN):
    """The hinge on the mean energy of the batch."""

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        loss = super().d_loss(critic, real, fake)
        energy_real, energy_fake = critic(*real).score, critic(*fake).score
        return Loss(
            energy_real.mean() + functional.relu(self.margin - energy_fake.mean()), loss.parts
        )


class BatchNormWGANGP(WGANGP):
    """One gradient norm over the whole batch."""

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        score_real, score_fake = critic(*real).score, critic(*fake).score
        x = real.images
        share = torch.rand(len(x), 1, 1, 1, dtype=x.dtype, device=x.device, generator=self.random)
        between = torch.lerp(x, fake.images, share).requires_grad_(True)
        score = critic(between, real.labels).score
        (gradient,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        norms = gradient.flatten(1).norm(dim=1).detach()
        penalty: Tensor = (gradient.norm() - 1).square()
        distance = score_real.mean() - score_fake.mean()
        parts = {
            "d/score(x)": score_real.detach().mean(),
            "d/score(G(z))": score_fake.detach().mean(),
            "d/wasserstein": distance.detach(),
            "d/penalty": penalty.detach(),
            "d/gradient_norm": norms.mean(),
        }
        return Loss(self.gradient_penalty * penalty - distance, parts)


_GAME = ("gan", "gan-minimax", "dragan", "cgan", "acgan")
_PENALISED = ("wgan-gp", "dragan", "r3gan")
_UNNORMED = (*_PENALISED, "ebgan", "began")


def _settings(**values: Any) -> Callable[[TrainConfig], Mapping[str, Any]]:
    return lambda config: values


def _times(factor: float, *names: str) -> Callable[[TrainConfig], Mapping[str, Any]]:
    """Those settings so many times as large, as far as they may go."""

    def scale(config: TrainConfig) -> Mapping[str, Any]:
        kind = objective_class(config.objective)
        settings = {**SETTINGS, **own_settings(kind)}
        values = {**config.to_dict(), **own_values(kind, config)}
        return {
            name: min(factor * values[name], settings[name].maximum or float("inf"))
            for name in names
        }

    return scale


def _no_penalty(config: TrainConfig) -> Mapping[str, Any]:
    """The weight of the objective's gradient penalty at 0, whatever it is called."""
    own = own_settings(objective_class(config.objective))
    return {name: 0.0 for name in ("gradient_penalty", "zero_penalty") if name in own}


BREAKAGES: dict[str, Breakage] = {
    "high-rates": Breakage(
        title="Learning rates 30 times too high",
        fault="Both players' optimizers take steps thirty times as large as the recipe's.",
        expect="Each player overshoots what the other just did: the losses leap, and the pictures "
        "turn to noise, to one picture, or to NaN.",
        objectives=tuple(OBJECTIVES),
        settings=_times(30, "lr_g", "lr_d"),
        findings=("collapse", "saturated", "oscillation", "diverged", "runaway", "penalty"),
    ),
    "slow-generator": Breakage(
        title="A generator that can hardly move",
        fault="The generator's learning rate is a thousandth of the recipe's; the "
        "discriminator's is the recipe's own.",
        expect="The discriminator tells every picture within a few hundred steps. Its gradient "
        "vanishes, or is of no use to a generator that cannot follow it.",
        objectives=tuple(OBJECTIVES),
        settings=_times(0.001, "lr_g"),
        findings=("saturated", "collapse", "margin"),
    ),
    "long-rounds": Breakage(
        title="Rounds that are far too long",
        fault="Each player takes 100 steps before it is the other's turn.",
        expect="Whoever's turn it is runs far ahead, and then the other: the losses swing from one "
        "end to the other, and the pictures change all at once.",
        objectives=tuple(OBJECTIVES),
        settings=_settings(d_steps=100, g_steps=100),
        findings=("oscillation",),
    ),
    "saturating": Breakage(
        title="The saturating loss",
        fault="The generator minimises log(1 - D(G(z))), as equation 1 has it, in place of "
        "-log D(G(z)).",
        expect="While the discriminator rejects the pictures with confidence, the generator's "
        "gradient is next to nothing: it starts late, or never.",
        objectives=("gan",),
        settings=_settings(objective="gan-minimax"),
        findings=("saturated", "collapse"),
    ),
    "one-sided": Breakage(
        title="A discriminator that is never shown the generator's pictures as fake",
        fault="Only the loss on real images reaches the discriminator's weights: the label of "
        "generated images is missing.",
        expect="It learns to call everything real, D(x) and D(G(z)) both go to 1, and nothing is "
        "left that could teach the generator.",
        objectives=_GAME,
        objective=_one_side,
        findings=("runaway",),
    ),
    "one-label": Breakage(
        title="Every generated image passed off as class 0",
        fault="The generator draws the class it is told, but the discriminator is told that each "
        "generated image is of the first class.",
        expect="The generator learns to draw the first class, whatever it is asked for.",
        objectives=("cgan", "acgan"),
        objective=_one_label,
        findings=("collapse",),
    ),
    "no-penalty": Breakage(
        title="No gradient penalty",
        fault="The weight of the gradient penalty is 0.",
        expect="Nothing holds the critic's gradient: it grows steep, its scores lose their "
        "meaning, and the generator is thrown about or left without direction.",
        objectives=_PENALISED,
        settings=_no_penalty,
        findings=("penalty", "diverged", "saturated"),
    ),
    "batch-penalty": Breakage(
        title="One gradient norm over the whole batch",
        fault="The penalty takes a single norm of all samples' gradients together, in place of "
        "each sample's own.",
        expect="Each sample's gradient is held far below 1, by the square root of the batch size: "
        "the critic is too flat to teach much.",
        objectives=("wgan-gp",),
        objective=lambda kind: BatchNormWGANGP,
        findings=("penalty",),
    ),
    "critic-batch-norm": Breakage(
        title="Batch norm in the critic",
        fault="The critic has batch norm, where the objective forbids it.",
        expect="A sample's score depends on its batch: its gradient is not its own, and real and "
        "generated batches can be told apart by their statistics alone.",
        objectives=_UNNORMED,
        objective=_with_norm,
        findings=("penalty", "collapse", "margin", "balance", "saturated", "oscillation"),
    ),
    "no-clip": Breakage(
        title="WGAN without the clip",
        fault="The critic's weights may be as large as 100 instead of 0.01.",
        expect="Without a bound the critic can raise its score without limit; the Wasserstein "
        "estimate explodes and means nothing.",
        objectives=("wgan",),
        settings=_settings(clip=100.0),
        findings=("diverged",),
    ),
    "tight-clip": Breakage(
        title="A clip a hundred times too tight",
        fault="The critic's weights are clipped at a hundredth of the recipe's bound.",
        expect="Two weights of three lie at the bound, and the signal dies on its way through the "
        "layers: the critic can say next to nothing, and the generator learns nothing.",
        objectives=("wgan",),
        settings=_times(0.01, "clip"),
        findings=("clip", "collapse"),
    ),
    "one-critic-step": Breakage(
        title="1 critic step instead of 5",
        fault="The critic learns once for each generator update.",
        expect="The critic never comes near the distance that it is to estimate; the generator "
        "follows a poor guide. Pictures come later for each generator update.",
        objectives=("wgan", "wgan-gp"),
        settings=_settings(d_steps=1),
    ),
    "detached-target": Breakage(
        title="EBGAN's target detached",
        fault="The generator's gradient flows through the critic's reconstruction alone, not "
        "through the image that it is compared with.",
        expect="The generator learns to be reconstructed in a way that says nothing of its own "
        "pixels; the energy of its pictures stays at the margin.",
        objectives=("ebgan",),
        objective=lambda kind: DetachedEBGAN,
        findings=("margin", "collapse"),
    ),
    "no-pull-away": Breakage(
        title="No pull-away term",
        fault="The weight of the term that keeps the codes of generated images apart is 0.",
        expect="Nothing asks for variety: the generator may settle on few pictures.",
        objectives=("ebgan",),
        settings=_settings(pull_away=0.0),
        findings=("collapse",),
    ),
    "matrix-pull-away": Breakage(
        title="Pull-away with one norm over the matrix",
        fault="The codes are divided by one norm of them all, in place of each by its own.",
        expect="The term is near 0 whatever the codes are: it asks for no variety.",
        objectives=("ebgan",),
        objective=lambda kind: MatrixNormEBGAN,
        findings=("collapse",),
    ),
    "batch-hinge": Breakage(
        title="The hinge on the batch's mean",
        fault="The margin is held against the mean energy of the batch, not against each sample.",
        expect="A few pictures far above the margin excuse all others.",
        objectives=("ebgan",),
        objective=lambda kind: BatchHingeEBGAN,
        findings=("collapse", "margin"),
    ),
    "high-margin": Breakage(
        title="A margin out of reach",
        fault="The margin is 1 instead of the recipe's 0.2.",
        expect="The critic cares more for driving generated images up to the margin than for "
        "reconstructing real ones.",
        objectives=("ebgan",),
        settings=_settings(margin=1.0),
        findings=("collapse", "margin"),
    ),
    "frozen-balance": Breakage(
        title="A balance that never moves",
        fault="The step size of BEGAN's k is 0, so that k stays at 0.",
        expect="The critic never minds the generated images: it is an autoencoder of real ones, "
        "and the generator finds the flat pictures that it copies best.",
        objectives=("began",),
        settings=_settings(k_rate=0.0),
        findings=("balance", "collapse"),
    ),
}


def fitting(objective: str) -> dict[str, Breakage]:
    """The breakages of an objective, by name."""
    return {name: mistake for name, mistake in BREAKAGES.items() if objective in mistake.objectives}


def with_breakage(config: TrainConfig, name: str) -> TrainConfig:
    """The same configuration with that mistake in it.

    Raises:
        ConfigError: there is no such breakage, or it cannot be made in this objective.
    """
    check_fit(name, config.objective)
    change = BREAKAGES[name].settings
    wrong = change(config) if change else {}
    return config.with_settings({**wrong, "breakage": name})


def check_fit(name: str, objective: str) -> None:
    """Refuse a breakage that cannot be made in an objective.

    Raises:
        ConfigError: naming those that can.
    """
    fits = fitting(objective)
    if name not in fits:
        raise ConfigError(
            f"breakage is {name!r}; with the objective {objective!r} it must be one of "
            f"{', '.join(fits)}."
        )
