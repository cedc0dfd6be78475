"""A picture that a visitor gives: uploaded, drawn, or picked from the data set."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from gan_core.data import moved
from gan_core.data.table import is_digits
from gan_core.images import uploads
from pages.explore.latent_state import random_seed
from pages.explore.picture_choice import pick
from pages.explore.pictures import GivenPictures
from pages.explore.subject import Subject
from pages.explore.widgets.sketch.sketch import sketch
from pages.shared.server import process
from pages.shared.server.real_pictures import real_pictures
from pages.shared.text import plain

MAX_REAL = 24  # pictures of the data set at a time
ORIGINS = {"upload": "Upload", "data": "From the data set", "draw": "Draw"}  # by name


class GivenPicture(NamedTuple):
    """A picture as the network sees it."""

    pixels: np.ndarray  # (H, W, C) uint8
    about: str  # where it is from
    label: int | None = None  # its class, where it is known


def given_picture(subject: Subject, origin: str) -> GivenPicture | None:
    """Take a picture in, of the origin of that name; None where there is none yet.

    Raises:
        GanError: it is no picture, or the data set cannot be read.
    """
    return _TAKE_IN[origin](subject)


def _upload(subject: Subject) -> GivenPicture | None:
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
    return GivenPicture(pixels, upload.name)


def _sketch(subject: Subject) -> GivenPicture | None:
    content = sketch(key="explore_sketch")
    if content is None:
        st.info("Draw on the black sheet; below it stands what the network will see.")
        return None
    conversion = uploads.Conversion(digit=_is_of_digits(subject))
    picture = uploads.open_picture("The drawing", content)
    pixels = uploads.convert(picture, subject.model.info.image_shape, conversion)
    return GivenPicture(pixels, "drawing")


def _from_data_set(subject: Subject) -> GivenPicture | None:
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
        GivenPictures(data.pixels[indices]),
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
    chosen = indices[selection]
    return GivenPicture(data.pixels[chosen], titles[selection], int(data.labels[chosen]))


_TAKE_IN: dict[str, Callable[[Subject], GivenPicture | None]] = {
    "upload": _upload,
    "data": _from_data_set,
    "draw": _sketch,
}


def _is_of_digits(subject: Subject) -> bool:
    return is_digits(subject.model.config.dataset)
