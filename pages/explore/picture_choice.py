"""Pick one of these pictures, and go to the point that it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Unpack

import numpy as np
import streamlit as st

from pages.explore.pictures import Pictures, PointPictures
from pages.explore.subject import Subject
from pages.explore.widgets.gallery.gallery import Layout, gallery


def pick(
    subject: Subject,
    pictures: Pictures,
    titles: Sequence[str],
    *,
    label: str,
    key: str,
    size: int = 56,
    **layout: Unpack[Layout],
) -> int | None:
    """Show pictures to pick from, each about ``size`` pixels wide.

    Returns the index of the one just picked, in the one rerun that the click caused.
    """
    return gallery(
        [
            {"url": address, "label": title}
            for address, title in zip(pictures.addresses, titles, strict=True)
        ],
        drawn=pictures.drawn,
        label=label,
        key=key,
        size=subject.thumbnail(size),
        **layout,
    )


def pick_from(
    subject: Subject,
    vectors: np.ndarray,
    titles: Sequence[str],
    *,
    label: str,
    key: str,
    describe: Callable[[int], str],
    labels: np.ndarray | None = None,
    size: int = 56,
    **layout: Unpack[Layout],
) -> PointPictures:
    """Show what the generator makes of latent vectors; the one that is picked becomes the point.

    Args:
        vectors: (N, latent_dim).
        titles: of the pictures.
        label: of the pictures together.
        describe: says where the point came from, by the index of its picture.
        labels: (N,) classes to draw; without them all are of the class on the page.
        size: of a picture, about, in pixels.
        layout: as :func:`.gallery` has it.

    Returns:
        The pictures.
    """
    pictures = PointPictures(subject, vectors, labels)
    index = pick(subject, pictures, titles, label=label, key=key, size=size, **layout)
    if index is not None:
        y = None if labels is None else int(labels[index])
        subject.exploration.go_to(vectors[index], describe(index), y)
        st.rerun()
    return pictures
