from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.errors import ConfigError, MissingToolError
from gan_core.latent import paths, vector_files
from gan_core.latent import vectors as latent_vectors
from gan_core.networks import sampling
from gan_core.networks.build import build
from gan_core.presets import preset
from gan_core.runs import onnx
from gan_core.runs.generators import save_generator
from pages.explore.latent_state import Exploration, Key, Point, draw
from pages.shared.server import generators, latent_space, process, sources, urls
from tests.pages.screen import laboratory, open_page, words
from tests.tiny import STEPS, train


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


def version_of(source_id: str) -> generators.SavedVersion:
    return generators.saved_version(sources.find_source(source_id))


def button(at: AppTest, label: str) -> None:
    (found,) = [b for b in at.button if b.label == label]
    found.click()
    at.run()
    assert not at.exception


def state(at: AppTest, latent_dim: int = 16, noise: str = "normal") -> Exploration:
    return at.session_state["explore"][latent_dim, noise]


def open_tool(at: AppTest, name: str) -> None:
    at.session_state["tool"] = name
    at.run()
    assert not at.exception


def saves(at: AppTest, key: str) -> list[str]:
    """What the buttons say that hand a file over."""
    return [button.label for button in at.download_button if button.key == f"{key}_save"]


def upload(at: AppTest, name: str, content: bytes) -> None:
    at.file_uploader[0].upload(name, content, "application/octet-stream")
    at.run()
    assert not at.exception


# The choice of a generator


def test_without_a_generator_the_page_says_what_to_do(lab: Path) -> None:
    at = open_page("explore")
    assert not at.exception
    assert "Train one" in words(at)
    assert not at.selectbox


def test_the_shipped_dcgan_is_the_default_and_the_address_names_it(lab: Path) -> None:
    train(lab / "checkpoints", "gan-mnist", steps=1)
    train(lab / "checkpoints", "dcgan-mnist", steps=1)
    train(lab / "runs", "mine", steps=1)
    at = open_page("explore")
    assert at.selectbox[0].value == "checkpoints/dcgan-mnist"
    assert at.selectbox[0].options == ["dcgan-mnist (shipped)", "gan-mnist (shipped)", "mine"]
    at.selectbox[0].select("runs/mine").run()
    assert not at.exception
    assert at.query_params["g"] in ("runs/mine", ["runs/mine"])


