"""Model cards."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gan_core.places import CHECKPOINTS_DIR
from gan_core.quality import record
from gan_core.quality.card import model_card
from gan_core.runs.folder import RunFolder
from gan_core.runs.store import RunStore
from tests.gan_core import helpers


def front_matter(card: str) -> dict[str, Any]:
    """Each line is a name and a value: JSON, or a word."""
    _, head, _ = card.split("---\n", 2)
    pairs = (line.split(": ", 1) for line in head.splitlines())
    return {k: json.loads(v) if v[0] in "[{" else v for k, v in pairs}


def test_the_card_of_a_shipped_generator() -> None:
    run = RunFolder(CHECKPOINTS_DIR / "dcgan-mnist")
    card = model_card(run, conditional=False)
    head = front_matter(card)
    assert head["library_name"] == "ganscope"
    assert head["pipeline_tag"] == "unconditional-image-generation"
    assert head["datasets"] == ["mnist"]
    assert head["tags"] == ["gan", "image-generation", "gan", "dcgan-28"]
    evaluation = record.read(run)
    assert evaluation is not None
    (index,) = head["model-index"]
    metrics = {m["type"]: m["value"] for m in index["results"][0]["metrics"]}
    assert metrics == dict(evaluation.result)
    assert "| Readable | 83.3% | 98.3% | 98.2% |" in card
    assert "![Samples](samples/014040.png)" in card
    assert "14,040 generator updates on 60,000 images" in card
    assert "| `lr\\_g` |" not in card and "| `lr_g` | 0.001 |" in card
    assert "license" not in card


@pytest.mark.parametrize("run", RunStore(CHECKPOINTS_DIR).list(), ids=lambda run: run.name)
def test_every_shipped_generator_has_one(run: RunFolder) -> None:
    conditional = run.config().objective in ("cgan", "acgan")
    card = model_card(run, conditional=conditional)
    front_matter(card)
    assert ("--label" in card) == conditional
    assert len(re.findall("^## ", card, re.MULTILINE)) == 3


def test_what_others_wrote_is_no_markdown(tmp_path: Path) -> None:
    run = helpers.trained(tmp_path / "a_b*c*")
    origin = "[x](http://a) <b>\n# y"
    run.write_config(run.config(), replace(run.info(), origin=origin, device="a|b"))
    card = model_card(run, conditional=False)
    assert "# a\\_b\\*c\\*\n" in card
    assert "Its weights came from \\[x\\](http://a) \\<b\\> \\# y." in card
    assert "on a\\|b" in card
    assert "It was not measured." in card
    (run.path / record.FILE).write_text("{")
    assert "It was not measured." in model_card(run, conditional=False)
