"""What a file of a measurement holds, and what a damaged one means."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import CheckpointError
from gan_core.quality import record
from gan_core.quality.measures import MEASURES
from gan_core.runs.folder import RunFolder
from tests.gan_core.quality.measurements import evaluated, live
from tests.tiny import train


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(tmp_path_factory.mktemp("runs"), "one")


def test_what_is_written_is_read(run: RunFolder, tmp_path: Path) -> None:
    assert record.read(RunFolder(tmp_path)) is None
    evaluation = record.read(evaluated(run, 9.0))
    assert evaluation is not None
    assert evaluation.result == {"fd": 9.0, "readable": 0.5, "copies": 0.0, "real_copies": 0.0}
    (tmp_path / record.FILE).write_text(record.to_json(evaluation))
    assert record.read(RunFolder(tmp_path)) == evaluation


@pytest.mark.parametrize(
    "damage",
    [
        lambda values: values.pop("samples"),
        lambda values: values["result"].update(fd="much"),
        lambda values: values["result"].update(fd=float("inf")),
        lambda values: values["result"].pop("copies"),
        lambda values: values.update(shares=3),
    ],
)
def test_a_damaged_measurement_is_refused(
    run: RunFolder, tmp_path: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    values = json.loads((evaluated(run, 9.0).path / record.FILE).read_text())
    damage(values)
    (tmp_path / record.FILE).write_text(json.dumps(values))
    with pytest.raises(CheckpointError, match="evaluate it anew"):
        record.read(RunFolder(tmp_path))


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"dataset": "digits", "result": 3}', "[" * 9])
def test_a_damaged_measurement_is_none(tmp_path: Path, content: str) -> None:
    run = train(tmp_path, "one")
    (run.path / "evaluation.json").write_text(content)
    assert record.read_quality(run, "digits") == record.NOT_MEASURED


def test_a_measurement_of_other_data_or_other_weights(tmp_path: Path) -> None:
    run = evaluated(train(tmp_path, "one"), 1.0, dataset="mnist")
    assert record.read_quality(run, "digits") == record.NOT_MEASURED
    evaluated(run, 1.0, weights="0" * 16)
    quality = record.read_quality(run, "digits")
    assert quality.older and quality.words.endswith("of an older state")


def test_without_a_whole_file_the_last_live_measurement_counts(tmp_path: Path) -> None:
    run = live(train(tmp_path, "one"), fd=7.0)
    assert record.read_quality(run, "digits").damage == ""
    (run.path / record.FILE).write_text("{}")
    quality = record.read_quality(run, "digits")
    assert (quality.values, quality.words) == ({"fd": 7.0}, "500 samples, live at step 10")
    assert "one/evaluation.json is damaged" in quality.damage


def test_a_measurement_is_of_the_weights_that_it_names(run: RunFolder) -> None:
    evaluation = record.read(evaluated(run, 9.0))
    assert evaluation is not None and record.is_current(evaluation, run)
    assert not record.is_current(replace(evaluation, weights="0" * 16), run)


def test_a_row_says_what_it_can(run: RunFolder) -> None:
    evaluation = record.read(evaluated(run, 9.0, ceiling={"fd": 1.0}))
    assert evaluation is not None
    first, *_ = evaluation.rows()
    assert first == (MEASURES["fd"], "9.00", "1.00", "")
    assert evaluation.class_shares.startswith("0: 10.0%, 1: 10.0%")
