import pytest
import torch

from gan_core.objectives.readings import CRITIC_VALUE, PROBABILITY
from gan_core.objectives.settings import own_settings
from gan_core.objectives.table import OBJECTIVES


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_level_is_a_number_or_a_setting_of_the_objective(name: str) -> None:
    kind = OBJECTIVES[name]
    reading = kind.reading
    assert reading.name and reading.words.endswith(".") and reading.level_words
    if isinstance(reading.level, str):
        assert reading.level in own_settings(kind)


def test_only_games_on_logits_are_read_as_probabilities() -> None:
    logits = {name for name, kind in OBJECTIVES.items() if kind.reading.is_logit}
    assert logits == {"gan", "gan-minimax", "dragan", "cgan", "acgan"}
    score = torch.tensor([0.0, 20.0])
    assert OBJECTIVES["acgan"].value(score).tolist() == pytest.approx([0.5, 1.0])
    assert OBJECTIVES["wgan"].value(score).tolist() == [0.0, 20.0]


def test_a_level_that_is_not_declared_lies_halfway_between_the_two_means() -> None:
    assert CRITIC_VALUE.level_at({}, real=3.0, generated=-1.0) == 1.0
    assert PROBABILITY.level_at({}, real=0.9, generated=0.8) == 0.5
    ebgan = OBJECTIVES["ebgan"].reading
    assert ebgan.level_at({"margin": 0.2}, real=0.0, generated=1.0) == 0.2


def test_an_image_of_low_energy_is_taken_for_real() -> None:
    began = OBJECTIVES["began"].reading
    assert began.takes_for_real(0.1, level=0.3)
    assert not began.takes_for_real(0.5, level=0.3)
    assert PROBABILITY.takes_for_real(0.7, level=0.5)
    assert not PROBABILITY.takes_for_real(0.5, level=0.5)
