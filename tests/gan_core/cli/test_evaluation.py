"""``evaluate``: a generator or a file of pictures measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.gan_core.cli.commands import call, refused, train
from tests.tiny import fill_data_folder


def test_evaluate_measures_a_run_and_the_same_pictures_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_data_folder(tmp_path / "data")
    assert train("dataset=digits", "measure_every=0") == 0
    run = Path(capsys.readouterr().out.splitlines()[-1])
    assert call("evaluate", run.name, "--n", "60", "--seed", "5", "--json") == 0
    table = json.loads(capsys.readouterr().out)
    assert (table["dataset"], table["samples"], table["seed"]) == ("digits", 60, 5)
    assert table["ceiling"]["fd"] == pytest.approx(0, abs=1e-6)
    assert table["result"]["fd"] > 1 > table["result"]["coverage"]
    assert not (run / "evaluation.json").exists()  # too few samples to keep

    assert call("sample", run, "--n", "60", "--seed", "5", "--out", "samples.npy") == 0
    capsys.readouterr()
    assert call("evaluate", "samples.npy", "--dataset", "digits", "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["result"]["readable"] == table["result"]["readable"]
    assert again["result"]["fd"] == pytest.approx(table["result"]["fd"], rel=0.05)

    assert call("evaluate", run.name, "--n", "60") == 0
    assert "digit-classifier features" in capsys.readouterr().out


def test_a_run_is_measured_where_its_folder_has_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(8):
        (tmp_path / "old" / "a").mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 30 * number).save(tmp_path / "old" / "a" / f"{number}.png")
    assert train("dataset=folder", f"folder={tmp_path / 'old'}", "image_size=8") == 0
    run = Path(capsys.readouterr().out.splitlines()[-1])
    (tmp_path / "old").rename(tmp_path / "new")
    asked = ("evaluate", run.name, "--n", "8")
    assert "old, which is not there now. If the" in refused(capsys, *asked)
    assert call(*asked, "--folder", tmp_path / "new", "--json") == 0
    assert json.loads(capsys.readouterr().out)["dataset"] == "folder"
    (tmp_path / "new" / "a" / "0.png").unlink()
    assert "other images" in refused(capsys, *asked, "--folder", tmp_path / "new")
    assert "--folder goes with" in refused(
        capsys, *asked, "--dataset", "digits", "--folder", tmp_path / "new"
    )


def test_a_run_of_the_old_order_of_classes_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        folder = tmp_path / "pictures" / ("1", "2", "10")[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 20 * number).save(folder / f"{number}.png")
    pictures = tmp_path / "pictures"
    settings = ("dataset=folder", f"folder={pictures}", "image_size=8", "objective=cgan")
    with monkeypatch.context() as patch:
        patch.setattr("gan_core.data.folder.natural_order", lambda name: name)
        assert train(*settings) == 0
    run = Path(capsys.readouterr().out.splitlines()[-1])
    moved = pictures.rename(tmp_path / "moved")
    assert call("evaluate", run.name, "--n", "9", "--folder", moved, "--json") == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 9


def test_what_evaluate_refuses(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.npy").write_bytes(b"no array")
    assert "--dataset" in refused(capsys, "evaluate", "broken.npy")
    assert "broken.npy" in refused(capsys, "evaluate", "broken.npy", "--dataset", "digits")
    assert "'gone'" in refused(capsys, "evaluate", "gone")
    assert "'nothing'" in refused(capsys, "evaluate", checkpoint, "--dataset", "nothing")
