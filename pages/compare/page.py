"""The Compare page: two generators side by side, and the race that makes two to compare."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import streamlit as st

from gan_core.config import MAX_SEED
from gan_core.errors import CheckpointError, GanError
from pages.compare import pair
from pages.shared.charts.figures import XAxis
from pages.shared.forms.choice import choice
from pages.shared.forms.classes import in_columns
from pages.shared.fragments import fragment, redraw_page
from pages.shared.pairs import race
from pages.shared.pairs import sides as pair_sides
from pages.shared.pairs.fork_form import fork_form
from pages.shared.pairs.report import report_button
from pages.shared.pairs.sides import Side, read_side
from pages.shared.runs import findings
from pages.shared.runs.other_tabs import notice_other_tabs
from pages.shared.runs.plane_view import is_on_points, plane_link, show_planes
from pages.shared.server import process, urls
from pages.shared.server.generators import open_generator
from pages.shared.server.sources import Source, list_sources
from pages.shared.text import plain
from pages.shared.widgets.live_chart.live_chart import live_chart
from pages.shared.widgets.player.player import player

SHIPPED = ("checkpoints/gan-mnist", "checkpoints/dcgan-mnist")
SAMPLES, COLUMNS = 64, 8  # as in the recorded grids
SHEET_WIDTH = 480  # pixels
LOOK_EVERY = 1  # seconds, while one of the two is being trained or the server gets ready
EVERY_CLASS = "Every class"


def race_section(alone: bool) -> None:
    """The race that runs, or how the last one ended and the way to the next."""
    if race.racing() is not None:
        with st.container(border=True):
            st.subheader("Race", anchor=False)
            fragment(race.live, every=race.LOOK_EVERY)()
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
        fragment(race.form)()
    with st.expander("Fork: two ways on from one saved step", icon=":material/call_split:"):
        fragment(fork)()


def fork() -> None:
    """A run to be forked twice, and what sets the two apart."""
    runs = [
        source for source in list_sources() if source.kind == "runs" and source.folder.resumable
    ]
    if not runs:
        st.caption("A fork goes on from a run's saved state. Train a run first.")
        return
    source = st.selectbox("Run", runs, format_func=lambda source: source.label, key="fork_run")
    try:
        fork_form(source)
    except GanError as error:
        st.error(plain(error))


def default_pair(sources: Mapping[str, Source]) -> list[str]:
    """The shipped GAN and DCGAN where they are there, else the two newest that can be read."""
    if all(name in sources for name in SHIPPED):
        return list(SHIPPED)
    own = [name for name, source in sources.items() if source.kind == "runs"]
    others = [name for name in sources if name not in own]
    names: list[str] = []
    for name in [*own, *others]:
        if readable(sources[name]):
            names.append(name)
        if len(names) == 2:
            break
    return names


def readable(source: Source) -> bool:
    """Whether its config.json says all that it takes to compare it."""
    try:
        return bool(source.folder.config()) and bool(source.folder.info())
    except CheckpointError:
        return False


def choose(letter: str, sources: Mapping[str, Source], other: str, defaults: Sequence[str]) -> str:
    """The id of a generator: the one in the address, else the one chosen last, else a default.

    ``other`` is the id on the other side, which no default repeats.
    """
    key = f"compare_{letter}_box"
    fallback = next((name for name in (*defaults, *sources) if name != other), other)
    wish = pair.choice_of(letter) or fallback
    name = wish if wish in sources else fallback
    if wish != name:
        st.warning(
            f"There is no generator {plain(repr(wish))}: it was deleted or renamed. {letter} is "
            f"now {plain(sources[name].label)}."
        )
    pair.show(letter, sources[name])
    st.session_state[key] = name
    st.selectbox(
        f"Generator {letter}",
        list(sources),
        format_func=lambda name: sources[name].label,
        key=key,
        on_change=lambda: pair.choose(letter, sources[st.session_state[key]]),
    )
    return name


def samples(sides: tuple[Side, Side], before_torch: bool) -> None:
    """What both draw from fresh noise of one seed.

    Args:
        sides: the two.
        before_torch: whether the page was drawn while the server was still to load torch. Whether
            a generator can be opened is then looked at once that is done.
    """
    if before_torch and not process.warming_up():
        redraw_page()
    classes = [side.classes for side in sides if side.classes]
    shared = [name for name in classes[0] if name in classes[-1]] if classes else []
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seed = st.number_input(
            "Noise seed", 0, MAX_SEED, value=0, key="noise", bind="query-params", width=200
        )
        st.button("New noise", icon=":material/casino:", key="noise_new", on_click=_new_noise)
    only = ""
    if shared:
        name = choice(
            "Class",
            [EVERY_CLASS, *shared],
            "only",
            help="The class that a conditional generator draws.",
            in_address=True,
        )
        only = "" if name == EVERY_CLASS else name
    st.caption(plain(pair_sides.describe_noise(sides, only)))
    tracks = []
    for side in sides:
        label = side.classes.index(only) if only and side.classes else None
        caption = f"seed {seed}" + (f", class {only}" if label is not None else "")
        try:
            if not before_torch:
                open_generator(side.source)
            url = urls.samples_url(side.source, seed, SAMPLES, COLUMNS, label)
        except GanError as error:
            st.error(plain(error))
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
        sides = read_side("A", a), read_side("B", b)
    except GanError as error:
        st.error(plain(error))
        return
    if ticking and not any(side.state.active for side in sides):
        redraw_page()
    st.subheader("Over the course of training", anchor=False)
    with st.container(horizontal=True):
        for side in sides:
            plane_link(
                side.state,
                key=f"compare_plane_{side.state.name}",
                label=f"{side.label} in the plane",
            )
    if all(is_on_points(side.state) for side in sides):
        states, labels = [s.state for s in sides], [s.label for s in sides]
        show_planes(states, labels, key="compare_plane")
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
    _charts(sides, unit)
    if not race.examined([a, b]):
        findings.side_by_side([(side.label, side.state) for side in sides])
    st.subheader("In numbers", anchor=False)
    try:
        columns = pair_sides.table(sides).items()
        st.table(
            {plain(name): [plain(cell) for cell in column] for name, column in columns},
            border="horizontal",
            hide_index=True,
        )
    except GanError as error:
        st.error(plain(error))
    report_button([a, b], key="compare_report")


def _charts(sides: tuple[Side, Side], unit: XAxis) -> None:
    """Losses of both, and what there is to watch of each."""
    states = [side.state for side in sides]
    marks = pair_sides.marks_of(states)
    losses = pair_sides.loss_figure(states, unit, marks)
    charts = [(losses, ""), *pair_sides.watch_figures(sides, unit, marks)]
    ticks = {urls.curves_url(state.source): state.logged_step for state in states}
    for number, (column, (figure, about)) in enumerate(
        zip(st.columns(len(charts)), charts, strict=True)
    ):
        addresses = dict.fromkeys(trace["source"] for trace in figure["traces"])
        with column:
            live_chart(
                figure,
                tick=[ticks[address] for address in addresses],
                key=f"compare_chart_{number}",
            )
            if about:
                st.caption(about)


def _new_noise() -> None:
    st.session_state["noise"] = random.randint(0, MAX_SEED)


def compare(sources: Mapping[str, Source]) -> None:
    """The page for two generators or more."""
    defaults = default_pair(sources)
    left, right = st.columns(2)
    with left:
        a = sources[choose("A", sources, "", defaults)]
    with right:
        b = sources[choose("B", sources, a.id, defaults)]
    if a == b:
        st.info("A and B are the same generator. Choose another one to compare it with.")
        return
    try:
        sides = read_side("A", a), read_side("B", b)
    except GanError as error:
        st.error(f"{plain(error)} Choose another generator, or delete this run on the Runs page.")
        return
    st.subheader("On fresh noise", anchor=False)
    before_torch = process.warming_up()
    fragment(samples, every=LOOK_EVERY if before_torch else None)(sides, before_torch)
    ticking = any(side.state.active for side in sides)
    fragment(history, every=LOOK_EVERY if ticking else None)(a, b, ticking)


st.title("Compare")
generators = {source.id: source for source in list_sources()}
race_section(alone=len(generators) < 2)
if len(generators) >= 2:
    compare(generators)
elif generators:
    (only,) = generators.values()
    st.info(
        f"{plain(only.label)} is the only generator here, and it takes two to compare. Train "
        "another on the Train page, or start a race above."
    )
else:
    st.info(
        "There is no generator yet. Train one on the Train page, or start a race above: it "
        "trains two and compares them."
    )
notice_other_tabs()
