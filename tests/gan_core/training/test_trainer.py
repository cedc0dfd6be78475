from __future__ import annotations

import copy
import io
from typing import Any

import numpy as np
import pytest
import torch

from gan_core.latent import vectors
from gan_core.networks.sampling import sample
from gan_core.objectives.base import Loss
from gan_core.objectives.table import OBJECTIVES
from gan_core.runs.events import Player
from gan_core.training.trainer import Trainer
from tests.gan_core.helpers import copied, differences, random_states
from tests.gan_core.training.trainers import SOME, new_trainer, run


def reload(trainer: Trainer, architecture: str, **changes: Any) -> Trainer:
    """A new trainer that goes on from the state of another, as a file would carry it."""
    buffer = io.BytesIO()
    torch.save(trainer.state_dict(), buffer)
    buffer.seek(0)
    other = new_trainer(architecture, **changes)
    run(other, 2)  # whatever it did before must not matter
    other.load_state_dict(torch.load(buffer, weights_only=True))
    return other


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("changes", [{}, {"ema_decay": 0.0}, {"d_steps": 2}])
def test_five_steps_saved_and_loaded_and_five_more_equal_ten(
    architecture: str, changes: dict[str, Any]
) -> None:
    whole = run(new_trainer(architecture, **changes), 10)
    halves = run(reload(run(new_trainer(architecture, **changes), 5), architecture, **changes), 5)
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
    whole = run(new_trainer("mlp-small", **changes), 10)
    halves = run(reload(run(new_trainer("mlp-small", **changes), 5), "mlp-small", **changes), 5)
    assert differences(whole.state_dict(), halves.state_dict()) == []


def test_the_balance_of_began_is_saved_and_restored() -> None:
    changes: dict[str, Any] = {"objective": "began", "diversity": 1.0, "k_rate": 0.1}
    half = run(new_trainer("mlp-small", **changes), 5)
    trainer = reload(half, "mlp-small", **changes)
    assert 0 < half.state_dict()["objective"]["k"] < 1
    assert trainer.state_dict()["objective"]["k"] == half.state_dict()["objective"]["k"]
    trainer.scalars()
    trainer.step()
    assert trainer.scalars()["d/k"] == half.state_dict()["objective"]["k"].item()


@pytest.mark.parametrize("architecture", SOME)
def test_watching_never_changes_training(architecture: str) -> None:
    alone = run(new_trainer(architecture), 6)
    trainer = new_trainer(architecture)
    for step in range(6):
        trainer.step()
        trainer.sample(vectors.noise(5, 4, seed=step))
        sample(trainer.generator, vectors.noise(5, 4, seed=step))
        trainer.scalars()
        trainer.is_finite()
        torch.manual_seed(step)
        torch.rand(3)
        np.random.seed(step)
    assert differences(alone.state_dict(), trainer.state_dict()) == []


@pytest.mark.parametrize("architecture", SOME)
@pytest.mark.parametrize("ema_decay", [0.9, 0.0])
def test_sampling_touches_nothing(architecture: str, ema_decay: float) -> None:
    trainer = run(new_trainer(architecture, ema_decay=ema_decay), 2)
    before, random = copied(trainer.state_dict()), random_states(trainer)
    z = vectors.noise(7, 4, seed=1)
    first = trainer.sample(z)
    assert torch.equal(first, trainer.sample(z))
    assert not first.requires_grad
    assert trainer.generator.training
    assert trainer.critic.training
    assert differences(before, trainer.state_dict()) == []
    assert random_states(trainer) == random


def test_steps_leave_the_global_random_states_alone() -> None:
    trainer = new_trainer("mlp-small")
    before = random_states()
    run(trainer, 2)
    assert random_states() == before


def test_samples_do_not_depend_on_their_company() -> None:
    generator = run(new_trainer("dcgan-28"), 2).sampler
    z = vectors.noise(600, 4, seed=1)
    assert sample(generator, z).shape == (600, 1, 28, 28)
    assert torch.allclose(sample(generator, z)[550:560], sample(generator, z[550:560]), atol=1e-6)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("architecture", ["mlp-small", "dcgan-28"])
