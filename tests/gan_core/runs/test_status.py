from __future__ import annotations

import json

import pytest

from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase, Status


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"phase": 1, "step": [], "seconds": 0}', "[" * 50_000]
)
def test_a_damaged_status_reads_as_stopped(run: RunFolder, content: str) -> None:
    (run.path / "status.json").write_text(content)
    assert run.status() == Status(Phase.STOPPED, 0, 0.0)


def test_a_status_comes_back_as_it_was(run: RunFolder) -> None:
    status = Status(Phase.PAUSED, 7, 1.5, "Words.", "rollback", "It went back.", 96, 2)
    run.write_status(status)
    assert run.status() == status
    assert json.loads((run.path / "status.json").read_text()) == {
        "phase": "paused",
        "step": 7,
        "seconds": 1.5,
        "images": 96,
        "events": 2,
        "message": "Words.",
        "may_act": "rollback",
        "acted": "It went back.",
    }


def test_words_that_are_unknown_read_as_stopped_and_off(run: RunFolder) -> None:
    values = {"phase": "resting", "step": 7, "seconds": 1.5, "may_act": "heal"}
    (run.path / "status.json").write_text(json.dumps(values))
    assert run.status() == Status(Phase.STOPPED, 7, 1.5)
