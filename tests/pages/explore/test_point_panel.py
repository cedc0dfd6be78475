from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from gan_core.latent import vectors as latent_vectors
from pages.shared.server import latent_space
from tests.pages.explore.screen import (
    button,
    state,
    version_of,
)
from tests.pages.screen import open_page, words
from tests.tiny import train


def test_the_seed_decides_the_point(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, 0)[0])
    at.number_input("explore_seed").set_value(7).run()
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, 7)[0])
    at.slider("explore_truncation").set_value(0.5).run()
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, 7)[0] * 0.5)
    button(at, "New random point")
    seed = int(at.number_input("explore_seed").value or 0)
    assert seed == state(at).seed != 7
    np.testing.assert_array_equal(
        state(at).point.vector, latent_vectors.noise(1, 16, seed)[0] * 0.5
    )
    button(at, "Start over")
    assert at.slider("explore_truncation").value == 1.0
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, seed)[0])


def test_what_was_chosen_survives_other_pages(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.number_input("explore_seed").set_value(7).run()
    at.number_input("explore_count_pca_12").set_value(5).run()
    state(at).point.move([1], [2.5])
    button(at, "Random keys")
    at.slider("explore_steps").set_value(4).run()
    before, keys = state(at).point.vector, len(state(at).keys)
    at.switch_page("home/page.py").run()
    at.switch_page("explore/page.py").run()
    assert not at.exception
    assert at.number_input("explore_seed").value == 7
    assert at.number_input("explore_count_pca_12").value == 5
    assert at.slider("explore_steps").value == 4
    assert len(state(at).keys) == keys == 4
    np.testing.assert_array_equal(state(at).point.vector, before)


def test_the_point_goes_along_to_generators_of_its_size_only(lab: Path) -> None:
    for name, latent_dim in (("a", 16), ("b", 16), ("c", 8)):
        train(lab / "runs", name, steps=1, latent_dim=latent_dim)
    at = open_page("explore", g="runs/a")
    at.number_input("explore_seed").set_value(7).run()
    button(at, "Random keys")
    state(at).point.move([0, 1], [2.0, -1.0])
    before = state(at).point.vector
    at.selectbox[0].select("runs/b").run()
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)
    assert len(state(at).keys) == 4
    at.selectbox[0].select("runs/c").run()
    assert not at.exception
    assert state(at, 8).point.vector.shape == (8,)
    assert state(at, 8).keys == []
    at.selectbox[0].select("runs/a").run()
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)


def test_raw_coordinates_show_them_all_and_keep_the_point(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    state(at).point.move([0], [3.0])
    before = state(at).point.vector
    at.segmented_control("explore_basis").set_value("raw").run()
    assert not at.exception
    assert at.number_input("explore_count_raw_16").value == 16
    np.testing.assert_array_equal(state(at).point.vector, before)
    state(at).point.move([2], [4.0])
    assert state(at).point.vector[2] == 4.0


def test_another_saved_state_keeps_the_point_and_rests_the_sliders(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small")
    other = train(lab / "runs", "two", steps=2, architecture="mlp-small")
    at = open_page("explore", g="runs/one")
    state(at).point.move([0, 2], [3.0, -2.0])
    before = state(at).point.vector
    weights = run.path / "generator.safetensors"
    weights.write_bytes((other.path / "generator.safetensors").read_bytes())
    os.utime(weights, ns=(1, 1))
    at.run()
    assert not at.exception
    assert state(at).point.coordinates == {}
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)


def test_the_sliders_take_another_family_of_directions(lab: Path) -> None:
    train(lab / "runs", "one", steps=20)
    at = open_page("explore")
    assert at.segmented_control("explore_basis").options == [
        "Principal", "First layer", "Measured", "Classes", "Raw coordinates",
    ]  # fmt: skip
    state(at).point.move([0], [2.0])
    before = state(at).point.vector
    at.segmented_control("explore_basis").set_value("sefa").run()
    assert not at.exception
    assert "(SeFa)" in words(at)
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)
    expected = latent_space.directions(version_of("runs/one"), "sefa")
    np.testing.assert_array_equal(state(at).point.vectors, expected.vectors)
    assert (lab / "runs" / "one" / "directions.safetensors").is_file()


def test_few_classes_give_a_sentence(lab: Path) -> None:
    train(lab / "runs", "raw", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/raw", tool="Directions")
    at.segmented_control("explore_basis").set_value("classes").run()
    assert not at.exception
    assert "reads too few classes" in words(at)
    at.segmented_control("explore_family").set_value("classes").run()
    assert not at.exception
    assert words(at).count("reads too few classes") == 2
