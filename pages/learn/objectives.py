"""One objective in full: its mathematics, its code, what it needs, and what became of it here."""

from __future__ import annotations

import html
import inspect
import re
from types import FunctionType
from typing import TYPE_CHECKING

import streamlit as st

from gan_core.config import SETTINGS, TrainConfig
from gan_core.errors import CheckpointError
from gan_core.presets import PRESETS, preset
from pages.learn.lessons import LESSONS, Lesson, Pitfall
from pages.shared.runs import charts, state
from pages.shared.server import histories, sources, urls
from pages.shared.text import link_papers

if TYPE_CHECKING:
    from gan_core.objectives.base import Objective, Watch


GRID_WIDTH = 320  # pixels
_PACKAGE = "gan_core.objectives"


def objective_chooser() -> str:
    """A choice of objective, which is also in the page's address."""
    from gan_core.objectives.table import OBJECTIVES

    return st.selectbox(
        SETTINGS["objective"].label,
        list(OBJECTIVES),
        key="objective",
        bind="query-params",
        help=SETTINGS["objective"].help,
        width=320,
    )


def objective_lesson() -> None:
    """The topic: an objective, and all there is to know of it."""
    from gan_core.objectives.table import objective_class

    name = objective_chooser()
    kind = objective_class(name)
    lesson = LESSONS.get(name)
    st.subheader(kind.title, anchor=False)
    st.caption(link_papers(kind.source))
    left, right = st.columns([3, 2], gap="large")
    with left:
        if lesson is None:
            st.markdown(link_papers(inspect.getdoc(kind) or ""))
        else:
            _mathematics(lesson)
    with right:
        _needs(kind)
        _recipes(name)
    _curves(name, kind)
    if lesson is not None:
        st.markdown("##### What usually goes wrong")
        for first in range(0, len(lesson.pitfalls), 2):
            pair = lesson.pitfalls[first : first + 2]
            for column, pitfall in zip(st.columns(2, gap="large"), pair, strict=False):
                with column:
                    _pitfall(pitfall)
    _code(kind)


def code_of(kind: type[Objective]) -> tuple[str, list[str]]:
    """The source of an objective's class; and of what it builds on and calls, in their order."""
    bases = list(kind.__mro__[1:-2])
    found: list[type | FunctionType] = [kind, *bases]
    for part in found:  # grows while it is read: what is called calls more
        source = inspect.getsource(part)
        for name, function in vars(inspect.getmodule(part)).items():
            ours = isinstance(function, FunctionType) and function.__module__.startswith(_PACKAGE)
            if ours and function not in found and re.search(rf"(?<!def )\b{name}\(", source):
                found.append(function)
    own, *others = map(inspect.getsource, found)
    return own, others


def shipped(objective: str) -> list[sources.Source]:
    """The shipped generators that were trained with an objective and have drawn a grid."""
    found = []
    for run in sources.store("checkpoints").list():
        try:
            fits = run.config().objective == objective
        except CheckpointError:
            continue
        if fits and run.grids():
            found.append(sources.Source("checkpoints", run.name))
    return found


def _mathematics(lesson: Lesson) -> None:
    st.markdown(lesson.idea)
    for whose, equation in lesson.equations:
        st.caption(whose)
        st.latex(equation)
    st.markdown("##### What each term does")
    st.markdown("\n".join(f"- ${term}$: {words}" for term, words in lesson.terms))
    st.markdown(f"**Where neither can gain.** {lesson.balance}")


def _needs(kind: type[Objective]) -> None:
    """What it asks of the networks, and its settings with their defaults."""
    needs = {
        "The discriminator gives": kind.head.value,
        "The generator is told": "the class to draw" if kind.conditional else "nothing beside z",
        "Batch norm in the discriminator": "as the network has it" if kind.critic_norm else "none",
    }
    defaults = inspect.signature(kind).parameters
    for name in kind.settings:
        label = f"{SETTINGS[name].label} (`{name}`)"
        needs[label] = f"{defaults[name].default:g} by default. {SETTINGS[name].help}"
    st.markdown("##### What it needs")
    st.table({"Need": list(needs), "What": list(needs.values())}, hide_header=True)


def _recipes(name: str) -> None:
    st.markdown("##### Recipes")
    fitting = [recipe for recipe in PRESETS if preset(recipe).objective == name]
    if not fitting:
        st.markdown("No recipe has it yet: choose it on the Train page, with any recipe.")
    for recipe in fitting:
        with st.container(gap=None):
            st.page_link(
                "train/page.py",
                label=f"Train {recipe}",
                query_params={"recipe": recipe},
                icon=":material/model_training:",
            )
            st.caption(f"{PRESETS[recipe].title}. {_rhythm(preset(recipe))}")


def _rhythm(config: TrainConfig) -> str:
    """How a recipe optimizes, in a line."""
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
    examples = shipped(name)
    if not examples:
        st.markdown("\n".join(f"- {_watch(watch)}" for watch in kind.watches))
        st.info(
            "No generator trained with it ships with the program. Train one with a recipe above: "
            "its curves and pictures appear on the Train page."
        )
        return
    names = [item.name for item in examples]
    chosen = names[0]
    if len(names) > 1:
        chosen = st.segmented_control(
            "Shipped generator",
            names,
            default=names[0],
            required=True,
            key=f"learn/shipped/{name}",
        )
    item = examples[names.index(chosen)]
    try:
        config, tick = item.folder.config(), state.latest_step(histories.read_curves(item))
        step = item.folder.grids()[-1]
        source = urls.grid_url(item, step)
        charts.curves(item, config, tick, key=f"learn/{item.name}")
    except CheckpointError as error:
        st.error(str(error))
        return
    st.markdown(f"##### What it has learnt: {item.name}")
    st.html(
        f'<img src="{html.escape(source)}" alt="Pictures by {html.escape(item.name)} after '
        f'{step:,} steps" style="width:100%;max-width:{GRID_WIDTH}px;border-radius:0.5rem;'
        'image-rendering:pixelated">'
    )
    st.caption(f"Its latest grid, after {step:,} steps.")
    st.page_link(
        "explore/page.py",
        label=f"Explore {item.name}",
        query_params={"g": item.id},
        icon=":material/explore:",
    )


def _watch(watch: Watch) -> str:
    levels = [
        f"{name} is the setting {SETTINGS[level].label.lower()}"
        if isinstance(level, str)
        else f"{name} is {level:g}"
        for name, level in watch.targets.items()
    ]
    lines = f" Lines: {', '.join(levels)}." if levels else ""
    return f"**{watch.title}** ({', '.join(watch.columns.values())}). {watch.words}{lines}"


def _pitfall(pitfall: Pitfall) -> None:
    st.markdown(
        f"**{pitfall.sign}**  \n{pitfall.cause}  \n:material/build: *What to do:* {pitfall.remedy}"
    )


def _code(kind: type[Objective]) -> None:
    own, others = code_of(kind)
    st.markdown("##### Its code, as it runs")
    st.code(own, language="python")
    if others:
        with st.expander("What it builds on and calls", icon=":material/code:"):
            st.code("\n\n".join(others), language="python")