def test_the_address_chooses_and_a_wrong_one_is_named(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    train(lab / "runs", "two", steps=1)
    at = open_page("explore", g="runs/one")
    assert at.selectbox[0].value == "runs/one"
    at = open_page("explore", g="runs/gone")
    assert at.selectbox[0].value == "runs/two"
    (warning,) = at.warning
    assert "'runs/gone'" in warning.value
    assert not at.exception
    assert not at.run().warning


def test_the_facts_of_the_generator(lab: Path) -> None:
    train(lab / "runs", "one")
    facts = words(open_page("explore"))
    # 16 * 128 + 128, 128 * 256 + 256, 256 * 512 + 512, 512 * 784 + 784
    assert "568,976 parameters" in facts
    assert "567,296 multiply-adds" in facts
    assert "data set digits, 28 x 28" in facts
    assert "latent size 16" in facts
    assert f"trained {STEPS} steps" in facts
    assert "GANSpace" in facts


def test_a_damaged_generator_is_named_and_another_can_be_chosen(lab: Path) -> None:
    train(lab / "runs", "good", steps=1)
    damaged = train(lab / "runs", "broken", steps=1)
    (damaged.path / "generator.safetensors").write_bytes(b"no such file format")
    at = open_page("explore", g="runs/broken")
    assert not at.exception
    (error,) = at.error
    assert "broken/generator.safetensors is damaged" in error.value
    assert "Choose another" in error.value
    at.selectbox[0].select("runs/good").run()
    assert not at.error
    assert state(at).latent_dim == 16


def test_a_run_that_is_deleted_meanwhile_gives_way(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    train(lab / "runs", "two", steps=1)
    at = open_page("explore", g="runs/two")
    sources.store("runs").delete("two")
    at.run()
    assert not at.exception
    assert at.selectbox[0].value == "runs/one"
    assert "'runs/two'" in at.warning[0].value


def test_a_run_that_is_being_trained_says_so(lab: Path) -> None:
    config = preset("digits").changed({"architecture": "mlp", "steps": 1_000_000})
    job = process.trainings().start([config])
    deadline = time.monotonic() + 60
    while job.snapshot.step == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    at = open_page("explore", g=f"runs/{job.snapshot.run}")
    assert not at.exception
    assert "This run is being trained" in words(at)
    button(at, "Take the latest state")
    job.stop(timeout=30)
    assert "This run is being trained" not in words(at.run())


# The point


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


# Files


@pytest.mark.parametrize("kind", ["json", "npy"])
def test_a_saved_vector_comes_back_to_the_last_bit(lab: Path, kind: str) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.number_input("explore_seed").set_value(7).run()
    state(at).point.move([0, 3], [1.3, -2.7])
    at.slider("explore_truncation").set_value(0.65).run()
    saved = state(at).point.vector
    content = vector_files.to_json(saved).encode() if kind == "json" else vector_files.to_npy(saved)
    button(at, "New random point")
    upload(at, f"point.{kind}", content)
    assert state(at).point.vector.tobytes() == saved.tobytes()
    assert at.slider("explore_truncation").value == 1.0
    assert state(at).point.coordinates == {}
    assert "Base: point." in at.text[0].value
    # The same file once more, after another point.
    button(at, "New random point")
    upload(at, f"point.{kind}", content)
    assert state(at).point.vector.tobytes() == saved.tobytes()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("short.json", json.dumps([1.0, 2.0]).encode(), "2 numbers"),
        ("words.json", b"hello", "no latent vector"),
        ("nan.json", json.dumps({"latent": [float("nan")] * 16}).encode(), "NaN"),
        ("broken.npy", b"\x93NUMPY", "no latent vector"),
    ],
)
def test_a_file_that_is_no_vector_is_refused(
    lab: Path, name: str, content: bytes, said: str
) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    before = state(at).point.vector
    upload(at, name, content)
    (error,) = at.error
    assert name in error.value and said in error.value
    np.testing.assert_array_equal(state(at).point.vector, before)


# Interpolation and samples


