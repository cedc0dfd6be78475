"""Values that a file of a run may hold, and nobody expects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

NAMED: tuple[Any, ...] = (
    None, True, [], {}, "", "x", "٣", "\ud800", "a" * 5_000, "![x](http://localhost:1/x.png)",
    0, -1, 2**63, 10**26, 10**400, 1e18, 1e300, -0.0, 0.5,
    float("nan"), float("inf"), float("-inf"),
)  # fmt: skip

odd_values = (
    st.sampled_from(NAMED)
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.lists(st.integers(), max_size=3)
)


def write(path: Path, values: Any) -> None:
    """Write what a program with other habits than ours might write as JSON."""
    path.write_text(json.dumps(values), encoding="utf-8")
