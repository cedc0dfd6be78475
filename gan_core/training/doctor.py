"""The doctor: what the history of a training says of its health, in words.

A finding holds at the end of the history that it is shown, and says since which step: what passed
by itself is not reported. To add one, write a function of :mod:`gan_core.training.symptoms`, or of
:mod:`gan_core.training.plane_symptoms` for what only points show, and add a line to :data:`CHECKS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gan_core.config import TrainConfig
from gan_core.runs.history import Curves
from gan_core.training import plane_symptoms, symptoms
from gan_core.training.findings import Finding, Severity, severe
from gan_core.training.symptoms import Patient, Symptom

Look = Callable[[Patient], Symptom | None]


@dataclass(frozen=True)
class Check:
    """One kind of finding: how it is seen, what it means, and what to try."""

    title: str
    severity: Severity
    look: Look
    meaning: str
    advice: str


def _collapse(patient: Patient) -> Symptom | None:
    return plane_symptoms.few_modes(patient) or symptoms.collapse(patient)


CHECKS: dict[str, Check] = {
    "nan": Check(
        "Diverged to NaN",
        "severe",
        symptoms.not_finite,
        "A number left the range of floating point; every weight that it reaches is lost, so the "
        "training ended. The last saved state is from before.",
        "Lower both learning rates, to a third at first, or take another seed. A gradient penalty "
        "or a smaller beta1 makes large leaps rarer.",
    ),
    "diverged": Check(
        "Losses run away",
        "severe",
        symptoms.divergence,
        "The losses grow without limit: the critic's scores are not bounded by anything, and NaN "
        "is near.",
        "Bound the critic: WGAN needs its clip, WGAN-GP and R3GAN their penalty. Else lower both "
        "learning rates.",
    ),
    "collapse": Check(
        "Mode collapse",
        "severe",
        _collapse,
        "The generator draws few kinds of pictures, whatever noise it is given. The losses may "
        "look healthy all the same: each of the few can be convincing.",
        "Lower the generator's learning rate or beta1, or go back to an earlier state. Objectives "
        "that compare with the data hold on to all classes better: R3GAN, WGAN-GP, or a "
        "conditional one.",
    ),
    "saturated": Check(
        "The discriminator has won",
        "severe",
        symptoms.saturation,
        "It tells real from generated without fail, so that its gradient says little of how to do "
        "better: the generator hardly learns any more.",
        "Slow the discriminator down: a lower learning rate for it, fewer of its steps, or a "
        "bound on its gradient (DRAGAN, R3GAN, WGAN-GP). Of the minimax loss take the "
        "non-saturating form.",
    ),
    "runaway": Check(
        "The generator is running away",
        "warning",
        symptoms.runaway,
        "The discriminator takes generated images for real ones with confidence. It cannot teach "
        "what it does not see, and a low generator loss here says nothing of the pictures.",
        "Give the discriminator more steps or a higher learning rate, and look whether its loss "
        "on generated images reaches its weights.",
    ),
    "oscillation": Check(
        "The players chase each other in circles",
        "warning",
        symptoms.oscillation,
        "The balance swings back and forth, widely and again and again: each player undoes what "
        "the other learnt, and the pictures change all at once.",
        "Lower both learning rates, or beta1. The moving average of the generator's weights (EMA) "
        "evens out what is left.",
    ),
    "penalty": Check(
        "The gradient is off its target",
        "warning",
        symptoms.penalty,
        "The penalty does not hold the critic's gradient where the objective wants it, so that its "
        "scores are not the distance, or the smooth slope, that they are taken for.",
        "Raise the gradient penalty's weight (10 is usual for WGAN-GP and DRAGAN), lower the "
        "critic's learning rate, and keep batch norm out of the critic.",
    ),
    "clip": Check(
        "The critic's weights sit at the clip",
        "warning",
        symptoms.clip,
        "With nearly all weights at one bound or the other the critic is a crude function that "
        "can tell few things apart.",
        "Widen the clip a little (published: 0.01), or take WGAN-GP, which bounds the gradient "
        "and leaves the weights free.",
    ),
    "margin": Check(
        "Energies are stuck at the margin",
        "warning",
        symptoms.margin,
        "Generated images have at least the energy of the margin: the hinge is shut, the critic "
        "learns nothing from them, and the generator finds no way down.",
        "Raise the generator's learning rate or lower the margin, and look whether the "
        "generator's gradient flows through the target of the reconstruction too.",
    ),
    "balance": Check(
        "The balance k is at its bound",
        "warning",
        symptoms.balance,
        "At 0 the critic does not mind generated images at all, at 1 it minds them as much as it "
        "ever can: the balance that BEGAN lives on is lost.",
        "At 0, raise the diversity ratio or the balance rate; at 1, lower them or the generator's "
        "learning rate.",
    ),
    "modes": Check(
        "Modes are missing",
        "warning",
        plane_symptoms.missing_modes,
        "Some of the places where real points gather get none: the generator has no reason to go "
        "there as long as the discriminator does not push it. The losses do not show it.",
        "Objectives that compare pairs or bound the critic's gradient hold on to all modes better "
        "(R3GAN, WGAN-GP). Else train longer, or take a larger batch or a wider network.",
    ),
    "rotation": Check(
        "The points go round from mode to mode",
        "warning",
        plane_symptoms.rotation,
        "The generator puts its points where the discriminator does not yet look, the "
        "discriminator follows, and the points move on: neither player ever settles. It is what a "
        "game without a damped equilibrium does (Metz et al. 2016, section 3.2).",
        "Set beta1 to 0 and lower the generator's learning rate, give the discriminator more steps "
        "or a higher rate, or take a gradient penalty (R3GAN, DRAGAN, WGAN-GP), which damps the "
        "turning.",
    ),
    "plateau": Check(
        "No progress for long",
        "note",
        symptoms.plateau,
        "The samples have not come closer to real images for half of the training and more.",
        "This is a place to stop. What is left may come from lower learning rates or a larger "
        "network, not from more steps.",
    ),
}
_GRAVITY: tuple[Severity, ...] = ("severe", "warning", "note")


def examine(
    config: TrainConfig, curves: Curves, quality: Curves | None = None
) -> tuple[Finding, ...]:
    """What is to be said of a training as it stands, the gravest first.

    Args:
        config: its settings.
        curves: its history, columns (N,) with NaN where a value is missing, "step" among them.
        quality: the measurements of its samples, likewise; without them only the losses speak.
    """
    if not len(curves.get("step", ())):
        return ()
    patient = Patient(config, curves, quality)
    findings = []
    for name, check in CHECKS.items():
        symptom = check.look(patient)
        if symptom is not None:
            findings.append(
                Finding(
                    name, check.title, check.severity, symptom.step, symptom.evidence,
                    check.meaning, check.advice,
                )
            )  # fmt: skip
    if severe(findings):  # a place to stop is no news beside it
        findings = [finding for finding in findings if finding.severity != "note"]
    return tuple(sorted(findings, key=lambda finding: _GRAVITY.index(finding.severity)))
