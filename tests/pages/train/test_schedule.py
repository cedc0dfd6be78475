"""What a schedule leads to, on the form of Train."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.screen import laboratory, open_page, words


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def curves(at: AppTest) -> list[str]:
    return [picture.caption for element in at.get("image") for picture in element.proto.imgs]


def type_schedule(at: AppTest, text: str) -> None:
    at.text_input("train/digits/schedule").set_value(text).run()


def test_each_scheduled_setting_has_a_curve(lab: Path) -> None:
    at = open_page("train")
    assert curves(at) == []
    type_schedule(at, "lr_g cosine end:2e-05; ema_decay steps 0:0.9 50%:0.99")
    assert curves(at) == ["lr_g: 0.002 to 2e-05", "ema_decay: 0.9 to 0.99"]
    assert "Over 1,500 steps the schedule leads" in words(at)


def test_one_that_cannot_be_read_is_said_when_it_is_to_start(lab: Path) -> None:
    at = open_page("train")
    type_schedule(at, "lr_g quickly 5:1")
    assert not at.exception
    at.button("train/start").click().run()
    assert "one of linear, cosine, steps" in words(at)
    type_schedule(at, "lr_g linear 2000:0.1 end:0.2")
    assert "must lie at rising steps" in words(at)
