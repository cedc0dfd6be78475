from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from benchmarks.doctor_runs import COLLECTION, judge
from gan_core.config import TrainConfig
from gan_core.objectives.table import OBJECTIVES
from gan_core.places import CHECKPOINTS_DIR
from gan_core.runs.folder import RunFolder
from gan_core.runs.history import Curves
from gan_core.runs.store import RunStore
from gan_core.training import symptoms
from gan_core.training.doctor import CHECKS, examine
from gan_core.training.findings import NOT_FINITE, Finding, severe

MANIFEST = json.loads((COLLECTION / "manifest.json").read_text("utf-8"))
SHIPPED = [run for run in RunStore(CHECKPOINTS_DIR).list() if any(run.rows())]
LN2 = np.log(2)


def history(rows: Any = 20, every: Any = 50, **columns: Any) -> Curves:
    """Columns at steps 50, 100, ...; a number stands for a column of it."""
    curves: dict[str, np.ndarray] = {}
    curves["step"] = np.arange(1, rows + 1) * float(every)
    for name, values in columns.items():
        curves[name] = np.broadcast_to(np.asarray(values, dtype=float), rows).copy()
    return curves


def losses(on_real: Any, on_fake: Any, **others: Any) -> Curves:
    return history(**{"d/real": on_real, "d/fake": on_fake, **others})


def config(objective: str = "gan", **changes: Any) -> TrainConfig:
    return TrainConfig.from_dict({"objective": objective, "steps": 2000, **changes})


def names(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.name for finding in findings]


