from __future__ import annotations

from pathlib import Path

from tests.pages.explore.screen import (
    state,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_without_a_generator_the_page_says_what_to_do(lab: Path) -> None:
    at = open_page("explore")
    assert not at.exception
    assert "Train one" in words(at)
    assert not at.selectbox


def test_a_damaged_generator_is_named_and_another_can_be_chosen(lab: Path) -> None:
    train(lab / "runs", "good", steps=1)
    broken = train(lab / "runs", "broken", steps=1)
    (broken.path / "generator.safetensors").write_bytes(b"no such file format")
    at = open_page("explore", g="runs/broken")
    assert not at.exception
    (error,) = at.error
    assert "broken/generator.safetensors is damaged" in error.value
    assert "Choose another" in error.value
    at.selectbox[0].select("runs/good").run()
    assert not at.error
    assert state(at).latent_dim == 16
