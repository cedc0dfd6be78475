"""One objective in full: its mathematics, its code, what it needs, and what became of it here."""

from __future__ import annotations

import ast
import html
import inspect
import re
import textwrap
from collections.abc import Sequence
from types import FunctionType
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import SETTINGS, TrainConfig
from gan_core.data.table import DATASETS
from gan_core.objectives.settings import own_settings
from gan_core.objectives.watches import Watch
from gan_core.presets import PRESETS, Recipe
from pages.learn.lesson import WHAT_TO_DO, Lesson, Pitfall, read_lesson
from pages.shared.forms.choice import choice
from pages.shared.forms.settings import table_of
from pages.shared.runs import charts
from pages.shared.runs.state import RunState, read_states
from pages.shared.server import urls
from pages.shared.text import link_papers, plain

if TYPE_CHECKING:
    from gan_core.objectives.base import Objective


GRID_WIDTH = 320  # pixels
_PACKAGE = "gan_core.objectives"


def objective_chooser() -> str:
    """A choice of objective, which is also in the page's address."""
    return st.selectbox(
        SETTINGS["objective"].label,
        list(table_of("objective")),
        key="objective",
        bind="query-params",
        help=SETTINGS["objective"].help,
        width=320,
    )


def objective_lesson() -> None:
    """The topic: an objective, and all there is to know of it."""
    name = objective_chooser()
    kind: type[Objective] = table_of("objective")[name]
    lesson = read_lesson(name)
    st.subheader(kind.title, anchor=False)
    st.caption(link_papers(kind.source))
    left, right = st.columns([3, 2], gap="large")
    with left:
        if lesson is None:
            st.markdown(link_papers(read_words(kind)))
        else:
            _mathematics(lesson)
            _in_the_plane(name, lesson)
    with right:
        _needs(kind)
        _recipes(name)
    _curves(name, kind)
    if lesson is not None:
        _pitfalls(lesson.pitfalls)
    _code(kind)


def read_words(kind: type[Objective]) -> str:
    """What an objective's class says of itself: read from its source, for `python -OO` keeps no
    docstrings."""
    definition = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    return (isinstance(definition, ast.ClassDef) and ast.get_docstring(definition)) or ""


def read_code(kind: type[Objective]) -> tuple[str, list[str]]:
    """The code of an objective's class; and of what it builds on and calls, in their order."""
    bases = list(kind.__mro__[1:-2])
    parts: list[type | FunctionType] = [kind, *bases]
    for part in parts:  # grows while it is read: what is called calls more
        code = inspect.getsource(part)
        for name, function in vars(inspect.getmodule(part)).items():
            ours = isinstance(function, FunctionType) and function.__module__.startswith(_PACKAGE)
            if ours and function not in parts and re.search(rf"(?<!def )\b{name}\(", code):
                parts.append(function)
    own, *others = map(inspect.getsource, parts)
    return own, others


def list_shipped(objective: str) -> list[RunState]:
    """The shipped generators that were trained with an objective and have drawn a grid, by name."""
    shipped = [
        state
        for state in read_states("checkpoints")
        if state.config is not None and state.config.objective == objective and state.grids
    ]
    return sorted(shipped, key=lambda state: state.name)


def _mathematics(lesson: Lesson) -> None:
    st.markdown(lesson.idea)
    for whose, equation in lesson.equations:
        st.caption(whose)
        st.latex(equation)
    st.markdown("##### What each term does")
    st.markdown("\n".join(f"- ${term}$: {words}" for term, words in lesson.terms))
    st.markdown(f"**Where neither can gain.** {lesson.balance}")


def _in_the_plane(name: str, lesson: Lesson) -> None:
    """What to look for where it learns points, and the way there."""
    recipes = [recipe.config for recipe in PRESETS.values() if recipe.config.objective == name]
    if not any(DATASETS[config.dataset].points for config in recipes):
        return
    st.markdown(f"**In the plane.** {lesson.plane}")
    st.page_link(
        "plane/page.py",
        label="See it in the plane",
        query_params={"objective": name},
        icon=":material/scatter_plot:",
    )


def _needs(kind: type[Objective]) -> None:
    """What it asks of the networks, and its settings with their defaults."""
    needs = {
        "Output of the discriminator": kind.head.value,
        "Conditional": (
            "yes: the generator takes z and a class"
            if kind.conditional
            else "no: the generator takes z alone"
        ),
        "Batch norm in the discriminator": "as the network has it" if kind.critic_norm else "none",
    }
    defaults = inspect.signature(kind).parameters
    for name, setting in own_settings(kind).items():
        default = f"{defaults[name].default:g} by default"
        needs[f"{setting.label} (`{name}`)"] = f"{default}. {setting.help}"
    st.markdown("##### What it needs")
    st.table({"Need": list(needs), "What": list(needs.values())}, hide_header=True)


