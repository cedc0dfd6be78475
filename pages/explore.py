"""The Explore page: one generator, a point of its latent space, walks between points, samples."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from gan_core.config import SETTINGS
from gan_core.errors import CheckpointError, GanError
from pages.components import api, film, session
from pages.components.gallery import gallery
from pages.components.latent_panel import committed_coordinates, latent_panel
from pages.components.latent_state import (
    MAX_KEYS,
    MAX_SEED,
    MIN_KEYS,
    Basis,
    Exploration,
    Key,
    draw,
    exploration,
    parse_seeds,
)
from pages.components.player import player

if TYPE_CHECKING:
    from gan_core.latent import Directions
    from gan_core.runs import OpenedGenerator

DEFAULT = "checkpoints/dcgan-mnist"
BASES: dict[Basis, str] = {"pca": "Principal directions", "raw": "Raw coordinates"}
METHODS = {"slerp": "Spherical", "lerp": "Linear"}
# In units of the prior's deviation. Three would span the prior, but along the last of the twelve
# directions of a DCGAN on MNIST that changes a picture by less than half the distance between two
# random pictures; five reach 0.6 of it there, and all of it along the first.
REACH = 5.0
SLIDER_STEP = 0.1
FRAMES_PER_SECOND = 12
MAX_STEPS = 30
MAX_SAMPLES = 100
MAX_UPLOAD_MB = 1


@dataclass(frozen=True)
class Room:
    """The generator on the page, opened."""

    item: session.Source
    opened: OpenedGenerator
    directions: Directions
    exploration: Exploration

    def thumbnail(self, target: int) -> int:
        """The width nearest to a target that is a whole multiple of a picture's own."""
        width = self.opened.info.image_shape[2]
        return width * max(1, round(target / width))


def main() -> None:
    """Show the page."""
    st.title("Explore")
    items = {item.id: item for item in session.sources()}
    if not items:
        st.info("There is no generator yet. Train one: it appears here with its first saved state.")
        st.page_link("train.py", label="Train a generator", icon=":material/model_training:")
        return
    item = _choose(items)
    try:
        with st.spinner("Opening the generator ..."):
            opened = session.opened(item)
            directions = session.directions(item)
    except GanError as error:
        st.error(f"{error} Choose another generator above.")
        return
    room = Room(item, opened, directions, exploration(opened.config.latent_dim))
    _facts(room)
    _point(room)
    walk, samples, settings = st.tabs(["Interpolate", "Sample sheet", "Settings"])
    with walk:
        _interpolation(room)
    with samples:
        _samples(room)
    with settings:
        _settings(room)


def _choose(items: dict[str, session.Source]) -> session.Source:
    """The generator named in the address, else the one chosen last, else the default."""
    fallback = DEFAULT if DEFAULT in items else next(iter(items))
    asked = st.query_params.get("g") or st.session_state.get("explore_generator") or fallback
    chosen = asked if asked in items else fallback
    if asked != chosen:
        st.warning(f"There is no generator {asked!r}; this is {items[chosen].label}.")
    _hold("explore_g", chosen)
    st.session_state["explore_generator"] = chosen
    if st.query_params.get("g") != chosen:
        st.query_params["g"] = chosen

    def remember() -> None:
        st.query_params["g"] = st.session_state["explore_g"]

    st.selectbox(
        "Generator",
        list(items),
        format_func=lambda source_id: items[source_id].label,
        key="explore_g",
        on_change=remember,
        width=480,
    )
    return items[chosen]


def _facts(room: Room) -> None:
    from gan_core.networks import architecture, multiply_adds, parameter_count

    config, generator = room.opened.config, room.opened.generator
    status = room.item.folder.status()
    side = room.opened.info.image_shape[1]
    facts = [
        architecture(config.architecture).title,
        f"data set {config.dataset}, {side} x {side}",
        f"latent size {config.latent_dim}",
        f"{parameter_count(generator):,} parameters",
        f"{multiply_adds(generator):,} multiply-adds a picture",
        f"trained {status.step:,} steps",
    ]
    st.caption(" · ".join(facts))
    live = session.snapshot(room.item)
    if live is not None and live.phase.active:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                f"This run is being trained. Its pictures come from the state saved at step "
                f"{status.step:,}.",
                width="stretch",
            )
            st.button("Take the latest state", icon=":material/refresh:")


def _settings(room: Room) -> None:
    values = room.opened.config.to_dict()
    st.table(
        {
            "Setting": [setting.label for setting in SETTINGS.values()],
            "Value": [str(values[name]) or "none" for name in SETTINGS],
        }
    )


