"""A visitor's own picture: shown as the network will see it, and found in latent space."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from gan_core.data import moved
from gan_core.data.table import is_digits
from gan_core.errors import GanError
from gan_core.images import uploads
from pages.explore.animation import animation
from pages.explore.latent_state import random_seed
from pages.explore.picture_choice import pick
from pages.explore.real_pictures import real_pictures
from pages.explore.subject import Subject
from pages.explore.widgets.sketch.sketch import sketch
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment, redraw_page
from pages.shared.server import process, urls
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.latent.projection import Projector

MAX_REAL = 24  # pictures of the data set at a time
SLICE, LOOK_EVERY = 0.8, 0.1  # seconds of work, and between two slices
FRAMES_PER_SECOND = 8


class Target(NamedTuple):
    """A picture to look for."""

    pixels: np.ndarray  # (H, W, C) uint8, as the network sees it
    about: str  # where it is from


@dataclass
class Search:
    """The projection of a picture into the latent space of one saved generator."""

    version_name: str  # of the generator
    about: str  # the picture
    projector: Projector
    is_stopped: bool = False

    @property
    def active(self) -> bool:
        """Whether there is more to do."""
        return not (self.is_stopped or self.projector.done)


@fragment
def own_picture(subject: Subject) -> None:
    """Take a picture in, look for its latent vector, and explore what is found."""
    titles = {"upload": "Upload", "data": "From the data set", "draw": "Draw"}
    origin = choice("Your picture", titles, "explore_source", default="draw")
    try:
        target = _ORIGINS[origin](subject)
    except GanError as error:
        st.error(plain(error))
        target = None
    if target is not None:
        _offer(subject, target)
    search: Search | None = st.session_state.get("explore_search")
    if search is not None and search.version_name == subject.version_name:
        st.divider()
        ticking = search.active
        fragment(_watch, every=LOOK_EVERY if ticking else None)(subject, search, ticking)


def _upload(subject: Subject) -> Target | None:
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
    digits = _is_of_digits(subject)
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
    pixels = uploads.convert(picture, subject.model.info.image_shape, conversion)
    st.image(
        picture,
        width=160,
        caption=f"{plain(upload.name)}, {picture.width} x {picture.height}",
    )
    return Target(pixels, upload.name)


def _sketch(subject: Subject) -> Target | None:
    content = sketch(key="explore_sketch")
    if content is None:
        st.info("Draw on the black sheet; below it stands what the network will see.")
        return None
    conversion = uploads.Conversion(digit=_is_of_digits(subject))
    picture = uploads.open_picture("The drawing", content)
    pixels = uploads.convert(picture, subject.model.info.image_shape, conversion)
    return Target(pixels, "drawing")


def _from_data_set(subject: Subject) -> Target | None:
    with st.spinner("Reading the data set ..."):
        config, data_dir = subject.model.config, process.options().data_dir
        moved.check_folder_of(subject.source.name, config, data_dir)
        data = real_pictures(subject.model.config, subject.model.info.image_shape)
    seed = st.session_state.setdefault("explore_data_seed", 0)

    def draw_others() -> None:
        st.session_state["explore_data_seed"] = random_seed()
        st.session_state.pop("explore_data_index", None)

    st.button("Other pictures", icon=":material/casino:", on_click=draw_others)
    count = min(MAX_REAL, len(data.pixels))
    indices = np.random.default_rng(seed).choice(len(data.pixels), count, replace=False)
    titles = [f"{data.split} picture {i}" for i in indices]
    selection = st.session_state.get("explore_data_index")
    index = pick(
        subject,
        data.pixels[indices],
        titles,
        label="Pictures of the data set",
        key="explore_data",
        selection=-1 if selection is None else selection,
    )
    if index is not None:
        st.session_state["explore_data_index"] = index
        st.rerun()
    if selection is None or selection >= count:
        unseen = " that the generator never saw" if data.split == "test" else ""
        st.caption(f"Pick one of the {data.split} pictures of {plain(data.title)}{unseen}.")
        return None
    return Target(data.pixels[indices[selection]], titles[selection])


_ORIGINS: dict[str, Callable[[Subject], Target | None]] = {
    "upload": _upload,
    "data": _from_data_set,
    "draw": _sketch,
}


def _is_of_digits(subject: Subject) -> bool:
    return is_digits(subject.model.config.dataset)


def _offer(subject: Subject, target: Target) -> None:
    """The picture as the network will see it, and the button that begins."""
    from gan_core.latent.projection import Projector

    model = subject.model
    height, width = target.pixels.shape[:2]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.image(
            urls.data_url(target.pixels, subject.thumbnail(112)),
            width=subject.thumbnail(112),
            caption=f"As the network will see it: {width} x {height}",
        )
        if st.button("Find it in latent space", type="primary", icon=":material/search:"):
            with st.spinner("Drawing random vectors to start from ..."):
                projector = Projector(model.generator, target.pixels, model.config.noise)
            search = Search(subject.version_name, target.about, projector)
            st.session_state["explore_search"] = search
            st.rerun()


def _watch(subject: Subject, search: Search, ticking: bool) -> None:
    """Go on with the search for a slice of time, and show how far it is or what it found."""
    projector = search.projector
    if ticking and not search.active:
        redraw_page()  # without ticks
    if search.active:
        share = projector.step / projector.steps
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(share, f"Step {projector.step} of {projector.steps}", width=420)
            if st.button("Stop here", icon=":material/stop:", help="Keeps the nearest so far."):
                search.is_stopped = True
                st.rerun()
    _compare(subject, search)
    if search.active:
        projector.advance(SLICE)  # last: what stands on the page meanwhile is of this run
        return
    error, label = projector.best.error, projector.label
    words = (
        f"Mean squared error **{error:.4f}**, pixels from 0 to 1: a pixel is off by "
        f"{math.sqrt(error):.1%} of the range from black to white. "
    )
    if label is not None:
        words += f"The class that comes nearest is {plain(subject.classes[label])}."
    st.markdown(words)
    if st.button("Explore it", type="primary", icon=":material/explore:", key="explore_found"):
        subject.exploration.go_to(projector.best.z, f"projection of {search.about}", label)
        st.rerun()
    _path(subject, projector)


def _compare(subject: Subject, search: Search) -> None:
    """What was asked for, what comes nearest, and where they differ."""
    target, nearest = search.projector.target_picture, search.projector.picture
    difference = np.abs(target.astype(int) - nearest).astype(np.uint8)
    side = subject.thumbnail(168)
    with st.container(horizontal=True):
        for words, picture in (
            (search.about[:1].upper() + search.about[1:], target),
            ("Nearest of the generator", nearest),
            ("Difference", difference),
        ):
            st.image(urls.data_url(picture, side), width=side, caption=plain(words))


def _path(subject: Subject, projector: Projector) -> None:
    """The way of the best start, to play."""
    moments, label = projector.path, projector.label
    labels = None if label is None else np.full(len(moments), label)
    pictures = subject.draw(np.stack([moment.z for moment in moments]), labels)
    with st.expander("The way there, as a film"):
        animation(
            subject,
            pictures,
            [moment.step for moment in moments],
            unit="step",
            name="projection",
            key="explore_path",
            captions=[f"error {moment.error:.4f}" for moment in moments],
            frames_per_second=FRAMES_PER_SECOND,
        )
