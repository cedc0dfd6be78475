from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gan_core.runs.events import Event
from gan_core.runs.status import Phase, Status
from pages.shared.pairs import report, sides
from pages.shared.server.sources import Source
from tests.gan_core.quality.measurements import evaluated
from tests.pages.screen import laboratory
from tests.tiny import STEPS, train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


class Outline(HTMLParser):
    """The tags of a document with their attributes, and its text outside of scripts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._skipping = False
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._skipping = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._skipping = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._skipping else data


def report_on(*names: str) -> str:
    letters = "AB" if len(names) > 1 else ["Run"]
    those = [Source("runs", name) for name in names]
    return report.write_report([sides.read_side(*one) for one in zip(letters, those, strict=True)])


def test_a_report_needs_no_network_and_no_other_file(lab: Path) -> None:
    run = train(lab / "runs", "one")
    document = report_on("one")
    outline = Outline(document)
    loading = {"img": "src", "script": "src", "link": "href", "iframe": "src"}
    sources = [about.get(loading[tag]) for tag, about in outline.tags if tag in loading]
    assert all(source is None or source.startswith("data:image/png;base64,") for source in sources)
    assert document.count("plotly.js v") == 1  # its script, once
    grids = [base64.b64decode(s.partition(",")[2]) for s in sources if s]
    assert grids[-2:] == [run.grid_path(STEPS).read_bytes(), run.grid_path(None).read_bytes()]
    for heading in ("In numbers", "Measurements", "Pictures", "Curves", "Settings"):
        assert heading in outline.text
    assert "Nothing was measured yet." in outline.text


def test_a_comparison_has_both_in_every_part(lab: Path) -> None:
    evaluated(train(lab / "runs", "one"), 3.25)
    train(lab / "runs", "two", lr_g=0.5)
    text = Outline(report_on("one", "two")).text
    assert text.count("A: one") >= 4 and text.count("B: two") >= 4
    assert "10,000 samples" in text and "3.25" in text and "50.0%" in text
    settings = text[text.rindex("Settings") :]
    assert settings.index("lr_g") < settings.index("latent_dim")  # what differs comes first


def test_what_was_done_by_hand_stands_in_it(lab: Path) -> None:
    run = train(lab / "runs", "one")
    assert "What was done while it trained" not in Outline(report_on("one")).text
    event = Event(2, "set", "lr_g", new=0.004, old=0.002)
    (run.path / "events.jsonl").write_text(json.dumps(event.to_dict()) + "\n")
    run.write_status(replace(run.status(), events=1))
    text = " ".join(Outline(report_on("one")).text.split())
    assert "Step 2, by hand: lr_g from 0.002 to 0.004." in text


def test_what_people_wrote_is_escaped(lab: Path) -> None:
    run = train(lab / "runs", "one")
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    values = json.loads((run.path / "config.json").read_text())
    values |= {"folder": evil, "preset": evil}
    values["run"] |= {"parent": evil, "device": evil, "created": evil, "version": evil}
    (run.path / "config.json").write_text(json.dumps(values))
    run.write_status(Status(Phase.FAILED, 7, 1.0, evil))
    outline = Outline(report_on("one"))
    assert outline.text.count("alert(1)") >= 8
    assert not [about for tag, about in outline.tags if "onerror" in about]
    bare = re.sub(r"<script.*?</script>", "", report_on("one"), flags=re.S)
    assert "<img src=x" not in bare


def test_a_run_that_is_gone_is_told_in_the_file(lab: Path) -> None:
    words = report.write_report_or_reason([Source("runs", "gone")])
    assert "No report: There is no run named &#x27;gone&#x27;." in words
