from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_core import devices
from gan_core.config import TrainConfig
from gan_core.devices import select_device
from gan_core.errors import BusyError, CheckpointError, ConfigError, DataError, DivergedError
from gan_core.presets import preset
from gan_core.runs import generators
from gan_core.runs.folder import RunFolder
from gan_core.runs.generators import load_training, open_generator
from gan_core.runs.history import History
from gan_core.runs.store import RunStore
from gan_core.training import opening, session
from gan_core.training.findings import NOT_FINITE
from gan_core.training.log import log_line
from tests.gan_core import helpers
from tests.gan_core.helpers import differences, finish, resume, start


def state(folder: Path) -> dict[str, object]:
    """The saved state, less what a clock measured."""
    saved = load_training(RunFolder(folder), helpers.CPU)
    del saved["seconds"]
    return saved


def scalars(folder: Path) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in RunFolder(folder).rows()]


@pytest.mark.parametrize("architecture", ["mlp", "mlp-small", "dcgan-28"])
def test_five_steps_saved_and_resumed_equal_ten(tmp_path: Path, architecture: str) -> None:
    changes = {"architecture": architecture, "image_size": 28}
    finish(start(tmp_path / "whole", **changes))
    finish(start(tmp_path / "parts", **changes, steps=5))
    torch.manual_seed(1)
    torch.rand(100)
    finish(resume(tmp_path / "parts", steps=10))
    assert differences(state(tmp_path / "whole"), state(tmp_path / "parts")) == []
    assert scalars(tmp_path / "whole") == scalars(tmp_path / "parts")
    for name in ("generator.safetensors", "samples/000010.png"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert RunFolder(tmp_path / "parts").config().steps == 10


def test_what_happened_after_the_saved_state_happens_again(tmp_path: Path) -> None:
    finish(start(tmp_path / "whole"))
    opened = start(tmp_path / "cut")
    while opened.step < 8:
        opened.advance(0)
    opened.draw()
    opened.close()  # as a crash would: logged and drawn up to 8, saved at 5
    with (tmp_path / "cut" / "metrics.jsonl").open("a") as sink:
        sink.write('{"step": 8, "im')
    again = resume(tmp_path / "cut")
    assert again.step == 5
    assert again.grids == (0, 5)
    assert not again.run.grid_path(8).exists()
    assert again.history.view()["step"].tolist() == [2, 4, 5]
    assert [row["step"] for row in again.run.rows()] == [2, 4, 5]
    finish(again)
    assert differences(state(tmp_path / "whole"), state(tmp_path / "cut")) == []
    assert [row["step"] for row in again.run.rows()] == [2, 4, 5, 6, 8, 10]


class Killed(BaseException):
    """The end of the process, as far as a test can bring it about."""


def test_an_end_at_any_write_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, writes = Path.replace, 0

    def counted(self: Path, target: Path) -> Path:
        nonlocal writes
        writes += 1
        if writes == last:
            raise Killed
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", counted)
    last = 0
    finish(start(tmp_path / "whole"))
    total = writes
    assert total > 10
    for last in range(1, total + 1):
        writes = 0
        folder = tmp_path / f"killed-{last}"
        with pytest.raises(Killed):
            finish(start(folder))
        names = [run.name for run in RunStore(tmp_path).list()]
        if folder.name not in names:
            assert last <= 6  # before the first state was complete there is no run yet
            continue
        open_generator(folder)
        for step in (run := RunFolder(folder)).saved_steps():
            assert load_training(run, helpers.CPU, step)["step"] == step
            open_generator(folder, step)
        if last < total:  # the last write is the status: all is saved already
            finish(resume(folder))
        assert differences(state(tmp_path / "whole"), state(folder)) == []
        assert scalars(tmp_path / "whole") == scalars(folder)


def test_states_after_the_one_resumed_from_are_dropped(tmp_path: Path) -> None:
    run = finish(start(tmp_path / "run")).run
    for ending in ("pt", "safetensors"):  # as if it had once been at step 8
        (run.path / "states" / f"000008.{ending}").touch()
    before = load_training(run, helpers.CPU, 5)
    torch.save(before, run.path / "training.pt")
    finish(resume(tmp_path / "run"))
    assert run.saved_steps() == [0, 5, 10]
    assert not list(run.path.glob("states/000008*"))
    assert differences(before, load_training(run, helpers.CPU, 5)) == []


def test_a_new_run_opens_before_its_first_step(tmp_path: Path) -> None:
    opened = start(tmp_path / "run")
    opened.close()
    assert open_generator(tmp_path / "run").info.dataset_fingerprint
    assert opened.grids == (0,)
    assert resume(tmp_path / "run").step == 0


def test_moments_of_logging_drawing_and_saving(tmp_path: Path) -> None:
    opened = finish(start(tmp_path / "run", steps=9, log_every=4, sample_every=3, save_every=5))
    assert opened.history.view()["step"].tolist() == [4, 5, 8, 9]
    assert opened.grids == (0, 3, 6, 9)
    assert opened.history.view()["images"].tolist() == [32, 40, 64, 72]
    assert (np.diff(opened.history.view()["seconds"]) > 0).all()
    assert opened.run.status().phase == "finished"


def test_an_epoch_becomes_steps(tmp_path: Path) -> None:
    opened = start(tmp_path / "run", steps=0, epochs=2)
    opened.close()
    assert opened.config.steps == 10  # 40 images in batches of 8, twice
    assert opened.run.config().steps == 10


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
    opened = resume(tmp_path / "run", epochs=4, log_every=7)
    opened.close()
    assert (opened.config.steps, opened.config.log_every) == (20, 7)


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


def test_a_state_from_another_kind_of_device_goes_on_with_new_noise(tmp_path: Path) -> None:
    for name in ("one", "two"):
        finish(start(tmp_path / name, steps=5))
        saved = load_training(RunFolder(tmp_path / name), helpers.CPU)
        generators.save_training(
            RunFolder(tmp_path / name), {**saved, "random": torch.zeros(16, dtype=torch.uint8)}
        )
        finish(resume(tmp_path / name, steps=10))
    assert differences(state(tmp_path / "one"), state(tmp_path / "two")) == []


def test_a_loss_that_is_not_finite_stops_and_keeps_the_saved_state(tmp_path: Path) -> None:
    opened = start(tmp_path / "run", steps=20)
    while opened.step < 6:
        opened.advance(0)
    before = (tmp_path / "run" / "training.pt").read_bytes()
    with torch.no_grad():
        next(opened.trainer.critic.parameters()).fill_(float("nan"))
    with pytest.raises(
        DivergedError, match=r"became NaN or infinite at step 8: .*last saved state"
    ):
        finish(opened)
    with pytest.raises(DivergedError, match="A weight became NaN"):
        opened.save()
    assert (tmp_path / "run" / "training.pt").read_bytes() == before
    rows = list(opened.run.rows())
    assert [row["step"] for row in rows] == [2, 4, 5, 6, 8]
    assert [row.get(NOT_FINITE, 0) > 0 for row in rows] == [False] * 4 + [True]
    open_generator(tmp_path / "run")
    assert resume(tmp_path / "run").step == 5


def test_a_run_belongs_to_one_recording_at_a_time(tmp_path: Path) -> None:
    opened = start(tmp_path / "run")
    with pytest.raises(BusyError, match="run is being trained by another process"):
        resume(tmp_path / "run")
    opened.close()
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
    monkeypatch.setattr(session, "save_training", lambda run, state: 1 / 0)
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
    opened = start(
        tmp_path / "run", dataset="folder", folder=str(tmp_path / "pictures"), image_size=8
    )
    opened.close()
    assert opened.notice.startswith("4 of the pictures cannot be read and were skipped: a.png")
    assert opened.notice.endswith("...")


# History


def test_what_a_view_shows_never_changes() -> None:
    history = History()
    assert history.view() == {}
    views = []
    for step in range(1, 1000):
        row = {"step": float(step), "a": step * 0.5}
        if step >= 300:
            row["late"] = float(-step)
        if step % 2:
            del row["a"]
        history.append(row)
        if step % 37 == 0:
            view = history.view()
            views.append((step, view, {name: column.copy() for name, column in view.items()}))
    for step, view, copy in views:
        assert all(np.array_equal(view[n], copy[n], equal_nan=True) for n in view)
        assert len(view["step"]) == step
        assert ("late" in view) == (step >= 300)
    final = history.view()
    assert final["step"].tolist() == list(range(1, 1000))
    assert np.isnan(final["late"][:299]).all()
    assert final["late"][299:].tolist() == [-float(s) for s in range(300, 1000)]
    assert np.isnan(final["a"][::2]).all()
    assert final["a"][1::2].tolist() == [s * 0.5 for s in range(2, 1000, 2)]


# Words


def test_the_log_line_has_the_usual_form() -> None:
    config = TrainConfig(epochs=50, batch_size=64).with_steps(938 * 64)
    row = {
        "step": 2 * 938 + 400,
        "d/loss": 0.9128,
        "g/loss": 1.2041,
        "d/D(x)": 0.66151,
        "d/D(G(z))": 0.341,
        "g/D(G(z))": 0.298,
    }
    line = "[3/50][400/938] Loss_D 0.913 Loss_G 1.204 D(x) 0.662 D(G(z)) 0.341 / 0.298"
    assert log_line(row, config, 938 * 64) == line
    assert log_line({**row, "step": 938}, config, 938 * 64).startswith("[1/50][938/938] ")
    assert log_line({**row, "step": 939}, config, 938 * 64).startswith("[2/50][1/938] ")
    losses = {name: row[name] for name in ("step", "d/loss", "g/loss")}
    assert log_line(losses, config, 938 * 64) == "[3/50][400/938] Loss_D 0.913 Loss_G 1.204"


@pytest.mark.parametrize(
    ("objective", "row", "said"),
    [
        (
            "wgan-gp",
            {
                "d/wasserstein": 12.34567,
                "d/gradient_norm": 1.01234,
                "d/score(x)": 0.0123456,
                "d/score(G(z))": -3.5,
            },
            " wasserstein 12.346 gradient_norm 1.012 score(x) 0.0123 score(G(z)) -3.500",
        ),
        (
            "ebgan",
            {"d/energy(x)": 0.0312345, "d/energy(G(z))": 0.187, "g/pull_away": 0.21},
            " energy(x) 0.0312 energy(G(z)) 0.187 pull_away 0.210",
        ),
        ("began", {"d/M": 0.081, "d/k": 0.0004}, " M 0.081 k 0.000"),
        ("dragan", {"d/D(x)": 0.5, "d/gradient_norm": 1.5}, " D(x) 0.500 gradient_norm 1.500"),
        ("gan", {"d/wasserstein": 1.0}, ""),
        ("of-tomorrow", {"d/D(x)": 0.5, "d/D(G(z))": math.nan}, " D(x) 0.500"),
    ],
)
def test_the_log_line_has_what_there_is_to_watch(
    objective: str, row: dict[str, float], said: str
) -> None:
    config = TrainConfig(steps=10, batch_size=4, objective=objective)
    line = log_line({"step": 3, "d/loss": 0.5, **row}, config, 40)
    assert line == "[1/1][3/10] Loss_D 0.500" + said


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
    config = preset("digits").changed(changes)
    assert opening.new_run(RunStore(tmp_path), config).name.endswith(f"-{title}")


def test_devices_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert select_device("auto").type == select_device("cpu").type == "cpu"
    assert devices.device_name(select_device("cpu")) == "CPU, 1 thread"
    with pytest.raises(ConfigError, match="device is 'cuda', but torch finds no GPU"):
        select_device("cuda")
    with pytest.raises(ConfigError, match="device is 'tpu'; choose one of auto, cpu, cuda"):
        select_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert select_device("auto").type == "cuda"
    assert select_device("cpu").type == "cpu"


def test_every_line_of_a_run_is_json(tmp_path: Path) -> None:
    finish(start(tmp_path / "run"))
    for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        assert {"step", "images", "seconds", "d/loss", "g/loss"} <= set(row)


def test_a_log_line_of_a_row_that_lacks_scalars() -> None:
    config = TrainConfig(steps=10, batch_size=4)
    assert log_line({"step": 3, "d/loss": 0.5}, config, 40) == "[1/1][3/10] Loss_D 0.500"
