from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.cli.main import main
from gan_core.errors import DownloadError
from gan_core.images import films
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Status
from gan_core.training import background, trainings
from gan_core.training import job as training_job
from gan_core.training.snapshot import Phase
from pages.shared.runs import charts, files, state
from pages.shared.server import process, sources
from pages.shared.text import describe_duration
from pages.train.settings import setting_key
from tests.pages.screen import ended_job, laboratory, open_page, words
from tests.tiny import train, train_on_pictures

ENDLESS = preset("digits").with_settings({"architecture": "mlp", "steps": 1_000_000})


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def choose(at: AppTest, **values: Any) -> None:
    """Set widgets of the recipe digits."""
    for name, value in values.items():
        widgets = at.number_input if isinstance(value, int | float) else at.selectbox
        widgets(setting_key("digits", name)).set_value(value)
    at.run()


def started() -> training_job.TrainingJob:
    """A training that is past its loading and will not end by itself."""
    job = process.trainings().start([ENDLESS])
    wait_for(job, Phase.RUNNING)
    return job


def wait_for(job: training_job.TrainingJob, phase: Phase) -> None:
    deadline = time.monotonic() + 60
    while job.phase is not phase:
        assert job.phase.active and time.monotonic() < deadline, job.snapshot
        time.sleep(0.01)


def start(at: AppTest) -> None:
    at.button("train/start").click().run()


def progress(at: AppTest) -> str:
    return "\n".join(bar.proto.text for bar in at.get("progress"))


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def test_the_command_gives_exactly_this_training(lab: Path) -> None:
    at = open_page("train")
    choose(at, architecture="mlp", steps=4, lr_g=1e-5, objective="wgan-gp")
    at.selectbox("train/may-act").set_value("stop").run()
    command = shlex.split(at.code[0].value)
    start(at)
    ended_job()
    (by_page,) = sources.store("runs").list()
    with pytest.raises(SystemExit) as end:
        main(command[3:])
    assert end.value.code == 0
    (by_command,) = (run for run in sources.store("runs").list() if run.name != by_page.name)
    assert by_command.config() == by_page.config()
    assert by_command.status().may_act == by_page.status().may_act == "stop"
    weights = [run.generator_path().read_bytes() for run in (by_page, by_command)]
    assert weights[0] == weights[1]


def test_a_fresh_page_offers_the_recipe_that_needs_no_download(lab: Path) -> None:
    at = open_page("train")
    assert not at.exception
    assert at.selectbox("recipe").value == "digits"
    assert "Source:" in words(at)
    assert "Nothing is being trained." in words(at)


def test_the_recipe_comes_from_the_address(lab: Path) -> None:
    at = open_page("train", recipe="gan-small-mnist")
    assert at.selectbox("recipe").value == "gan-small-mnist"
    assert "dropout" in words(at)


def test_a_training_goes_from_start_to_its_end(lab: Path) -> None:
    at = open_page("train")
    choose(at, architecture="mlp", steps=30, log_every=10, sample_every=10)
    start(at)
    job = process.trainings().job
    assert job is not None
    config = job.snapshot.config
    assert (config.architecture, config.steps, config.log_every) == ("mlp", 30, 10)
    job.wait(60)
    at.run()
    assert not at.exception
    assert "Finished: all 30 steps" in progress(at)
    command, log, settings, again = (code.value for code in at.code)
    assert log.splitlines()[-1].startswith("[2/2][2/28] Loss_D ")
    assert len(log.splitlines()) == 3
    assert '"steps": 30' in settings
    assert command == again
    assert not {"train/pause", "train/stop"} & keys(at)


def test_every_tab_sees_and_steers_the_one_job(lab: Path) -> None:
    job = started()
    first, second = open_page("train"), open_page("train")
    for at in (first, second):
        assert job.snapshot.run in words(at)
    first.button("train/pause").click().run()
    wait_for(job, Phase.PAUSED)
    second.run()
    assert "Paused at step" in progress(second)
    second.button("train/resume").click().run()
    wait_for(job, Phase.RUNNING)
    second.run()
    second.button("train/stop").click().run()
    job.wait(30)
    for at in (first, second):
        at.run()
        assert "Stopped at step" in progress(at)
    assert len(sources.store("runs").list()) == 1


