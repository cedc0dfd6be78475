"""What is known of a browser test when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e import evidence
from tests.e2e.conftest import serve
from tests.tiny import train

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPT = """
import time
import streamlit as st

def never_ends():
    while True:
        time.sleep(0.05)
        st.empty()

print("the script was here", flush=True)
st.write("Half of the page")
never_ends()
"""


def test_a_page_that_never_ends_shows_where_it_stands(page: Page, tmp_path: Path) -> None:
    script, runs = tmp_path / "app.py", tmp_path / "runs"
    script.write_text(SCRIPT)
    train(runs, "one", steps=1)
    with (
        pytest.raises(AssertionError),
        serve(script, {"GAN_RUNS_DIR": str(runs)}) as url,
    ):
        page.goto(url)
        page.get_by_text("Half of the page").wait_for()
        page.evaluate("console.error('a sound of breaking')")
        shown = dict(evidence.sections(page.context.browser))[f"page {url}/ (script: running)"]
        raise AssertionError
    assert "Half of the page" in shown and "a sound of breaking" in shown

    # The server has ended with its test; what was known of it then is told all the same.
    sections = dict(evidence.sections(None))
    assert "the script was here" in sections[f"server {url} (lives), the end of its log"]
    assert "never_ends" in sections[f"server {url}, its threads"]
    assert "one: Status(phase=<Phase.FINISHED" in sections[f"server {url}, its runs"]
    evidence.forget_ended()
    assert not any(url in heading for heading, _ in evidence.sections(None))
