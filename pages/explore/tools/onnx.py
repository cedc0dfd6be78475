"""The generator on the page as an ONNX file."""

from __future__ import annotations

import streamlit as st

from pages.explore.subject import Subject
from pages.shared.forms.downloads import Progress, file_button

_CODE = """\
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession("{name}.onnx")
z = {noise}.astype(np.float32)
(images,) = session.run(["images"], {{{inputs}}})  # (16, {channels}, {side}, {side}) in [-1, 1]
"""
_NOISE = {
    "normal": "np.random.default_rng(0).standard_normal((16, {size}))",
    "uniform": "np.random.default_rng(0).uniform(-1, 1, (16, {size}))",
}


@st.fragment
def take_generator(room: Subject) -> None:
    """Make the ONNX file when it is asked for, and say how it is run."""
    config = room.opened.config
    inputs = "the noise `z` and the class `y`" if room.classes else "the noise `z`"
    st.markdown(
        f"The generator as an ONNX file runs in other programs, without torch: {inputs} in, "
        "`images` from -1 to 1 out, as many at a time as you like."
    )
    place = st.container()
    st.caption("It is made in a process of its own, which takes some ten seconds.")
    channels, side, _ = room.opened.info.image_shape
    given = {"z": "z"} | ({"y": f"np.arange(16) % {len(room.classes)}"} if room.classes else {})
    noise = _NOISE[config.noise].format(size=config.latent_dim)
    code = _CODE.format(
        name=room.item.name,
        noise=noise,
        inputs=", ".join(f'"{name}": {value}' for name, value in given.items()),
        channels=channels,
        side=side,
    )
    st.code(code, language="python")
    with place:  # last: the work takes long, and what stands below is drawn before
        file_button(
            lambda told: _made(room, told),
            f"{room.item.name}.onnx",
            "application/octet-stream",
            version=room.saved,
            key="explore_onnx",
        )


def _made(room: Subject, told: Progress) -> bytes:
    from gan_core.runs.onnx import to_onnx_apart

    return to_onnx_apart(room.opened, lambda seconds: told(0.0, f"{seconds:.0f} s"))