def test_a_second_start_is_answered_in_words(lab: Path) -> None:
    job = started()
    at = open_page("train")
    start(at)
    assert f"{job.snapshot.run} is being trained." in at.error[0].value
    assert process.trainings().job is job
    assert job.phase.active


def test_settings_that_do_not_fit_are_refused_by_name_and_kept(lab: Path) -> None:
    at = open_page("train")
    choose(at, image_size=64)
    start(at)
    assert "image_size is 64" in at.error[0].value
    assert at.number_input(setting_key("digits", "image_size")).value == 64
    assert process.trainings().job is None
    assert not sources.store("runs").list()


def test_what_was_chosen_survives_a_switch_of_page(lab: Path) -> None:
    at = open_page("train")
    choose(at, batch_size=16)
    at.switch_page("home/page.py").run()
    at.switch_page("train/page.py").run()
    assert at.number_input(setting_key("digits", "batch_size")).value == 16


def test_a_data_set_that_is_missing_is_offered_with_its_size(lab: Path) -> None:
    at = open_page("train", recipe="gan-mnist")
    assert "MNIST is not on this machine" in at.warning[0].value
    assert at.button("train/download").label == "Download 12 MB"
    start(at)
    assert "Download it first" in at.error[0].value
    assert process.trainings().job is None


def test_a_data_set_that_nobody_offers_is_not_to_be_downloaded(lab: Path) -> None:
    at = open_page("train", recipe="gan-mnist")
    at.selectbox(setting_key("gan-mnist", "dataset")).set_value("mat").run()
    assert "train/download" not in [button.key for button in at.button]
    start(at)
    assert "mnist_all.mat is not on this machine yet. Put it into the data folder first" in (
        at.error[0].value
    )