def test_a_players_update_leaves_the_other_untouched(architecture: str, name: str) -> None:
    """All that is compared is compared bit for bit: weights, and the statistics of batch norm as
    they stood after the network was last called."""
    trainer = new_trainer(architecture, objective=name, d_steps=2)
    moments: list[str] = []
    players = {"generator": trainer.generator, "critic": trainer.critic}
    weights = {n: copied(dict(m.named_parameters())) for n, m in players.items()}
    states: dict[str, dict[str, Any]] = {}

    def remember(player: str) -> Any:
        def hook(*_: Any) -> None:
            states[player] = copied(players[player].state_dict())

        return hook

    def after(player: str, other: str) -> Any:
        def hook(*_: Any) -> None:
            moments.append(player)
            assert differences(weights[other], dict(players[other].named_parameters())) == []
            assert differences(states[other], players[other].state_dict()) == []
            now = copied(dict(players[player].named_parameters()))
            assert differences(weights[player], now)
            weights[player] = now

        return hook

    for player, module in players.items():
        module.register_forward_hook(remember(player))
    clip = trainer.objective.after_d_step

    def after_critic(critic: Any, loss: Loss) -> None:
        clip(critic, loss)
        after("critic", "generator")()
        assert all(p.grad is None for p in trainer.generator.parameters())

    trainer.objective.after_d_step = after_critic  # type: ignore[method-assign]
    trainer._optimizer_g.register_step_post_hook(after("generator", "critic"))
    trainer.step()
    assert moments == ["critic", "critic", "generator"]
    assert all(p.requires_grad for p in trainer.critic.parameters())


def test_the_generators_loss_leaves_no_gradient_in_the_critic() -> None:
    trainer = new_trainer("mlp")
    notes: list[dict[str, Any]] = []

    def gradients(*_: Any) -> None:
        notes.append(
            {n: p.grad.clone() for n, p in trainer.critic.named_parameters() if p.grad is not None}
        )

    trainer._optimizer_d.register_step_post_hook(gradients)
    trainer.step()
    gradients()
    assert notes[0]
    assert differences(notes[0], notes[1]) == []


@pytest.mark.parametrize(
    ("rate", "still", "moves"), [("lr_g", "generator", "critic"), ("lr_d", "critic", "generator")]
)
def test_a_player_with_no_step_size_stands_still(rate: str, still: str, moves: str) -> None:
    changes: dict[str, Any] = {rate: 0.0}
    trainer = new_trainer("mlp", **changes)
    before = {name: copied(getattr(trainer, name).state_dict()) for name in (still, moves)}
    run(trainer, 3)
    assert differences(before[still], getattr(trainer, still).state_dict()) == []
    assert differences(before[moves], getattr(trainer, moves).state_dict())


def test_the_average_follows_the_generator() -> None:
    trainer = new_trainer("mlp", ema_decay=0.9)
    name, start = next(iter(copied(trainer.generator.state_dict()).items()))
    average = start
    assert trainer.averaged is not None
    for step in (1, 2, 3):
        trainer.step()
        decay = min(0.9, (1 + step) / (10 + step))
        average = decay * average + (1 - decay) * trainer.generator.state_dict()[name]
        assert torch.allclose(trainer.averaged.state_dict()[name], average, atol=1e-7)
    assert trainer.sampler is trainer.averaged
    assert not any(p.requires_grad for p in trainer.averaged.parameters())


def test_the_average_includes_the_statistics_of_batch_norm() -> None:
    trainer = run(new_trainer("dcgan-28", ema_decay=0.9), 3)
    assert trainer.averaged is not None
    statistics = [n for n in trainer.averaged.state_dict() if n.endswith("running_mean")]
    assert statistics
    assert all(trainer.averaged.state_dict()[name].any() for name in statistics)


def test_the_average_can_be_switched_off() -> None:
    trainer = run(new_trainer("mlp", ema_decay=0.0), 2)
    assert trainer.averaged is None
    assert trainer.sampler is trainer.generator
    assert trainer.state_dict()["averaged"] is None
    other = run(new_trainer("mlp", ema_decay=0.9), 2)  # which does not reach the training itself
    assert differences(trainer.generator.state_dict(), other.generator.state_dict()) == []


def test_scalars_are_means_since_the_last_call() -> None:
    every = new_trainer("mlp")
    rows = []
    for _ in range(5):
        every.step()
        rows.append(every.scalars())
    seldom = new_trainer("mlp")
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
    scalars = run(new_trainer("mlp"), 3).scalars()
    assert scalars["d/loss"] == pytest.approx(scalars["d/real"] + scalars["d/fake"], rel=1e-5)