def only(findings: tuple[Finding, ...]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize("name", MANIFEST)
def test_the_collection_is_read_without_a_miss_or_a_false_alarm(name: str) -> None:
    misses, false = judge(RunFolder(COLLECTION / name), **MANIFEST[name])
    assert (misses, false) == (set(), set())


@pytest.mark.parametrize("run", SHIPPED, ids=lambda run: run.name)
def test_the_shipped_histories_raise_no_alarm_at_any_moment(run: RunFolder) -> None:
    _, false = judge(run, must=(), may=())
    assert false == set()


def test_the_collection_is_small_and_shows_every_finding() -> None:
    size = sum(path.stat().st_size for path in COLLECTION.rglob("*") if path.is_file())
    assert size < 2**20
    assert {name for case in MANIFEST.values() for name in case["must"]} == set(CHECKS)


def test_nothing_is_said_of_no_history() -> None:
    assert examine(config(), {}) == ()
    assert examine(config(), history(rows=0)) == ()
    assert examine(TrainConfig(objective="never heard of", steps=5), history()) == ()


def test_every_finding_says_what_it_means_and_what_to_try() -> None:
    for check in CHECKS.values():
        assert check.meaning.endswith(".") and check.advice.endswith(".")


def test_a_won_game_is_told_with_its_numbers_and_its_beginning() -> None:
    on_both = np.where(np.arange(20) < 8, LN2, 0.001)  # won from row 9, step 450
    says = {"d/D(x)": 0.999, "d/D(G(z))": 0.001, "g/gradient_norm": 0.25}
    finding = only(examine(config(), losses(on_both, on_both, **says)))
    assert (finding.name, finding.severity) == ("saturated", "severe")
    assert finding.step == 550  # the median of five rows turns with the third
    assert "0.1% of that of a coin toss" in finding.evidence
    assert "D(x) 0.999 and D(G(z)) 0.001" in finding.evidence


def test_what_has_passed_is_reported_no_more() -> None:
    won = np.where((np.arange(20) > 3) & (np.arange(20) < 14), 0.001, LN2)
    assert examine(config(), losses(won, won)) == ()


def test_one_leap_is_no_state_and_does_not_end_one() -> None:
    calm, won = np.full(20, LN2), np.full(20, 0.001)
    calm[-1], won[10] = 1e6, LN2
    assert examine(config(), losses(calm, calm)) == ()
    assert names(examine(config(), losses(won, won))) == ["saturated"]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_chance_is_declared_where_a_loss_of_nought_says_that_it_is_won(objective: str) -> None:
    chance = OBJECTIVES[objective].chance
    won = history(**{name: value / 1000 for name, value in chance.items()})
    even = history(**dict(chance))
    assert names(examine(config(objective), won)) == (["saturated"] if chance else [])
    assert examine(config(objective), even) == ()


def test_not_finite_is_found_at_its_step() -> None:
    ended = np.full(20, np.nan)
    ended[-1] = 2
    finding = only(examine(config(), losses(LN2, LN2, **{NOT_FINITE: ended})))
    assert (finding.name, finding.step) == ("nan", 1000)


def test_a_loss_without_bound_is_found_whatever_its_sign() -> None:
    growing = -np.geomspace(1, 1e5, 20)
    finding = only(examine(config("wgan"), history(**{"d/loss": growing})))
    assert finding.name == "diverged"
    assert "discriminator" in finding.evidence


def test_a_fooled_discriminator_is_found() -> None:
    finding = only(examine(config(), losses(0.001, 5 * LN2)))
    assert finding.name == "runaway"
    assert "5.0 times that of a coin toss" in finding.evidence


def test_swings_are_told_from_a_slope_and_from_a_tremble() -> None:
    rows = np.arange(40)
    swinging = 1 + 0.9 * np.sin(rows * 2 * np.pi / 10)
    findings = examine(config(), history(40, **{"g/loss": swinging}))
    assert names(findings) == ["oscillation"]
    assert examine(config(), history(40, **{"g/loss": np.linspace(8, 1, 40)})) == ()
    assert examine(config(), history(40, **{"g/loss": 1 + 0.2 * np.sin(rows)})) == ()
    assert examine(config("wgan"), history(40, **{"g/loss": np.sin(rows * 0.6)})) == ()


@pytest.mark.parametrize(
    ("objective", "norm", "off"),
    [("wgan-gp", 0.9, False), ("wgan-gp", 2.5, True), ("wgan-gp", 0.2, True), ("dragan", 3, True)],
)
def test_the_gradient_is_held_to_its_target(objective: str, norm: float, off: bool) -> None:
    findings = examine(config(objective), history(**{"d/gradient_norm": norm}))
    assert names(findings) == (["penalty"] if off else [])


@pytest.mark.parametrize(("scatter", "off"), [(0.01, False), (0.25, False), (0.64, True)])
def test_each_sample_s_gradient_is_held_to_the_target(scatter: float, off: bool) -> None:
    """The mean norm is right on its target; the mean square of the distances from it is not."""
    findings = examine(config("wgan-gp"), history(**{"d/gradient_norm": 1.0, "d/penalty": scatter}))
    assert names(findings) == (["penalty"] if off else [])
    if off:
        assert "that of a sample is 80% off" in findings[0].evidence


def test_a_gradient_whose_target_is_nought_may_be_small() -> None:
    both = {"d/gradient_norm(x)": 0.5, "d/gradient_norm(G(z))": 0.5}
    assert examine(config("r3gan"), history(**both)) == ()
    steep = {**both, "d/gradient_norm(G(z))": 30.0}
    assert names(examine(config("r3gan"), history(**steep))) == ["penalty"]


def test_the_clip_is_named_with_the_share_that_lies_at_it() -> None:
    finding = only(examine(config("wgan", clip=0.5), history(**{"d/clipped": 0.8})))
    assert finding.evidence == "80% of the critic's weights are at the clip of 0.5."


def test_a_margin_is_the_runs_own() -> None:
    stuck = history(**{"d/energy(G(z))": 0.5, "d/fake": 0.0})
    assert names(examine(config("ebgan", margin=0.4), stuck)) == ["margin"]
    assert examine(config("ebgan", margin=0.6), stuck) == ()
    near = history(**{"d/energy(G(z))": 0.4, "d/fake": 0.1})  # half the samples are below it
    assert examine(config("ebgan", margin=0.4), near) == ()


@pytest.mark.parametrize(("k", "lost"), [(0.0, True), (1.0, True), (0.3, False)])
def test_the_balance_at_either_bound_is_lost(k: float, lost: bool) -> None:
    assert names(examine(config("began"), history(**{"d/k": k}))) == ["balance"] * lost


def quality(rows: Any = 8, every: Any = 200, **columns: Any) -> Curves:
    even = {"present": 10, "kl": 0.05, "diversity": 0.9, **{f"share/{k}": 0.1 for k in range(10)}}
    return history(rows, every, **{**even, **columns})


CALM = history(40, **{"d/real": LN2, "d/fake": LN2})


def test_missing_classes_are_named() -> None:
    shares = {f"share/{k}": 0.0 for k in range(10)} | {"share/1": 0.9, "share/7": 0.1}
    curves = quality(present=2, kl=1.98, diversity=0.4, **shares)
    finding = only(examine(config(), CALM, curves))
    assert (finding.name, finding.severity, finding.step) == ("collapse", "severe", 200)
    assert finding.evidence == (
        "2 of 10 classes are drawn, missing are 0, 2, 3, 4, 5, 6, 8, 9; "
        "90% of the samples read as 1."
    )


def test_falling_variety_is_found_without_any_classes() -> None:
    fallen = quality(diversity=[0.3, 0.8, 0.9, 0.9, 0.4, 0.35, 0.35, 0.3])
    unread = {name: fallen[name] for name in ("step", "diversity")}
    finding = only(examine(config(), CALM, unread))
    assert (finding.name, finding.step) == ("collapse", 1000)
    assert finding.evidence == (
        "Two samples differ 0.30 times as much as two real images, at best 0.90."
    )


def test_few_classes_are_no_collapse_while_they_become_more_or_training_is_young() -> None:
    growing = quality(present=[1, 1, 1, 1, 2, 3, 4, 5], kl=1.5)
    assert examine(config(), CALM, growing) == ()
    young = quality(present=1, kl=2.3, diversity=0.1)
    assert examine(config(steps=20_000), CALM, young) == ()


def test_codes_that_are_all_one_are_a_collapse() -> None:
    assert names(examine(config("ebgan"), history(**{"g/pull_away": 0.98}))) == ["collapse"]


def test_a_place_to_stop_is_a_note_and_gives_way_to_what_is_severe() -> None:
    distance = [90, 60, 40, 30, 29.9, 30, 29.8, 29.9, 30, 29.9, 30, 29.7, 29.8, 30]
    curves = quality(14, fd=distance)
    finding = only(examine(config(), CALM, curves))
    assert (finding.name, finding.severity) == ("plateau", "note")
    better = quality(14, fd=np.geomspace(90, 20, 14))
    assert examine(config(), CALM, better) == ()
    won = history(40, **{"d/real": 0.0, "d/fake": 0.0})
    assert names(examine(config(), won, curves)) == ["saturated"]


def test_the_gravest_comes_first_and_is_the_one_to_act_on() -> None:
    findings = examine(config("dragan"), losses(0.0, 0.0, **{"d/gradient_norm": 5.0}))
    assert names(findings) == ["saturated", "penalty"]
    acted_on = severe(findings)
    assert acted_on is not None and acted_on.name == "saturated"
    assert severe(findings[1:]) is None


def test_a_long_history_is_thinned_and_its_last_row_kept() -> None:
    rows = 3 * symptoms.MAX_ROWS + 1
    on_both = np.where(np.arange(rows) < rows // 2, LN2, 0.0)
    findings = examine(config(), history(rows, **{"d/real": on_both, "d/fake": on_both}))
    assert only(findings).step == pytest.approx(rows // 2 * 50, rel=0.01)