@st.fragment
def _point(room: Room) -> None:
    explored = room.exploration
    point = explored.point
    basis, shown = _point_controls(room)
    point.measure(f"{room.item.id} {basis}", basis, room.directions.vectors)
    indices = list(range(shown))
    revision = f"{point.revision} {point.frame} {shown}"
    url = f"{api.picture_url(room.item)}?saved={room.item.folder.status().step}"

    def moved() -> None:
        values = committed_coordinates("explore_panel", revision)
        if values is not None:
            point.move(indices, values)

    latent_panel(
        picture_url=url,
        base=point.base_under(indices).tolist(),
        basis=basis,
        directions=[_slider(room, index) for index in indices],
        truncation=point.truncation,
        revision=revision,
        key="explore_panel",
        on_change=moved,
        size=room.thumbnail(400),
    )
    if basis == "pca":
        st.caption(
            f"Directions: {room.directions.method}. A share is that of the pictures' variance; a "
            "slider's unit is the deviation of the latent prior."
        )
    else:
        st.caption("Each slider is one number of the latent vector, before truncation.")
    _files(room)


def _point_controls(room: Room) -> tuple[Basis, int]:
    """The row above the panel: what the sliders move along, and how many there are."""
    explored = room.exploration
    point = explored.point
    _hold("explore_seed", explored.seed)
    _hold("explore_truncation", point.truncation)
    st.session_state.setdefault("explore_basis", "pca")

    def take_truncation() -> None:
        point.truncation = st.session_state["explore_truncation"]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "New random point",
            type="primary",
            icon=":material/casino:",
            on_click=lambda: explored.go_to_seed(_random_seed()),
        )
        st.number_input(
            "Seed",
            0,
            MAX_SEED,
            step=1,
            key="explore_seed",
            on_change=lambda: explored.go_to_seed(st.session_state["explore_seed"]),
            width=170,
        )
        st.slider(
            "Truncation",
            0.0,
            1.0,
            step=0.05,
            key="explore_truncation",
            on_change=take_truncation,
            help="Scales the latent vector towards zero, the mean of the prior: less variety, more "
            "typical pictures.",
            width=180,
        )
        basis: Basis = (
            st.segmented_control(
                "Sliders move",
                list(BASES),
                format_func=lambda name: BASES[name],
                required=True,
                key="explore_basis",
                persist_state="session",
            )
            or "pca"
        )
        limit = len(room.directions.vectors) if basis == "pca" else explored.latent_dim
        count_key = f"explore_count_{basis}_{limit}"
        st.session_state.setdefault(count_key, limit)
        shown = st.number_input(
            "How many", 1, limit, step=1, key=count_key, persist_state="session", width=130
        )
        st.button(
            "Start over",
            icon=":material/restart_alt:",
            help="Back to the point as it was drawn or loaded, with truncation 1.",
            on_click=lambda: point.start(point.origin, point.about, truncation=1.0),
        )
    return basis, int(shown)


def _slider(room: Room, index: int) -> dict[str, Any]:
    point = room.exploration.point
    value, reach = point.value(index), REACH
    label = f"z[{index}]"
    if point.basis == "pca":
        share = float(room.directions.explained[index])
        label = f"Direction {index + 1}"
        if math.isfinite(share):
            label += f" · {share:.1%} of the variance"
    else:
        # Loaded vectors may hold any number, and no slider may cut one off.
        reach = max(reach, math.ceil(abs(point.rest(index))))
    return {
        "index": index,
        "label": label,
        "min": -reach,
        "max": reach,
        "step": SLIDER_STEP,
        "value": value,
        "home": point.rest(index),
    }


def _files(room: Room) -> None:
    """The row below the panel: where the point came from, and files of its vector."""
    from gan_core import latent

    explored = room.exploration
    point = explored.point
    vector = point.vector
    name = f"{room.item.name}-latent"
    note = st.session_state.pop("explore_upload_error", None)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Base: {point.about}")
        st.download_button(
            "Latent vector (JSON)",
            latent.to_json(vector, generator=room.item.id, origin=point.about),
            f"{name}.json",
            "application/json",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Latent vector (.npy)",
            latent.to_npy(vector),
            f"{name}.npy",
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
        )
        with st.popover("Load a latent vector", icon=":material/upload:"):
            # A new key after each upload empties the uploader, so that a file can be loaded again.
            key = f"explore_upload_{explored.uploads}"
            st.file_uploader(
                f"JSON or .npy with {explored.latent_dim} numbers",
                ["json", "npy"],
                key=key,
                max_upload_size=MAX_UPLOAD_MB,
                on_change=lambda: _load(explored, key),
            )
    if note:
        st.error(note)


