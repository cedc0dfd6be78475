from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.config import TrainConfig
from gan_core.data.table import DATASETS
from gan_core.errors import ConfigError
from gan_core.networks.build import build
from gan_core.networks.summary import multiply_adds, parameter_count
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase
from gan_core.training.findings import Finding
from pages.shared.pairs import race
from pages.shared.pairs import sides as pair_sides
from pages.shared.runs import state
from pages.shared.server import process, sources
from tests.pages.screen import ended_job, laboratory, open_page, words
from tests.tiny import STEPS, train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def pair(lab: Path) -> tuple[RunFolder, RunFolder]:
    return train(lab / "runs", "one"), train(lab / "runs", "two", architecture="mlp-small")


def chosen(at: AppTest) -> list[str]:
    return [str(at.selectbox(f"compare_{letter}_box").value) for letter in "AB"]


def measures(at: AppTest) -> dict[str, list[str]]:
    """The table of numbers: name of the row -> values of A and B."""
    (table,) = at.table
    return {row[0]: list(row[1:]) for row in table.value.itertuples(index=False)}


def fill(at: AppTest, **values: int) -> None:
    """A race on the digits, of two small networks."""
    at.selectbox("race_A").set_value("gan-mnist")
    at.selectbox("race_B").set_value("gan-small-mnist")
    at.selectbox("race_dataset").set_value("digits")
    for name, value in values.items():
        at.number_input(f"race_{name}").set_value(value)
    at.run()


def test_two_forks_of_one_state_race(lab: Path) -> None:
    train(lab / "runs", "one", save_every=10)
    at = open_page("compare")
    at.multiselect("fork/one/A/names").set_value(["lr_g"]).run()
    at.number_input("fork/one/A/lr_g").set_value(0.25).run()
    at.button("fork/one/start").click().run()
    job = ended_job()
    first, second = (sources.store("runs").get(s.run) for s in job.snapshots)
    assert {first.info().parent, second.info().parent} == {"one"}
    assert (first.config().lr_g, second.config()) == (0.25, train_config(lab))
    assert not at.exception


def test_a_fork_begins_with_what_was_changed_before_its_step(lab: Path) -> None:
    run = train(lab / "runs", "one", save_every=10)
    event = {"step": 10, "event": "set", "name": "lr_g", "new": 0.125}
    (run.path / "events.jsonl").write_text(json.dumps(event) + "\n")
    at = open_page("compare")
    at.multiselect("fork/one/A/names").set_value(["lr_g"]).run()
    assert at.selectbox("fork/one/step").value == 10
    assert at.number_input("fork/one/A/lr_g").value == 0.125


def train_config(lab: Path) -> TrainConfig:
    return RunFolder(lab / "runs" / "one").config()


# ---------------------------------------------------------------- what there is to compare


def test_without_generators_the_page_offers_a_race(lab: Path) -> None:
    at = open_page("compare")
    assert "There is no generator yet" in words(at)
    assert not at.button("race_start").disabled
    assert not at.exception


def test_one_generator_is_not_enough(lab: Path) -> None:
    train(lab / "runs", "lonely")
    assert "lonely is the only generator here" in words(open_page("compare"))


