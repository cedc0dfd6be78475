from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gan_core.networks.summary import multiply_adds, parameter_count
from gan_core.quality import record
from gan_core.quality.measures import MEASURES
from gan_core.runs.generators import open_generator
from pages.leaderboard.entries import read_entries
from pages.leaderboard.standings import Standing, rank
from pages.shared.server import process
from tests.gan_core.quality.measurements import evaluated, live
from tests.pages.screen import laboratory, open_page, words
from tests.tiny import STEPS, train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def board(order: str = "fd", together: bool = True) -> list[Standing]:
    entries, damages = read_entries()
    assert damages == []
    return rank(entries, order, together)


def test_without_generators_the_page_says_what_to_do(lab: Path) -> None:
    at = open_page("leaderboard")
    assert "There is no generator yet" in words(at)
    assert not at.exception


def test_full_measurements_come_first_then_live_ones_then_none(lab: Path) -> None:
    runs = lab / "runs"
    evaluated(train(runs, "worse", latent_dim=8), 9.0)
    evaluated(train(runs, "better", latent_dim=9), 3.0)
    live(train(runs, "live", latent_dim=10), fd=1.0)
    train(runs, "none", latent_dim=11)
    assert [one.name for one in board()] == ["better", "worse", "live", "none"]
    assert [one.words for one in board()] == [
        "10,000 samples",
        "10,000 samples",
        "500 samples, live at step 10",
        "not measured yet",
    ]
    (runs / "better" / "evaluation.json").unlink()
    assert [one.name for one in board()][:2] == ["worse", "live"]


def test_the_better_end_of_a_measurement_is_on_top(lab: Path) -> None:
    evaluated(train(lab / "runs", "low", latent_dim=8), 1.0, result={"readable": 0.1})
    evaluated(train(lab / "runs", "high", latent_dim=9), 2.0, result={"readable": 0.9})
    assert [one.name for one in board("readable")] == ["high", "low"]


def test_seeds_of_one_recipe_are_one_line_with_mean_and_spread(lab: Path) -> None:
    for seed, fd in enumerate((1.0, 2.0, 6.0)):
        evaluated(train(lab / "runs", f"seed-{seed}", seed=seed, log_every=5 + seed), fd)
    evaluated(train(lab / "runs", "other", latent_dim=8), 2.0)
    evaluated(train(lab / "runs", "again", seed=0), 5.0)  # no seed of its own
    first, *_ = [one for one in board() if len(one.entries) > 1]
    assert first.name == "digits, 3 seeds"
    assert first.mean("fd") == pytest.approx(3.0)
    assert first.spread("fd") == pytest.approx(7**0.5)  # (4 + 1 + 9) / 2
    assert len(board()) == 3
    assert len(board(together=False)) == 5


def test_budget_and_sizes(lab: Path) -> None:
    run = train(lab / "runs", "one")
    (entry,), _ = read_entries()
    generator = open_generator(run.path).generator
    assert entry.parameters == parameter_count(generator)
    assert entry.multiply_adds == multiply_adds(generator)
    assert (entry.step, entry.images) == (STEPS, STEPS * run.config().batch_size)
    assert entry.seconds > 0


def test_the_page_shows_the_board_of_one_data_set(lab: Path) -> None:
    for seed in (0, 1):
        evaluated(train(lab / "runs", f"seed-{seed}", seed=seed), 2.0 + seed)
    evaluated(train(lab / "checkpoints", "shipped", latent_dim=8), 9.0)
    damaged = lab / "runs" / "broken"
    damaged.mkdir()
    (damaged / "config.json").write_text("{")
    at = open_page("leaderboard")
    assert not at.exception
    rows = at.dataframe[0].value.to_dict("records")
    assert [row["Name"] for row in rows] == ["digits, 2 seeds", "shipped (shipped)"]
    assert [row["fd"] for row in rows] == [2.5, 9.0]
    assert rows[0]["Spread"] == pytest.approx(0.5**0.5)
    assert rows[0]["Picture"].startswith("/api/runs/seed-0/grids/")
    assert "Left out: broken/config.json" in words(at)
    assert "2.50 ± 0.71" in at.dataframe[1].value.to_string()
    at.toggle("together").set_value(False).run()
    assert len(at.dataframe[0].value) == 3


def test_a_measurement_that_nobody_made_is_told(lab: Path) -> None:
    evaluated(train(lab / "runs", "one"), 1.0)
    at = open_page("leaderboard")
    at.selectbox("order").set_value("recall").run()
    assert "Recall was not measured yet" in words(at)


def test_a_generator_is_measured_from_the_page(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gan_core.quality import evaluation

    run = train(lab / "runs", "one")
    monkeypatch.setattr(evaluation, "FULL", 64)
    at = open_page("leaderboard")
    at.button("measure").click().run()
    measurement = process.trainings().measurement
    assert measurement is not None
    measurement.wait(60)
    assert measurement.error is None
    result = record.read(run)
    assert result is not None and result.samples == 64
    at.run()
    row = at.dataframe[0].value.to_dict("records")[0]
    assert row["fd"] == result.result["fd"] and row["Measured with"] == "64 samples"
    assert not any(button.key == "measure" for button in at.button)
    sheet = at.table[0].value.set_index("Measurement")
    assert sheet.loc["Frechet distance", "Result"] == MEASURES["fd"].format(result.result["fd"])
    assert sheet.loc["Readable", "Floor"] == MEASURES["readable"].format(result.floor["readable"])
    assert result.memorisation in words(at) and result.bounds in words(at)
    assert not at.exception


def test_a_measurement_of_another_version_is_a_sentence(lab: Path) -> None:
    run = live(train(lab / "runs", "one"), fd=7.0)
    (run.path / record.FILE).write_text(json.dumps({"dataset": "digits", "result": {"fd": 9.0}}))
    (standing,) = board()
    assert (standing.mean("fd"), standing.words) == (7.0, "500 samples, live at step 10")
    at = open_page("leaderboard")
    assert "one/evaluation.json is damaged or of another version" in words(at)
    assert not at.exception


def test_what_could_not_be_measured_is_told(lab: Path) -> None:
    run = train(lab / "runs", "one")
    at = open_page("leaderboard")
    (run.path / "generator.safetensors").write_bytes(b"damaged")
    at.button("measure").click().run()
    measurement = process.trainings().measurement
    assert measurement is not None
    measurement.wait(60)
    at.run()
    assert "one was not measured. one/generator.safetensors is damaged" in words(at)
