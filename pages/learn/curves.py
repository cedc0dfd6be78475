"""How to read the curves of a training, in plain words."""

from __future__ import annotations

import streamlit as st

GUIDE = {
    "The pictures come first": "The grid is always drawn from the same noise. While pictures at "
    "one place still turn into other pictures, the generator is still learning; when they only "
    "tremble, it has settled.",
    "A loss is a score of a game": "It says how one player stands against the other, not how good "
    "the pictures are. Both losses can stand still while the pictures get better, and a falling "
    "generator loss may only mean a worse discriminator.",
    "Level curves are healthy": "A discriminator that is right somewhat more often than not, D(x) "
    "above 1/2 and D(G(z)) below, neither near 0 or 1, has something left to teach.",
    "A discriminator at 1 and 0 has won": "D(x) at 1 and D(G(z)) at 0 for long: the pictures stop "
    "getting better. Slow the discriminator down, or bound its gradient (DRAGAN, R3GAN, WGAN-GP).",
    "Swings together with pictures that change all at once": "The generator runs from one kind of "
    "picture to the next and the discriminator after it: mode collapse on the move. Lower the "
    "learning rates, or beta1.",
    "Some numbers can be trusted": "The Wasserstein estimate of WGAN and WGAN-GP and the measure M "
    "of BEGAN fall as pictures get better. What holds for your objective is under Objectives.",
    "NaN ends a run": "Training stops and says so. The usual causes are a learning rate that is "
    "too high and a logarithm of 0.",
}


def curve_guide() -> None:
    """The topic: what curves tell, and what they do not."""
    for title, words in GUIDE.items():
        st.markdown(f"**{title}.** {words}")
    st.page_link(
        "train/page.py", label="Watch them on the Train page", icon=":material/model_training:"
    )
