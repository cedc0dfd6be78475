"""Games in which the players are told a class."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

from gan_core.config import Setting
from gan_core.libraries import functional
from gan_core.networks.needs import Head, Verdict
from gan_core.objectives.base import Batch, CriticCall, Loss, judge_both
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.watches import PROBABILITIES, Watch

if TYPE_CHECKING:
    from torch import Tensor

# The loss of a classifier that gives ten classes the same probability, in nats.
CHANCE_OF_TEN = round(math.log(10), 3)


class CGAN(NonSaturatingGAN):
    """The original game with both players told the class.

    ``min_G max_D E[log D(x|y)] + E[log(1 - D(G(z|y)))]`` (equation 2), with the non-saturating
    generator loss. Real images come with their labels, generated ones with labels drawn evenly
    from all classes.

    Source: Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784.
    """

    title = "CGAN, conditional"
    source = "Mirza and Osindero 2014 (arXiv:1411.1784), equation 2"
    conditional = True


class ACGAN(NonSaturatingGAN):
    """A generator told the class, and a discriminator that must name it.

    With ``L_S`` the original game and ``L_C = E[log P(C = c | x)] + E[log P(C = c | G(z, c))]``
    (equations 2 and 3), the discriminator maximises ``L_S + L_C`` and the generator ``L_C - L_S``.
    What the classifier loses on real and on generated images is reported apart.

    Source: Odena et al. 2016, "Conditional Image Synthesis with Auxiliary Classifier GANs",
    arXiv:1610.09585.
    """

    title = "ACGAN, auxiliary classifier"
    source = "Odena et al. 2016 (arXiv:1610.09585), equations 2 and 3"
    head = Head.CLASSES
    conditional = True
    watches: tuple[Watch, ...] = (
        PROBABILITIES,
        Watch(
            "Loss of the auxiliary classifier",
            {"d/classes(x)": "on real images", "d/classes(G(z))": "on generated images"},
            "Both fall towards 0. Generated far below real says that the generator draws what is "
            "easy to name rather than what is real.",
            {"chance of ten classes": CHANCE_OF_TEN},
        ),
    )

    def __init__(
        self,
        class_weight: Annotated[
            float,
            Setting(
                "Class weight",
                "Weight of the auxiliary classifier's loss in both players' losses.",
                minimum=0.0,
                maximum=100.0,
            ),
        ] = 1.0,
    ) -> None:
        self.class_weight = class_weight

    def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        on_real, on_fake = judge_both(critic, real, fake)
        game = self.d_game(on_real.score, on_fake.score)
        classes_real, classes_fake = _classes(on_real, real), _classes(on_fake, fake)
        parts = {
            **game.parts,
            "d/classes(x)": classes_real.detach(),
            "d/classes(G(z))": classes_fake.detach(),
        }
        return Loss(game.total + self.class_weight * (classes_real + classes_fake), parts)

    def g_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
        verdict = critic(*fake)
        game, classes = self.g_game(verdict.score), _classes(verdict, fake)
        parts = {**game.parts, "g/classes": classes.detach()}
        return Loss(game.total + self.class_weight * classes, parts)


def _classes(verdict: Verdict, batch: Batch) -> Tensor:
    assert verdict.classes is not None and batch.labels is not None, "ACGAN needs both"
    return functional.cross_entropy(verdict.classes, batch.labels)
