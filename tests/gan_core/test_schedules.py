"""Schedules: what a text says, and the value at a step."""

from __future__ import annotations

import pytest

from gan_core.errors import ConfigError
from gan_core.schedules import parse, resolve, single, text_of, without


def value(text: str, step: int, own: float = 5.0) -> float:
    return parse(text)[0].value(step, own)


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("lr_g linear 0:1 10:2", 0, 1.0),
        ("lr_g linear 0:1 10:2", 5, 1.5),
        ("lr_g linear 0:1 10:2", 10, 2.0),
        ("lr_g linear 0:1 10:2", 1000, 2.0),
        ("lr_g linear 10:1", 0, 5.0),  # from its own value
        ("lr_g linear 10:1", 5, 3.0),
        ("lr_g cosine 0:1 100:0", 50, 0.5),
        ("lr_g cosine 0:1 100:0", 25, (1 + 0.5**0.5) / 2),
        ("lr_g linear 0:0 10:1 20:0", 15, 0.5),  # a warm-up, and down again
        ("lr_g steps 0:1 10:2 20:4", 9, 1.0),
        ("lr_g steps 0:1 10:2 20:4", 10, 2.0),
        ("lr_g steps 10:2", 9, 5.0),
        ("lr_g steps 0:1 10:2 20:4", 20, 4.0),
    ],
)
def test_the_value_at_a_step(text: str, step: int, expected: float) -> None:
    assert value(text, step) == pytest.approx(expected)


def test_shares_of_the_length_become_steps() -> None:
    text = "lr_g cosine 0:0.001 end:2e-05; clip steps 25%:0.1"

    assert resolve(text, 800) == "lr_g cosine 0:0.001 800:2e-05; clip steps 200:0.1"


def test_a_text_is_read_as_it_is_written() -> None:
    text = "lr_g cosine 0:0.001 50%:0.0005 end:2e-05; d_steps steps 0:1 100:5"

    assert text_of(parse(text)) == text
    assert text_of(parse(" lr_g   linear 0:1\n\n beta2 steps 5:.5 ")) == (
        "lr_g linear 0:1; beta2 steps 5:0.5"
    )
    assert without(text, ["lr_g"]) == "d_steps steps 0:1 100:5"
    assert parse("") == ()


def test_stairs_are_a_hundredth_of_the_way_and_steps_their_own() -> None:
    way, steps = parse("clip linear 0:1 1000:0; k_rate steps 7:1")

    assert [way.in_stairs(step) for step in (0, 9, 10, 999, 1000, 5000)] == [
        0, 0, 10, 990, 1000, 1000
    ]  # fmt: skip
    assert steps.in_stairs(7) == 7


def test_single_precision_is_what_a_gpu_keeps() -> None:
    assert single(0.1) == 0.10000000149011612
    assert single(0.25) == 0.25


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lr_g", "such as"),
        ("lr_g quick 0:1", "one of linear, cosine, steps"),
        ("lr_g linear", "such as"),
        ("lr_g linear 5", "STEP:VALUE"),
        ("lr_g linear 5:x", "STEP:VALUE"),
        ("lr_g linear 5:nan", "STEP:VALUE"),
        ("lr_g linear 5:inf", "STEP:VALUE"),
        ("lr_g linear x:1", "whole number"),
        ("lr_g linear -5:1", "whole number"),
        ("lr_g linear 150%:1", "whole number"),
        ("lr_g linear x%:1", "whole number"),
        ("lr_g linear 5:1 5:2", "rising steps"),
        ("lr_g linear end:1 50%:2", "rising steps"),
        ("lr_g linear 5:1; lr_g linear 6:1", "twice"),
        ("lr_g linear " + " ".join(f"{step}:1" for step in range(21)), "more than 20"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse(text)


def test_points_that_meet_in_a_short_training_are_refused() -> None:
    with pytest.raises(ConfigError, match="rising steps"):
        resolve("lr_g linear 100:1 end:2", 50)
