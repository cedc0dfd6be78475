"""Trainings in a notebook."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import gan_core as gan
from gan_core.errors import ConfigError, DataError, GanError
from gan_core.objectives.base import Batch, CriticCall, Loss
from gan_core.objectives.classic import NonSaturatingGAN
from gan_core.objectives.table import OBJECTIVES
from gan_core.runs.status import Phase
from gan_core.runs.store import RunStore
from gan_core.training.job import TrainingJob
from tests.gan_core import helpers

SETTINGS = helpers.tiny_config(measure_every=0)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GAN_RUNS_DIR", raising=False)
    monkeypatch.delenv("GAN_DATA_DIR", raising=False)


def test_a_training_gives_its_generator(capsys: pytest.CaptureFixture[str]) -> None:
    model = gan.train(SETTINGS, steps=4, device="cpu")
    assert model.run.status().phase is Phase.FINISHED
    assert model.config.steps == 4
    assert "step 4 of 4, d/loss" in capsys.readouterr().out
    again = gan.resume(model.run.name, steps=6, device="cpu")
    assert again.run.status().step == 6
    assert gan.resume(again.run.path, steps=7, device="cpu").run.status().step == 7


def test_settings_come_in_any_form(tmp_path: Path) -> None:
    values = {**SETTINGS.to_dict(), "steps": 1}
    assert gan.train(values, device="cpu").config.steps == 1
    changes: dict[str, Any] = {"dataset": "tiny", "architecture": "mlp", "measure_every": 0}
    by_name = gan.train("digits", steps=1, device="cpu", runs_dir="others", **changes)
    assert (by_name.config.preset, by_name.run.path.parent.name) == ("digits", "others")
    Path("my.toml").write_text('preset = "digits"\nsteps = 1\n')
    assert gan.train("my.toml", device="cpu", **changes).config.preset == "digits"


def test_an_interrupt_saves(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = TrainingJob.wait

    def interrupted(self: TrainingJob, timeout: float | None = None) -> None:
        if timeout is not None and self.snapshot.step > 3:
            monkeypatch.setattr(TrainingJob, "wait", wait)
            raise KeyboardInterrupt
        wait(self, None if timeout is None else 0.02)

    monkeypatch.setattr(TrainingJob, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        gan.train(SETTINGS, steps=1_000_000, device="cpu")
    (run,) = RunStore(Path("runs")).list()
    step = run.status().step
    assert (run.status().phase, step > 3) == (Phase.STOPPED, True)
    words = f"Saved at step {step:,}. Go on with: gan.resume({run.name!r})"
    assert words in capsys.readouterr().out
    assert gan.resume(run.name, steps=step + 1, device="cpu").run.status().step == step + 1


def test_in_a_notebook_one_view_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []

    def display(content: dict[str, str], *, raw: bool, display_id: bool = False) -> Any:
        shown.append(content)
        return SimpleNamespace(update=lambda content, raw: shown.append(content))

    module = SimpleNamespace(get_ipython=object, display=SimpleNamespace(display=display))
    monkeypatch.setitem(sys.modules, "IPython", module)
    gan.train(SETTINGS, steps=4, device="cpu")
    last = shown[-1]
    assert '<progress value="4" max="4"' in last["text/html"]
    assert 'src="data:image/png;base64,' in last["text/html"]
    assert "step 4 of 4" in last["text/plain"]


def test_what_cannot_be_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="'nothing' is no recipe; choose one of gan-mnist"):
        gan.train("nothing")
    with pytest.raises(ConfigError, match="lr_g is 7; it must be a number from 0 to 1"):
        gan.train("digits", lr_g=7)
    with pytest.raises(GanError, match="There is no run named 'gone'"):
        gan.resume("gone")
    with pytest.raises((DataError, GanError), match="MNIST cannot be read from gone"):
        gan.train("gan-mnist", data_dir="gone", device="cpu")

    class Diverging(NonSaturatingGAN):
        def d_loss(self, critic: CriticCall, real: Batch, fake: Batch) -> Loss:
            loss = super().d_loss(critic, real, fake)
            return Loss(loss.total * float("nan"), loss.parts)

    monkeypatch.setitem(OBJECTIVES, "gan", Diverging)
    with pytest.raises(GanError, match="the training diverged"):
        gan.train(SETTINGS, device="cpu")
