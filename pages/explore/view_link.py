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
from collections.abc import Collection, Mapping
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from gan_core.errors import ConfigError, GanError
from gan_core.latent import vector_files
from gan_core.latent.points import RAW, REACH
from pages.explore.latent_state import Point
from pages.explore.subject import Subject

LONG, LONG_HEIGHT = 1000, 240  # letters beyond which a link scrolls, in so many pixels
KEYS = ("z", "psi", "along", "at")

_SLIDER = re.compile(r"(\d{1,4}):(-?\d{1,3}(?:\.\d{1,20})?(?:e-\d{1,2})?)", re.ASCII)


def view_link(subject: Subject) -> None:
    """Show the link to what the page shows now, to be copied."""
    with st.popover("Link to this view", icon=":material/link:"):
        st.markdown(
            "Opens this generator, this point and its sliders, and the tool that is open. The "
            "button in its corner copies it."
        )
        address = f"{st.context.url or 'explore'}?{urlencode(view_of(subject))}"
        long = len(address) > LONG
        st.code(address, None, wrap_lines=True, height=LONG_HEIGHT if long else "content")


def view_of(subject: Subject) -> dict[str, str]:
    """What the page shows, as the query of an address."""
    query = {"g": subject.source.id, **_step_of(subject, "step")}
    if subject.beside is not None:
        query |= {"g2": subject.beside.source.id, **_step_of(subject.beside, "step2")}
    for one in (subject, subject.beside):
        if one is not None and one.label is not None:
            query["class"] = one.classes[one.label]
    # The address tells which tool it opens with, before the tabs are drawn for the first time.
    tool = st.session_state.get("tool") or st.query_params.get("tool")
    if tool:
        query["tool"] = tool
    return query | point_query(subject.exploration.point)


def point_query(point: Point) -> dict[str, str]:
    """A point and its sliders as a query, from which they come back to the last bit."""
    away = {i: value for i, value in point.coordinates.items() if value}
    if point.basis == RAW:  # the sliders are the vector
        query = {"z": vector_files.to_text(point.before_truncation)}
    else:
        query = {"z": vector_files.to_text(point.base)}
        if away:
            query["at"] = ",".join(f"{i}:{value!r}" for i, value in sorted(away.items()))
    return query | {"psi": repr(float(point.truncation)), "along": point.basis}


def sliders(text: str, vectors: np.ndarray, reach: float) -> dict[int, float]:
    """Where sliders stand, by index, as :func:`point_query` wrote it.

    Raises:
        ConfigError: not such a text, or a slider or value that does not exist.
    """
    values: dict[int, float] = {}
    for part in text.split(","):
        match = _SLIDER.fullmatch(part)
        if match is None:
            raise ConfigError("The link's sliders are damaged, so they are left at rest.")
        values[int(match[1])] = float(match[2])
    if any(i >= len(vectors) or abs(value) > reach for i, value in values.items()):
        raise ConfigError(
            f"The link moves a slider that is not there or beyond {reach:g}, so all are left at "
            "rest."
        )
    return values


def take_view(subject: Subject) -> list[str]:
    """Go to the point that the address asks for, as far as that can be done.

    Returns what cannot be done, in sentences.
    """
    query = {key: st.query_params[key] for key in KEYS if key in st.query_params}
    for key in query:
        del st.query_params[key]
    # A rerun that the browser asked for before it heard of the new address brings the old one back.
    if not query or query == st.session_state.get("explore_link"):
        return []
    st.session_state["explore_link"] = query
    return _take(subject, query)


def refuse_tool(names: Collection[str]) -> list[str]:
    """Take a tool out of the address that there is none of, and say so in a sentence."""
    name = st.query_params.get("tool")
    if name is None or "tool" in st.session_state or name in names:
        return []
    st.query_params.pop("tool")
    return [f"There is no tool {name!r}."]


def _take(subject: Subject, query: Mapping[str, str]) -> list[str]:
    point = subject.exploration.point
    notes: list[str] = []
    family = query.get("along", "")
    if family in (*subject.families, RAW):
        st.session_state["explore_basis"] = family
    elif family:
        notes.append(f"{subject.source.label} has no directions {family!r}.")
    if "psi" in query:
        try:
            point.truncation = _truncation(query["psi"])
        except GanError as error:
            notes.append(str(error))
    if "z" not in query:
        return notes
    try:
        base = vector_files.from_text(query["z"], subject.exploration.latent_dim)
    except GanError as error:
        return [*notes, f"{error} The point stays where it was."]
    point.start(base, "a link")
    if "at" in query and family in subject.families:
        with st.spinner("Looking for directions ..."):
            vectors = subject.directions(family).vectors
        try:
            coordinates = sliders(query["at"], vectors, REACH[subject.exploration.noise])
        except GanError as error:
            return [*notes, str(error)]
        point.measure(subject.frame(family), family, vectors)
        point.restore(base, "a link", coordinates)
    return notes


def _truncation(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise ConfigError(f"The link's truncation is {text!r}; it goes from 0 to 1.")
    return value


def _step_of(subject: Subject, key: str) -> dict[str, str]:
    """The step of its saved state, where there are several to choose from."""
    folder = subject.source.folder
    if subject.source.step is not None:
        return {key: str(subject.source.step)}
    return {key: str(folder.status().step)} if folder.kept_steps() else {}
