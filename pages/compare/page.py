"""The Compare page: two generators side by side, and the race that makes two to compare."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import streamlit as st

from gan_core.config import MAX_SEED
from gan_core.errors import CheckpointError, GanError
from pages.compare import pair
from pages.shared.forms.classes import class_choice, in_columns
from pages.shared.pairs import race
from pages.shared.pairs import sides as pair_sides
from pages.shared.pairs.fork_form import fork_form
from pages.shared.pairs.report import report_button
from pages.shared.pairs.sides import Side
from pages.shared.runs import findings as doctor
from pages.shared.server import urls
from pages.shared.server.generators import open_generator
from pages.shared.server.sources import Source, list_sources
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

SHIPPED = ("checkpoints/gan-mnist", "checkpoints/dcgan-mnist")
SAMPLES, COLUMNS = 64, 8  # as in the recorded grids
SHEET_WIDTH = 480  # pixels
LOOK_EVERY = 1  # seconds, while one of the two is being trained
EVERY_CLASS = "Every class"


def race_section(alone: bool) -> None:
    """The race that runs, or how the last one ended and the way to the next."""
    running = race.racing()
    race.notice_other_tabs(running)
    if running is not None:
        with st.container(border=True):
            st.subheader("Race", anchor=False)
            st.fragment(race.live, run_every=race.LOOK_EVERY)()
        return
    ended = race.last_race()
    if ended:
        pair.select_watched(ended)
        race.verdict(ended)
        race.examination(ended)
    with st.expander(
        "Race: train two recipes, or a recipe and its broken twin, on the same data",
        expanded=alone,
        icon=":material/sports_score:",
    ):
        st.fragment(race.form)()
    with st.expander("Fork: two ways on from one saved step", icon=":material/call_split:"):
        st.fragment(fork)()


def fork() -> None:
    """A run to be forked twice, and what sets the two apart."""
    items = [item for item in list_sources() if item.kind == "runs" and item.folder.resumable]
    if not items:
        st.caption("A fork goes on from a run's saved state. Train a run first.")
        return
    item = st.selectbox("Run", items, format_func=lambda item: item.label, key="fork_run")
    try:
        fork_form(item)
    except GanError as error:
        st.error(str(error))


def default_pair(items: Mapping[str, Source]) -> list[str]:
    """The shipped GAN and DCGAN where they are there, else the two newest that can be read."""
    if all(name in items for name in SHIPPED):
        return list(SHIPPED)
    own = [name for name, item in items.items() if item.kind == "runs"]
    others = [name for name in items if name not in own]
    found: list[str] = []
    for name in [*own, *others]:
        if readable(items[name]):
            found.append(name)
        if len(found) == 2:
            break
    return found


def readable(item: Source) -> bool:
    """Whether its config.json says all that it takes to compare it."""
    try:
        return bool(item.folder.config()) and bool(item.folder.info())
    except CheckpointError:
        return False


def choose(letter: str, items: Mapping[str, Source], taken: str, defaults: Sequence[str]) -> str:
    """The id of a generator: the one in the address, else the one chosen last, else a default."""
    key = f"compare_{letter}_box"
    fallback = next((name for name in (*defaults, *items) if name != taken), taken)
    asked = pair.chosen(letter) or fallback
    chosen = asked if asked in items else fallback
    if asked != chosen:
        st.warning(
            f"There is no generator {asked!r}: it was deleted or renamed. {letter} is now "
            f"{items[chosen].label}."
        )
    pair.show(letter, items[chosen])
    st.session_state[key] = chosen
    st.selectbox(
        f"Generator {letter}",
        list(items),
        format_func=lambda name: items[name].label,
        key=key,
        on_change=lambda: pair.choose(letter, items[st.session_state[key]]),
    )
    return chosen


def samples(sides: tuple[Side, Side]) -> None:
    """What both draw from fresh noise of one seed."""
    told = [side.classes for side in sides if side.classes]
    shared = [name for name in told[0] if name in told[-1]] if told else []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Noise seed", 0, MAX_SEED, value=0, key="noise", bind="query-params", width=200
        )
        st.button("New noise", icon=":material/casino:", key="noise_new", on_click=_new_noise)
    only = ""
    if shared:
        chosen = class_choice(
            "Class",
            [EVERY_CLASS, *shared],
            key="only",
            help="What a generator that is told the class draws.",
        )
        only = "" if chosen == EVERY_CLASS else chosen
    st.caption(pair_sides.noise_words(sides, only))
    tracks = []
    for side in sides:
        label = side.classes.index(only) if only and side.classes else None
        caption = f"seed {seed}" + (f", class {only}" if label is not None else "")
        try:
            open_generator(side.item)
            url = urls.samples_url(side.item, seed, SAMPLES, COLUMNS, label)
        except GanError as error:
            st.error(str(error))
            return
        tracks.append(
            {
                "label": side.label,
                "columns": [] if only else in_columns(side.classes),
                "frames": [{"at": 0, "url": url, "caption": caption}],
            }
        )
    player(tracks, key="compare_samples", size=SHEET_WIDTH, show_controls=False)


def history(a: Source, b: Source, ticking: bool) -> None:
    """Grids and curves over the course of training, and both in numbers. Ticks with a training."""
    try:
        sides = _sides(a, b)
    except GanError as error:
        st.error(str(error))
        return
    if ticking and not any(side.active for side in sides):
        st.rerun()
    st.subheader("Over the course of training", anchor=False)
    unit = st.segmented_control(
        "Measured by",
        list(pair_sides.UNITS),
        format_func=pair_sides.UNITS.__getitem__,
        default="step",
        required=True,
        key="by",
        bind="query-params",
        help="What counts as the same moment of training, for the pictures and for the curves.",
    )
    player(
        [pair_sides.track(side, unit) for side in sides],
        key=f"compare_player_{unit}",
        unit={"step": "step", "images": "images", "seconds": "second"}[unit],
        label="Moment of training",
        size=SHEET_WIDTH,
    )
    same = pair_sides.noise_of(sides[0]) == pair_sides.noise_of(sides[1])
    st.caption(
        "Recorded while they trained, always from the same noise"
        + (", the same for both." if same else "; each has its own.")
    )
    found = [doctor.found(side.item, side.config, side.curves) for side in sides]
    marks = pair_sides.marks([side.item for side in sides], found)
    losses = pair_sides.loss_figure([side.item for side in sides], unit, marks)
    charts = [(losses, ""), *pair_sides.watch_figures(sides, unit, marks)]
    ticks = {urls.curves_url(side.item): side.tick for side in sides}
    for number, (column, (figure, about)) in enumerate(
        zip(st.columns(len(charts)), charts, strict=True)
    ):
        sources = dict.fromkeys(trace["source"] for trace in figure["traces"])
        with column:
            live_chart(
                figure, tick=[ticks[source] for source in sources], key=f"compare_chart_{number}"
            )
            if about:
                st.caption(about)
    if not race.examined([a, b]):
        told = zip(sides, found, strict=True)
        doctor.side_by_side([(side.label, findings, side.tick > 0) for side, findings in told])
    st.subheader("In numbers", anchor=False)
    try:
        st.table(pair_sides.table(sides), border="horizontal", hide_index=True)
    except GanError as error:
        st.error(str(error))
    report_button([a, b], key="compare_report")


def _sides(a: Source, b: Source) -> tuple[Side, Side]:
    return pair_sides.side("A", a), pair_sides.side("B", b)


def _new_noise() -> None:
    st.session_state["noise"] = random.randint(0, MAX_SEED)


def compare(items: Mapping[str, Source]) -> None:
    """The page for two generators or more."""
    defaults = default_pair(items)
    left, right = st.columns(2)
    with left:
        a = items[choose("A", items, "", defaults)]
    with right:
        b = items[choose("B", items, a.id, defaults)]
    if a == b:
        st.info("A and B are the same generator. Choose another one to compare it with.")
        return
    try:
        first, second = _sides(a, b)
    except GanError as error:
        st.error(f"{error} Choose another generator, or delete this run on the Runs page.")
        return
    st.subheader("On fresh noise", anchor=False)
    st.fragment(samples)((first, second))
    ticking = first.active or second.active
    st.fragment(history, run_every=LOOK_EVERY if ticking else None)(a, b, ticking)


st.title("Compare")
generators = {item.id: item for item in list_sources()}
race_section(alone=len(generators) < 2)
if len(generators) >= 2:
    compare(generators)
elif generators:
    (only,) = generators.values()
    st.info(
        f"{only.label} is the only generator here, and it takes two to compare. Train another on "
        "the Train page, or start a race above."
    )
else:
    st.info(
        "There is no generator yet. Train one on the Train page, or start a race above: it "
        "trains two and compares them."
    )
