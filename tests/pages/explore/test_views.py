"""Explore through training, two generators at once, and links to a view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gan_core.latent import vector_files, vectors
from gan_core.runs.folder import RunFolder
from pages.explore import picture_choice
from pages.explore.widgets.latent_panel import latent_panel as panel
from pages.shared.server import generators, latent_space, sources
from pages.shared.server.generators import saved_version
from tests.pages.explore.test_explore import button, state
from tests.pages.screen import laboratory, open_page, words
from tests.tiny import STEPS, train

EVERY = 5
KEPT = [0, EVERY, 2 * EVERY, 3 * EVERY]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with laboratory(tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names below the panel's pictures and their addresses, of each run of the page."""
    seen: list[list[str]] = []
    real = panel._component

    def note(**arguments: Any) -> Any:
        seen.append([f"{p['label']} {p['url']}" for p in arguments["data"]["pictures"]])
        return real(**arguments)

    monkeypatch.setattr(panel, "_component", note)
    return seen


def kept(lab: Path, name: str = "long", **changes: Any) -> RunFolder:
    """A run with four states kept beside the latest."""
    run = train(lab / "runs", name, architecture="mlp-small", save_every=EVERY, **changes)
    assert run.kept_steps() == KEPT
    return run


def selectbox(at: AppTest, label: str) -> Any:
    (found,) = [box for box in at.selectbox if box.label == label]
    return found


def labels(at: AppTest) -> list[str]:
    return [box.label for box in at.selectbox]


def in_address(at: AppTest, key: str) -> str | None:
    value = at.query_params.get(key)
    return value[0] if isinstance(value, list) else value


def link(at: AppTest) -> dict[str, str]:
    (code,) = at.code
    return dict(parse_qsl(urlsplit(code.value).query, strict_parsing=True))


# Through training


def test_a_saved_step_is_explored_with_directions_and_names_of_its_own(lab: Path) -> None:
    run = kept(lab)
    at = open_page("explore", g="runs/long")
    step = selectbox(at, "Saved step")
    assert step.value == STEPS
    assert step.options == [f"{STEPS} (latest)", "15", "10", "5", "0"]
    assert f"trained {STEPS} steps" in words(at)
    before = state(at).point.vector
    step.select(10).run()
    assert not at.exception
    assert in_address(at, "step") == "10"
    assert "trained 10 steps" in words(at)
    np.testing.assert_allclose(state(at).point.vector, before, atol=1e-6)
    item = sources.find_source("runs/long")
    early, late = (
        generators.open_generator(item.at(step)).generator.state_dict() for step in (10, None)
    )
    assert any(not np.array_equal(early[name], late[name]) for name in early)
    latent_space.name_direction(saved_version(item), "pca", 0, "Late")
    latent_space.name_direction(saved_version(item.at(10)), "pca", 0, "Early")
    for step, name in ((10, "Early"), (None, "Late")):
        version = saved_version(item.at(step))
        assert latent_space.named_directions(version, "pca").title(0) == name
    run.thin_states(1)
    left = {path.name.partition(".")[0] for path in (run.path / "states").iterdir()}
    assert left == {f"{step:06d}" for step in run.kept_steps()}


def test_the_saved_step_is_kept_for_its_generator_only(lab: Path) -> None:
    kept(lab, "a")
    kept(lab, "b")
    at = open_page("explore", g="runs/a", step="5")
    assert selectbox(at, "Saved step").value == 5
    at.switch_page("home/page.py").run()
    at.switch_page("explore/page.py").run()
    assert selectbox(at, "Saved step").value == 5
    selectbox(at, "Generator").select("runs/b").run()
    assert not at.exception
    assert selectbox(at, "Saved step").value == STEPS
    assert in_address(at, "step") is None


@pytest.mark.parametrize("step", ["7", "x", "-5", "1e1", "99999999999", "\u0665"])
def test_a_step_that_is_not_kept_is_named(lab: Path, step: str) -> None:
    kept(lab)
    at = open_page("explore", g="runs/long", step=step)
    assert not at.exception
    (warning,) = at.warning
    assert f"long keeps no state of step '{step}'; this is the latest." in warning.value
    assert selectbox(at, "Saved step").value == STEPS
    assert not at.run().warning


def test_one_state_gives_a_sentence(lab: Path) -> None:
    train(lab / "runs", "short", steps=1, keep_states=0)
    at = open_page("explore", tool="Through training")
    assert not at.exception
    assert "Saved step" not in labels(at)
    assert "`keep_states`" in words(at)


