from __future__ import annotations

import math

import pytest

from gan_core.config import TrainConfig
from gan_core.training.log import log_line


def test_the_log_line_has_the_usual_form() -> None:
    config = TrainConfig(epochs=50, batch_size=64).with_steps(938 * 64)
    row = {
        "step": 2 * 938 + 400,
        "d/loss": 0.9128,
        "g/loss": 1.2041,
        "d/D(x)": 0.66151,
        "d/D(G(z))": 0.341,
        "g/D(G(z))": 0.298,
    }
    line = "[3/50][400/938] Loss_D 0.913 Loss_G 1.204 D(x) 0.662 D(G(z)) 0.341 / 0.298"
    assert log_line(row, config, 938 * 64) == line
    assert log_line({**row, "step": 938}, config, 938 * 64).startswith("[1/50][938/938] ")
    assert log_line({**row, "step": 939}, config, 938 * 64).startswith("[2/50][1/938] ")
    losses = {name: row[name] for name in ("step", "d/loss", "g/loss")}
    assert log_line(losses, config, 938 * 64) == "[3/50][400/938] Loss_D 0.913 Loss_G 1.204"


@pytest.mark.parametrize(
    ("objective", "row", "words"),
    [
        (
            "wgan-gp",
            {
                "d/wasserstein": 12.34567,
                "d/gradient_norm": 1.01234,
                "d/score(x)": 0.0123456,
                "d/score(G(z))": -3.5,
            },
            " wasserstein 12.346 gradient_norm 1.012 score(x) 0.0123 score(G(z)) -3.500",
        ),
        (
            "ebgan",
            {"d/energy(x)": 0.0312345, "d/energy(G(z))": 0.187, "g/pull_away": 0.21},
            " energy(x) 0.0312 energy(G(z)) 0.187 pull_away 0.210",
        ),
        ("began", {"d/M": 0.081, "d/k": 0.0004}, " M 0.081 k 0.000"),
        ("dragan", {"d/D(x)": 0.5, "d/gradient_norm": 1.5}, " D(x) 0.500 gradient_norm 1.500"),
        ("gan", {"d/wasserstein": 1.0}, ""),
        ("of-tomorrow", {"d/D(x)": 0.5, "d/D(G(z))": math.nan}, " D(x) 0.500"),
    ],
)
def test_the_log_line_has_what_there_is_to_watch(
    objective: str, row: dict[str, float], words: str
) -> None:
    config = TrainConfig(steps=10, batch_size=4, objective=objective)
    line = log_line({"step": 3, "d/loss": 0.5, **row}, config, 40)
    assert line == "[1/1][3/10] Loss_D 0.500" + words


def test_a_log_line_of_a_row_that_lacks_scalars() -> None:
    config = TrainConfig(steps=10, batch_size=4)
    assert log_line({"step": 3, "d/loss": 0.5}, config, 40) == "[1/1][3/10] Loss_D 0.500"