def test_a_download_that_fails_says_why_and_offers_the_digits(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(name: str, data_dir: Path) -> None:
        raise DownloadError("MNIST could not be downloaded (no network).")

    monkeypatch.setattr(background, "download", offline)
    at = open_page("train", recipe="gan-mnist")
    at.button("train/download").click().run()
    process.trainings().downloads["mnist"].wait(10)
    at.run()
    assert at.error[0].value == "MNIST could not be downloaded (no network)."
    at.button("train/use-digits").click().run()
    assert at.selectbox(setting_key("gan-mnist", "dataset")).value == "digits"
    assert not at.error and not at.warning


def test_a_failed_training_says_what_happened(lab: Path) -> None:
    config = ENDLESS.with_settings({"dataset": "folder", "folder": str(lab / "nowhere")})
    process.trainings().start([config]).wait(30)
    at = open_page("train")
    assert "Failed before the first step" in progress(at)
    assert "is not a folder" in at.error[0].value


def test_a_race_shows_either_run(lab: Path) -> None:
    job = process.trainings().start([ENDLESS.with_settings({"steps": 2})] * 2)
    job.wait(60)
    names = [snapshot.run for snapshot in job.snapshots]
    at = open_page("train")
    assert at.subheader[0].value == names[0]
    at.segmented_control(f"train/watched/{names}").set_value(names[1]).run()
    assert at.subheader[0].value == names[1]


def test_a_run_on_disk_opens_by_its_address_and_trains_on(lab: Path) -> None:
    train(lab / "runs", "older")
    at = open_page("train", run="older")
    assert not at.exception
    assert at.subheader[0].value == "older"
    assert "Finished: all 20 steps" in progress(at)
    at.number_input("train/more/older/20").set_value(24).run()
    at.button("train/go-on/older").click().run()
    job = ended_job()
    assert (job.snapshot.run, job.snapshot.step) == ("older", 24)


def test_a_run_that_was_killed_says_that_it_can_go_on(lab: Path) -> None:
    run = train(lab / "runs", "killed", steps=10)
    run.write_config(run.config().with_settings({"steps": 20}), run.info())
    run.write_status(Status(Phase.RUNNING, 10, 1.0))
    at = open_page("train", run="killed")
    assert "Stopped at step 10 of 20" in progress(at)
    assert "can be resumed" in at.info[0].value


@pytest.mark.parametrize("name", ["gone", "../runs", ""])
def test_an_address_of_no_run_is_answered_in_words(lab: Path, name: str) -> None:
    at = open_page("train", run=name)
    assert not at.exception
    if name:
        assert "There is no run named" in at.error[0].value
    else:
        assert "Nothing is being trained." in words(at)


def test_while_another_run_is_shown_there_is_a_way_to_the_one_that_runs(lab: Path) -> None:
    train(lab / "runs", "older")
    job = started()
    at = open_page("train", run="older")
    at.button("train/watch-active").click().run()
    assert at.subheader[0].value == job.snapshot.run


def test_files_that_cannot_be_written_are_answered_in_words(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: trainings.Trainings, *arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    train(lab / "runs", "older")
    monkeypatch.setattr(trainings.Trainings, "start", full)
    monkeypatch.setattr(trainings.Trainings, "resume", full)
    at = open_page("train", run="older")
    for button in ("train/start", "train/go-on/older"):
        at.button(button).click().run()
        assert not at.exception
        assert "The disk is full:" in at.error[0].value


@pytest.mark.parametrize("content", ['{"preset": 3', '{"steps": -1}'])
def test_damaged_settings_are_named_once(lab: Path, content: str) -> None:
    run = train(lab / "runs", "older")
    (run.path / "config.json").write_text(content)
    at = open_page("train", run="older")
    assert not at.exception
    assert [error.value.startswith("older/config.json") for error in at.error] == [True]


def test_a_log_without_losses_is_shown(lab: Path) -> None:
    run = train(lab / "runs", "older")
    (run.path / "metrics.jsonl").write_text('{"step": 10, "images": 640}\n')
    at = open_page("train", run="older")
    assert not at.exception and not at.error
    assert "Finished: all 20 steps" in progress(at)


def test_after_the_end_the_folder_counts(lab: Path) -> None:
    job = process.trainings().start([ENDLESS.with_settings({"steps": 3})])
    job.wait(60)
    run = RunFolder(lab / "runs" / job.snapshot.run)
    run.write_status(Status(Phase.STOPPED, 2, 1.0))  # as another process would
    at = open_page("train", run=run.name)
    assert "Stopped at step 2 of 3" in progress(at)
    sources.store("runs").rename(run.name, "better")
    assert "There is no run named" in at.run().error[0].value
    at = open_page("train")
    assert not at.exception and not at.error
    assert "Nothing is being trained." in words(at)


def test_a_run_that_could_not_be_resumed_says_why_beside_its_past(lab: Path) -> None:
    run = train(lab / "runs", "older")
    (run.path / "training.pt").write_bytes(b"no training state")
    process.trainings().resume("older", {"steps": 30}).wait(30)
    at = open_page("train")
    assert not at.exception
    assert "Finished: all 20 steps" in progress(at)
    assert "training.pt" in at.error[0].value


def test_a_failure_that_a_full_disk_kept_out_of_the_folder_is_told(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, *arguments: object) -> None:
        raise OSError(28, "No space left on device")

    job = started()
    monkeypatch.setattr("gan_core.training.session.TrainingSession.save", full)
    monkeypatch.setattr("gan_core.training.session.TrainingSession.write_status", full)
    job.stop(30)
    for page, run in (("train", ""), ("runs", job.snapshot.run)):
        at = open_page(page)
        if run:
            at.session_state["runs_selected"] = run
            at.run()
        assert not at.exception
        assert "The disk is full:" in words(at)


@pytest.mark.parametrize("text", ["x" * 300, "~nobodyknown/x", "a/" * 200, "'", '"a'])
def test_a_text_that_can_be_no_folder_leaves_the_page_whole(lab: Path, text: str) -> None:
    at = open_page("train")
    choose(at, dataset="folder")
    at.text_input(setting_key("digits", "folder")).set_value(text).run()
    assert not at.exception
    assert at.warning[0].value.startswith("There is no folder")
    assert at.button("train/start")


def test_a_folder_of_pictures_is_looked_for_where_it_is_said_to_be(lab: Path) -> None:
    at = open_page("train")
    choose(at, dataset="folder")
    for name, there in (("pictures", False), ("pictures", True), (str(lab / "mine"), False)):
        if there:
            (lab / "data" / name).mkdir(parents=True)
            (lab / "data" / name / "a.png").touch()
        at.text_input(setting_key("digits", "folder")).set_value(name).run()
        assert [warning.value.startswith("There is no folder") for warning in at.warning] == (
            [] if there else [True]
        )


def test_a_folder_says_what_it_holds_before_it_is_trained_on(lab: Path) -> None:
    folder = lab / "data" / "mine"
    folder.mkdir(parents=True)
    (folder / "drawing.svg").touch()
    at = open_page("train")
    choose(at, dataset="folder")
    at.text_input(setting_key("digits", "folder")).set_value("mine").run()
    assert "mine holds no pictures. Left out: 1 .svg (of a kind" in at.warning[0].value
    (lab / "data" / "other").mkdir()
    for name in ("a.png", "b.jpg", "c.cr2"):
        (lab / "data" / "other" / name).touch()
    at.text_input(setting_key("digits", "folder")).set_value("other").run()
    assert not at.exception and not at.warning
    assert "other: 2. Left out: 1 .cr2 (of a kind that is not read here" in words(at)


def test_a_run_whose_folder_has_moved_asks_for_its_new_place(lab: Path) -> None:
    run = train_on_pictures(lab)
    assert "train/folder/moved" not in [
        one.key for one in open_page("train", run="moved").text_input
    ]
    (lab / "old").rename(lab / "new")
    at = open_page("train", run="moved")
    assert "which is not there now" in at.warning[0].value
    at.number_input("train/more/moved/2").set_value(3)
    at.text_input("train/folder/moved").set_value(str(lab / "new"))
    at.button("train/go-on/moved").click().run()
    ended_job()
    assert (run.status().step, run.config().folder) == (3, str(lab / "new"))


def test_explore_says_where_the_pictures_of_a_run_were(lab: Path) -> None:
    train_on_pictures(lab)
    (lab / "old").rename(lab / "new")
    at = open_page("explore", g="runs/moved", tool="Your picture")
    at.segmented_control("explore_source").set_value("data").run()
    assert not at.exception
    assert "which is not there now" in words(at)


def test_a_conditional_run_names_its_columns(lab: Path) -> None:
    train(lab / "runs", "told", objective="cgan", steps=2)
    at = open_page("train", run="told")
    assert not at.exception
    assert "a column one class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in words(at)
    assert "one class" not in words(open_page("train"))


# What the view is made of


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(tmp_path_factory.mktemp("runs"), "tiny", log_every=1, sample_every=5)


@pytest.fixture
def item(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> sources.Source:
    options = process.Options(run.path.parent, run.path.parent, "cpu")
    monkeypatch.setattr(process, "options", lambda: options)
    return sources.Source("runs", "tiny")


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The charts that were drawn."""
    tracks: list[dict[str, Any]] = []
    monkeypatch.setattr(charts, "live_chart", lambda figure, **options: tracks.append(figure))
    return tracks


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_watched_as_it_asks(
    item: sources.Source, figures: list[dict[str, Any]], objective: str
) -> None:
    config = ENDLESS.with_settings({"objective": objective, "margin": 0.7})
    charts.show_curves(state.RunState(item, Phase.RUNNING, config=config), key="test")
    watches = OBJECTIVES[objective].watches
    assert [figure["title"] for figure in figures] == ["Loss", *(w.title for w in watches)]
    for figure, watch in zip(figures[1:], watches, strict=True):
        shown = {trace["column"]: trace["name"] for trace in figure["traces"]}
        assert shown == dict(watch.columns)
        assert figure["y_range"] == (list(watch.bounds) if watch.bounds else None)
        lines = watch.levels(OBJECTIVES[objective].targets)
        values = [0.7 if level == "margin" else level for level in lines.values()]
        assert [level["value"] for level in figure["levels"]] == values
        assert [level["name"] for level in figure["levels"]] == list(lines)


def test_what_a_run_never_logged_and_an_unknown_objective_are_not_charted(
    item: sources.Source, figures: list[dict[str, Any]]
) -> None:
    for objective in ("ebgan", "of-tomorrow"):
        config = ENDLESS.with_settings({"objective": objective})
        charts.show_curves(replace(state.read_state(item), config=config), key="test")
    assert [figure["title"] for figure in figures] == ["Loss", "Loss"]


def test_the_log_has_one_line_a_logged_step(item: sources.Source) -> None:
    run = state.read_state(item)
    lines = files.log_lines(run)
    assert len(lines) == 20
    assert files.log_lines(run, last=3) == lines[-3:]


def test_the_player_is_sent_no_more_than_some_hundred_frames(
    item: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks_sent: list[dict[str, Any]] = []
    monkeypatch.setattr(charts, "player", lambda tracks, **options: tracks_sent.extend(tracks))
    run = replace(state.read_state(item), grids=tuple(range(0, 5000, 5)))
    charts.show_pictures(run, key="test")
    frames = [frame["at"] for frame in tracks_sent[0]["frames"]]
    assert (len(frames), frames[0], frames[-1]) == (charts.MAX_PLAYED, 0, 4995)


def test_the_film_holds_every_grid(item: sources.Source) -> None:
    film = files.export_grids(item)
    assert film is not None
    side = 8 * 28 + 7 * 2
    assert film.size == films.Size(len(item.folder.grids()), side, side)
    frames = film.draw()
    assert len(frames) == len(item.folder.grids()) == 5
    assert all(frame.shape[:2] == (side, side) for frame in frames)


def test_a_film_of_large_grids_takes_as_many_as_a_file_holds(
    item: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "MAX_PIXELS", 3 * 238 * 238)
    film = files.export_grids(item)
    assert film is not None and film.size == films.Size(3, 238, 238)


def test_the_film_leaves_out_what_is_no_picture(item: sources.Source) -> None:
    grids = item.folder.grids()
    item.folder.grid_path(grids[1]).write_bytes(b"no picture")
    item.folder.grid_path(999_999_999).write_bytes(b"nor this")
    film = files.export_grids(item)
    assert film is not None and len(film.draw()) == len(grids) - 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.6, "1 min 00 s"), (125, "2 min 05 s"), (4800, "1 h 20 min")],
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert describe_duration(seconds) == text


def won(folder: Path) -> RunFolder:
    """A run whose discriminator has won from its first step on."""
    run = train(folder / "runs", "20261121-1200-won")
    rows = [
        {"step": step, "images": step * 64, "seconds": step / 10, "d/loss": 0.002, "g/loss": 8.0}
        | {"d/real": 0.001, "d/fake": 0.001, "d/D(x)": 0.999, "d/D(G(z))": 0.001}
        for step in range(20, 420, 20)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (run.path / "metrics.jsonl").write_text(lines, "utf-8")
    return run


def test_the_doctor_says_in_words_what_it_finds(lab: Path) -> None:
    at = open_page("train", run=won(lab).name)
    assert not at.exception
    text = words(at)
    assert "**Doctor:** the discriminator has won since step 20." in text
    assert "with D(x) 0.999 and D(G(z)) 0.001" in text
    assert "**What to try.** Slow the discriminator down" in text


def test_a_healthy_run_has_nothing_to_report(lab: Path) -> None:
    at = open_page("train", run=train(lab / "runs", "20261121-1200-well", log_every=5).name)
    assert "**Doctor:** nothing to report." in words(at)
    assert "What to try" not in words(at)


def test_what_the_doctor_did_is_told_long_after(lab: Path) -> None:
    run = won(lab)
    sentence = "The doctor stopped the training at step 400: it was ill."
    run.write_status(Status(Phase.STOPPED, 20, 1.0, "", "stop", sentence))
    at = open_page("train", run=run.name)
    assert sentence in [info.value for info in at.info]
    assert not at.error


def test_the_doctor_is_allowed_to_act_before_and_during_a_training(lab: Path) -> None:
    at = open_page("train")
    choose(at, architecture="mlp", steps=1_000_000)
    at.selectbox("train/may-act").set_value("stop").run()
    start(at)
    job = process.trainings().job
    assert job is not None
    wait_for(job, Phase.RUNNING)
    assert str(job.may_act) == "stop"
    at.run()
    key = f"train/may-act/{job.snapshot.run}"
    at.session_state[f"{key}/popover"] = True
    at.run()
    assert at.radio(key).value == "stop"
    at.radio(key).set_value("off").run()
    assert job.may_act == "off"
