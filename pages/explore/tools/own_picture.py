"""A visitor's own picture: shown as the network will see it, and found in latent space."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gan_core.errors import GanError
from pages.explore.animation import animation
from pages.explore.given_picture import ORIGINS, GivenPicture, given_picture
from pages.explore.pictures import PointPictures
from pages.explore.subject import Subject
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment, redraw_page
from pages.shared.server import urls
from pages.shared.text import plain

if TYPE_CHECKING:
    from gan_core.latent.projection import Projector

SLICE, LOOK_EVERY = 0.8, 0.1  # seconds of work, and between two slices
FRAMES_PER_SECOND = 8


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
    origin = choice("Your picture", ORIGINS, "explore_source", default="draw")
    try:
        target = given_picture(subject, origin)
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


def _offer(subject: Subject, target: GivenPicture) -> None:
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
    pictures = PointPictures(subject, np.stack([moment.z for moment in moments]), labels)
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
