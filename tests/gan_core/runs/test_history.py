from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gan_core.runs.folder import RunFolder
from gan_core.runs.history import History, read_rows, thinned


def test_a_torn_last_line_is_left_out(run: RunFolder) -> None:
    whole = run.curves()
    assert whole["step"].tolist() == [2, 4, 5, 6, 8, 10]
    path = run.path / "metrics.jsonl"
    lines = path.read_bytes()
    for cut in (1, 5, 50):
        path.write_bytes(lines[:-cut])
        expected = 6 if cut == 1 else 5  # without its newline the last line is still whole
        assert len(run.curves()["step"]) == expected


@pytest.mark.parametrize(
    "line",
    ["", "null", "[1]", "{}", '{"step": "3"}', '{"step": 3, "d/loss": "x"}', "[" * 50_000, "\x00"],
)
def test_lines_that_are_no_row_are_left_out(run: RunFolder, line: str) -> None:
    with (run.path / "metrics.jsonl").open("a", encoding="utf-8") as sink:
        sink.write(line + "\n")
    assert run.curves()["step"].tolist() == [2, 4, 5, 6, 8, 10]


def test_columns_that_a_line_lacks_are_nan(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "a": 2}\n{"step": 2, "b": 3}\n')
    curves = RunFolder(tmp_path).curves()
    assert curves["a"].tolist()[0] == 2
    assert np.isnan(curves["a"][1])
    assert np.isnan(curves["b"][0])
    (tmp_path / "metrics.jsonl").write_bytes(b"\xff\xfe")
    assert RunFolder(tmp_path).curves() == {}
    assert RunFolder(tmp_path / "gone").curves() == {}


def test_what_a_view_shows_never_changes(tmp_path: Path) -> None:
    history = History(tmp_path / "metrics.jsonl")
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


ROWS = [{"step": 2, "a": 0.5}, {"step": 4, "a": 0.1, "b": 3.0}, {"step": 6, "b": 1e-9}]


def test_rows_come_back_from_the_file_as_they_were(tmp_path: Path) -> None:
    history = History(tmp_path / "metrics.jsonl")
    for row in ROWS:
        history.append(row)
    assert list(read_rows(tmp_path / "metrics.jsonl")) == ROWS
    again = History.read(tmp_path / "metrics.jsonl")
    again.append({"step": 8, "c": 7.0})
    assert again.view()["step"].tolist() == [2, 4, 6, 8]
    assert np.isnan(again.view()["c"][:3]).all() and again.view()["c"][3] == 7
    for name, column in history.view().items():
        np.testing.assert_array_equal(again.view()[name][:3], column)


def test_a_cut_leaves_the_rows_up_to_a_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    history = History(path)
    history.cut(0)
    assert not path.exists()
    for row in ROWS:
        history.append(row)
    before = history.view()
    history.cut(5)
    history.append({"step": 5, "a": 9.0})
    assert list(read_rows(path)) == [*ROWS[:2], {"step": 5, "a": 9.0}]
    assert history.view()["step"].tolist() == [2, 4, 5]
    assert before["step"].tolist() == [2, 4, 6]  # a view stays what it was


def test_what_cannot_be_written_is_not_in_the_columns(tmp_path: Path) -> None:
    history = History(tmp_path / "gone" / "metrics.jsonl")
    with pytest.raises(OSError, match="No such file"):
        history.append({"step": 1})
    assert history.view() == {}
    history = History(tmp_path / "metrics.jsonl")
    with pytest.raises(ValueError, match="not JSON compliant"):
        history.append({"step": 1, "a": float("nan")})
    assert history.view() == {}
    assert (tmp_path / "metrics.jsonl").read_text() == ""


def test_many_grids_are_thinned_evenly_between_first_and_last() -> None:
    steps = list(range(0, 10_000, 10))
    steps_shown = thinned(steps, 200)
    assert len(steps_shown) == 200
    assert (steps_shown[0], steps_shown[-1]) == (0, 9990)
    gaps = {later - earlier for earlier, later in zip(steps_shown, steps_shown[1:], strict=False)}
    assert gaps <= {40, 50, 60}
    assert thinned(steps[:3], 200) == [0, 10, 20]
