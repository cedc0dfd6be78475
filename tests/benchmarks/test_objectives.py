from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import objectives, report
from benchmarks.chart import Panel, svg, ticks
from gan_core.data.table import DATASETS
from gan_core.presets import PRESETS, Recipe, preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from gan_core.training.job import TrainingJob
from tests.gan_core.helpers import tiny_config, tiny_spec

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def _tiny_recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two recipes on tiny data: 'plain', and 'told', which takes labels."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(DATASETS, "tiny", tiny_spec())
    for name, objective in {"plain": "gan", "told": "cgan"}.items():
        config = tiny_config(preset=name, objective=objective)
        monkeypatch.setitem(PRESETS, name, Recipe(f"A tiny {name} one", "", "a test", config))
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def benchmark(*arguments: str) -> str:
    """Run it on the two recipes; returns the report."""
    fixed = ("--samples", "20", "--device", "cpu", "--data-dir", "data", "--out", "results.md")
    objectives.main(["--presets", "plain,told", *fixed, *arguments])
    return Path("results.md").read_text("utf-8")


def runs() -> list[RunFolder]:
    return RunStore(Path("runs")).list()


def test_budgets() -> None:
    config = tiny_config(preset="plain", d_steps=5, g_steps=2)
    given = objectives.with_budget(config, 60, 0)
    assert (given.steps, given.sample_every, given.log_every) == (60, 2, 1)
    # 5 batches of 8 real images a round of 2 generator updates
    shown = objectives.with_budget(config, 0, 1000)
    assert (shown.steps, shown.images_at(shown.steps)) == (50, 1000)
    own = objectives.with_budget(tiny_config(steps=0, epochs=6), 0, 0)
    assert (own.steps, own.epochs) == (30, 0)


