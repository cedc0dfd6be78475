"""The table of measures, and words that hang on thresholds."""

from __future__ import annotations

import pytest

from gan_core.quality.measures import MEASURES, RANKING_MEASURES, describe_memorisation


def test_only_what_has_a_better_end_orders_generators() -> None:
    assert {"fd", "readable", "copies"} <= set(RANKING_MEASURES)
    assert not {"diversity", "near", "kd_spread"} & set(RANKING_MEASURES)
    assert all(measure.meaning.endswith((".", "?")) for measure in MEASURES.values())


def test_the_meaning_names_the_thresholds() -> None:
    assert "90% confidence" in MEASURES["readable"].meaning
    assert "at least 1% of the samples" in MEASURES["present"].meaning


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("fd", 3.14159, "3.14"),
        ("fd", 1234.5, "1,234"),
        ("recall", 0.875, "87.5%"),
        ("kl", 1, "1.000"),
    ],
)
def test_how_a_value_is_shown(name: str, value: float, words: str) -> None:
    assert MEASURES[name].format(value) == words


def test_copying_in_words() -> None:
    assert describe_memorisation(0.6, 0.001).startswith("It copies: 60.00% of the samples")
    assert describe_memorisation(0.02, 0.001).startswith("It copies some training images:")
    assert describe_memorisation(0.01, 0.001).startswith("No sign of copying:")
