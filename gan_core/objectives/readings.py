"""How to read what a critic says of an image; plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gan_core.objectives.watches import Level, at_level


@dataclass(frozen=True)
class Reading:
    """What the value that a critic gives for an image means.

    Attributes:
        name: of the value, as an axis or a legend has it.
        words: a sentence or two on what a high and a low value say.
        level: the value at which a critic decides neither way: a number, or the name of one of the
            objective's settings. None where no height means anything by itself; what lies halfway
            between its means on real and on generated images stands for it then.
        level_words: what that level is.
        is_logit: whether the value is the sigmoid of the critic's score, else the score itself.
        real_is_high: whether images taken for real have the higher values; energies say no.
        bounds: which a value never leaves, where there are any.
    """

    name: str
    words: str
    level: Level | None
    level_words: str
    is_logit: bool = False
    real_is_high: bool = True
    bounds: tuple[float, float] | None = None

    def level_at(self, settings: Mapping[str, float], real: float, generated: float) -> float:
        """The level as a number, where the objective's settings have those values and the critic's
        means on real and on generated images are those."""
        if self.level is None:
            return (real + generated) / 2
        return at_level(self.level, settings)

    def takes_for_real(self, value: float, level: float) -> bool:
        """Whether a value is on the side of real images."""
        return value > level if self.real_is_high else value < level


HALFWAY = "halfway between its means on real and on generated images"
PROBABILITY = Reading(
    "D(x), the probability of being real",
    "1 says that it is sure to be real, 0 that it is sure to be generated.",
    level=0.5,
    level_words="one half: it cannot tell",
    is_logit=True,
    bounds=(0.0, 1.0),
)
CRITIC_VALUE = Reading(
    "D(x), the critic's value",
    "Higher is closer to real. Only differences have a meaning: the height by itself has none, nor "
    "can two runs be compared by it.",
    level=None,
    level_words=HALFWAY,
)
