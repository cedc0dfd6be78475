from __future__ import annotations

import json
import time
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from gan_core.presets import preset
from gan_core.runs.archive import MAX_ARCHIVE_BYTES
from gan_core.runs.folder import RunFolder
from gan_core.runs.history import History
from gan_core.runs.status import Phase, Status
from gan_core.training.job import TrainingJob
from pages.shared.runs import state
from pages.shared.server import process, sources
from tests.pages.screen import ended_job, laboratory, links, open_page, words
from tests.tiny import STEPS, train, train_on_pictures

ENDLESS = preset("digits").with_settings({"architecture": "mlp", "steps": 1_000_000})


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def select(at: AppTest, name: str) -> AppTest:
    """What a click on the row does; AppTest cannot click into a table."""
    at.session_state["runs_selected"] = name
    return at.run()


def listed(at: AppTest, table: int = 0) -> dict[str, dict[str, Any]]:
    return {row["Name"]: row for row in at.dataframe[table].value.to_dict("records")}


def names() -> list[str]:
    return [run.name for run in sources.store("runs").list()]


def endless() -> TrainingJob:
    job = process.trainings().start([ENDLESS])
    deadline = time.monotonic() + 60
    while job.phase.value != "running":
        assert job.phase.active and time.monotonic() < deadline, job.snapshot
        time.sleep(0.01)
    return job


def upload(at: AppTest, name: str, content: bytes) -> AppTest:
    return at.file_uploader[0].set_value((name, content, "application/zip")).run()


# ---------------------------------------------------------------- the table


def test_without_runs_the_page_says_what_to_do(lab: Path) -> None:
    at = open_page("runs")
    assert "There are no runs yet" in words(at)
    assert len(at.file_uploader) == 1
    assert not at.exception


def test_every_run_is_in_the_table_the_newest_first(lab: Path) -> None:
    train(lab / "runs", "b-old")
    time.sleep(1.1)  # created is written to the second
    train(lab / "runs", "a-new", architecture="mlp-small")
    rows = listed(open_page("runs"))
    assert list(rows) == ["a-new", "b-old"]
    row = rows["a-new"]
    assert (row["Status"], row["Steps"], row["of"]) == ("finished", STEPS, STEPS)
    assert (row["Recipe"], row["Data set"], row["Network"]) == ("digits", "digits", "mlp-small")
    assert row["Picture"].startswith(f"/api/runs/a-new/grids/{STEPS}.png")
    assert row["Images/s"] > 0 and row["Size (MB)"] > 0


def test_the_table_never_parses_the_curves(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one")

    def parsed(self: RunFolder) -> None:
        raise AssertionError("metrics.jsonl was read")

    monkeypatch.setattr(History, "read", parsed)
    at = open_page("runs")
    assert not at.exception
    assert list(listed(at)) == ["one"]


@pytest.mark.parametrize("phase", [Phase.RUNNING, Phase.PAUSED])
def test_a_run_that_nobody_trains_was_interrupted(lab: Path, phase: Phase) -> None:
    train(lab / "runs", "one").write_status(Status(phase, 7, 1.0))
    at = open_page("runs")
    assert listed(at)["one"]["Status"] == "interrupted"
    assert "The training was interrupted" in words(select(at, "one"))


def test_a_run_whose_lock_cannot_be_opened_is_not_held(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: FileLock) -> None:
        raise PermissionError("read only")

    run = train(lab / "runs", "one")
    monkeypatch.setattr(FileLock, "__enter__", refuse)
    assert not run.locked


def test_a_run_of_another_process_is_named_so(lab: Path) -> None:
    run = train(lab / "runs", "one")
    run.write_status(Status(Phase.RUNNING, 7, 1.0))
    with FileLock(run.path / ".lock"):
        assert listed(open_page("runs"))["one"]["Status"] == state.ELSEWHERE


def test_a_training_of_this_process_is_running(lab: Path) -> None:
    job = endless()
    row = listed(open_page("runs"))[job.snapshot.run]
    assert (row["Status"], row["of"]) == ("running", 1_000_000)


def test_shipped_checkpoints_are_listed_apart(lab: Path) -> None:
    train(lab / "runs", "mine")
    train(lab / "checkpoints", "shipped")
    at = open_page("runs")
    assert list(listed(at)) == ["mine"]
    assert list(listed(at, 1)) == ["shipped"]
    assert "read only" in words(at)


# ---------------------------------------------------------------- one run


def test_a_failed_run_says_what_stopped_it(lab: Path) -> None:
    train(lab / "runs", "one").write_status(Status(Phase.FAILED, 7, 1.0, "The disk is full."))
    at = select(open_page("runs"), "one")
    assert listed(at)["one"]["Status"] == "failed"
    assert "The disk is full." in words(at)


def test_a_run_can_be_opened_elsewhere(lab: Path) -> None:
    train(lab / "runs", "one")
    train(lab / "runs", "two")
    shown = links(select(open_page("runs"), "one"))
    assert (shown["Open"].page, shown["Open"].query_string) == ("train", "run=one")
    at = open_page("train", run="one")
    assert at.subheader[0].value == "one"
    assert shown["Explore it"].page == "explore"
    at = open_page("explore", **dict(parse_qsl(shown["Explore it"].query_string)))
    assert not at.exception
    assert at.selectbox[0].value == "runs/one"
    assert shown["Compare it"].page == "compare"
    at = open_page("compare", **dict(parse_qsl(shown["Compare it"].query_string)))
    assert not at.exception
    assert at.selectbox("compare_A_box").value == "runs/one"


def test_an_interrupted_run_is_resumed(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=2)
    config = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**config, "steps": 4}))
    run.write_status(Status(Phase.RUNNING, 2, 1.0))
    at = select(open_page("runs"), "one")
    at.button("run_resume").click().run()
    ended_job()
    assert run.status().phase is Phase.FINISHED and run.status().step == 4
    assert links(at)["To the training"].page == "train"
    assert links(at)["To the training"].query_string == "run=one"


