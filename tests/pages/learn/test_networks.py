from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gan_core.errors import ConfigError
from gan_core.networks.build import build
from gan_core.networks.summary import parameter_count
from gan_core.networks.table import ARCHITECTURES
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import preset
from pages.learn.networks import anatomy
from pages.shared.widgets.feature_maps import feature_maps as widget
from tests.pages.screen import links, open_page, words
from tests.tiny import train


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_laid_open(lab: Path, name: str) -> None:
    at = open_page("learn", topic="Networks", network=name)
    assert not at.exception
    assert ARCHITECTURES[name].title in words(at)
    side = ARCHITECTURES[name].image_size or 28
    networks = build(name, 64, (1, side, side))
    for network in networks:
        assert f"{parameter_count(network):,} parameters" in words(at)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_critic_is_the_one_that_the_objective_asks_for(lab: Path, name: str) -> None:
    at = open_page("learn", topic="Networks", objective=name)
    assert not at.exception
    kind = OBJECTIVES[name]
    assert f"gives {kind.head.value}" in words(at)
    critic = [str(cell) for cell in at.table[1].value["Layer"]]
    assert any("BatchNorm" in cell for cell in critic) == kind.critic_norm


def test_sizes_reach_the_networks(lab: Path) -> None:
    at = open_page("learn", topic="Networks", network="mlp")
    at.number_input("network_latent_dim").set_value(10)
    at.number_input("network_image_size").set_value(16)
    at.button_group("network_channels").set_value(3).run()
    networks = build("mlp", 10, (3, 16, 16))
    for network in networks:
        assert f"{parameter_count(network):,} parameters" in words(at)


def test_a_trained_generator_is_shown_at_work(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "other", steps=1, architecture="mlp-small")
    train(lab / "runs", "told", steps=1, objective="cgan")
    (train(lab / "runs", "damaged", steps=1).path / "config.json").write_text("{")
    calls = notes_of_maps(monkeypatch)
    at = open_page("learn", topic="Networks", network="mlp")
    assert not at.exception
    assert at.selectbox("work_generator_mlp").options == ["told"]
    at.button("work_seed_button").click().run()
    first, second = calls
    assert [row["kind"] for row in first["layers"]][-2:] == ["Linear", "Tanh"]
    assert first["layers"][0]["words"] == "body.0: 26 to 128"
    assert first["layers"][-1]["maps"] == [1, 28, 28]
    assert "/api/runs/told/layers?" in first["url"] and "y=0" in first["url"]
    assert len(first["point"]["base"]) == 16 and first["point"] != second["point"]
    assert "told the class" in words(at)
    link = links(at)["Follow the sliders of Explore"]
    assert (link.page, link.query_string) == ("explore", "g=runs%2Ftold&tool=Layers")
    link = links(at)["Ask its discriminator about a picture"]
    assert link.query_string == "g=runs%2Ftold&tool=Discriminator"


def test_a_network_that_nobody_trained_says_so(lab: Path) -> None:
    at = open_page("learn", topic="Networks", network="infogan")
    assert not at.exception
    assert "No generator here has this network yet." in words(at)


def notes_of_maps(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page hands to the feature maps, of each run of the page."""
    calls: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "_component", lambda key, data: calls.append(data))
    return calls


def test_a_size_that_does_not_fit_is_a_sentence() -> None:
    config = preset("dcgan-mnist").with_settings({"image_size": 32, "channels": 1})
    with pytest.raises(ConfigError, match="28 x 28"):
        anatomy(config)
