from __future__ import annotations

import copy
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.errors import ConfigError
from gan_core.latent import vectors
from gan_core.networks.sampling import sample
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.base import Batch, Loss
from gan_core.objectives.table import OBJECTIVES
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import CPU, copied, differences, random_states, tiny_config, tiny_data

SOME = ["mlp", "mlp-small", "dcgan-28"]  # plain, with dropout, with batch norm


def trainer(architecture: str = "mlp-small", classes: int = 2, **changes: Any) -> Trainer:
    config = tiny_config(architecture=architecture, **changes)
    side = ARCHITECTURES[architecture].image_size or 8
    return Trainer(config, tiny_data(shape=(1, side, side), classes=classes), CPU)


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


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("changes", [{}, {"ema_decay": 0.0}, {"d_steps": 2}])
def test_five_steps_saved_and_loaded_and_five_more_equal_ten(
    architecture: str, changes: dict[str, Any]
) -> None:
    whole = run(trainer(architecture, **changes), 10)
    halves = run(reloaded(run(trainer(architecture, **changes), 5), architecture, **changes), 5)
    assert differences(whole.state_dict(), halves.state_dict()) == []
    assert halves.steps_done == 10


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"g_steps": 2, "batch_size_g": 12, "noise": "uniform"},  # stops in the middle of a round
        {"optimizer": "rmsprop", "d_steps": 3},
    ],
)
def test_a_resumed_training_equals_an_unbroken_one_for_every_objective(
    name: str, changes: dict[str, Any]
) -> None:
    changes = {"objective": name, **changes}
    whole = run(trainer("mlp-small", **changes), 10)
    halves = run(reloaded(run(trainer("mlp-small", **changes), 5), "mlp-small", **changes), 5)
    assert differences(whole.state_dict(), halves.state_dict()) == []


def test_the_balance_of_began_is_saved_and_restored() -> None:
    changes: dict[str, Any] = {"objective": "began", "diversity": 1.0, "k_rate": 0.1}
    half = run(trainer("mlp-small", **changes), 5)
    made = reloaded(half, "mlp-small", **changes)
    assert 0 < half.state_dict()["objective"]["k"] < 1
    assert made.state_dict()["objective"]["k"] == half.state_dict()["objective"]["k"]
    made.scalars()
    made.step()
    assert made.scalars()["d/k"] == half.state_dict()["objective"]["k"].item()


@pytest.mark.parametrize("architecture", SOME)
def test_watching_never_changes_training(architecture: str) -> None:
    alone = run(trainer(architecture), 6)
    watched = trainer(architecture)
    for step in range(6):
        watched.step()
        watched.sample(vectors.noise(5, 4, seed=step))
        sample(watched.generator, vectors.noise(5, 4, seed=step))
        watched.scalars()
        watched.is_finite()
        torch.manual_seed(step)
        torch.rand(3)
        np.random.seed(step)
    assert differences(alone.state_dict(), watched.state_dict()) == []


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("ema_decay", [0.9, 0.0])
def test_sampling_touches_nothing(architecture: str, ema_decay: float) -> None:
    made = run(trainer(architecture, ema_decay=ema_decay), 2)
    before, random = copied(made.state_dict()), random_states(made)
    z = vectors.noise(7, 4, seed=1)
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
    z = vectors.noise(600, 4, seed=1)
    assert sample(generator, z).shape == (600, 1, 28, 28)
    assert torch.allclose(sample(generator, z)[550:560], sample(generator, z[550:560]), atol=1e-6)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("architecture", ["mlp-small", "dcgan-28"])
def test_a_players_update_leaves_the_other_untouched(architecture: str, name: str) -> None:
    """All that is compared is compared bit for bit: weights, and the statistics of batch norm as
    they stood after the network was last called."""
    made = trainer(architecture, objective=name, d_steps=2)
    moments: list[str] = []
    players = {"generator": made.generator, "critic": made.critic}
    weights = {n: copied(dict(m.named_parameters())) for n, m in players.items()}
    called: dict[str, dict[str, Any]] = {}

    def remember(player: str) -> Any:
        def hook(*_: Any) -> None:
            called[player] = copied(players[player].state_dict())

        return hook

    def after(player: str, other: str) -> Any:
        def hook(*_: Any) -> None:
            moments.append(player)
            assert differences(weights[other], dict(players[other].named_parameters())) == []
            assert differences(called[other], players[other].state_dict()) == []
            now = copied(dict(players[player].named_parameters()))
            assert differences(weights[player], now)
            weights[player] = now

        return hook

    for player, module in players.items():
        module.register_forward_hook(remember(player))
    clip = made.objective.after_d_step

    def after_critic(critic: Any, loss: Loss) -> None:
        clip(critic, loss)
        after("critic", "generator")()
        assert all(p.grad is None for p in made.generator.parameters())

    made.objective.after_d_step = after_critic  # type: ignore[method-assign]
    made._optimizer_g.register_step_post_hook(after("generator", "critic"))
    made.step()
    assert moments == ["critic", "critic", "generator"]
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
    changes: dict[str, Any] = {rate: 0.0}
    made = trainer("mlp", **changes)
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
            "g/gradient_norm",
        }  # fmt: skip
        for name, value in mean.items():
            assert value == pytest.approx(np.mean([r[name] for r in rows[first:last]]), rel=1e-5)
    assert seldom.scalars() == {}


