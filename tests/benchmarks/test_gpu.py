from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from benchmarks import gpu, gpu_checks
from benchmarks.gpu_checks import Checks, DrawnOnHost

FOUND = Checks(
    objective="hinge",
    double=1e-13,
    single=0.2,
    first=1e-6,
    tf32=1e-2,
    bf16=2e-2,
    captured=0.0,
    captured_equal=True,
    repeats_freely=False,
    repeats=True,
    captured_repeats=True,
    resumes=True,
    captured_resumes=True,
)


def row(preset: str, plain: float, captured: float) -> gpu.Row:
    speeds = {
        "plain": plain,
        "captured": captured,
        "captured, any kernels": 1.1 * captured,
        "captured, bfloat16": 1.5 * captured,
    }
    return gpu.Row(preset, 64, 500.0, speeds, memory=3 * 2**20, arithmetic=0.25, transfer=0.5)


def test_without_a_gpu_it_says_so_and_ends_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("sys.argv", ["gpu.py"])
    gpu.main()
    assert capsys.readouterr().out == "torch finds no GPU here, so there is nothing to measure.\n"


def test_captured_steps_become_the_default_where_they_train_alike_and_faster() -> None:
    rows = [row("a", 100.0, 400.0), row("b", 100.0, 200.0), row("c", 100.0, 80.0)]
    first, order, half = gpu.verdicts(rows, [FOUND])
    assert first.startswith("Captured steps: yes")
    assert "2.00 times the speed (median); slower with c." in first
    assert "1.10 times as fast, and no objective repeated" in order
    assert "1.50 times the speed of captured steps" in half
    slow, *_ = gpu.verdicts([row("a", 100.0, 101.0)], [FOUND])
    assert slow == "Captured steps: no, at 1.01 times the speed of plain ones."
    for unfit in (
        replace(FOUND, captured=0.1),
        replace(FOUND, double=1e-3),
        replace(FOUND, captured_resumes=False),
    ):
        refused, *_ = gpu.verdicts(rows, [FOUND, replace(unfit, objective="wgan")])
        assert refused == "Captured steps: no, since wgan did not pass the checks."


def test_the_report_has_a_line_for_each_objective_and_recipe() -> None:
    text = gpu.report("Card", {"GB/s": 7.0}, [FOUND], [row("a", 100.0, 400.0)], (1.0, 2.0), ["b"])
    cells = "| 64 | 500 | 100 | 400 | 440 | 600 | 0.8 | 3 | 25.0% | 50.0% |"
    assert f"| a {cells}" in text
    assert "| hinge | 1.0e-13 | 2.0e-01 |" in text
    assert "Left out, for the time they take: b." in text
    assert "1.0 s to the first grid, 2.0 s to the grid of step 200" in text


def test_what_is_drawn_on_the_host_does_not_depend_on_the_generator_that_is_named() -> None:
    draws = []
    for seed in (1, 2):
        own = torch.Generator().manual_seed(seed)
        with DrawnOnHost(0):
            noise = torch.randn(3, generator=own)
            mask = torch.empty(8).bernoulli_(0.5, generator=own)
        draws.append((noise, mask))
    assert torch.equal(draws[0][0], draws[1][0])
    assert torch.equal(draws[0][1], draws[1][1])
    assert draws[0][0].abs().sum() > 0


def test_differences_are_relative_where_a_loss_exceeds_one() -> None:
    these = [{"a": 0.5, "b": 10.0}, {"a": 0.5, "b": 10.0}]
    those = [{"a": 0.6, "b": 10.0}, {"a": 0.5, "b": 8.0}]
    assert gpu_checks.difference(these, those) == pytest.approx(0.25)
