"""The app without a browser: pages with runs and data in folders of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from gan_core.training.job import TrainingJob
from pages.shared.server import process, sources
from tests.tiny import fill_data_folder

MAIN = Path(__file__).resolve().parents[2] / "pages" / "main.py"


@contextmanager
def laboratory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A server's worth of state, with runs, data and shipped checkpoints below a folder."""
    fill_data_folder(folder / "data")
    options = process.Options(folder / "data", folder / "runs", "cpu")
    monkeypatch.setattr(process, "options", lambda: options)
    monkeypatch.setattr(sources, "CHECKPOINTS_DIR", folder / "checkpoints")
    process.trainings.clear()
    try:
        yield folder
    finally:
        process.trainings().close()
        process.trainings.clear()


def open_page(name: str = "", **query: str) -> AppTest:
    """A visitor on that page, who came by an address with that query."""
    at = AppTest.from_file(str(MAIN), default_timeout=60)
    at.query_params.update(query)
    # As the address names it: `switch_page` knows it only once Home has been drawn.
    at._page_hash = calc_hash(name) if name else ""
    return at.run()


def ended_job() -> TrainingJob:
    """The job that a page has started, once it is over."""
    job = process.trainings().job
    assert job is not None
    job.wait(60)
    assert not job.phase.active
    return job


def words(at: AppTest) -> str:
    """All the text on the page."""
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.info, at.warning, at.error)
    return "\n".join(element.value for kind in kinds for element in kind)


def links(at: AppTest) -> dict[str, Any]:
    """The links to other pages by their label: `page` and `query_string` of each."""
    return {link.proto.label: link.proto for link in at.get("page_link")}
