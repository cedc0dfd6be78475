"""What each layer of a generator makes of a latent vector: a strip of maps a layer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from gan_core.networks.needs import ImageShape
    from gan_core.networks.summary import Layer

_HERE = Path(__file__).parent
_SCRIPTS = (_HERE.parent / "follower.js", _HERE / "feature_maps.js")

_component = st.components.v2.component(
    "ganscope_feature_maps",
    html='<div class="maps"></div>',
    css=(_HERE / "feature_maps.css").read_text("utf-8"),
    js="".join(path.read_text("utf-8") for path in _SCRIPTS),
)


def feature_maps(
    layers: Sequence[Layer],
    image_shape: ImageShape,
    vector: Sequence[float],
    *,
    url: str,
    key: str,
    follows: str = "",
) -> None:
    """Show a strip of maps for each layer, and the one that is pointed at or chosen by keyboard
    large, with the layer's name, shape and parameters.

    The browser posts the point to `url`, a :func:`.urls.layers_url`, and draws what comes back: at
    first of `vector`, the numbers of a latent vector, and then of wherever the latent panel's
    sliders lead, while they move, if its first picture comes from the address that `follows` names.
    """
    body = {
        "base": [float(number) for number in vector],
        "basis": "raw",
        "truncation": 1.0,
        "coordinates": {},
    }
    _component(
        key=key,
        data={
            "layers": [_row(layer, image_shape) for layer in layers],
            "url": url,
            "follows": follows,
            "point": body,
        },
    )


def _row(layer: Layer, image_shape: ImageShape) -> dict[str, Any]:
    from gan_core.networks.feature_maps import map_shape

    return {
        "kind": layer.kind,
        "words": f"{layer.name}: {layer.details}" if layer.details else layer.name,
        "shape": " x ".join(map(str, layer.shape)),
        "parameters": layer.parameters,
        "maps": list(map_shape(layer.shape, image_shape)),
    }
