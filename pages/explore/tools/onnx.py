"""The generator on the page as an ONNX file."""

from __future__ import annotations

import streamlit as st

from gan_core.runs import onnx
from pages.explore.subject import Subject
from pages.shared.forms.downloads import Progress, file_button
from pages.shared.fragments import fragment

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


@fragment
def onnx_file(subject: Subject) -> None:
    """Make the ONNX file when it is asked for, and say how it is run."""
    inputs = "the noise `z` and the class `y`" if subject.classes else "the noise `z`"
    st.markdown(
        f"The generator as an ONNX file runs in other programs, without torch: {inputs} in, "
        "`images` from -1 to 1 out, as many at a time as you like."
    )
    place = st.container()
    st.caption("It is made in a process of its own, which takes some ten seconds.")
    st.code(_code(subject), language="python")

    def make(progress: Progress) -> bytes:
        return onnx.to_onnx_apart(subject.model, lambda seconds: progress(0.0, f"{seconds:.0f} s"))

    with place:  # last: the work takes long, and what stands below is drawn before
        file_button(
            make,
            f"{subject.source.name}.onnx",
            "application/octet-stream",
            version=subject.version_name,
            key="explore_onnx",
        )


def _code(subject: Subject) -> str:
    """A program that runs the file."""
    config = subject.model.config
    channels, side, _ = subject.model.info.image_shape
    inputs = ['"z": z']
    if subject.classes:
        inputs.append(f'"y": np.arange(16) % {len(subject.classes)}')
    return _CODE.format(
        name=subject.source.name,
        noise=_NOISE[config.noise].format(size=config.latent_dim),
        inputs=", ".join(inputs),
        channels=channels,
        side=side,
    )
