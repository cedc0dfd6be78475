"""A walk through the latent space of a generator, drawn in the browser while it goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.shared.server import urls
from pages.shared.widgets.message import message

_HERE = Path(__file__).parent
_SHARED = _HERE.parents[2] / "shared" / "widgets"


def _read(*paths: Path) -> str:
    return "".join(path.read_text("utf-8") for path in paths)


_component = st.components.v2.component(
    "ganscope_walk",
    html='<div class="walk"></div>',
    css=_read(_SHARED / "slider.css", _HERE / "walk.css"),
    js=_read(_SHARED / "local_generator.js", _HERE / "walk.js"),
)


def walk(generators: Sequence[Mapping[str, Any]], *, key: str) -> None:
    """Show the walk, with a slider to go by hand, and a choice of the generator and its class.

    A generator is `{"name": str, "program": str, "noise": str, "classes": [str]}`: its program's
    address, the kind of its noise, and the names of the classes, which count only where the program
    takes a label.
    """
    _component(
        key=key,
        data=message(
            generators=[dict(generator) for generator in generators],
            script=urls.program_script_url(),
        ),
    )