def test_the_discriminators_loss_is_the_sum_of_its_parts() -> None:
    scalars = run(trainer("mlp"), 3).scalars()
    assert scalars["d/loss"] == pytest.approx(scalars["d/real"] + scalars["d/fake"], rel=1e-5)


def count_updates(made: Trainer) -> list[str]:
    """What will be updated, in order."""
    order: list[str] = []
    made._optimizer_d.register_step_post_hook(lambda *_: order.append("d"))
    made._optimizer_g.register_step_post_hook(lambda *_: order.append("g"))
    return order


def test_the_critic_learns_at_the_start_of_a_round() -> None:
    made = trainer("mlp", d_steps=2, g_steps=3)
    order = count_updates(made)
    seen = []
    for _ in range(7):
        made.step()
        seen.append(made.images_seen)
    assert "".join(order) == "ddgggddgggddg"
    assert seen == [16, 16, 16, 32, 32, 32, 48]  # batches of 8
    assert made.steps_done == 7


def generated(made: Trainer) -> list[tuple[int, bool]]:
    """How many images the generator will make at each call, and whether to learn from them."""
    calls: list[tuple[int, bool]] = []
    made.generator.register_forward_hook(
        lambda module, given, output: calls.append((len(output), output.requires_grad))
    )
    return calls


@pytest.mark.parametrize(
    ("changes", "calls"),
    [
        # the generator learns from the critic's last fake batch
        ({}, [(8, True), (8, True)]),
        ({"batch_size_g": 8, "d_steps": 2}, [(8, False), (8, True)] * 2),
        # a round's second generator step needs a batch of its own
        ({"g_steps": 2}, [(8, True), (8, True)]),
        ({"batch_size_g": 12}, [(8, False), (12, True)] * 2),
        ({"batch_size_g": 12, "g_steps": 2}, [(8, False), (12, True), (12, True)]),
    ],
)
def test_batches_of_the_two_players(changes: dict[str, Any], calls: list[tuple[int, bool]]) -> None:
    made = trainer("mlp", **changes)
    seen = generated(made)
    run(made, 2)
    assert seen == calls


def test_scalars_of_a_critic_that_learns_every_other_step() -> None:
    changes = {"g_steps": 2, "batch_size_g": 12}
    every, rows = trainer("mlp", **changes), []
    for _ in range(4):
        every.step()
        rows.append(every.scalars())
    assert [("d/loss" in row, "g/loss" in row) for row in rows] == [
        (True, True), (False, True), (True, True), (False, True),
    ]  # fmt: skip
    seldom = run(trainer("mlp", **changes), 3).scalars()
    for name, value in seldom.items():
        steps = (0, 2) if name.startswith("d/") else (0, 1, 2)
        assert value == pytest.approx(np.mean([rows[step][name] for step in steps]), rel=1e-5)


def test_rmsprop_by_hand() -> None:
    made = trainer("mlp", optimizer="rmsprop", lr_g=1e-3)
    before = copied(dict(made.generator.named_parameters()))
    made.step()
    for name, parameter in made.generator.named_parameters():
        # the running mean of squares is 0.01 g^2 after one step, so that g / sqrt(it) is 10
        assert parameter.grad is not None
        large = parameter.grad.abs() > 1e-5  # against the small number in the denominator
        assert large.any()
        moved = (parameter - before[name])[large]
        assert torch.allclose(moved, -0.01 * parameter.grad[large].sign(), rtol=2e-2)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_generator_learns_from_the_noise_of_the_settings(kind: str) -> None:
    made = trainer("mlp", noise=kind, latent_dim=16, batch_size=32)
    seen: list[torch.Tensor] = []
    made.generator.register_forward_hook(lambda module, given, output: seen.append(given[0]))
    run(made, 5)
    z = torch.cat(seen)
    assert z.mean().abs() < 0.07  # of 2,560 numbers: 3.5 standard errors
    assert (z.abs().max() <= 1) == (kind == "uniform")
    assert z.min() < -0.95
    assert z.max() > 0.95


# Conditional objectives


CONDITIONAL = [name for name, kind in OBJECTIVES.items() if kind.conditional]


