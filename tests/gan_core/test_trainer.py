from __future__ import annotations

import copy
import io
from typing import Any

import numpy as np
import pytest
import torch

from gan_core import latent
from gan_core.errors import ConfigError
from gan_core.trainer import Trainer, sample
from tests.gan_core.helpers import CPU, copied, differences, random_states, tiny_config, tiny_data

SHAPES = {"mlp": (1, 8, 8), "mlp-small": (1, 8, 8), "dcgan-28": (1, 28, 28)}


def trainer(architecture: str = "mlp-small", **changes: Any) -> Trainer:
    config = tiny_config(architecture=architecture, **changes)
    return Trainer(config, tiny_data(shape=SHAPES[architecture]), CPU)


def run(made: Trainer, steps: int) -> Trainer:
    for _ in range(steps):
        made.step()
    return made


def reloaded(made: Trainer, architecture: str, **changes: Any) -> Trainer:
    """A new trainer that goes on from the state of another, as a file would carry it."""
    buffer = io.BytesIO()
    torch.save(made.state_dict(), buffer)
    buffer.seek(0)
    other = trainer(architecture, **changes)
    run(other, 2)  # whatever it did before must not matter
    other.load_state_dict(torch.load(buffer, weights_only=True))
    return other


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("changes", [{}, {"ema_decay": 0.0}, {"d_steps": 2}])
def test_five_steps_saved_and_loaded_and_five_more_equal_ten(
    architecture: str, changes: dict[str, Any]
) -> None:
    whole = run(trainer(architecture, **changes), 10)
    halves = run(reloaded(run(trainer(architecture, **changes), 5), architecture, **changes), 5)
    assert differences(whole.state_dict(), halves.state_dict()) == []
    assert halves.steps_done == 10


@pytest.mark.parametrize("architecture", SHAPES)
def test_watching_never_changes_training(architecture: str) -> None:
    alone = run(trainer(architecture), 6)
    watched = trainer(architecture)
    for step in range(6):
        watched.step()
        watched.sample(latent.noise(5, 4, seed=step))
        sample(watched.generator, latent.noise(5, 4, seed=step))
        watched.scalars()
        watched.is_finite()
        torch.manual_seed(step)
        torch.rand(3)
        np.random.seed(step)
    assert differences(alone.state_dict(), watched.state_dict()) == []


@pytest.mark.parametrize("architecture", SHAPES)
@pytest.mark.parametrize("ema_decay", [0.9, 0.0])
def test_sampling_touches_nothing(architecture: str, ema_decay: float) -> None:
    made = run(trainer(architecture, ema_decay=ema_decay), 2)
    before, random = copied(made.state_dict()), random_states(made)
    z = latent.noise(7, 4, seed=1)
    first = made.sample(z)
    assert torch.equal(first, made.sample(z))
    assert not first.requires_grad
    assert made.generator.training
    assert made.critic.training
    assert differences(before, made.state_dict()) == []
    assert random_states(made) == random


def test_steps_leave_the_global_random_states_alone() -> None:
    made = trainer("mlp-small")
    before = random_states()
    run(made, 2)
    assert random_states() == before


def test_samples_do_not_depend_on_their_company() -> None:
    generator = run(trainer("dcgan-28"), 2).sampler
    z = latent.noise(600, 4, seed=1)
    assert sample(generator, z).shape == (600, 1, 28, 28)
    assert torch.allclose(sample(generator, z)[550:560], sample(generator, z[550:560]), atol=1e-6)


@pytest.mark.parametrize("architecture", SHAPES)
def test_a_critic_step_leaves_the_generator_untouched(architecture: str) -> None:
    made = trainer(architecture, d_steps=2)
    moments: list[str] = []

    def after_critic(*_: Any) -> None:
        moments.append("critic")
        assert differences(state["generator"], dict(made.generator.named_parameters())) == []
        assert all(p.grad is None for p in made.generator.parameters())

    def before_generator(*_: Any) -> None:
        state["critic"] = copied(dict(made.critic.named_parameters()))
        gradients = [p.grad for p in made.critic.parameters()]
        state["gradients"] = {str(i): g.clone() for i, g in enumerate(gradients) if g is not None}

    def after_generator(*_: Any) -> None:
        moments.append("generator")
        assert differences(state["critic"], dict(made.critic.named_parameters())) == []

    state: dict[str, dict[str, Any]] = {
        "generator": copied(dict(made.generator.named_parameters()))
    }
    made._optimizer_d.register_step_post_hook(after_critic)
    made._optimizer_g.register_step_pre_hook(before_generator)
    made._optimizer_g.register_step_post_hook(after_generator)
    made.step()
    assert moments == ["critic", "critic", "generator"]
    assert differences(state["generator"], dict(made.generator.named_parameters()))
    assert all(p.requires_grad for p in made.critic.parameters())