def test_an_interpolation_begins_with_two_key_points(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    assert "2 to 8 key points" in words(at)
    button(at, "Add the point above")
    assert "2 to 8 key points" in words(at)
    at.text_input("explore_typed").set_value("3, 4").run()
    button(at, "Add seeds")
    assert [key.about for key in state(at).keys] == ["seed 0", "seed 3", "seed 4"]
    at.slider("explore_steps").set_value(5).run()
    assert "11 frames" in words(at)
    at.toggle("explore_closed").set_value(True).run()
    assert "15 frames" in words(at)
    assert saves(at, "explore_walk_file") == ["Save MP4"]


def test_too_many_keys_and_bad_seeds_are_refused(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1, two").run()
    button(at, "Add seeds")
    assert "whole numbers" in at.error[0].value
    at.number_input("explore_random").set_value(8).run()
    button(at, "Random keys")
    assert not at.error and len(state(at).keys) == 8
    button(at, "Add the point above")
    assert "at most 8" in at.error[0].value
    assert len(state(at).keys) == 8
    button(at, "Random keys")
    assert not at.error


def test_keys_are_moved_removed_and_explored(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1 2 3").run()
    button(at, "Add seeds")
    state(at).selected = 0
    at.run()
    button(at, "Later")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 1", "seed 3"]
    button(at, "Later")
    button(at, "Earlier")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 1", "seed 3"]
    button(at, "Explore this key")
    np.testing.assert_array_equal(state(at).point.vector, draw(1, 16))
    button(at, "Remove")
    assert [key.about for key in state(at).keys] == ["seed 2", "seed 3"]
    button(at, "Remove")
    button(at, "Remove")
    assert state(at).keys == [] and state(at).selected is None


def test_a_walk_in_pictures(lab: Path) -> None:
    train(lab / "runs", "one", steps=1)
    item = sources.find_source("runs/one")
    keys = [draw(seed, 16) for seed in (1, 2)]
    walk = paths.walk(keys, 4, "slerp", closed=False)
    np.testing.assert_allclose(walk[[0, -1]], keys, rtol=1e-5, atol=1e-6)
    frames = sampling.draw(generators.open_generator(item).generator, walk)
    assert frames.shape == (5, 28, 28, 1)
    assert urls.data_url(frames[0]).startswith("data:image/png;base64,")


# Files to take away


def walk_of_two(lab: Path) -> AppTest:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    at.text_input("explore_typed").set_value("1 2").run()
    button(at, "Add seeds")
    return at


def scale_of(at: AppTest, kind: str) -> Any:
    return at.selectbox(f"explore_walk_file_scale_{kind}")


def test_a_walk_is_offered_at_every_scale_that_fits(lab: Path) -> None:
    at = walk_of_two(lab)
    assert scale_of(at, "mp4").options[0] == "1x · 28 x 28"
    assert scale_of(at, "mp4").options[-1] == "32x · 896 x 896"
    assert scale_of(at, "mp4").value == 8
    at.segmented_control("explore_walk_file_kind").set_value("png").run()
    assert not at.exception
    assert scale_of(at, "png").options[0] == f"1x · {13 * 30 - 2} x 28"
    assert saves(at, "explore_walk_file") == ["Save PNG"]


@pytest.mark.parametrize(
    ("tool", "key"),
    [
        ("Map", "explore_map_file"),
        ("Directions", "explore_strips_file"),
        ("Sample sheet", "explore_sheet_file"),
    ],
)
def test_a_grid_is_taken_as_a_png(lab: Path, tool: str, key: str) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, tool)
    assert saves(at, key) == ["Save PNG"]
    assert at.selectbox(f"{key}_scale_png").value == 2
    at.selectbox(f"{key}_scale_png").set_value(16).run()
    assert not at.exception


def test_a_large_film_is_made_with_a_bar_and_kept(lab: Path) -> None:
    at = walk_of_two(lab)
    at.slider("explore_steps").set_value(30).run()
    scale_of(at, "mp4").set_value(16).run()
    assert saves(at, "explore_walk_file") == []
    button(at, "Make the file")
    assert saves(at, "explore_walk_file")[0].startswith("Save (")
    at.run()
    assert saves(at, "explore_walk_file")[0].startswith("Save (")
    at.slider("explore_steps").set_value(29).run()  # another walk is another file
    assert saves(at, "explore_walk_file") == []


def test_without_pyav_a_sentence_stands_in_place_of_the_button(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = walk_of_two(lab)
    monkeypatch.setitem(sys.modules, "av", None)
    at.run()
    assert "MP4 needs the package av" in at.error[0].value
    assert saves(at, "explore_walk_file") == []
    at.segmented_control("explore_walk_file_kind").set_value("webp").run()
    assert not at.error and saves(at, "explore_walk_file") == ["Save WebP"]


def test_the_generator_is_taken_as_onnx(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, "As ONNX")
    assert any("onnxruntime.InferenceSession" in code.value for code in at.code)
    monkeypatch.setattr(onnx, "to_onnx_apart", lambda opened, waiting: b"onnx" * 50_000)
    button(at, "Make the file")
    assert saves(at, "explore_onnx") == ["Save (200 kB)"]


def test_an_onnx_file_that_cannot_be_made_is_told(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    at = open_page("explore")
    open_tool(at, "As ONNX")

    def fail(*arguments: object) -> bytes:
        raise MissingToolError("ONNX files need the packages onnx and onnxscript.")

    monkeypatch.setattr(onnx, "to_onnx_apart", fail)
    button(at, "Make the file")
    assert at.error[0].value == "ONNX files need the packages onnx and onnxscript."


# Classes and noise


def choose_class(at: AppTest, name: str) -> None:
    at.segmented_control("class").set_value(name).run()
    assert not at.exception


def test_a_conditional_generator_is_told_a_class(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    train(lab / "runs", "free", steps=2, architecture="mlp-small")
    at = open_page("explore", g="runs/told")
    assert not at.exception
    assert at.segmented_control("class").options == [str(k) for k in range(10)]
    assert state(at).label == 0
    before = state(at).point.vector
    choose_class(at, "7")
    assert state(at).label == 7
    np.testing.assert_array_equal(state(at).point.vector, before)
    at.switch_page("home/page.py").run()
    at.switch_page("explore/page.py").run()
    assert at.segmented_control("class").value == "7"
    at.selectbox[0].select("runs/free").run()
    assert not at.exception
    assert not [control for control in at.segmented_control if control.key == "class"]
    at.selectbox[0].select("runs/told").run()
    assert at.segmented_control("class").value == "7"


def test_the_class_comes_from_the_address(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", **{"g": "runs/told", "class": "3"})
    assert at.segmented_control("class").value == "3"
    assert state(at).label == 3
    at = open_page("explore", **{"g": "runs/told", "class": "of no such name"})
    assert not at.exception
    assert at.segmented_control("class").value == "0"


def test_many_classes_are_a_list(lab: Path) -> None:
    told = train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="acgan")
    settings = json.loads((told.path / "config.json").read_text())
    settings["run"]["classes"] = [f"kind {k}" for k in range(26)]
    wide = build("mlp-small", 16, (1, 28, 28), n_classes=26).generator
    save_generator(told, wide.state_dict())
    (told.path / "config.json").write_text(json.dumps(settings))
    at = open_page("explore", g="runs/told", tool="Sample sheet")
    assert not at.exception
    assert len(at.selectbox("class").options) == 26
    at.selectbox("class").set_value("kind 25").run()
    assert state(at).label == 25
    assert "the first 10 of 26 classes, kind 0, kind 1, " in words(at)


def test_pictures_are_of_the_class_chosen(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[set[int]] = []
    pictures = sampling.draw

    def watched(generator: Any, vectors: np.ndarray, labels: np.ndarray | None = None) -> Any:
        assert labels is not None and len(labels) == len(vectors)
        drawn.append(set(labels.tolist()))
        return pictures(generator, vectors, labels)

    monkeypatch.setattr(sampling, "draw", watched)
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told")
    choose_class(at, "4")
    drawn.clear()
    button(at, "Random keys")
    assert drawn.count({4}) == 2  # the key points, and the walk
    open_tool(at, "Sample sheet")
    assert "a column one class: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9." in words(at)
    at.number_input("explore_rows").set_value(3).run()
    assert drawn[-1] == set(range(10))


def test_a_picked_sample_sets_point_and_class(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picks = iter([25, *[None] * 10])

    def gallery(pictures: list[dict[str, str]], **options: Any) -> int | None:
        if options["label"] != "Samples" or (pick := next(picks)) is None:
            return None
        assert pictures[pick]["label"] == "Noise 3, class 5"
        return pick

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Sample sheet")
    assert not at.exception
    assert state(at).label == 5
    assert at.segmented_control("class").value == "5"
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(4, 16, 0)[2])


def test_a_loaded_vector_brings_its_class(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told")
    saved = vector_files.to_json(np.ones(16), label=6).encode()
    upload(at, "six.json", saved)
    assert at.segmented_control("class").value == "6"
    upload(at, "any.json", vector_files.to_json(np.zeros(16)).encode())
    assert at.segmented_control("class").value == "6"
    upload(at, "far.json", vector_files.to_json(np.ones(16), label=10).encode())
    assert "names the class 10" in at.error[0].value
    np.testing.assert_array_equal(state(at).point.vector, np.zeros(16))


def test_uniform_noise_has_points_and_sliders_of_its_own(lab: Path) -> None:
    train(lab / "runs", "even", steps=1, architecture="mlp-small", noise="uniform")
    train(lab / "runs", "free", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/even")
    assert "uniform from -1 to 1" in words(at)
    expected = latent_vectors.noise(1, 16, 0, "uniform")[0]
    np.testing.assert_array_equal(state(at, noise="uniform").point.vector, expected)
    button(at, "Random keys")
    assert all(abs(key.vector).max() <= 1 for key in state(at, noise="uniform").keys)
    at.selectbox[0].select("runs/free").run()
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(1, 16, 0)[0])


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


# The state behind the page


def test_hidden_sliders_keep_their_share_in_the_base() -> None:
    point = Point(np.zeros(3, np.float32), "zero")
    point.measure("a", "pca", np.eye(3, dtype=np.float32))
    point.move([0, 2], [1.0, 2.0])
    assert point.base_under([0, 1]).tolist() == [0.0, 0.0, 2.0]
    assert point.vector.tolist() == [1.0, 0.0, 2.0]
    assert (point.value(0), point.value(1), point.value(2)) == (1.0, 0.0, 2.0)


def test_another_frame_begins_where_the_sliders_led() -> None:
    point = Point(np.zeros(2, np.float32), "zero", truncation=0.5)
    point.measure("a", "pca", np.array([[0.6, 0.8]], np.float32))
    point.move([0], [5.0])
    revision = point.revision
    point.measure("b", "raw", np.empty((0, 2), np.float32))
    assert point.revision > revision
    assert point.value(0) == point.rest(0) == 3.0
    np.testing.assert_allclose(point.vector, [1.5, 2.0], rtol=1e-6)
    point.start(point.origin, "zero", truncation=1.0)
    assert point.vector.tolist() == [0.0, 0.0]


def test_adding_keys_is_all_or_nothing() -> None:
    explored = Exploration(2, "normal", 0, Point(np.zeros(2, np.float32), "zero"))
    explored.add_keys([Key(np.zeros(2), str(i)) for i in range(7)])
    with pytest.raises(ConfigError, match="room for 1 more"):
        explored.add_keys([Key(np.zeros(2), "8"), Key(np.zeros(2), "9")])
    assert len(explored.keys) == 7


# Directions


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


def test_a_generator_that_is_told_its_class_has_no_class_directions(lab: Path) -> None:
    train(lab / "runs", "told", steps=2, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", tool="Directions")
    assert not at.exception
    assert "Classes" not in at.segmented_control("explore_family").options


def test_few_classes_give_a_sentence(lab: Path) -> None:
    train(lab / "runs", "raw", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/raw", tool="Directions")
    at.segmented_control("explore_basis").set_value("classes").run()
    assert not at.exception
    assert "reads too few classes" in words(at)
    at.segmented_control("explore_family").set_value("classes").run()
    assert not at.exception
    assert words(at).count("reads too few classes") == 2


def test_a_strip_goes_from_minus_three_to_three_sigma_and_leads_to_its_pictures(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picks = iter([6, *[None] * 10])  # the first direction, +3 sigma
    shown: list[dict[str, Any]] = []

    def gallery(pictures: list[dict[str, str]], **options: Any) -> int | None:
        shown.append({"labels": [picture["label"] for picture in pictures], **options})
        return next(picks)

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "even", steps=1, architecture="mlp-small", noise="uniform")
    at = open_page("explore", g="runs/even", tool="Directions")
    assert not at.exception
    measured = latent_space.directions(version_of("runs/even"), "measured")
    assert shown[0]["columns"] == [
        "-3 sigma", "-2 sigma", "-1 sigma", "0", "+1 sigma", "+2 sigma", "+3 sigma",
    ]  # fmt: skip
    assert shown[0]["labels"][6] == f"{measured.titles[0]}, +3 sigma"
    base = latent_vectors.noise(1, 16, 0, "uniform")[0].numpy()
    # A deviation of noise that is uniform from -1 to 1 is the root of a third.
    np.testing.assert_allclose(
        state(at, noise="uniform").point.vector, base + measured.vectors[0] * 3**0.5, rtol=1e-5
    )
    assert "Base: " in at.text[0].value and "+3 sigma" in at.text[0].value


def test_a_name_is_kept_with_the_run_and_shown_everywhere(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=1)
    at = open_page("explore", g="runs/one", tool="Directions")
    at.segmented_control("explore_family").set_value("pca").run()
    at.selectbox("explore_naming_pca_0").set_value(1).run()
    at.text_input("explore_name").set_value("The loop").run()
    button(at, "Save the name")
    assert at.selectbox("explore_naming_pca_0").options[1] == "The loop"
    assert json.loads((run.path / "direction-names.json").read_text())["names"] == {
        "pca/1": "The loop"
    }
    button(at, "Save the name")  # the field is empty again
    assert at.selectbox("explore_naming_pca_0").options[1] == "Direction 2"


# The map


def picking(monkeypatch: pytest.MonkeyPatch, component_of: str, pick: int) -> list[Any]:
    """That component of Explore answers once with a pick; its arguments are collected."""
    calls: list[Any] = []

    def component(*given: Any, **options: Any) -> int | None:
        calls.append((*given, options))
        return pick if len(calls) == 1 else None

    monkeypatch.setattr(f"pages.explore.{component_of}", component)
    return calls


def test_the_corners_of_a_plane_are_set_and_a_picture_becomes_the_point(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    picking(monkeypatch, "picture_choice.gallery", 8)  # the end of the first row: top right
    at = open_page("explore", g="runs/one", tool="Map")
    assert not at.exception
    np.testing.assert_allclose(state(at).point.vector, latent_vectors.noise(1, 16, 2)[0], rtol=1e-4)
    at.button("explore_corner_0").click().run()
    assert not at.exception
    np.testing.assert_array_equal(state(at).corners[0].vector, state(at).point.vector)
    before = state(at).corners[1].vector
    at.button("explore_corner_random_1").click().run()
    assert (state(at).corners[1].vector != before).any()


def test_a_plane_along_two_directions_has_the_point_in_its_middle(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "one", steps=1)
    drawn: list[np.ndarray] = []
    pictures = sampling.draw

    def watched(generator: Any, vectors: np.ndarray, labels: Any = None) -> np.ndarray:
        drawn.append(vectors)
        return pictures(generator, vectors, labels)

    monkeypatch.setattr(sampling, "draw", watched)
    at = open_page("explore", g="runs/one", tool="Map")
    at.segmented_control("explore_map").set_value("directions").run()
    assert not at.exception
    grid = drawn[-1].reshape(9, 9, 16)
    np.testing.assert_allclose(grid[4, 4], state(at).point.vector, atol=1e-5)
    first, second = latent_space.directions(version_of("runs/one"), "pca").vectors[:2]
    np.testing.assert_allclose(grid[4, 8] - grid[4, 4], 3 * first, atol=1e-5)
    np.testing.assert_allclose(grid[0, 4] - grid[4, 4], 3 * second, atol=1e-5)


def test_a_sample_of_the_map_becomes_the_point_with_its_class(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(latent_space, "_MAP_SAMPLES", 60)
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    calls = picking(monkeypatch, "tools.map.scatter", 25)
    at = open_page("explore", g="runs/told", tool="Map")
    at.segmented_control("explore_map").set_value("samples").run()
    assert not at.exception
    places, classes, names, _ = calls[0]
    assert places.shape == (60, 2)
    assert classes == [k % 10 for k in range(60)]
    assert names == [str(k) for k in range(10)]
    np.testing.assert_array_equal(state(at).point.vector, latent_vectors.noise(60, 16, 0)[25])
    assert state(at).label == 5


# Arithmetic


def test_groups_are_picked_by_eye_and_their_sum_becomes_the_point(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picks: list[int] = []
    marks: list[list[str]] = []

    def gallery(pictures: Any, **options: Any) -> int | None:
        marks.append(options["marks"])
        return picks.pop() if picks else None

    monkeypatch.setattr("pages.explore.picture_choice.gallery", gallery)
    train(lab / "runs", "one", steps=1)
    at = open_page("explore", g="runs/one", tool="Arithmetic")
    assert "into A and B and C" in words(at)
    for group, members in (("A", [0, 4]), ("B", [1, 9, 9]), ("C", [2])):
        at.segmented_control("explore_group_picked").set_value(group).run()
        for member in members:  # 9 a second time is taken out again
            picks.append(member)
            at.run()
            assert not at.exception
    assert [marks[-1][i] for i in (0, 1, 2, 4, 9)] == ["A", "B", "C", "A", ""]
    button(at, "Explore the result")
    z = latent_vectors.noise(48, 16, 0).numpy()
    expected = (z[0] + z[4]) / 2 - z[1] + z[2]
    np.testing.assert_allclose(state(at).point.vector, expected, atol=1e-6)
    assert "means of 2 - 1 + 1 samples" in at.text[0].value
    button(at, "Empty the groups")
    assert set(marks[-1]) == {""}


# One's own picture


def png_of(picture: np.ndarray) -> bytes:
    from gan_core.images import pixels

    return pixels.png(picture)


def test_a_picture_is_found_and_explored(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    item = sources.find_source("runs/one")
    wanted = latent_vectors.noise(1, 16, 5).numpy()
    (target,) = sampling.draw(generators.open_generator(item).generator, wanted)
    monkeypatch.setattr("pages.explore.tools.own_picture.sketch", lambda key: png_of(target))
    monkeypatch.setattr("pages.explore.tools.own_picture._is_of_digits", lambda subject: False)
    at = open_page("explore", g="runs/one", tool="Your picture")
    assert not at.exception
    button(at, "Find it in latent space")
    for _ in range(60):
        if not [b for b in at.button if b.label == "Stop here"]:
            break
        at.run()
    assert not at.exception
    assert "Mean squared error **0.00" in words(at)
    search = at.session_state["explore_search"]
    assert search.projector.done
    button(at, "Explore it")
    np.testing.assert_array_equal(state(at).point.vector, search.projector.best.z)
    assert at.text[0].value == "Base: projection of drawing"


def test_a_search_can_be_stopped_and_keeps_the_nearest(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    blank = png_of(np.zeros((28, 28, 1), np.uint8))
    monkeypatch.setattr("pages.explore.tools.own_picture.sketch", lambda key: blank)
    monkeypatch.setattr("pages.explore.tools.own_picture.SLICE", 0.0)
    at = open_page("explore", g="runs/told", tool="Your picture")
    button(at, "Find it in latent space")
    button(at, "Stop here")
    search = at.session_state["explore_search"]
    assert search.stopped and not search.projector.done
    assert "The class that comes nearest is" in words(at)
    button(at, "Explore it")
    assert state(at).label == search.projector.label
    np.testing.assert_array_equal(state(at).point.vector, search.projector.best.z)


def test_what_is_drawn_or_sent_may_be_anything(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    monkeypatch.setattr("pages.explore.tools.own_picture.sketch", lambda key: b"no picture")
    at = open_page("explore", g="runs/one", tool="Your picture")
    assert not at.exception
    assert "The drawing is no picture" in at.error[0].value
    assert not [b for b in at.button if b.label == "Find it in latent space"]


def test_pictures_of_the_data_set_are_offered(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    picking(monkeypatch, "picture_choice.gallery", 3)
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("data").run()
    assert not at.exception
    assert [b for b in at.button if b.label == "Find it in latent space"]
    button(at, "Other pictures")
    assert "Pick one of the train pictures of Bundled digits." in words(at)


def test_a_data_set_that_is_not_there_is_named(lab: Path) -> None:
    run = train(lab / "runs", "one", steps=1, architecture="mlp-small")
    settings = json.loads((run.path / "config.json").read_text())
    (run.path / "config.json").write_text(json.dumps({**settings, "dataset": "mnist"}))
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("data").run()
    assert not at.exception
    assert "MNIST cannot be read" in at.error[0].value


def test_an_upload_is_converted_in_the_open(lab: Path) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    at = open_page("explore", g="runs/one", tool="Your picture")
    at.segmented_control("explore_source").set_value("upload").run()
    picker = next(u for u in at.file_uploader if u.key == "explore_picture")
    picker.upload("ink.png", png_of(np.full((60, 90, 3), 255, np.uint8)), "image/png")
    at.run()
    assert not at.exception
    assert {t.label: t.value for t in at.toggle} == {
        "Swap light and dark": True, "Centre and scale as a digit": True,
    }  # fmt: skip
    picker = next(u for u in at.file_uploader if u.key == "explore_picture")
    picker.upload("words.png", b"hello", "image/png")
    at.run()
    assert not at.exception
    assert "words.png is no picture" in at.error[0].value
