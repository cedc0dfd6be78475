"""What a component is sent."""

from __future__ import annotations

import json

from streamlit.dataframe_util import is_dataframe_like

from pages.shared.widgets.message import message


def test_a_script_gets_what_it_is_sent() -> None:
    values = {"steps": [1, 2], "name": "a", "none": None, "rows": [{"x": [0.5]}]}
    assert json.loads(json.dumps(message(**values))) == values


def test_no_list_is_taken_for_a_table() -> None:
    sent = message(steps=[1, 2], rows=[{"x": 1}], empty=[])
    assert not any(is_dataframe_like(value) for value in sent.values())
    assert all(isinstance(value, tuple) for value in sent.values())