def _load(explored: Exploration, key: str) -> None:
    from gan_core import latent

    upload = st.session_state[key]
    if upload is None:
        return
    explored.uploads += 1
    try:
        vector = latent.from_file(upload.name, upload.getvalue(), explored.latent_dim)
    except GanError as error:
        st.session_state["explore_upload_error"] = str(error)
    else:
        explored.point.start(vector, upload.name, truncation=1.0)


@st.fragment
def _interpolation(room: Room) -> None:
    explored = room.exploration
    _add_keys(room)
    if explored.keys:
        _key_points(room)
    if len(explored.keys) < MIN_KEYS:
        st.info(
            f"An interpolation leads through {MIN_KEYS} to {MAX_KEYS} key points. Add the point "
            "above, random ones, or those of seeds you type."
        )
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.session_state.setdefault("explore_method", "slerp")
        st.session_state.setdefault("explore_steps", 12)
        method = st.segmented_control(
            "Path",
            list(METHODS),
            format_func=lambda name: METHODS[name],
            required=True,
            key="explore_method",
            persist_state="session",
            help="Spherical keeps vectors as long as random draws are; linear cuts through the "
            "middle, where pictures are less typical.",
        )
        steps = st.slider(
            "Steps per leg", 2, MAX_STEPS, key="explore_steps", persist_state="session", width=240
        )
        closed = st.toggle("Closed loop", key="explore_closed", persist_state="session")
    vectors = film.walk([key.vector for key in explored.keys], steps, method or "slerp", closed)
    try:
        frames = film.pictures(room.item, vectors)
    except CheckpointError as error:
        st.error(str(error))
        return
    urls = [film.data_url(frame) for frame in frames]
    st.markdown(f"**Film strip** · {len(frames)} frames. Pick one to explore it.")
    picked = gallery(
        [{"url": url, "label": f"Frame {i}"} for i, url in enumerate(urls, 1)],
        label="Film strip",
        key="explore_strip",
        wrap=False,
        size=room.thumbnail(64),
    )
    player(
        [{"label": "", "frames": [{"at": i, "url": url} for i, url in enumerate(urls, 1)]}],
        key="explore_player",
        unit="frame",
        fps=FRAMES_PER_SECOND,
        follow=False,
        label="Frame",
        size=room.thumbnail(280),
    )
    _film_downloads(room, frames)
    if picked is not None:
        explored.point.start(vectors[picked], f"frame {picked + 1} of a walk", truncation=1.0)
        st.rerun()


def _film_downloads(room: Room, frames: np.ndarray) -> None:
    name = f"{room.item.name}-walk"
    files: dict[str, tuple[Callable[[], bytes], str]] = {
        "GIF": (lambda: film.animation(frames, "gif", FRAMES_PER_SECOND), "image/gif"),
        "WebP": (lambda: film.animation(frames, "webp", FRAMES_PER_SECOND), "image/webp"),
        "Strip (PNG)": (lambda: film.sheet_png(frames, len(frames)), "image/png"),
    }
    with st.container(horizontal=True):
        for label, (content, mime) in files.items():
            st.download_button(
                label,
                content,
                f"{name}.{mime.removeprefix('image/')}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"explore_download_{mime}",
            )


def _add_keys(room: Room) -> None:
    explored = room.exploration
    truncation = explored.point.truncation

    def add(keys: list[Key]) -> None:
        try:
            explored.add_keys(keys)
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)

    def seeded(seeds: list[int]) -> list[Key]:
        scale = np.float32(truncation)
        return [Key(draw(s, explored.latent_dim) * scale, f"seed {s}") for s in seeds]

    def add_typed() -> None:
        try:
            seeds = parse_seeds(st.session_state["explore_typed"])
        except GanError as error:
            st.session_state["explore_key_error"] = str(error)
            return
        add(seeded(seeds))

    def add_random() -> None:
        explored.keys.clear()
        explored.selected = None
        add(seeded([_random_seed() for _ in range(st.session_state["explore_random"])]))

    st.session_state.setdefault("explore_random", 4)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button(
            "Add the point above",
            icon=":material/add:",
            on_click=lambda: add([Key(explored.point.vector, _described(explored))]),
        )
        st.text_input(
            "Seeds", key="explore_typed", placeholder="1, 2, 3", persist_state="session", width=170
        )
        st.button("Add seeds", icon=":material/add:", on_click=add_typed)
        st.number_input(
            "Random key points",
            MIN_KEYS,
            MAX_KEYS,
            step=1,
            key="explore_random",
            persist_state="session",
            width=150,
        )
        st.button(
            "Random keys",
            icon=":material/casino:",
            help="Takes the place of all key points.",
            on_click=add_random,
        )
    note = st.session_state.pop("explore_key_error", None)
    if note:
        st.error(note)


