"""A link that opens the same view of the Explore page: its address, and what an address asks for.

    g, step     the generator and its saved step; g2, step2 those of the one beside it
    class, tool the class that is drawn, the tool that is open
    z           the point that the sliders start from, see gan_core.latent.vector_files.to_text
    psi         the truncation
    along, at   the family of directions, and where its sliders stand: ``0:2.5,3:-1``

The page reads the first two lines wherever it offers the choice; the others are read here, once:
the point moves on, and an address that still named the old one would not be true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from gan_core.errors import ConfigError, GanError
from pages.explore.latent_state import RAW, REACH, Point
from pages.explore.subject import Subject

if TYPE_CHECKING:
    import numpy as np


LONG, LONG_HEIGHT = 1000, 240  # letters beyond which a link scrolls, in so many pixels
KEYS = ("z", "psi", "along", "at")

_SLIDER = re.compile(r"(\d{1,4}):(-?\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,2})?)", re.ASCII)


def view_link(room: Subject) -> None:
    """Show the link to what the page shows now, to be copied."""
    with st.popover("Link to this view", icon=":material/link:"):
        st.markdown(
            "Opens this generator, this point and its sliders, and the tool that is open. The "
            "button in its corner copies it."
        )
        address = f"{st.context.url or 'explore'}?{urlencode(view_of(room))}"
        long = len(address) > LONG
        st.code(address, None, wrap_lines=True, height=LONG_HEIGHT if long else "content")


def view_of(room: Subject) -> dict[str, str]:
    """What the page shows, as the query of an address."""
    query = {"g": room.item.id, **_step_of(room, "step")}
    if room.beside is not None:
        query |= {"g2": room.beside.item.id, **_step_of(room.beside, "step2")}
    for drawn in (room, room.beside):
        if drawn is not None and drawn.label is not None:
            query["class"] = drawn.classes[drawn.label]
    # The address tells which tool it opens with, before the tabs are drawn for the first time.
    tool = st.session_state.get("tool") or st.query_params.get("tool")
    if tool:
        query["tool"] = tool
    return query | point_query(room.exploration.point)


def point_query(point: Point) -> dict[str, str]:
    """A point and its sliders as a query, from which they come back to the last bit."""
    from gan_core.latent import vector_files

    moved = {i: value for i, value in point.coordinates.items() if value}
    if point.basis == RAW:  # the sliders are the vector
        query = {"z": vector_files.to_text(point.reached)}
    else:
        query = {"z": vector_files.to_text(point.base)}
        if moved:
            query["at"] = ",".join(f"{i}:{value!r}" for i, value in sorted(moved.items()))
    return query | {"psi": repr(float(point.truncation)), "along": point.basis}


def sliders(text: str, vectors: np.ndarray, reach: float) -> dict[int, float]:
    """Where sliders stand, by index, as :func:`point_query` wrote it.

    Raises:
        ConfigError: not such a text, or a slider or value that does not exist.
    """
    values: dict[int, float] = {}
    for part in text.split(","):
        found = _SLIDER.fullmatch(part)
        if found is None:
            raise ConfigError("The link's sliders are damaged, so they are left at rest.")
        values[int(found[1])] = float(found[2])
    if any(i >= len(vectors) or abs(value) > reach for i, value in values.items()):
        raise ConfigError(
            f"The link moves a slider that is not there or beyond {reach:g}, so all are left at "
            "rest."
        )
    return values


def take_view(room: Subject) -> list[str]:
    """Go to the point that the address asks for, as far as that can be done.

    Returns what cannot be done, in sentences.
    """
    asked = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    for key in asked:
        del st.query_params[key]
    # A rerun that the browser asked for before it heard of the new address brings the old one back.
    if not asked or asked == st.session_state.get("explore_link"):
        return []
    st.session_state["explore_link"] = asked
    return _taken(room, asked)


def _taken(room: Subject, asked: Mapping[str, str]) -> list[str]:
    from gan_core.latent import vector_files

    point = room.exploration.point
    notes: list[str] = []
    family = asked.get("along", "")
    if family in (*room.families, RAW):
        st.session_state["explore_basis"] = family
    elif family:
        notes.append(f"{room.item.label} has no directions {family!r}.")
    if "psi" in asked:
        try:
            point.truncation = _truncation(asked["psi"])
        except GanError as error:
            notes.append(str(error))
    if "z" not in asked:
        return notes
    try:
        base = vector_files.from_text(asked["z"], room.exploration.latent_dim)
    except GanError as error:
        return [*notes, f"{error} The point stays where it was."]
    point.start(base, "a link")
    if "at" in asked and family in room.families:
        with st.spinner("Looking for directions ..."):
            vectors = room.directions(family).vectors
        try:
            moved = sliders(asked["at"], vectors, REACH[room.exploration.noise])
        except GanError as error:
            return [*notes, str(error)]
        point.measure(room.frame(family), family, vectors)
        point.restore(base, "a link", moved)
    return notes


def _truncation(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ConfigError(f"The link's truncation is {text!r}; it goes from 0 to 1.")
    return value


def _step_of(room: Subject, key: str) -> dict[str, str]:
    """The step of its saved state, where there are several to choose from."""
    folder = room.item.folder
    if room.item.step is not None:
        return {key: str(room.item.step)}
    return {key: str(folder.status().step)} if folder.kept_steps() else {}
