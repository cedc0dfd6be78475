from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.presets import preset
from pages.home.widgets.walk import walk
from pages.shared.server import process
from tests.pages.screen import laboratory, links, open_page, words
from tests.tiny import train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def pictures(at: AppTest) -> list[str]:
    markup = "".join(element.proto.body for element in at.get("html"))
    return re.findall(r'src="([^"]+)"', markup)


def test_an_empty_laboratory_says_what_it_is_and_what_to_do(lab: Path) -> None:
    at = open_page()
    assert not at.exception
    text = words(at)
    assert "generative adversarial networks" in text
    assert "Nothing is being trained." in text
    assert "CPU, " in text
    assert "No trained generator is shipped" in text
    assert "press Start training" in text


def test_the_page_shows_before_torch_is_loaded(lab: Path) -> None:
    """Loading waits for the first page, and that page asks for nothing that waits for it."""
    (lab / "checkpoints").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(process, "warming_up", lambda: True)
        patched.setattr(process, "trainings", lambda: pytest.fail("this needs torch"))
        at = open_page()
        assert not at.exception
        assert "Getting ready to train" in words(at)
    at.run()
    assert "Nothing is being trained." in words(at)


def test_torch_is_loaded_once_a_page_is_shown(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_page_asked", threading.Event())
    monkeypatch.setattr(process, "_page_shown", threading.Event())
    monkeypatch.setattr(process, "_FIRST_VISIT", 60)
    loading = threading.Thread(target=process.warm_up)
    loading.start()
    while not process.warming_up():
        time.sleep(0.01)
    at = open_page()
    assert not at.exception
    loading.join(30)
    assert not loading.is_alive()
    assert not process.warming_up()


def test_two_links_lead_on(lab: Path) -> None:
    shown = links(open_page())
    assert shown["Train a GAN"].page == "train"
    assert shown["Explore a generator"].page == "explore"


def test_shipped_generators_draw_and_draw_anew(lab: Path) -> None:
    train(lab / "checkpoints", "gan-mnist", steps=1)
    train(lab / "checkpoints", "dcgan-mnist", steps=1)
    at = open_page()
    before = pictures(at)
    assert len(before) == 2
    assert {address.partition("?")[0] for address in before} == {
        "/api/checkpoints/gan-mnist/samples.png",
        "/api/checkpoints/dcgan-mnist/samples.png",
    }
    at.button("home/draw").click().run()
    after = pictures(at)
    assert len(after) == 2
    assert after != before


def test_every_shipped_generator_draws_conditional_ones_too(lab: Path) -> None:
    names = ["a", "b", "c", "d"]
    for name, objective in zip(names, ("gan", "cgan", "acgan", "wgan"), strict=True):
        train(lab / "checkpoints", name, steps=1, architecture="mlp-small", objective=objective)
    at = open_page()
    assert not at.exception
    addresses = [address.partition("?")[0] for address in pictures(at)]
    assert addresses == [f"/api/checkpoints/{name}/samples.png" for name in names]


def test_what_ships_walks_and_what_is_damaged_is_left_out(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "checkpoints", "a", steps=1)
    train(lab / "checkpoints", "b", steps=1).path.joinpath("config.json").write_text("{")
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(walk, "_component", lambda **arguments: shown.append(arguments["data"]))
    assert not open_page().exception
    (walker,) = shown[-1]["generators"]
    assert (walker["name"], walker["noise"], len(walker["classes"])) == ("a", "normal", 10)
    assert walker["program"].startswith("/api/checkpoints/a/program?v=")


def test_what_runs_now_is_shown_with_its_progress(lab: Path) -> None:
    config = preset("digits").with_settings({"architecture": "mlp", "steps": 1_000_000})
    job = process.trainings().start([config])
    at = open_page()
    assert not at.exception
    assert job.snapshot.run in words(at)
    assert at.get("progress")
    assert "Nothing is being trained." not in words(at)
    job.stop(30)
    at.run()
    assert "Nothing is being trained." in words(at)
