from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image

from gan_core.errors import BusyError, CheckpointError, ConfigError, DataError
from gan_core.presets import preset
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.store import RunStore
from gan_core.training import opening, session
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, finish, resume, start


def test_a_new_run_opens_before_its_first_step(tmp_path: Path) -> None:
    session = start(tmp_path / "run")
    session.close()
    assert open_generator(tmp_path / "run").info.dataset_fingerprint
    assert session.grids == (0,)
    assert resume(tmp_path / "run").step == 0


def test_an_epoch_becomes_steps(tmp_path: Path) -> None:
    session = start(tmp_path / "run", steps=0, epochs=2)
    session.close()
    assert session.config.steps == 10  # 40 images in batches of 8, twice
    assert session.run.config().steps == 10


def test_settings_that_change_the_training_cannot_change_on_resume(tmp_path: Path) -> None:
    finish(start(tmp_path / "run"))
    with pytest.raises(ConfigError) as caught:
        resume(tmp_path / "run", steps=20, lr_g=0.1, seed=3, batch_size=8)
    message = str(caught.value)
    assert message.startswith("lr_g, seed cannot change when run is resumed")
    assert all(name in message for name in ("steps", "epochs", "log_every", "save_every"))
    with pytest.raises(ConfigError, match=r"has done all its 10 steps; set steps to more"):
        resume(tmp_path / "run")
    with pytest.raises(ConfigError, match="has done all its 10 steps"):
        resume(tmp_path / "run", steps=4)
    session = resume(tmp_path / "run", epochs=4, log_every=7)
    session.close()
    assert (session.config.steps, session.config.log_every) == (20, 7)


def test_a_run_on_other_images_is_not_resumed(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("L", (8, 8), 10).save(pictures / "a.png")
    finish(start(tmp_path / "run", dataset="folder", folder=str(pictures), image_size=8, steps=1))
    Image.new("L", (8, 8), 20).save(pictures / "b.png")
    with pytest.raises(CheckpointError, match="run was trained on other images"):
        resume(tmp_path / "run", steps=2)


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    finish(start(tmp_path / "run"))
    path = tmp_path / "run" / "training.pt"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CheckpointError, match=r"run/training\.pt is damaged"):
        resume(tmp_path / "run", steps=20)
    torch.save({"step": 3}, path)
    with pytest.raises(CheckpointError, match=r"run/training\.pt does not fit its config\.json"):
        resume(tmp_path / "run", steps=20)
    path.unlink()
    with pytest.raises(CheckpointError, match="run cannot be resumed"):
        resume(tmp_path / "run", steps=20)


def test_a_run_belongs_to_one_session_at_a_time(tmp_path: Path) -> None:
    session = start(tmp_path / "run")
    with pytest.raises(BusyError, match="run is being trained by another process"):
        resume(tmp_path / "run")
    session.close()
    again = resume(tmp_path / "run")
    again.close()


def test_a_run_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    start(tmp_path / "run").close()
    code = (
        "import sys; from filelock import FileLock\n"
        "with FileLock(sys.argv[1]): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run" / ".lock")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match="another process"):
            resume(tmp_path / "run")
        other.kill()
    resume(tmp_path / "run").close()


def test_what_cannot_begin_lets_go_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "save_training", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        start(tmp_path / "run")
    assert RunStore(tmp_path).list() == []
    monkeypatch.undo()
    RunFolder(tmp_path / "run").lock().release()


def test_data_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'digits'"):
        start(tmp_path / "run", dataset="mnist")
    with pytest.raises(ConfigError, match="28 x 28"):
        start(tmp_path / "other", architecture="dcgan-28", image_size=9)


def test_pictures_that_were_skipped_are_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "pictures" / "good.png")
    for letter in "abcd":
        (tmp_path / "pictures" / f"{letter}.png").write_text("broken")
    session = start(
        tmp_path / "run", dataset="folder", folder=str(tmp_path / "pictures"), image_size=8
    )
    session.close()
    assert session.notice.startswith("Left out: 4 pictures that cannot be read: a.png (")
    assert session.notice.endswith("; and 1 more.")


