"""How torch's threads wait for one another: set before torch is loaded."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_core import WAITING

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="libgomp shows what it was told")
@pytest.mark.parametrize(
    ("own", "spins"), [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7")], ids=["unset", "set"]
)
def test_threads_wait_briefly_unless_somebody_has_set_it(own: dict[str, str], spins: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in WAITING}
    shown = subprocess.run(
        [sys.executable, "-c", "import gan_core, torch"],
        env={**environment, **own, "OMP_DISPLAY_ENV": "VERBOSE"},
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    assert f"GOMP_SPINCOUNT = '{spins}'" in shown