def test_the_generators_loss_leaves_no_gradient_in_the_critic() -> None:
    made = trainer("mlp")
    seen: list[dict[str, Any]] = []

    def gradients(*_: Any) -> None:
        seen.append(
            {n: p.grad.clone() for n, p in made.critic.named_parameters() if p.grad is not None}
        )

    made._optimizer_d.register_step_post_hook(gradients)
    made.step()
    gradients()
    assert seen[0]
    assert differences(seen[0], seen[1]) == []


@pytest.mark.parametrize(
    ("rate", "still", "moves"), [("lr_g", "generator", "critic"), ("lr_d", "critic", "generator")]
)
def test_a_player_with_no_step_size_stands_still(rate: str, still: str, moves: str) -> None:
    made = trainer("mlp", **{rate: 0.0})
    before = {name: copied(getattr(made, name).state_dict()) for name in (still, moves)}
    run(made, 3)
    assert differences(before[still], getattr(made, still).state_dict()) == []
    assert differences(before[moves], getattr(made, moves).state_dict())


def test_the_average_follows_the_generator() -> None:
    made = trainer("mlp", ema_decay=0.9)
    name, start = next(iter(copied(made.generator.state_dict()).items()))
    expected = start
    assert made.averaged is not None
    for step in (1, 2, 3):
        made.step()
        decay = min(0.9, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * made.generator.state_dict()[name]
        assert torch.allclose(made.averaged.state_dict()[name], expected, atol=1e-7)
    assert made.sampler is made.averaged
    assert not any(p.requires_grad for p in made.averaged.parameters())


def test_the_average_includes_the_statistics_of_batch_norm() -> None:
    made = run(trainer("dcgan-28", ema_decay=0.9), 3)
    assert made.averaged is not None
    statistics = [n for n in made.averaged.state_dict() if n.endswith("running_mean")]
    assert statistics
    assert all(made.averaged.state_dict()[name].any() for name in statistics)


def test_the_average_can_be_switched_off() -> None:
    made = run(trainer("mlp", ema_decay=0.0), 2)
    assert made.averaged is None
    assert made.sampler is made.generator
    assert made.state_dict()["averaged"] is None
    averaged = run(trainer("mlp", ema_decay=0.9), 2)  # which does not reach the training itself
    assert differences(made.generator.state_dict(), averaged.generator.state_dict()) == []


def test_scalars_are_means_since_the_last_call() -> None:
    every = trainer("mlp")
    rows = []
    for _ in range(5):
        every.step()
        rows.append(every.scalars())
    seldom = trainer("mlp")
    assert seldom.scalars() == {}
    for first, last in ((0, 2), (2, 5)):
        run(seldom, last - first)
        mean = seldom.scalars()
        assert set(mean) == {
            "d/loss", "g/loss", "d/real", "d/fake", "d/D(x)", "d/D(G(z))", "g/D(G(z))",
        }  # fmt: skip
        for name, value in mean.items():
            assert value == pytest.approx(np.mean([r[name] for r in rows[first:last]]), rel=1e-5)
    assert seldom.scalars() == {}


def test_the_discriminators_loss_is_the_sum_of_its_parts() -> None:
    scalars = run(trainer("mlp"), 3).scalars()
    assert scalars["d/loss"] == pytest.approx(scalars["d/real"] + scalars["d/fake"], rel=1e-5)


def test_images_seen_counts_every_discriminator_step() -> None:
    made = trainer("mlp", d_steps=3)
    assert made.images_seen == 0
    assert run(made, 2).images_seen == 2 * 3 * 8


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_the_seed_decides(seed: int) -> None:
    one, same = run(trainer("mlp-small", seed=seed), 3), run(trainer("mlp-small", seed=seed), 3)
    other = run(trainer("mlp-small", seed=17), 3)
    assert differences(one.state_dict(), same.state_dict()) == []
    assert differences(one.generator.state_dict(), other.generator.state_dict())


def test_weights_that_are_not_finite_are_noticed() -> None:
    made = trainer("mlp")
    assert made.is_finite()
    with torch.no_grad():
        next(made.critic.parameters())[0, 0] = float("nan")
    assert not made.is_finite()


def test_states_of_other_networks_do_not_load() -> None:
    state = trainer("mlp").state_dict()
    with pytest.raises(RuntimeError):
        trainer("mlp-small").load_state_dict(copy.deepcopy(state))
    del state["random"]
    with pytest.raises(KeyError):
        trainer("mlp").load_state_dict(state)


def test_a_network_that_cannot_make_the_pictures_is_refused() -> None:
    with pytest.raises(ConfigError, match="28 x 28"):
        Trainer(tiny_config(architecture="dcgan-28"), tiny_data(), CPU)