def _key_points(room: Room) -> None:
    """The key points in order; the selected one can be moved, removed and explored."""
    explored = room.exploration
    keys = explored.keys
    try:
        pictures = film.pictures(room.item, np.stack([key.vector for key in keys]))
    except CheckpointError as error:
        st.error(str(error))
        return
    picked = gallery(
        [
            {"url": film.data_url(picture), "label": f"{number}. {key.about}"}
            for number, (key, picture) in enumerate(zip(keys, pictures, strict=True), 1)
        ],
        label="Key points",
        key="explore_keys",
        selected=-1 if explored.selected is None else explored.selected,
        captions=True,
        size=room.thumbnail(96),
    )
    if picked is not None:
        explored.selected = picked
        st.rerun(scope="fragment")
    selected = explored.selected
    if selected is None:
        st.caption("Pick a key point to move, remove or explore it.")
        return
    chosen = keys[selected]
    with st.container(horizontal=True):
        st.button(
            "Earlier",
            icon=":material/arrow_back:",
            disabled=selected == 0,
            on_click=lambda: explored.move_key(selected, -1),
        )
        st.button(
            "Later",
            icon=":material/arrow_forward:",
            disabled=selected == len(keys) - 1,
            on_click=lambda: explored.move_key(selected, 1),
        )
        st.button(
            "Remove", icon=":material/delete:", on_click=lambda: explored.remove_key(selected)
        )
        if st.button("Explore this key", icon=":material/explore:"):
            explored.point.start(chosen.vector, f"key point, {chosen.about}", truncation=1.0)
            st.rerun()


@st.fragment
def _samples(room: Room) -> None:
    from gan_core import latent

    explored = room.exploration
    defaults = {"explore_n": 36, "explore_sheet_seed": 0, "explore_sheet_truncation": 1.0}
    for key, value in defaults.items():
        st.session_state.setdefault(key, value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        n = int(
            st.number_input(
                "Samples",
                1,
                MAX_SAMPLES,
                step=1,
                key="explore_n",
                persist_state="session",
                width=130,
            )
        )
        seed = int(
            st.number_input(
                "Seed of the sheet",
                0,
                MAX_SEED,
                step=1,
                key="explore_sheet_seed",
                persist_state="session",
                width=170,
            )
        )
        truncation = st.slider(
            "Truncation of the sheet",
            0.0,
            1.0,
            step=0.05,
            key="explore_sheet_truncation",
            persist_state="session",
            width=220,
        )
        place = st.container(width="content")
    vectors = latent.truncate(latent.noise(n, explored.latent_dim, seed), truncation).numpy()
    try:
        pictures = film.pictures(room.item, vectors)
    except CheckpointError as error:
        st.error(str(error))
        return
    with place:
        st.download_button(
            "Sheet (PNG)",
            lambda: film.sheet_png(pictures, math.ceil(math.sqrt(n))),
            f"{room.item.name}-samples.png",
            "image/png",
            icon=":material/download:",
            on_click="ignore",
        )
    st.markdown("Pick a sample to explore it.")
    picked = gallery(
        [
            {"url": film.data_url(picture), "label": f"Sample {i}"}
            for i, picture in enumerate(pictures, 1)
        ],
        label="Samples",
        key="explore_sheet",
        size=room.thumbnail(84),
    )
    if picked is not None:
        about = f"sample {picked + 1} of {n} from seed {seed}"
        explored.point.start(vectors[picked], about, truncation=1.0)
        st.rerun()


def _described(explored: Exploration) -> str:
    """Where the point on the sliders is, in a few words."""
    point = explored.point
    moved = any(value != point.rest(index) for index, value in point.coordinates.items())
    return f"{point.about}, moved" if moved else point.about


def _random_seed() -> int:
    return secrets.randbelow(1_000_000)


def _hold(key: str, value: object) -> None:
    """Make a widget show a value that is kept elsewhere."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


main()