def count_updates(trainer: Trainer) -> list[str]:
    """What will be updated, in order."""
    order: list[str] = []
    trainer._optimizer_d.register_step_post_hook(lambda *_: order.append("d"))
    trainer._optimizer_g.register_step_post_hook(lambda *_: order.append("g"))
    return order


def test_the_critic_learns_at_the_start_of_a_round() -> None:
    trainer = new_trainer("mlp", d_steps=2, g_steps=3)
    order = count_updates(trainer)
    notes = []
    for _ in range(7):
        trainer.step()
        notes.append(trainer.images_seen)
    assert "".join(order) == "ddgggddgggddg"
    assert notes == [16, 16, 16, 32, 32, 32, 48]  # batches of 8
    assert trainer.steps_done == 7


def note_calls(trainer: Trainer) -> list[tuple[int, bool]]:
    """How many images the generator will make at each call, and whether to learn from them."""
    calls: list[tuple[int, bool]] = []
    trainer.generator.register_forward_hook(
        lambda module, inputs, output: calls.append((len(output), output.requires_grad))
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
    trainer = new_trainer("mlp", **changes)
    notes = note_calls(trainer)
    run(trainer, 2)
    assert notes == calls


def test_scalars_of_a_critic_that_learns_every_other_step() -> None:
    changes = {"g_steps": 2, "batch_size_g": 12}
    every, rows = new_trainer("mlp", **changes), []
    for _ in range(4):
        every.step()
        rows.append(every.scalars())
    assert [("d/loss" in row, "g/loss" in row) for row in rows] == [
        (True, True), (False, True), (True, True), (False, True),
    ]  # fmt: skip
    seldom = run(new_trainer("mlp", **changes), 3).scalars()
    for name, value in seldom.items():
        steps = (0, 2) if name.startswith("d/") else (0, 1, 2)
        assert value == pytest.approx(np.mean([rows[step][name] for step in steps]), rel=1e-5)


def test_rmsprop_by_hand() -> None:
    trainer = new_trainer("mlp", optimizer="rmsprop", lr_g=1e-3)
    before = copied(dict(trainer.generator.named_parameters()))
    trainer.step()
    for name, parameter in trainer.generator.named_parameters():
        # the running mean of squares is 0.01 g^2 after one step, so that g / sqrt(it) is 10
        assert parameter.grad is not None
        large = parameter.grad.abs() > 1e-5  # against the small number in the denominator
        assert large.any()
        step = (parameter - before[name])[large]
        assert torch.allclose(step, -0.01 * parameter.grad[large].sign(), rtol=2e-2)


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_the_generator_learns_from_the_noise_of_the_settings(kind: str) -> None:
    trainer = new_trainer("mlp", noise=kind, latent_dim=16, batch_size=32)
    notes: list[torch.Tensor] = []
    trainer.generator.register_forward_hook(lambda module, inputs, output: notes.append(inputs[0]))
    run(trainer, 5)
    z = torch.cat(notes)
    assert z.mean().abs() < 0.07  # of 2,560 numbers: 3.5 standard errors
    assert (z.abs().max() <= 1) == (kind == "uniform")
    assert z.min() < -0.95
    assert z.max() > 0.95


def test_images_seen_counts_every_discriminator_step() -> None:
    trainer = new_trainer("mlp", d_steps=3)
    assert trainer.images_seen == 0
    assert run(trainer, 2).images_seen == 2 * 3 * 8


def weights_and_statistics(trainer: Trainer) -> dict[str, dict[str, Any]]:
    networks = {"generator": trainer.generator, "critic": trainer.critic}
    if trainer.averaged is not None:
        networks["averaged"] = trainer.averaged
    return {name: copied(network.state_dict()) for name, network in networks.items()}


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("architecture", ["mlp-small", "dcgan-28"])
def test_a_turn_alone_changes_one_player_alone(architecture: str, name: str) -> None:
    """Batch norm's statistics included, which a look at the other's pictures would move."""
    trainer = run(new_trainer(architecture, objective=name, d_steps=2, ema_decay=0.5), 1)
    order = count_updates(trainer)
    before, images = weights_and_statistics(trainer), trainer.images_seen
    trainer.turn("d")
    after = weights_and_statistics(trainer)
    assert differences(before["critic"], after["critic"])
    assert differences(before["generator"], after["generator"]) == []
    assert differences(before["averaged"], after["averaged"]) == []
    assert (trainer.steps_done, trainer.images_seen) == (1, images + 8)
    trainer.turn("g")
    last = weights_and_statistics(trainer)
    assert differences(after["critic"], last["critic"]) == []
    assert differences(after["generator"], last["generator"])
    assert differences(after["averaged"], last["averaged"])
    assert (trainer.steps_done, trainer.images_seen) == (2, images + 8)
    assert order == ["d", "g"]


@pytest.mark.parametrize("player", ["d", "g"])
def test_a_turn_alone_before_the_first_round(player: Player) -> None:
    trainer = new_trainer("mlp", objective="r3gan")  # whose generator looks at real images
    trainer.turn(player)
    assert trainer.images_seen == 8
    run(trainer, 1)
    assert trainer.images_seen == 16


def test_turns_alone_leave_the_rounds_where_they_were() -> None:
    trainer = new_trainer("mlp", d_steps=2, g_steps=3)
    order = count_updates(trainer)
    run(trainer, 2)
    trainer.turn("d")
    trainer.turn("g")
    assert not trainer.between_rounds
    run(trainer, 2)
    assert "".join(order) == "ddgg" + "dg" + "g" + "ddg"
    assert trainer.steps_done == 5


def test_the_scalars_of_a_turn_alone() -> None:
    trainer = new_trainer("mlp")
    trainer.turn("d")
    assert {name.partition("/")[0] for name in trainer.scalars()} == {"d"}
    trainer.turn("g")
    assert {name.partition("/")[0] for name in trainer.scalars()} == {"g"}


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_a_changed_rate_is_that_of_the_next_update(optimizer: str) -> None:
    trainer = run(new_trainer("mlp", optimizer=optimizer), 2)
    trainer.change(trainer.config.with_settings({"lr_g": 0.0}))
    before = weights_and_statistics(trainer)
    run(trainer, 2)
    after = weights_and_statistics(trainer)
    assert differences(before["generator"], after["generator"]) == []
    assert differences(before["critic"], after["critic"])


def test_a_round_of_another_length_begins_where_the_old_one_is_over() -> None:
    trainer = new_trainer("mlp", g_steps=4)
    order = count_updates(trainer)
    run(trainer, 3)
    trainer.change(trainer.config.with_settings({"g_steps": 2, "d_steps": 3}))
    run(trainer, 1)  # the round has had more than two: it is over
    trainer.change(trainer.config.with_settings({"g_steps": 3}))
    run(trainer, 3)
    assert "".join(order) == "dggg" + "dddggg" + "dddg"
    assert trainer.images_seen == 7 * 8


def test_what_an_objective_has_learnt_outlives_a_change() -> None:
    trainer = run(new_trainer("mlp", objective="began", diversity=1.0, k_rate=0.1), 5)
    k = trainer.objective.state_dict()["k"]
    trainer.change(trainer.config.with_settings({"k_rate": 0.0}))
    run(trainer, 3)
    assert 0 < trainer.objective.state_dict()["k"] == k


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_the_seed_decides(seed: int) -> None:
    one, same = (
        run(new_trainer("mlp-small", seed=seed), 3),
        run(new_trainer("mlp-small", seed=seed), 3),
    )
    other = run(new_trainer("mlp-small", seed=17), 3)
    assert differences(one.state_dict(), same.state_dict()) == []
    assert differences(one.generator.state_dict(), other.generator.state_dict())


def test_weights_that_are_not_finite_are_noticed() -> None:
    trainer = new_trainer("mlp")
    assert trainer.is_finite()
    with torch.no_grad():
        next(trainer.critic.parameters())[0, 0] = float("nan")
    assert not trainer.is_finite()


@pytest.mark.parametrize("objective", ["gan", "began"])
def test_training_on_leaves_the_state_that_it_went_on_from_as_it_was(objective: str) -> None:
    state = copy.deepcopy(run(new_trainer("mlp", objective=objective), 3).state_dict())
    before = copied(state)
    other = new_trainer("mlp", objective=objective)
    other.load_state_dict(state)
    run(other, 2)
    assert differences(before, state) == []


def test_states_of_other_networks_do_not_load() -> None:
    state = new_trainer("mlp").state_dict()
    with pytest.raises(RuntimeError):
        new_trainer("mlp-small").load_state_dict(copy.deepcopy(state))
    del state["random"]
    with pytest.raises(KeyError):
        new_trainer("mlp").load_state_dict(state)
