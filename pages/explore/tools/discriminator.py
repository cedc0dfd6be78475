"""What the discriminator says of a picture: the shown one, a real one, or a visitor's own."""

from __future__ import annotations

import streamlit as st

from gan_core.errors import CheckpointError, DataError, GanError
from gan_core.runs.generators import OpenedCritic
from pages.explore.given_picture import ORIGINS, GivenPicture, given_picture
from pages.explore.subject import Subject
from pages.explore.survey import SharedSurvey, shared_survey
from pages.explore.widgets.verdict.verdict import Histogram, Scale, histogram, verdict
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment, redraw_page
from pages.shared.server import critics, urls
from pages.shared.text import plain

SLICE, LOOK_EVERY = 0.4, 0.1  # seconds of work, and between two slices
SHOWN = "shown"
WHAT_A_MAP_TELLS = (
    "The map is the gradient of the verdict with respect to the pixels ([Simonyan et al. 2014]"
    "(https://arxiv.org/abs/1312.6034)): it tells which small changes would move the verdict on "
    "this picture most, not why the verdict is what it is, nor what a large change would do. That "
    "such a map looks convincing proves nothing: what it has in common with that of the same "
    "network before training, whose weights are random, is of the picture and was not learnt "
    "([Adebayo et al. 2018](https://arxiv.org/abs/1810.03292))."
)


@fragment
def discriminator(subject: Subject) -> None:
    """Choose a picture, and see the verdict on it among those on others."""
    try:
        with st.spinner("Opening the discriminator ..."):
            judge = critics.open_critic(subject.version)
            shared = _survey(subject)
    except CheckpointError as error:
        st.info(plain(error))
        st.page_link("train/page.py", label="Train it", icon=":material/model_training:")
        return
    except GanError as error:  # saved anew this moment
        st.warning(plain(error))
        return
    origin = choice(
        "Picture to judge", {SHOWN: "The point above", **ORIGINS}, "explore_judged", default=SHOWN
    )
    given = None
    if origin != SHOWN:
        try:
            given = given_picture(subject, origin)
        except GanError as error:
            st.error(plain(error))
        if given is None:
            return
    counted = None
    if shared is not None and shared.survey.done:
        counted = _counted(judge, shared)
    _show(subject, judge, given, shared, counted)
    if shared is not None and not shared.survey.done:
        fragment(_go_on, every=LOOK_EVERY)(shared)
    _explain(judge, shared)


def _survey(subject: Subject) -> SharedSurvey | None:
    """The verdicts on other pictures, as far as they are; None where there are no real ones.

    Raises:
        SavedAnewError: the generator is saved anew this moment.
    """
    try:
        return shared_survey(subject.version)
    except DataError as error:
        st.warning(f"{plain(error)} Without real pictures there is nothing to compare with.")
        return None


def _go_on(shared: SharedSurvey) -> None:
    """Ask about more pictures for a slice of time, and show how far it is."""
    share = shared.survey.share
    st.progress(share, f"Asking about real and generated pictures: {share:.0%}", width=420)
    if not shared.survey.done:
        shared.advance(SLICE)
    if shared.survey.done:
        redraw_page()  # with the histogram, and without ticks


def _counted(judge: OpenedCritic, shared: SharedSurvey) -> Histogram:
    survey, reading = shared.survey, judge.objective.reading
    return histogram({"real": survey.real, "generated": survey.generated}, reading.bounds)


def _show(
    subject: Subject,
    judge: OpenedCritic,
    given: GivenPicture | None,
    shared: SharedSurvey | None,
    counted: Histogram | None,
) -> None:
    """The verdict on the picture given, or on the point above while the sliders move."""
    reading = judge.objective.reading
    level = None if shared is None or counted is None else shared.survey.level
    scale = Scale(reading.name, reading.real_is_high, level, reading.level_words)
    names = judge.info.classes
    size = subject.thumbnail(168)
    if given is not None:
        said = critics.verdict(subject.version, given.pixels, _told(subject, judge, given))
        verdict(said, scale, counted, key="explore_verdict", classes=names, size=size)
        return
    source, number = subject.source, subject.version.number
    verdict(
        None,
        scale,
        counted,
        key="explore_verdict",
        classes=names,
        vector=subject.exploration.point.vector.tolist(),
        url=urls.verdict_url(source, number, subject.label),
        follows=urls.picture_url(source, number, subject.label),
        size=size,
    )


def _told(subject: Subject, judge: OpenedCritic, given: GivenPicture) -> int | None:
    """The class that the critic is told of a picture, where it is told one: the picture's own, else
    the one that a visitor chooses."""
    from gan_core.quality.judgement import is_told_the_class

    if not is_told_the_class(judge):
        return None
    if given.label is not None:
        st.caption(f"It is told the class: {plain(subject.classes[given.label])}.")
        return given.label
    names = range(len(subject.classes))
    return int(
        st.selectbox(
            "The class that it is told",
            names,
            index=subject.label or 0,
            format_func=lambda label: subject.classes[label],
            key="explore_told",
            width=220,
        )
    )


def _explain(judge: OpenedCritic, shared: SharedSurvey | None) -> None:
    """What the value means, and what the map can and cannot tell."""
    from gan_core.quality.judgement import NORM_PICTURES

    words = [judge.objective.reading.words]
    if not judge.critic.image_by_image:
        averages = (
            "those kept while it trained, by which pictures may seem less real than they did"
            if shared is None
            else f"averages over {NORM_PICTURES} real and as many generated pictures"
        )
        words.append(
            "While it trains it judges a batch by that batch's own batch norm; here it judges one "
            f"picture, by {averages}."
        )
    if judge.config.ema_decay:
        words.append(
            "The generator here is the average over its last steps; the discriminator played "
            "against the one that still moves."
        )
    if shared is not None and shared.split == "test":
        words.append("The real pictures are of the test part, which it never saw.")
    st.caption(" ".join(words))
    st.caption(WHAT_A_MAP_TELLS)