def watched(made: Trainer) -> list[tuple[str, Batch, Batch]]:
    """The batches that each player will learn from: who, real, generated."""
    seen: list[tuple[str, Batch, Batch]] = []
    d_loss, g_loss = made.objective.d_loss, made.objective.g_loss

    def note_d(critic: Any, real: Batch, fake: Batch) -> Loss:
        seen.append(("d", real, fake))
        return d_loss(critic, real, fake)

    def note_g(critic: Any, real: Batch, fake: Batch) -> Loss:
        seen.append(("g", real, fake))
        return g_loss(critic, real, fake)

    made.objective.d_loss = note_d  # type: ignore[method-assign]
    made.objective.g_loss = note_g  # type: ignore[method-assign]
    return seen


@pytest.mark.parametrize("name", CONDITIONAL)
def test_the_classes_of_generated_images_are_drawn_evenly_and_not_copied(name: str) -> None:
    made = trainer("mlp-small", classes=10, objective=name, batch_size_g=12)
    seen = watched(made)
    run(made, 60)
    for player in ("d", "g"):
        pairs = [(real.labels, fake.labels) for who, real, fake in seen if who == player]
        drawn = torch.cat([fake for _, fake in pairs if fake is not None])
        assert len(drawn) == 60 * (8 if player == "d" else 12)
        # each class a tenth of the draws, within four standard errors
        n = len(drawn)
        counts = torch.bincount(drawn, minlength=10)
        assert len(counts) == 10
        assert ((counts - n / 10).abs() < 4 * (n * 0.09) ** 0.5).all()
        given = torch.cat([real for real, _ in pairs if real is not None])
        if player == "d":
            assert (given == drawn).float().mean() < 0.2  # a tenth by chance


@pytest.mark.parametrize("name", CONDITIONAL)
def test_real_images_keep_their_own_labels(name: str) -> None:
    made = trainer("mlp-small", classes=10, objective=name)
    data = tiny_data(classes=10)
    seen = watched(made)
    run(made, 3)
    for who, real, _ in seen:
        if who == "d":
            pictures = ((real.images + 1) * 127.5).round().to(torch.uint8)
            assert real.labels is not None
            for picture, label in zip(pictures, real.labels, strict=True):
                same = (data.images == picture).flatten(1).all(1)
                assert data.labels[same].tolist() == [label.item()]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_only_a_conditional_generator_is_given_labels(name: str) -> None:
    made = trainer("mlp-small", objective=name)
    seen = watched(made)
    run(made, 2)
    assert made.generator.n_classes == (2 if name in CONDITIONAL else 0)
    assert all((fake.labels is not None) == (name in CONDITIONAL) for _, _, fake in seen)


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_label_changes_its_own_sample_and_no_other(architecture: str, name: str) -> None:
    made = run(trainer(architecture, classes=10, objective=name), 2)
    z, y = vectors.noise(6, 4, seed=1), torch.arange(6)
    other = y.clone()
    other[2] = 9
    before = copied(made.state_dict())
    one, two = made.sample(z, y), made.sample(z, other)
    changed = (one != two).flatten(1).any(1)
    assert changed.tolist() == [False, False, True, False, False, False]
    assert torch.equal(one, made.sample(z, y))
    assert differences(before, made.state_dict()) == []


def test_a_generator_without_classes_does_not_look_at_labels() -> None:
    made = run(trainer("mlp"), 2)
    z = vectors.noise(4, 4, seed=1)
    assert torch.equal(made.sample(z), made.sample(z, torch.arange(4)))


def test_labels_go_with_their_samples_through_every_chunk() -> None:
    made = trainer("mlp", objective="cgan", classes=10)
    z, y = vectors.noise(1100, 4, seed=1), torch.arange(1100) % 10
    whole = made.sample(z, y)
    assert torch.allclose(whole[1090:], made.sample(z[1090:], y[1090:]), atol=1e-6)
    assert not torch.allclose(whole[1090:], made.sample(z[1090:], y[1090:].flip(0)), atol=1e-6)


# Every objective on every network


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_objective_takes_steps_with_every_network(architecture: str, name: str) -> None:
    made = trainer(architecture, objective=name, batch_size=2, ema_decay=0.0)
    steps = 2 if architecture in ("mlp", "dcgan-28") else 1
    rows = []
    for _ in range(steps):
        made.step()
        rows.append(made.scalars())
    assert made.is_finite()
    assert {"d/loss", "g/loss"} <= set(rows[-1])
    assert all(np.isfinite(value) for row in rows for value in row.values())
    if steps == 2:
        shown = {column for watch in made.objective.watches for column in watch.columns}
        assert shown <= set(rows[-1])  # all that its charts are to show is reported


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


@pytest.mark.parametrize("name", CONDITIONAL)
def test_data_without_classes_is_refused_by_objectives_that_need_them(name: str) -> None:
    for classes in (0, 1):
        data = replace(tiny_data(classes=1), classes=("only",)[:classes])
        with pytest.raises(ConfigError, match=f"objective is '{name}'.* fewer than two classes"):
            Trainer(tiny_config(objective=name), data, CPU)