def test_a_finished_run_asks_for_more_steps(lab: Path) -> None:
    run = train(lab / "runs", "one")
    at = select(open_page("runs"), "one")
    at.number_input(f"run_steps_one_{STEPS}").set_value(STEPS + 3)
    at.button("run_resume").click().run()
    ended_job()
    assert run.status().step == STEPS + 3


def test_resuming_beside_another_training_is_refused_in_words(lab: Path) -> None:
    run = train(lab / "runs", "one")
    run.write_status(Status(Phase.STOPPED, 7, 1.0))
    endless()
    at = select(open_page("runs"), "one")
    at.button("run_resume").click().run()
    assert "is being trained. Stop it" in words(at)
    assert not at.exception


def test_a_run_deleted_meanwhile_just_leaves_the_list(lab: Path) -> None:
    train(lab / "runs", "one")
    train(lab / "runs", "two")
    at = select(open_page("runs"), "one")
    sources.store("runs").delete("one")
    at.run()
    assert not at.exception
    assert list(listed(at)) == ["two"]


def test_a_run_is_forked_from_a_saved_step(lab: Path) -> None:
    run = train(lab / "runs", "one", save_every=5)
    at = select(open_page("runs"), "one")
    assert at.selectbox("fork/one/step").options == ["0", "5", "10", "15", "20"]
    at.selectbox("fork/one/step").set_value(10).run()
    at.multiselect("fork/one/A/names").set_value(["lr_g"]).run()
    at.number_input("fork/one/A/lr_g").set_value(0.25)
    at.checkbox("fork/one/both").set_value(False).run()
    at.button("fork/one/start").click().run()
    job = ended_job()
    child = RunFolder(run.path.parent / job.snapshot.run)
    assert (child.info().parent, child.info().forked_at) == ("one", 10)
    assert (child.config().lr_g, child.status().step) == (0.25, STEPS)
    assert links(at)["To the training"].query_string == f"run={child.name}"
    assert not at.exception
    at = select(open_page("runs"), child.name)
    assert "Forked from one at step 10." in words(at)


def test_two_forks_that_do_the_same_are_not_trained(lab: Path) -> None:
    train(lab / "runs", "one")
    at = select(open_page("runs"), "one")
    for letter in "AB":
        assert "both would do the same" in words(at)
        assert at.button("fork/one/start").disabled
        at.multiselect(f"fork/one/{letter}/names").set_value(["lr_g"]).run()
    assert at.button("fork/one/start").disabled
    at.number_input("fork/one/B/lr_g").set_value(0.25).run()
    assert not at.button("fork/one/start").disabled
    at.checkbox("fork/one/both").set_value(False).run()
    at.multiselect("fork/one/A/names").set_value([]).run()
    assert "Nothing is changed yet" in words(at)


# ---------------------------------------------------------------- rename and delete


def rename(at: AppTest, name: str) -> AppTest:
    at.button("run_rename").click().run()
    at.text_input[0].set_value(name)
    form = next(button for button in at.button if button.label == "Rename" and button.form_id)
    return form.click().run()


def test_a_run_is_renamed(lab: Path) -> None:
    train(lab / "runs", "one")
    at = rename(select(open_page("runs"), "one"), "better")
    assert names() == ["better"]
    assert at.session_state["runs_selected"] == "better"
    assert not at.exception


