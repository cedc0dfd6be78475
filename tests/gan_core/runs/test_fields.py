from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gan_core.errors import CheckpointError
from gan_core.files import printable
from gan_core.quality import record
from gan_core.runs import fields
from gan_core.runs.fields import Fields
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase
from tests.gan_core.runs.odd_values import odd_values, write

TRIES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_what_cannot_be_is_left_out_and_named() -> None:
    values = Fields({"step": -1, "seconds": math.nan, "message": 7, "fine": 3})
    assert values.whole("step", 10) == 0
    assert values.number("seconds", 10.0) == 0.0
    assert values.text("message") == ""
    assert values.whole("fine", 3) == 3 and values.whole("absent", 3, default=2) == 2
    assert values.damage == ["step is -1", "seconds is nan", "message is 7"]


def test_a_number_too_long_to_be_written_out_is_still_named() -> None:
    values = Fields({"step": 10**4_999})  # of 5,000 digits
    assert sys.get_int_max_str_digits() < 5_000
    values.whole("step", 10)
    assert values.damage == ["step is a number of about 5,000 digits"]


def test_a_true_is_no_number() -> None:
    assert not fields.is_number(True)
    assert fields.is_number(0) and fields.is_number(-1e100) and not fields.is_number(2e100)


def test_half_a_character_is_replaced() -> None:
    assert printable("a\ud800b") == "a?b"
    assert printable("Ümlaut 数字") == "Ümlaut 数字"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("seconds", math.nan, "seconds is nan"),
        ("seconds", 1e300, "seconds is 1e+300"),
        ("step", -1, "step is -1"),
        ("step", 2**63, "step is 9223372036854775808"),
        pytest.param("step", 10**400, "step is a number of about 401 digits", id="long"),
        ("message", ["x"], "message is ['x']"),
    ],
)
def test_the_rest_of_a_status_stands(run: RunFolder, name: str, value: Any, words: str) -> None:
    good = run.status()
    values = json.loads((run.path / "status.json").read_text("utf-8"))
    write(run.path / "status.json", {**values, name: value})
    status = run.status()
    assert status.phase is good.phase is Phase.FINISHED
    assert status.damage == f"Left out of status.json: {words}."
    others = {"step", "seconds", "message"} - {name}
    assert all(getattr(status, other) == getattr(good, other) for other in others)


@TRIES
@given(st.data())
def test_no_value_of_a_status_leaves_its_bounds(run: RunFolder, data: st.DataObject) -> None:
    names = ("phase", "step", "seconds", "message", "may_act", "acted")
    write(run.path / "status.json", {name: data.draw(odd_values) for name in names})
    status = run.status()
    assert 0 <= status.step <= fields.MAX_STEPS
    assert 0 <= status.seconds <= fields.MAX_SECONDS
    assert f"{status.message}{status.treatment}{status.damage}".encode()


@TRIES
@given(st.data())
def test_a_config_is_read_or_refused_in_a_sentence(run: RunFolder, data: st.DataObject) -> None:
    path = run.path / "config.json"
    values = json.loads(path.read_text("utf-8"))
    name = data.draw(st.sampled_from([*values, *(f"run/{name}" for name in values["run"])]))
    value = data.draw(odd_values)
    if name.startswith("run/"):
        values["run"][name.removeprefix("run/")] = value
    else:
        values[name] = value
    before = path.read_bytes()
    write(path, values)
    try:
        info = run.info()
        assert 0 <= info.dataset_size <= fields.MAX_IMAGES
        assert f"{run.config()}{info}".encode()
    except CheckpointError as error:
        assert "config.json" in str(error) and str(error).encode()
    finally:
        path.write_bytes(before)


@TRIES
@given(st.data())
def test_every_number_of_a_history_can_be_counted_with(run: RunFolder, data: st.DataObject) -> None:
    names = ("step", "images", "fd", "samples", "share/0", "share/x", "d/loss")
    rows = [{name: data.draw(odd_values) for name in names} for _ in range(3)]
    rows.append({**dict.fromkeys(names, 1.0), "step": 5, data.draw(st.sampled_from(names)): 1e301})
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (run.path / "quality.jsonl").write_text(lines, encoding="utf-8")
    for row in run.quality_rows():
        assert all(fields.is_number(value) for value in row.values())
        assert 0 <= row["step"] <= fields.MAX_STEPS
    quality = record.read_quality(run, "digits")
    assert 0 <= quality.samples <= fields.MAX_IMAGES
    assert quality.words


def test_grids_are_found_by_digits_that_everyone_reads(run: RunFolder) -> None:
    grids, steps = run.grids(), run.states.steps()
    for name in ("٠٠٠٠٠٣", "12", "-00001", "0000000001", "000²03"):
        (run.path / "samples" / f"{name}.png").write_bytes(b"")
        (run.path / "states").mkdir(exist_ok=True)
        (run.path / "states" / f"{name}.pt").write_bytes(b"")
    assert run.grids() == grids
    assert run.states.steps() == steps