def test_the_two_newest_runs_are_compared_by_default(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    train(lab / "runs", "another")
    assert chosen(open_page("compare")) == ["runs/two", "runs/one"]


def test_the_shipped_gan_and_dcgan_come_first(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    train(lab / "checkpoints", "dcgan-mnist")
    train(lab / "checkpoints", "gan-mnist")
    at = open_page("compare")
    assert chosen(at) == ["checkpoints/gan-mnist", "checkpoints/dcgan-mnist"]


def test_the_address_chooses_and_follows_the_choice(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    train(lab / "runs", "zero")
    at = open_page("compare", a="runs/one", b="runs/zero")
    assert chosen(at) == ["runs/one", "runs/zero"]
    at.selectbox("compare_B_box").set_value("runs/two").run()
    assert at.query_params["b"] in ("runs/two", ["runs/two"])
    assert chosen(at) == ["runs/one", "runs/two"]


def test_a_generator_that_is_gone_is_named_and_replaced(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    at = open_page("compare", a="runs/gone")
    assert "There is no generator 'runs/gone'" in words(at)
    assert sorted(chosen(at)) == ["runs/one", "runs/two"]


def test_a_run_deleted_meanwhile_is_no_traceback(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    train(lab / "runs", "zero")
    at = open_page("compare")
    sources.store("runs").delete("two")
    at.run()
    assert not at.exception
    assert "There is no generator 'runs/two'" in words(at)


def test_the_same_generator_twice_is_said(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    at = open_page("compare", a="runs/one", b="runs/one")
    assert "A and B are the same generator" in words(at)


def test_a_damaged_run_is_no_default_and_a_sentence_when_chosen(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    damaged = lab / "runs" / "zzz"
    damaged.mkdir()
    (damaged / "config.json").write_text("{")
    assert sorted(chosen(open_page("compare"))) == ["runs/one", "runs/two"]
    at = open_page("compare", a="runs/zzz")
    assert "zzz/config.json cannot be read" in words(at)
    assert not at.exception


# ---------------------------------------------------------------- noise, numbers, moments


def test_a_generator_is_opened_once_torch_is_there(
    lab: Path, pair: tuple[RunFolder, RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    (pair[0].path / "generator.safetensors").write_bytes(b"no weights")
    monkeypatch.setattr(process, "warming_up", lambda: True)
    at = open_page("compare")
    assert not at.error
    monkeypatch.setattr(process, "warming_up", lambda: False)
    assert "generator.safetensors" in at.run().error[0].value


def test_equal_latent_sizes_share_their_noise(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    assert "Both latent sizes are 16" in words(open_page("compare"))


def test_other_latent_sizes_have_noise_of_their_own(lab: Path) -> None:
    train(lab / "runs", "one")
    train(lab / "runs", "two", latent_dim=8)
    assert "The latent sizes differ (A 8, B 16)" in words(open_page("compare"))


def test_new_noise_draws_another_seed(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    at = open_page("compare")
    assert at.number_input("noise").value == 0
    at.button("noise_new").click().run()
    assert at.number_input("noise").value != 0


def test_the_table_says_what_sets_them_apart(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    rows = measures(open_page("compare", a="runs/one", b="runs/two"))
    networks = [build(name, 16, (1, 28, 28)) for name in ("mlp", "mlp-small")]
    assert rows["Generator parameters"] == [
        f"{parameter_count(network.generator):,}" for network in networks
    ]
    assert rows["Discriminator parameters"] == [
        f"{parameter_count(network.critic):,}" for network in networks
    ]
    assert rows["Generator multiply-adds per image"] == [
        f"{multiply_adds(network.generator):,}" for network in networks
    ]
    assert rows["Steps"] == [f"{STEPS} of {STEPS}"] * 2
    assert rows["Images seen"] == [f"{STEPS * 64:,}"] * 2
    last = pair[0].curves()["g/loss"][-1]
    assert rows["Last generator loss"][0] == f"{last:.3f}"
    assert rows["Data set"] == ["digits", "digits"]


def test_moments_follow_the_curves() -> None:
    curves = {
        "step": np.array([10.0, 20.0]),
        "images": np.array([640.0, 1280.0]),
        "seconds": np.array([4.0, 6.0]),
    }
    steps = (0, 5, 10, 15, 40)
    assert pair_sides.moments(curves, steps, "step") == [0, 5, 10, 15, 40]
    assert pair_sides.moments(curves, steps, "images") == [0, 320, 640, 960, 2560]
    assert pair_sides.moments(curves, steps, "seconds") == [0, 2, 4, 5, 12]


def test_a_run_without_curves_has_steps_for_moments() -> None:
    assert pair_sides.moments({}, (0, 50), "seconds") == [0, 50]


def test_a_track_holds_every_grid_at_its_moment(
    lab: Path, pair: tuple[RunFolder, RunFolder]
) -> None:
    side = pair_sides.read_side("A", sources.Source("runs", "one"))
    track = pair_sides.track(side, "images")
    assert [frame["at"] for frame in track["frames"]] == [s * 64.0 for s in pair[0].grids()]
    assert track["label"] == "A: one"


def test_the_measure_of_time_can_be_chosen(lab: Path, pair: tuple[RunFolder, RunFolder]) -> None:
    at = open_page("compare")
    at.button_group("by").set_value("seconds").run()
    assert not at.exception
    assert at.button_group("by").value == "seconds"


# ---------------------------------------------------------------- classes and objectives


def test_a_class_puts_both_on_the_same_vectors(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests: list[str] = []

    def player(tracks: list[dict[str, Any]], **options: Any) -> None:
        if options["key"] == "compare_samples":
            requests[:] = [track["frames"][0]["url"] for track in tracks]

    monkeypatch.setattr("pages.shared.widgets.player.player.player", player)
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    train(lab / "runs", "free", steps=2, architecture="mlp-small")
    at = open_page("compare", a="runs/told", b="runs/free")
    assert not at.exception
    assert "A draws each latent vector as every class" in words(at)
    assert "each has its own" in words(at)
    assert not any("y=" in address for address in requests)
    at.segmented_control("only").set_value("3").run()
    assert not at.exception
    assert ["y=3" in address for address in requests] == [True, False]
    assert "pictures at the same place come from the same latent vector" in words(at)
    rows = measures(at)
    assert rows["Objective"] == ["CGAN, conditional", "GAN, non-saturating"]
    assert rows["Conditional"] == ["yes", "no"]
    at = open_page("compare", a="runs/told", b="runs/free", only="5")
    assert at.segmented_control("only").value == "5"


def test_two_conditional_generators_share_their_rows(lab: Path) -> None:
    train(lab / "runs", "one", steps=2, architecture="mlp-small", objective="cgan")
    train(lab / "runs", "two", steps=2, architecture="mlp-small", objective="acgan")
    at = open_page("compare")
    assert "rows at the same height come from the same latent vector" in words(at)
    assert "the same for both" in words(at)
    side = pair_sides.read_side("A", sources.Source("runs", "one"))
    assert pair_sides.track(side, "step")["columns"] == [str(k) for k in range(10)]


def test_other_noise_is_noise_of_its_own(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    train(lab / "runs", "two", steps=1, noise="uniform")
    assert "The kinds of noise differ (A uniform, B normal)" in words(open_page("compare"))


def test_what_is_watched_is_one_chart_where_it_is_shared(lab: Path) -> None:
    for name, objective in (("one", "gan"), ("two", "cgan"), ("three", "wgan-gp")):
        train(lab / "runs", name, steps=2, log_every=1, objective=objective)
    one, two, three = (
        pair_sides.read_side(letter, sources.Source("runs", name))
        for letter, name in (("A", "one"), ("B", "two"), ("B", "three"))
    )
    ((chart, _),) = pair_sides.watch_figures([one, two])
    assert chart["title"] == "What the discriminator says"
    assert [trace["name"] for trace in chart["traces"]] == [
        "A D(x)", "A D(G(z)) before", "B D(x)", "B D(G(z)) before",
    ]  # fmt: skip
    assert chart["levels"] == [{"name": "chance", "value": 0.5}]
    first, second = pair_sides.watch_figures([one, three])
    assert first[0]["title"] == "A: What the discriminator says"
    assert second[0]["title"] == "B: Wasserstein estimate"
    assert {trace["source"] for trace in second[0]["traces"]} == {"/api/runs/three/curves"}


def test_what_the_doctor_finds_stands_under_its_side_and_in_its_charts(
    lab: Path, pair: tuple[RunFolder, RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    ill = Finding("collapse", "Mode collapse", "severe", 3, "One class.", "It is.", "Do.")
    rows = iter([(), (ill,)])
    monkeypatch.setattr(state, "examine", lambda *history: next(rows))
    at = open_page("compare")
    assert "**Doctor:** nothing to report." in words(at)
    assert "Mode collapse** (severe, since step 3). One class." in words(at)

    items = [sources.Source("runs", run.name) for run in pair]
    sides = [pair_sides.read_side(letter, item) for letter, item in zip("AB", items, strict=True)]
    rows = iter([(), (ill,)])
    states = [side.state for side in sides]
    marks = pair_sides.marks_of(states)
    ((chart, _),) = pair_sides.watch_figures(sides, "seconds", marks)
    for figure in (pair_sides.loss_figure(states, "seconds", marks), chart):
        (mark,) = figure["marks"]
        assert (mark["source"], mark["step"], mark["name"]) == (
            f"/api/runs/{pair[1].name}/curves", 3, "B: Mode collapse",
        )  # fmt: skip


def test_a_margin_of_each_is_named_by_its_letter(lab: Path) -> None:
    for name, margin in (("one", 0.2), ("two", 0.3)):
        train(lab / "runs", name, steps=2, log_every=1, objective="ebgan", margin=margin)
    sides = [
        pair_sides.read_side(letter, sources.Source("runs", name))
        for letter, name in (("A", "one"), ("B", "two"))
    ]
    ((chart, _),) = pair_sides.watch_figures(sides)
    assert [level["name"] for level in chart["levels"]] == ["A margin", "B margin"]


# ---------------------------------------------------------------- the race


def test_a_race_gives_both_the_same_data_seed_and_budget() -> None:
    first, second = race.race_configs(
        ["gan-mnist", "dcgan-mnist"], dataset="digits", seed=7, steps=200, batch_size=32
    )
    shared = ("dataset", "seed", "steps", "epochs", "batch_size", "log_every", "sample_every")
    assert [getattr(first, name) for name in shared] == [getattr(second, name) for name in shared]
    assert (first.seed, first.steps, first.epochs, first.batch_size) == (7, 200, 0, 32)
    assert (first.architecture, second.architecture) == ("mlp", "dcgan-28")


def test_a_race_of_unknown_recipes_is_refused() -> None:
    with pytest.raises(ConfigError, match="nonsense"):
        race.race_configs(["nonsense"], dataset="digits", seed=0, steps=10, batch_size=8)


def test_without_mnist_the_race_is_on_the_digits(lab: Path) -> None:
    at = open_page("compare")
    assert [at.selectbox(f"race_{letter}").value for letter in "AB"] == ["gan-mnist", "dcgan-mnist"]
    assert at.selectbox("race_dataset").value == "digits"


def test_a_data_set_that_is_not_there_cannot_be_raced_on(lab: Path) -> None:
    at = open_page("compare")
    at.selectbox("race_dataset").set_value("mnist").run()
    assert "Download it on the Train page" in words(at)
    assert at.button("race_start").disabled


def test_a_recipe_with_classes_races_on_data_with_classes(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = dataclasses.replace(DATASETS["digits"], classes=(), title="Bare")
    monkeypatch.setitem(DATASETS, "bare", bare)
    at = open_page("compare")
    assert "Bare" in at.selectbox("race_dataset").options
    at.selectbox("race_B").set_value("cgan-mnist").run()
    assert not at.exception
    assert "Bare" not in at.selectbox("race_dataset").options
    assert "the data set 'bare' has no classes" in words(at)


def test_one_recipe_cannot_race_itself(lab: Path) -> None:
    at = open_page("compare")
    at.selectbox("race_B").set_value("gan-mnist").run()
    assert "choose two different ones" in words(at)
    assert at.button("race_start").disabled


def test_a_race_to_its_end_selects_its_runs_and_says_who_took_how_long(lab: Path) -> None:
    at = open_page("compare")
    fill(at, steps=6, batch_size=8)
    at.button("race_start").click().run()
    assert not at.exception
    ended_job()
    at.run()
    assert any("took" in message.value for message in at.success)
    job = process.trainings().job
    assert job is not None
    assert chosen(at) == [f"runs/{snapshot.run}" for snapshot in job.snapshots]


def test_a_race_can_be_paused_resumed_and_stopped(lab: Path) -> None:
    at = open_page("compare")
    fill(at, steps=1_000_000, batch_size=8)
    at.button("race_start").click().run()
    job = process.trainings().active
    assert job is not None
    deadline = time.monotonic() + 60
    while job.phase.value != "running":
        assert job.phase.active and time.monotonic() < deadline
        time.sleep(0.01)
    at.run()
    at.button("race_pause").click().run()
    while not all(snapshot.phase.value == "paused" for snapshot in job.snapshots):
        assert job.phase.active and time.monotonic() < deadline
        time.sleep(0.01)
    at.run()
    at.button("race_resume").click().run()
    while job.phase.value != "running":
        assert job.phase.active and time.monotonic() < deadline
        time.sleep(0.01)
    at.run()
    at.button("race_stop").click().run()
    ended_job()
    at.run()
    assert "The race was stopped" in words(at)
    for snapshot in job.snapshots:
        status = sources.store("runs").get(snapshot.run).status()
        assert (status.phase, status.step) == (Phase.STOPPED, snapshot.step)


def test_a_second_training_is_refused_in_words(lab: Path) -> None:
    at = open_page("compare")
    fill(at, steps=6)
    configs = race.race_configs(
        ["gan-mnist"], dataset="digits", seed=0, steps=1_000_000, batch_size=8
    )
    process.trainings().start(configs)
    at.button("race_start").click().run()
    assert "is being trained. Stop it" in words(at)
    assert not at.exception


def test_a_race_that_failed_says_why(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gan_core.training.opening.start", broken)
    at = open_page("compare")
    fill(at, steps=6)
    at.button("race_start").click().run()
    ended_job()
    at.run()
    assert "The race failed: The disk is full" in words(at)


def test_a_recipe_is_trained_beside_its_broken_twin(lab: Path) -> None:
    at = open_page("compare")
    at.toggle("race_break").set_value(True).run()
    assert "Both players' optimizers take steps thirty times" in words(at)
    at.selectbox("race_breakage_gan").set_value("one-sided").run()
    at.selectbox("race_dataset").set_value("digits").run()
    at.number_input("race_steps").set_value(4).run()
    at.button("race_start").click().run()
    assert not at.exception
    job = ended_job()
    right, wrong = (snapshot.config for snapshot in job.snapshots)
    assert (right.breakage, wrong.breakage) == ("", "one-sided")
    assert wrong.with_settings({"breakage": ""}) == right
    assert job.snapshots[1].run.endswith("-one-sided")
    at.run()
    assert "B is broken: Only the loss on real images reaches" in words(at)
    assert words(at).count("**Doctor:**") == 2


def test_a_race_on_points_begins_with_their_data_set_and_mixed_kinds_are_refused(
    lab: Path,
) -> None:
    at = open_page("compare")
    at.selectbox("race_A").set_value("grid-gan").run()
    assert at.selectbox("race_dataset").value is None
    assert "one learns points, the other pictures" in words(at)
    assert at.button("race_start").disabled
    at.selectbox("race_B").set_value("grid-wgan-gp").run()
    assert at.selectbox("race_dataset").value == "grid"
    assert not at.button("race_start").disabled
