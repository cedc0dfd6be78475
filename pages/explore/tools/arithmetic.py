"""Arithmetic on groups of samples: the mean of A less that of B plus that of C."""

from __future__ import annotations

import numpy as np
import streamlit as st

from gan_core.config import MAX_SEED
from gan_core.latent import points
from pages.explore.latent_state import noise_vectors
from pages.explore.picture_choice import pick
from pages.explore.pictures import PointPictures
from pages.explore.subject import Subject
from pages.shared.forms.choice import choice
from pages.shared.fragments import fragment
from pages.shared.server import urls
from pages.shared.text import plain

SAMPLES = 48
SIGNS = {"A": "", "B": "minus", "C": "plus"}
PAPER = "https://arxiv.org/abs/1511.06434"


@fragment
def arithmetic(subject: Subject) -> None:
    """Pick samples into three groups by eye, and see what a - b + c of their means is.

    DCGAN (Radford et al. 2015, arXiv:1511.06434, section 6.3.2) averages three samples a group.
    """
    groups = subject.exploration.groups
    st.session_state.setdefault("explore_group_seed", 0)
    st.markdown(
        "Pick samples into the groups A, B and C, three or so that share what you look at; their "
        f"mean vectors make A - B + C ([DCGAN]({PAPER}), section 6.3.2)."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = choice("Add picks to", list(SIGNS), "explore_group_picked")
        seed = int(
            st.number_input(
                "Seed of the samples",
                0,
                MAX_SEED,
                step=1,
                key="explore_group_seed",
                persist_state="session",
                width=170,
            )
        )
        st.button("Empty the groups", icon=":material/clear_all:", on_click=groups.clear)
    index = pick(
        subject,
        PointPictures(subject, _samples(subject, seed)),
        [f"Sample {i}" for i in range(1, SAMPLES + 1)],
        label="Samples for the groups",
        key="explore_groups",
        marks=[groups.get((seed, i), "") for i in range(SAMPLES)],
    )
    if index is not None:
        member = (seed, index)
        if groups.get(member) == group:
            del groups[member]
        else:
            groups[member] = group
        st.rerun()
    _result(subject)


def _samples(subject: Subject, seed: int) -> np.ndarray:
    exploration = subject.exploration
    return noise_vectors(SAMPLES, exploration.latent_dim, seed, exploration.noise)


def _result(subject: Subject) -> None:
    """The three means and what they make."""
    groups = subject.exploration.groups
    samples = {seed: _samples(subject, seed) for seed, _ in groups}
    members = {
        name: [samples[seed][i] for (seed, i), group in groups.items() if group == name]
        for name in SIGNS
    }
    empty = [name for name, vectors in members.items() if not vectors]
    if empty:
        st.info(f"Pick at least one sample into {' and '.join(empty)}: choose the group above.")
        return
    means = [np.mean(vectors, 0) for vectors in members.values()]
    result = points.arithmetic(*(np.stack(vectors) for vectors in members.values()))
    pictures = subject.draw(np.stack([*means, result]))
    counts = [f"{SIGNS[name]} {name} · {len(vectors)}" for name, vectors in members.items()]
    side = subject.thumbnail(112)
    with st.container(horizontal=True, vertical_alignment="center"):
        for words, picture in zip([*counts, "The result"], pictures, strict=True):
            with st.container(width="content"):
                st.image(urls.data_url(picture, side), width=side)
                st.caption(plain(words))
        if st.button("Explore the result", type="primary", icon=":material/explore:"):
            a, b, c = (len(vectors) for vectors in members.values())
            subject.exploration.go_to(result, f"means of {a} - {b} + {c} samples")
            st.rerun()