def pictures_of(folder: Path, shades: dict[str, int]) -> Path:
    """A folder with one picture of that shade in each class."""
    for name, shade in shades.items():
        (folder / name).mkdir(parents=True)
        Image.new("L", (8, 8), shade).save(folder / name / "a.png")
    return folder


SHADES = {"1": 10, "2": 90, "10": 200}


def test_a_folder_that_has_moved_may_be_given_anew(tmp_path: Path) -> None:
    old, new = pictures_of(tmp_path / "old", SHADES), tmp_path / "new"
    settings = {"dataset": "folder", "folder": str(old), "image_size": 8, "batch_size": 2}
    run = finish(start(tmp_path / "run", objective="cgan", steps=2, **settings)).run
    old.rename(new)
    with pytest.raises(DataError, match=r"old, which is not there now.*--set folder=NEW"):
        resume(run.path, steps=3)
    with pytest.raises(DataError, match="wrong is not a folder"):
        resume(run.path, steps=3, folder=str(tmp_path / "wrong"))
    session = finish(resume(run.path, steps=3, folder=str(new)))
    assert (session.step, session.run.config().folder) == (3, str(new))
    arguments = (tmp_path, helpers.CPU, helpers.quiet)
    child = opening.fork(RunFolder(tmp_path / "child"), run, 3, {"steps": 4}, *arguments)
    assert (finish(child).step, child.run.config().folder) == (4, str(new))
    other = pictures_of(tmp_path / "other", {**SHADES, "2": 91})
    with pytest.raises(CheckpointError, match=r"other images than those in .*other.*as many, but"):
        resume(run.path, steps=5, folder=str(other))
    more = pictures_of(tmp_path / "more", {**SHADES, "3": 7})
    with pytest.raises(CheckpointError, match=r"There are 4, and there were 3\."):
        resume(run.path, steps=5, folder=str(more))
    with pytest.raises(CheckpointError, match="trained on other images"):
        changes = {"steps": 5, "folder": str(other)}
        opening.fork(RunFolder(tmp_path / "second"), run, 3, changes, *arguments)


def test_a_run_whose_classes_were_sorted_letter_by_letter_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(pictures_of(tmp_path / "pictures", SHADES))
    settings = {"dataset": "folder", "folder": folder, "image_size": 8, "batch_size": 2}
    monkeypatch.setattr("gan_core.data.folder.natural_order", lambda name: name)
    whole = finish(start(tmp_path / "whole", objective="cgan", steps=4, **settings)).run
    run = finish(start(tmp_path / "run", objective="cgan", steps=2, **settings)).run
    assert run.info().classes == ("1", "10", "2")
    monkeypatch.undo()
    finish(resume(run.path, steps=4))
    assert run.info().classes == ("1", "10", "2")
    ends = [load_training(one, helpers.CPU) for one in (whole, run)]
    assert differences(ends[0]["generator"], ends[1]["generator"]) == []
    arguments = (tmp_path, helpers.CPU, helpers.quiet)
    child = finish(opening.fork(RunFolder(tmp_path / "child"), run, 4, {"steps": 5}, *arguments))
    assert (child.step, child.run.info().classes) == (5, ("1", "10", "2"))


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "digits"),
        ({"seed": 3}, "digits"),
        ({"dataset": "mnist"}, "dcgan-28-mnist"),
        ({"objective": "wgan-gp"}, "wgan-gp-dcgan-28-digits"),
        ({"preset": ""}, "gan-dcgan-28-digits"),
    ],
)
def test_a_run_is_named_by_what_it_is(
    tmp_path: Path, changes: dict[str, object], title: str
) -> None:
    config = preset("digits").with_settings(changes)
    assert opening.new_run(RunStore(tmp_path), config).name.endswith(f"-{title}")