def test_the_report_shows_every_recipe() -> None:
    text = benchmark("--steps", "30")
    assert "benchmarks/objectives.py --presets plain,told" in text
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| [")]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("| [plain](#plain)", "gan", "30"),
        ("| [told](#told)", "cgan", "30"),
    ]
    assert rows[0][-1].strip(" |") == ""
    assert rows[1][-1].endswith("% |")  # the share whose class is the one asked for
    for name in ("plain", "told"):
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert "step 1 (3%)" in section
        assert "step 15 (50%)" in section
        assert "step 30 (100%)" in section
        assert f"python -m gan_core train {name} --seed 0 --set steps=30" in section
        pictures = re.findall(r"!\[.*?\]\((.*?)\)", section)
        assert pictures == [f"results/{name}-{number}.webp" for number in (1, 2, 3)] + [
            f"results/{name}.svg"
        ]
        run = next(run for run in runs() if run.config().preset == name)
        for picture, step in zip(pictures, (1, 15, 30), strict=False):
            with Image.open(picture) as shown, Image.open(run.grid_path(step)) as chart:
                assert shown.convert("L").tobytes() == chart.convert("L").tobytes()
        assert len(list(ElementTree.parse(pictures[3]).iter(f"{SVG}polyline"))) >= 4


def test_what_is_finished_is_skipped_and_what_is_not_goes_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    benchmark("--steps", "6")
    first = {run.name: (run.path / "generator.safetensors").read_bytes() for run in runs()}
    capsys.readouterr()
    benchmark("--steps", "6")
    assert capsys.readouterr().out.count("has done its 6 steps") == 2
    assert {run.name: (run.path / "generator.safetensors").read_bytes() for run in runs()} == first
    text = benchmark("--steps", "9")
    assert [run.name for run in runs()] == list(first)
    assert [run.status().step for run in runs()] == [9, 9]
    assert text.count("| mlp-small | 9 |") == 2
    benchmark("--steps", "6", "--seed", "1")
    assert len(runs()) == 4


def test_a_stopped_benchmark_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = objectives._watch

    def interrupt(job: TrainingJob) -> None:
        while job.snapshot.step < 2:
            job.wait(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(objectives, "_watch", interrupt)
    with pytest.raises(SystemExit, match="The same command goes on"):
        benchmark("--steps", "3000")
    (run,) = runs()
    saved_step = run.status().step
    assert run.status().phase is Phase.STOPPED
    assert 2 <= saved_step < 3000
    monkeypatch.setattr(objectives, "_watch", watch)
    benchmark("--steps", str(saved_step + 3))
    assert [run.status().step for run in runs()] == [saved_step + 3] * 2


def test_a_training_that_failed_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    benchmark("--steps", "6")
    for run in runs():
        run.write_status(replace(run.status(), phase=Phase.FAILED, step=4, message="It diverged."))
    text = benchmark("--steps", "6")
    assert capsys.readouterr().out.count("failed. It diverged.") == 2
    assert text.count("Stopped before its 6 steps were done. It diverged.") == 2


def test_the_report_on_what_ships(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(objectives, "CHECKPOINTS_DIR", Path("runs"))
    with pytest.raises(SystemExit, match="nothing to report on"):
        benchmark("--from-checkpoints")
    benchmark("--steps", "6")
    for folder, name in (("broken", "config.json"), ("judge", "classifier.json")):
        (Path("runs") / folder).mkdir()
        (Path("runs") / folder / name).write_text("{")
    run_names = sorted(path.name for path in Path("runs").iterdir())
    text = benchmark("--from-checkpoints")
    assert text.count("\n## ") == 2
    assert sorted(path.name for path in Path("runs").iterdir()) == run_names
    conditional = next(run for run in runs()[1:] if run.config().preset == "told")
    (conditional.path / "generator.safetensors").write_bytes(b"no weights")
    capsys.readouterr()
    assert benchmark("--from-checkpoints").count("\n## ") == 1
    assert "Left out: " in capsys.readouterr().err


def test_what_cannot_be_trained_is_a_sentence() -> None:
    with pytest.raises(SystemExit, match="preset is 'nonsense'"):
        objectives.main(["--presets", "nonsense"])
    with pytest.raises(SystemExit, match="MNIST cannot be read from gone"):
        objectives.main(["--presets", "gan-mnist", "--data-dir", "gone", "--steps", "5"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 7}, "plain --seed 7"),
        ({"steps": 20, "lr_g": 0.5}, "plain --seed 0 --set lr_g=0.5 steps=20"),
        ({"log_every": 3, "save_every": 4}, "plain --seed 0"),
    ],
)
def test_the_command_that_trains_a_run_again(changes: dict[str, object], words: str) -> None:
    config = preset("plain").with_settings(changes)
    assert report.command(config, 40) == f"python -m gan_core train {words}"


def test_a_length_in_epochs_is_not_repeated_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_config(preset="plain", steps=0, epochs=4)
    monkeypatch.setitem(PRESETS, "plain", Recipe("A tiny one", "", "a test", config))
    assert report.command(config.with_steps(40), 40).endswith("train plain --seed 0")


def test_ticks_are_round() -> None:
    assert ticks(0, 1) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(-0.3, 14_040) == [0, 5000, 10_000]
    assert ticks(0.51, 0.53) == [0.51, 0.515, 0.52, 0.525, 0.53]


def test_charts_of_gaps_levels_and_nothing() -> None:
    x = np.arange(1000.0)
    gaps = np.where(x % 2 == 0, np.nan, x)
    flat = np.full(1000, 3.0)
    chart = ElementTree.fromstring(
        svg(
            [
                Panel("a < b", x, {"gaps": gaps, "all missing": gaps * np.nan}, {"level": 7.5}),
                Panel("flat", x, {"flat": flat}),
                Panel("empty", np.zeros(0), {}),
            ]
        )
    )
    lines = [line.attrib["points"].split() for line in chart.iter(f"{SVG}polyline")]
    assert [len(line) for line in lines] == [160, 0, 160]
    assert "nan" not in str(lines)
    words = [text.text for text in chart.iter(f"{SVG}text")]
    assert {"a < b", "gaps", "level 7.5"} <= set(words)