@pytest.mark.parametrize(
    ("name", "reason"), [("two", "already a run named"), ("../up", "cannot be a run's name")]
)
def test_a_name_that_cannot_be_is_refused(lab: Path, name: str, reason: str) -> None:
    train(lab / "runs", "one")
    train(lab / "runs", "two")
    at = rename(select(open_page("runs"), "one"), name)
    assert reason in words(at)
    assert names() == ["one", "two"]


def test_deleting_asks_first(lab: Path) -> None:
    train(lab / "runs", "one")
    at = select(open_page("runs"), "one")
    at.button("run_delete").click().run()
    assert "**one**" in words(at) and "cannot be undone" in words(at)
    assert names() == ["one"]
    at.button("delete_sure").click().run()
    assert names() == []
    assert not at.exception


@pytest.mark.parametrize("button", ["run_rename", "run_delete"])
def test_a_run_in_training_is_neither_renamed_nor_deleted(lab: Path, button: str) -> None:
    name = endless().snapshot.run
    at = select(open_page("runs"), name)
    at.button(button).click().run()
    assert f"{name} is being trained and cannot be" in words(at)
    assert not any(found.key == "delete_sure" for found in at.button)
    assert names() == [name]


def test_a_run_trained_by_another_process_is_not_deleted(lab: Path) -> None:
    run = train(lab / "runs", "one")
    with FileLock(run.path / ".lock"):
        at = select(open_page("runs"), "one")
        at.button("run_delete").click().run()
        assert "trained by another process" in words(at)
    assert names() == ["one"]


def test_a_damaged_run_is_shown_as_damaged_and_can_be_deleted(lab: Path) -> None:
    train(lab / "runs", "fine")
    damaged = lab / "runs" / "broken"
    damaged.mkdir()
    (damaged / "config.json").write_text('{"preset": 3')
    at = open_page("runs")
    assert {name: row["Status"] for name, row in listed(at).items()} == {
        "fine": "finished",
        "broken": "damaged",
    }
    select(at, "broken")
    assert "broken/config.json cannot be read" in words(at)
    assert not {"Open", "Explore it", "Compare it"} & set(links(at))
    assert all(at.button(key).disabled for key in ("open", "explore", "compare"))
    at.button("run_delete").click().run()
    at.button("delete_sure").click().run()
    assert names() == ["fine"]


# ---------------------------------------------------------------- archives


def test_a_zip_is_imported_once_and_selected(lab: Path) -> None:
    train(lab / "runs", "one")
    content = sources.store("runs").export_zip("one")
    sources.store("runs").delete("one")
    at = upload(open_page("runs"), "one.zip", content)
    assert names() == ["one"]
    assert at.session_state["runs_selected"] == "one"
    assert "Imported as one." in [message.value for message in at.success]
    at.run()
    assert names() == ["one"]


def test_an_imported_run_keeps_out_of_the_way_of_one_of_its_name(lab: Path) -> None:
    train(lab / "runs", "one")
    at = upload(open_page("runs"), "one.zip", sources.store("runs").export_zip("one"))
    assert names() == ["one", "one-2"]
    assert at.session_state["runs_selected"] == "one-2"


def test_a_zip_that_is_no_run_is_refused_in_words(lab: Path, tmp_path: Path) -> None:
    at = upload(open_page("runs"), "junk.zip", b"not a zip")
    assert "junk.zip was not imported. This is no zip file" in words(at)
    path = tmp_path / "climbing.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run/../../outside", "x")
    upload(at, "climbing.zip", path.read_bytes())
    assert "climbing.zip was not imported" in words(at)
    assert names() == []
    assert not at.exception


def test_a_zip_may_be_as_large_as_a_run(lab: Path) -> None:
    settings = Path(__file__).parents[3] / ".streamlit" / "config.toml"
    limit = tomllib.loads(settings.read_text("utf-8"))["server"]["maxUploadSize"]
    assert limit * 2**20 == MAX_ARCHIVE_BYTES
    assert open_page("runs").file_uploader[0].proto.max_upload_size_mb == limit
    # The browser counts in thousands and rounds to whole units: 501 would read "1GB per file".
    assert limit <= 500


def test_a_stopped_run_whose_folder_has_moved_is_resumed_from_its_new_place(lab: Path) -> None:
    run = train_on_pictures(lab)
    run.write_status(Status(Phase.STOPPED, 2, 1.0))
    (lab / "old").rename(lab / "new")
    at = select(open_page("runs"), "moved")
    (box,) = [box for box in at.number_input if box.key and box.key.startswith("run_steps_moved")]
    box.set_value(3)
    at.text_input("run_folder_moved").set_value(str(lab / "new"))
    at.button("run_resume").click().run()
    ended_job()
    assert (run.status().step, run.config().folder) == (3, str(lab / "new"))