def test_the_point_is_drawn_by_every_saved_state(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(lab)
    strips: list[list[dict[str, str]]] = []

    def strip(pictures: list[dict[str, str]], **_: Any) -> None:
        strips.append(pictures)

    monkeypatch.setattr(picture_choice, "gallery", strip)
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    names = ["Step 0", "Step 5", "Step 10", "Step 15", f"Step {STEPS} (latest)"]
    assert [picture["label"] for picture in strips[-1]] == names
    assert len({picture["url"] for picture in strips[-1]}) == 5
    downloads: Any = at.get("download_button")
    assert "Save MP4" in {b.label for b in downloads}
    first = strips[-1]
    state(at).go_to_seed(5)
    button(at, "Follow the point above")
    assert all(a["url"] != b["url"] for a, b in zip(first, strips[-1], strict=True))


def test_a_picked_state_is_explored(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(lab)
    clicks: list[int | None] = [2]

    def strip(pictures: Any, **_: Any) -> int | None:
        return clicks.pop() if clicks else None

    monkeypatch.setattr(picture_choice, "gallery", strip)
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    assert selectbox(at, "Saved step").value == 10


def test_a_damaged_state_is_left_out_of_the_strip(lab: Path) -> None:
    run = kept(lab)
    run.generator_path(10).write_bytes(b"no such file format")
    at = open_page("explore", g="runs/long", tool="Through training")
    assert not at.exception
    (warning,) = at.warning
    assert "Step 10 is left out. long/states/000010.safetensors is damaged" in warning.value
    assert "through 4 saved states" in words(at)


# Two at once


def test_only_generators_that_take_the_same_vectors_stand_beside_it(
    lab: Path, shown: list[list[str]]
) -> None:
    variants: dict[str, dict[str, Any]] = {
        "a": {},
        "b": {},
        "small": {"latent_dim": 8},
        "flat": {"noise": "uniform"},
    }
    for name, changes in variants.items():
        train(lab / "runs", name, steps=1, architecture="mlp-small", keep_states=0, **changes)
    at = open_page("explore", g="runs/a")
    beside = selectbox(at, "Beside it")
    assert beside.options == ["None", "b"]
    assert "small (latent size 8, not 16); flat (uniform noise, not normal)" in words(at)
    assert len(shown[-1]) == 1
    beside.select("runs/b").run()
    assert not at.exception
    assert in_address(at, "g2") == "runs/b"
    first, second = shown[-1]
    assert first.startswith("a /api/runs/a/picture?")
    assert second.startswith("b /api/runs/b/picture?")
    assert "along=runs%2Fa" in second
    # Where the first one changes to what does not fit, the second is taken away in words.
    selectbox(at, "Generator").select("runs/small").run()
    assert not at.exception
    assert "b cannot stand beside it: latent size 16, not 8." in words(at)
    assert len(shown[-1]) == 1
    assert in_address(at, "g2") is None


def test_a_run_stands_beside_itself_at_another_step(lab: Path, shown: list[list[str]]) -> None:
    kept(lab)
    at = open_page("explore", g="runs/long", g2="runs/long", step2="5")
    assert not at.exception
    assert not at.warning
    first, second = shown[-1]
    assert first.startswith("long /api")
    assert second.startswith("long, step 5 /api")
    assert "step=5" in second
    assert "step=" not in first


def test_the_class_is_for_the_one_that_is_told_it(lab: Path, shown: list[list[str]]) -> None:
    train(lab / "runs", "free", steps=1, architecture="mlp-small")
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/free", g2="runs/told", **{"class": "3"})
    assert not at.exception
    assert not at.warning
    first, second = shown[-1]
    assert "y=" not in first
    assert "y=3" in second
    assert link(at)["class"] == "3"
    selectbox(at, "Beside it").select("none").run()
    assert not at.exception
    assert len(shown[-1]) == 1


@pytest.mark.parametrize(
    ("g2", "sentence"),
    [
        ("runs/gone", "There is no generator 'runs/gone'"),
        ("../x", "There is no generator '../x'"),
        ("runs/small", "small cannot stand beside it: latent size 8, not 16."),
        ("runs/a", "a cannot stand beside it: the first one"),
    ],
)
def test_an_address_with_a_wrong_second_is_answered(lab: Path, g2: str, sentence: str) -> None:
    train(lab / "runs", "a", steps=1, keep_states=0)
    train(lab / "runs", "b", steps=1)
    train(lab / "runs", "small", steps=1, latent_dim=8)
    at = open_page("explore", g="runs/a", g2=g2)
    assert not at.exception
    (warning,) = at.warning
    assert sentence in warning.value
    assert not at.run().warning


def test_a_damaged_second_leaves_the_first(lab: Path, shown: list[list[str]]) -> None:
    train(lab / "runs", "a", steps=1)
    damaged = train(lab / "runs", "b", steps=1)
    (damaged.path / "generator.safetensors").write_bytes(b"no such file format")
    at = open_page("explore", g="runs/a", g2="runs/b")
    assert not at.exception
    assert "b/generator.safetensors is damaged" in at.warning[0].value
    assert len(shown[-1]) == 1


# A link


def test_a_link_opens_the_same_view(lab: Path) -> None:
    kept(lab)
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/long", step="10", g2="runs/told", tool="Map")
    at.number_input("explore_seed").set_value(7).run()
    at.slider("explore_truncation").set_value(0.7).run()
    groups: Any = at.get("button_group")
    (basis,) = [group for group in groups if group.key == "explore_basis"]
    basis.set_value("sefa").run()
    assert state(at).point.basis == "sefa"
    state(at).point.move([0, 2], [2.5, -1.1])
    at.run()
    point = state(at).point
    asked = link(at)
    assert asked["g"] == "runs/long"
    assert asked["step"] == "10"

    other = open_page("explore", **asked)
    assert not other.exception
    assert not other.warning
    assert selectbox(other, "Saved step").value == 10
    assert selectbox(other, "Beside it").value == "runs/told"
    assert other.session_state["tool"] == "Map"
    back = state(other).point
    np.testing.assert_array_equal(back.vector, point.vector)
    assert back.coordinates == {0: 2.5, 2: -1.1}
    assert other.slider("explore_truncation").value == 0.7
    assert link(other) == asked
    # The address names the generators still; the point may move on without it.
    assert in_address(other, "z") is None
    other.number_input("explore_seed").set_value(3).run()
    np.testing.assert_array_equal(
        state(other).point.vector, vectors.noise(1, 16, 3)[0].numpy() * np.float32(0.7)
    )


def test_a_link_to_the_latest_state_finds_it_when_it_is_no_longer_that(lab: Path) -> None:
    run = kept(lab)
    asked = link(open_page("explore", g="runs/long"))
    assert asked["step"] == str(STEPS)
    run.keep_state(STEPS, 12)
    status = run.status()
    run.write_status(type(status)("finished", STEPS + 5, status.seconds))
    at = open_page("explore", **asked)
    assert not at.warning
    assert selectbox(at, "Saved step").value == STEPS
    assert "trained 20 steps" in words(at)


Z = vector_files.to_text(vectors.noise(1, 16, 9)[0].numpy())


@pytest.mark.parametrize(
    ("change", "sentence", "arrives"),
    [
        ({"z": "%%%"}, "The link's point is damaged", False),
        ({"z": Z[:-2]}, "The link's point is damaged", False),
        ({"z": vector_files.to_text(np.zeros(8))}, "holds 8 numbers", False),
        ({"z": vector_files.to_text(np.full(16, np.nan))}, "NaN or infinity", False),
        ({"psi": "nan"}, "truncation is 'nan'", True),
        ({"psi": "7"}, "truncation is '7'", True),
        ({"along": "sideways"}, "no directions 'sideways'", True),
        ({"at": "0:nan"}, "sliders are damaged", True),
        ({"at": "77:1"}, "a slider that is not there", True),
        ({"tool": "Hammer"}, "There is no tool 'Hammer'", True),
        ({"class": "3"}, "it is not conditional", True),
    ],
)
def test_what_is_wrong_in_a_link_is_named_and_the_rest_stands(
    lab: Path, change: dict[str, str], sentence: str, arrives: bool
) -> None:
    train(lab / "runs", "one", steps=1, architecture="mlp-small")
    good = {"g": "runs/one", "z": Z, "along": "pca", "at": "1:0", "tool": "Settings"}
    at = open_page("explore", **(good | change))
    assert not at.exception
    (warning,) = at.warning
    assert sentence in warning.value
    expected = vectors.noise(1, 16, 9 if arrives else 0)[0]
    np.testing.assert_array_equal(state(at).point.vector, expected)
    if "tool" not in change:
        assert at.session_state["tool"] == "Settings"
    assert not at.run().warning


def test_a_class_that_is_none_is_named(lab: Path) -> None:
    train(lab / "runs", "told", steps=1, architecture="mlp-small", objective="cgan")
    at = open_page("explore", g="runs/told", z=Z, **{"class": "eleven"})
    assert not at.exception
    (warning,) = at.warning
    assert "there is no class 'eleven'" in warning.value
    assert state(at).label == 0
    assert not at.run().warning
