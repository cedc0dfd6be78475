from __future__ import annotations

from gan_core.objectives.base import Batch
from tests.gan_core.objectives.losses import (
    FAKE,
    REAL,
    check,
    itself,
    named_objective,
    scores,
    sloped,
)


def test_original_game_with_a_penalty_on_each_samples_own_gradient() -> None:
    loss = named_objective("dragan", gradient_penalty=10.0).d_loss(sloped, REAL, FAKE)
    # softplus(-0.6) = 0.437488, softplus(-2.4) = 0.086836; softplus(0) = 0.693147,
    # softplus(4.2) = 4.214885; sigmoid(0.6) = 0.645656, sigmoid(2.4) = 0.916827,
    # sigmoid(0) = 0.5, sigmoid(4.2) = 0.985226
    parts = {
        "d/real": (0.437488 + 0.086836) / 2,
        "d/fake": (0.693147 + 4.214885) / 2,
        "d/D(x)": (0.645656 + 0.916827) / 2,
        "d/D(G(z))": (0.5 + 0.985226) / 2,
        "d/penalty": 2,
        "d/gradient_norm": 2,
    }
    check(loss, 0.262162 + 2.454016 + 20, parts)


def test_relativistic_game_with_penalties_on_both_sides() -> None:
    loss = named_objective("r3gan", zero_penalty=0.5).d_loss(sloped, REAL, FAKE)
    # leads 0.6 and -1.8: softplus(-0.6) = 0.437488, softplus(1.8) = 1.952978
    # squared norms: mean(1, 9) = 5 at the real images, mean(9, 9) = 9 at the generated ones
    parts = {
        "d/game": (0.437488 + 1.952978) / 2,
        "d/penalty": 14,
        "d/lead": -0.6,
        "d/gradient_norm(x)": 2,
        "d/gradient_norm(G(z))": 3,
    }
    check(loss, 1.195233 + 0.5 / 2 * 14, parts)
    # softplus(0.6) = 1.037488, softplus(-1.8) = 0.152978
    check(named_objective("r3gan").g_loss(sloped, REAL, FAKE), (1.037488 + 0.152978) / 2, {})


def test_the_relativistic_generator_pairs_batches_of_different_sizes() -> None:
    few, many = Batch(scores(1, 3)), Batch(scores(0, 0, 0, 0, 0))
    loss = named_objective("r3gan").g_loss(itself, few, many)
    # the real scores in turn, 1 3 1 3 1: softplus(1) = 1.313262, softplus(3) = 3.048587
    check(loss, (3 * 1.313262 + 2 * 3.048587) / 5, {})
    loss = named_objective("r3gan").g_loss(itself, many, few)
    # softplus(-1) = 0.313262, softplus(-3) = 0.048587
    check(loss, (0.313262 + 0.048587) / 2, {})
