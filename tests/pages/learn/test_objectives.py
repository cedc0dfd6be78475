from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

from gan_core.objectives.settings import own_settings
from gan_core.objectives.table import OBJECTIVES
from gan_core.presets import PRESETS, preset
from pages.learn import lesson
from pages.learn.lesson import read_lesson
from pages.learn.objectives import list_shipped, read_code
from tests.pages.screen import links, open_page, words
from tests.tiny import train


def cells(at: AppTest) -> list[str]:
    return [str(cell) for table in at.table for row in table.value.itertuples() for cell in row]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_is_explained(lab: Path, name: str) -> None:
    at = open_page("learn", objective=name)
    assert not at.exception
    assert at.selectbox("objective").value == name
    kind, lesson, page = OBJECTIVES[name], read_lesson(name), words(at)
    assert kind.title in page
    for number in re.findall(r"arXiv:(\d{4}\.\d{5})", kind.source):
        assert f"https://arxiv.org/abs/{number}" in page
    assert len(at.latex) == (len(lesson.equations) if lesson else 0)
    for watch in kind.watches:
        assert watch.title in page and watch.words in page
    for pitfall in lesson.pitfalls if lesson else ():
        assert pitfall.sign in page and pitfall.remedy in page
    assert f"class {kind.__name__}" in at.code[0].value
    table = cells(at)
    assert kind.head.value in table
    for setting in own_settings(kind):
        assert any(f"`{setting}`" in cell for cell in table)
    for recipe in PRESETS:
        assert (f"Train {recipe}" in links(at)) == (preset(recipe).objective == name)


def test_an_objective_without_a_lesson_still_shows_docstring_and_code(
    lab: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "FOLDER", lab)
    at = open_page("learn", objective="wgan-gp")
    assert not at.exception
    assert "a sample's gradient is not its own" in words(at).replace("\n", " ")
    assert "class WGANGP" in at.code[0].value


def without_docstrings(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A module of the program as `python -OO` compiles it."""
    spec = find_spec(name)
    assert spec is not None and spec.origin is not None
    module = ModuleType(f"stripped.{name}")
    module.__file__ = spec.origin
    monkeypatch.setitem(sys.modules, module.__name__, module)
    code = compile(Path(spec.origin).read_text("utf-8"), spec.origin, "exec", 0, True, 2)
    exec(code, module.__dict__)
    return module


def test_what_an_objective_says_of_itself_is_shown_without_docstrings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = without_docstrings("pages.learn.objectives", monkeypatch)
    kind = without_docstrings("gan_core.objectives.wasserstein", monkeypatch).WGANGP
    assert (page.read_words.__doc__, kind.__doc__) == (None, None)
    assert "a sample's gradient is not its own" in page.read_words(kind).replace("\n", " ")


def test_settings_show_the_defaults_of_the_class(lab: Path) -> None:
    table = cells(open_page("learn", objective="began"))
    assert any(cell.startswith("0.5 by default") for cell in table)
    assert any(cell.startswith("0.001 by default") for cell in table)


def called(functions: Sequence[str]) -> set[str]:
    return {text.removeprefix("def ").split("(")[0] for text in functions}


def test_code_comes_with_what_it_builds_on_and_calls() -> None:
    own, others = read_code(OBJECTIVES["dragan"])
    assert own.startswith("class DRAGAN")
    starts = [text.splitlines()[0] for text in others]
    assert starts[0] == "class NonSaturatingGAN(Objective):"
    both = {"score_both", "judge_both", "join"}
    assert called(starts[1:]) == {"gradient_norms", "scores_and_slopes", "with_penalty", *both}
    assert called(read_code(OBJECTIVES["gan"])[1]) == both


def test_without_shipped_generators_the_recipes_are_the_way(lab: Path) -> None:
    assert "No generator trained with it ships" in words(open_page("learn"))


def test_a_shipped_generator_shows_its_curves_and_grid(lab: Path) -> None:
    train(lab / "checkpoints", "one", sample_every=10)
    train(lab / "checkpoints", "two", sample_every=10, objective="lsgan")
    (lab / "checkpoints" / "torn").mkdir()
    (lab / "checkpoints" / "torn" / "config.json").write_text("{")
    assert [state.name for state in list_shipped("lsgan")] == ["two"]
    at = open_page("learn", objective="lsgan")
    assert not at.exception
    assert "What it has learnt: two" in words(at)
    assert "Explore two" in links(at)
    assert OBJECTIVES["lsgan"].watches[0].words in words(at)