def _recipes(name: str) -> None:
    st.markdown("##### Recipes")
    recipes = {key: recipe for key, recipe in PRESETS.items() if recipe.config.objective == name}
    if not recipes:
        st.markdown("No recipe has it yet: choose it on the Train page, with any recipe.")
    for key, recipe in recipes.items():
        _recipe_link(key, recipe)


def _recipe_link(name: str, recipe: Recipe) -> None:
    with st.container(gap=None):
        st.page_link(
            "train/page.py",
            label=f"Train {name}",
            query_params={"recipe": name},
            icon=":material/model_training:",
        )
        st.caption(f"{recipe.title}. {_describe_optimizer(recipe.config)}")


def _describe_optimizer(config: TrainConfig) -> str:
    """How a recipe optimizes, in a sentence."""
    rates = f"{config.lr_g:g}"
    if config.lr_d != config.lr_g:
        rates += f" and {config.lr_d:g} (discriminator)"
    if config.optimizer == "adam":
        how = f"Adam {rates}, betas {config.beta1:g} and {config.beta2:g}"
    else:
        how = f"RMSprop {rates}"
    return f"{how}; {config.d_steps} discriminator to {config.g_steps} generator steps."


def _curves(name: str, kind: type[Objective]) -> None:
    """What to watch: on the curves of a shipped generator where there is one, else in words."""
    st.markdown("##### What to watch in its curves")
    examples = list_shipped(name)
    if examples:
        _example(_example_chooser(name, examples))
        return
    st.markdown("\n".join(f"- {_describe_watch(kind, watch)}" for watch in kind.watches))
    st.info(
        "No generator trained with it ships with the program. Train one with a recipe above: "
        "its curves and pictures appear on the Train page."
    )


def _example_chooser(objective: str, examples: Sequence[RunState]) -> RunState:
    """A choice between shipped generators, where there are several."""
    by_name = {state.name: state for state in examples}
    if len(by_name) == 1:
        return examples[0]
    return by_name[choice("Shipped generator", list(by_name), f"learn/shipped/{objective}")]


def _example(state: RunState) -> None:
    """The curves of a shipped generator, its latest grid, and the way to it."""
    name, step = state.name, state.grids[-1]
    charts.show_curves(state, key=f"learn/{name}", with_marks=False)
    st.markdown(f"##### What it has learnt: {plain(name)}")
    st.html(
        f'<img src="{html.escape(urls.grid_url(state.source, step))}" alt="Pictures by '
        f'{html.escape(name)} after {step:,} steps" style="width:100%;max-width:{GRID_WIDTH}px;'
        'border-radius:0.5rem;image-rendering:pixelated">'
    )
    st.caption(f"Its latest grid, after {step:,} steps.")
    st.page_link(
        "explore/page.py",
        label=f"Explore {plain(name)}",
        query_params={"g": state.source.id},
        icon=":material/explore:",
    )


def _describe_watch(kind: type[Objective], watch: Watch) -> str:
    settings = own_settings(kind)
    levels = [
        f"{name} is the setting {settings[level].label.lower()}"
        if isinstance(level, str)
        else f"{name} is {level:g}"
        for name, level in watch.levels(kind.targets).items()
    ]
    lines = f" Lines: {', '.join(levels)}." if levels else ""
    return f"**{watch.title}** ({', '.join(watch.columns.values())}). {watch.words}{lines}"


def _pitfalls(pitfalls: Sequence[Pitfall]) -> None:
    """What usually goes wrong, in two columns that are read row by row."""
    st.markdown("##### What usually goes wrong")
    for first in range(0, len(pitfalls), 2):
        pair = pitfalls[first : first + 2]
        for column, pitfall in zip(st.columns(2, gap="large"), pair, strict=False):
            with column:
                st.markdown(
                    f"**{pitfall.sign}**  \n{pitfall.cause}  \n"
                    f":material/build: {WHAT_TO_DO} {pitfall.remedy}"
                )


def _code(kind: type[Objective]) -> None:
    own, others = read_code(kind)
    st.markdown("##### Its code, as it runs")
    st.code(own, language="python")
    if others:
        with st.expander("What it builds on and calls", icon=":material/code:"):
            st.code("\n\n".join(others), language="python")
