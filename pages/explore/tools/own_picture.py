"""A visitor's own picture: shown as the network will see it, and found in latent space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gan_core.data.table import is_digits
from gan_core.errors import GanError
from pages.explore import real_pictures
from pages.explore.latent_state import random_seed
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import gallery
from pages.explore.widgets.sketch.sketch import sketch
from pages.shared.forms.downloads import export_of, export_row
from pages.shared.server import urls
from pages.shared.widgets.player.player import player

if TYPE_CHECKING:
    from gan_core.latent.projection import Projector


SOURCES = {"upload": "Upload", "data": "From the data set", "draw": "Draw"}
SHOWN = 24  # pictures of the data set at a time
SLICE, LOOK_EVERY = 0.8, 0.1  # seconds of work, and between two slices
FILM_FRAMES_PER_SECOND = 8


@dataclass
class Search:
    """The projection of a picture into the latent space of one saved generator."""

    of: str  # the generator, saved so
    about: str  # the picture
    projector: Projector
    stopped: bool = False

    @property
    def active(self) -> bool:
        """Whether there is more to do."""
        return not (self.stopped or self.projector.done)


@st.fragment
def own_picture(room: Subject) -> None:
    """Take a picture in, look for its latent vector, and explore what is found."""
    st.session_state.setdefault("explore_source", "draw")
    source = st.segmented_control(
        "Your picture",
        list(SOURCES),
        format_func=lambda name: SOURCES[name],
        required=True,
        key="explore_source",
        persist_state="session",
    )
    try:
        taken = {"upload": _upload, "data": _of_data_set, "draw": _draw}[source or "draw"](room)
    except GanError as error:
        st.error(str(error))
        taken = None
    if taken is not None:
        _offer(room, *taken)
    search: Search | None = st.session_state.get("explore_search")
    if search is not None and search.of == room.saved:
        st.divider()
        st.fragment(_watch, run_every=LOOK_EVERY if search.active else None)(room, search)


Taken = tuple[np.ndarray, str]  # a picture as the network sees it, and where it is from


def _upload(room: Subject) -> Taken | None:
    from gan_core.images import uploads

    upload = st.file_uploader(
        "A picture: PNG, JPEG, WebP, BMP, GIF or TIFF",
        key="explore_picture",
        max_upload_size=uploads.MAX_BYTES // 2**20,
        width=480,
    )
    if upload is None:
        st.info("Choose a picture of any size: it is shown here as the network will see it.")
        return None
    picture = uploads.open_picture(upload.name, upload.getvalue())
    digits = _is_of_digits(room)
    with st.container(horizontal=True):
        # Another file has defaults of its own.
        key = f"{upload.file_id}"
        conversion = uploads.Conversion(
            st.toggle(
                "Swap light and dark",
                digits and uploads.ground_is_light(picture),
                key=f"explore_invert_{key}",
                help="This generator's data set decides what is right: MNIST is light on dark.",
            ),
            digits
            and st.toggle(
                "Centre and scale as a digit",
                True,
                key=f"explore_digit_{key}",
                help="To 20 of 28 pixels, the centre of mass in the middle, as MNIST's are.",
            ),
        )
    shape = room.opened.info.image_shape
    made = uploads.convert(picture, shape, conversion)
    st.image(picture, width=160, caption=f"{upload.name}, {picture.width} x {picture.height}")
    return made, upload.name


def _draw(room: Subject) -> Taken | None:
    from gan_core.images import uploads

    content = sketch(key="explore_sketch")
    if content is None:
        st.info("Draw on the black sheet; below it stands what the network will see.")
        return None
    conversion = uploads.Conversion(digit=_is_of_digits(room))
    picture = uploads.open_picture("The drawing", content)
    return uploads.convert(picture, room.opened.info.image_shape, conversion), "drawing"


def _of_data_set(room: Subject) -> Taken | None:
    with st.spinner("Reading the data set ..."):
        data = real_pictures.pictures_of(room.opened.config, room.opened.info.image_shape)
    seed = st.session_state.setdefault("explore_data_seed", 0)

    def others() -> None:
        st.session_state["explore_data_seed"] = random_seed()
        st.session_state.pop("explore_data_index", None)

    st.button("Other pictures", icon=":material/casino:", on_click=others)
    count = min(SHOWN, len(data.pictures))
    indices = np.random.default_rng(seed).choice(len(data.pictures), count, replace=False)
    selected = st.session_state.get("explore_data_index")
    picked = gallery(
        [
            {"url": urls.data_url(data.pictures[i]), "label": f"{data.split} picture {i}"}
            for i in indices
        ],
        label="Pictures of the data set",
        key="explore_data",
        selected=-1 if selected is None else selected,
        size=room.thumbnail(56),
    )
    if picked is not None:
        st.session_state["explore_data_index"] = picked
        st.rerun()
    if selected is None or selected >= count:
        kept = " that the generator never saw" if data.split == "test" else ""
        st.caption(f"Pick one of the {data.split} pictures of {data.title}{kept}.")
        return None
    index = int(indices[selected])
    return data.pictures[index], f"{data.split} picture {index}"


def _is_of_digits(room: Subject) -> bool:
    return is_digits(room.opened.config.dataset)


def _offer(room: Subject, picture: np.ndarray, about: str) -> None:
    """The picture as the network will see it, and the button that begins."""
    from gan_core.latent.projection import Projector

    height, width = picture.shape[:2]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(
            urls.data_url(picture, room.thumbnail(112)),
            width=room.thumbnail(112),
            caption=f"As the network will see it: {width} x {height}",
        )
        if st.button("Find it in latent space", type="primary", icon=":material/search:"):
            with st.spinner("Drawing random vectors to start from ..."):
                projector = Projector(room.opened.generator, picture, room.opened.config.noise)
            st.session_state["explore_search"] = Search(room.saved, about, projector)
            st.rerun()


def _watch(room: Subject, search: Search) -> None:
    """Go on with the search for a slice of time, and show how far it is or what it found."""
    projector = search.projector
    if search.active:
        share = projector.step / projector.steps
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, f"Step {projector.step} of {projector.steps}", width=420)
            if st.button("Stop here", icon=":material/stop:", help="Keeps the nearest so far."):
                search.stopped = True
                st.rerun()
    _compared(room, search)
    if search.active:
        projector.advance(SLICE)  # last: what stands on the page meanwhile is of this run
        if projector.done:
            st.rerun()
        return
    error = projector.best.error
    st.markdown(
        f"Mean squared error **{error:.4f}**, pixels from 0 to 1: a pixel is off by "
        f"{math.sqrt(error):.1%} of the range from black to white. {_told(room, projector)}"
    )
    if st.button("Explore it", type="primary", icon=":material/explore:", key="explore_found"):
        about = f"projection of {search.about}"
        room.exploration.point.start(projector.best.z, about, truncation=1.0)
        if projector.label is not None:
            room.exploration.label = projector.label
        st.rerun()
    _film(room, search)


def _told(room: Subject, projector: Projector) -> str:
    if projector.label is None:
        return ""
    return f"The class that comes nearest is {room.classes[projector.label]}."


def _compared(room: Subject, search: Search) -> None:
    """What was asked for, what comes nearest, and where they differ."""
    target, made = search.projector.target_picture, search.projector.picture
    difference = np.abs(target.astype(int) - made).astype(np.uint8)
    with st.container(horizontal=True):
        for words, picture in (
            (search.about[:1].upper() + search.about[1:], target),
            ("Nearest of the generator", made),
            ("Difference", difference),
        ):
            side = room.thumbnail(168)
            st.image(urls.data_url(picture, side), width=side, caption=words)


def _film(room: Subject, search: Search) -> None:
    """The way of the best start, to play."""
    path, label = search.projector.path, search.projector.label
    labels = None if label is None else np.full(len(path), label)
    vectors = np.stack([moment.z for moment in path])
    frames = room.draw(vectors, labels)
    with st.expander("The way there, as a film"):
        player(
            [
                {
                    "label": "",
                    "frames": [
                        {
                            "at": moment.step,
                            "url": urls.data_url(frame),
                            "caption": f"error {moment.error:.4f}",
                        }
                        for moment, frame in zip(path, frames, strict=True)
                    ],
                }
            ],
            key="explore_path",
            unit="step",
            fps=FILM_FRAMES_PER_SECOND,
            follow=False,
            label="Step",
            size=room.thumbnail(280),
        )
        taken = export_of(
            frames,
            f"{room.item.name}-projection",
            len(frames),
            moving=True,
            frames_per_second=FILM_FRAMES_PER_SECOND,
        )
        export_row(taken, key="explore_path_file")
