from __future__ import annotations

import pytest

from gan_core.cli.assignments import parse_assignments
from gan_core.errors import ConfigError


def test_assignments_are_read_in_the_type_of_their_setting() -> None:
    words = ["steps=5000", "lr_g=1e-3", "dataset=digits", "beta1= 0 ", "folder=a=b"]
    assert parse_assignments(words) == {
        "steps": 5000,
        "lr_g": 0.001,
        "dataset": "digits",
        "beta1": 0.0,
        "folder": "a=b",
    }
    assert parse_assignments([]) == {}


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("steps", r"'steps' is not of the form key=value"),
        ("steps=1e3", r"steps is '1e3'; it must be a whole number from 0 to 10,000,000"),
        ("steps=", r"steps is ''; it must be a whole number"),
        ("lr_g=fast", r"lr_g is 'fast'; it must be a number from 0 to 1"),
        ("beta1=half", r"beta1 is 'half'; it must be a number from 0 to below 1"),
    ],
)
def test_assignments_that_cannot_be_read(word: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_assignments([word])
