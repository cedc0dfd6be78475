from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import quality
from gan_core.quality import evaluation
from tests.tiny import fill_data_folder, train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder, where what is known of the real images is kept."""
    folder = tmp_path_factory.mktemp("known") / "data"
    fill_data_folder(folder)
    return folder


def test_what_was_not_measured_is_measured_once(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "FULL", 64)
    run = train(tmp_path, "one")
    first = quality.up_to_date(run, data)
    assert first.samples == 64
    monkeypatch.setattr(evaluation, "FULL", 32)
    assert quality.up_to_date(run, data) == first
    sheet = np.zeros((4, 4, 1), np.uint8)
    evaluation.save(run, evaluation.Evaluated(replace(first, weights="other"), sheet))
    assert quality.up_to_date(run, data).samples == 32


def test_the_best_generator_comes_first_after_the_real_images(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "FULL", 64)
    worse = quality.up_to_date(train(tmp_path, "one"), data)
    better = replace(worse, result={**worse.result, "fd": 1.25})
    text = quality.document([("worse", worse), ("better", better)])
    lines = text.splitlines()
    rows = [line.split(" | ")[0] for line in lines if line.startswith(("| *", "| b", "| w"))]
    assert rows == ["| *ceiling*", "| *floor*", "| better", "| worse"]
    assert "| better | 1.25 |" in text
    assert worse.headline in " ".join(lines)
