"""Latent vectors as files and as text."""

from __future__ import annotations

import base64
import io
import json
import re
from typing import Any

import numpy as np

from gan_core.errors import ConfigError
from gan_core.files import parse_json

MAX_LATENT_FILE_BYTES = 1_000_000

# base64url without padding; a single letter over stands for no byte
_TEXT = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?")


def to_json(z: np.ndarray, **about: Any) -> str:
    """A latent vector (D,) as JSON: ``{..., "latent": [...]}``, with what ``about`` says of it."""
    return json.dumps({**about, "latent": [float(value) for value in z]}, indent=1)


def to_npy(z: np.ndarray) -> bytes:
    """A latent vector (D,) in numpy's own file format, float32."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(z, dtype=np.float32), allow_pickle=False)
    return buffer.getvalue()


def from_file(name: str, content: bytes, latent_dim: int) -> np.ndarray:
    """A latent vector (D,) from the bytes of a JSON or ``.npy`` file.

    JSON holds a list of numbers, or an object whose ``latent`` is one. Pickled arrays are refused.

    Raises:
        ConfigError: not such a file, another length, or values that are not finite.
    """
    if len(content) > MAX_LATENT_FILE_BYTES:
        raise ConfigError(f"{name} is larger than a latent vector can be.")
    try:
        if name.lower().endswith(".npy"):
            values = np.load(io.BytesIO(content), allow_pickle=False)
        else:
            document = parse_json(content)
            values = document["latent"] if isinstance(document, dict) else document
        mixed = isinstance(values, list) and any(isinstance(value, bool) for value in values)
        if mixed or np.asarray(values).dtype.kind not in "iuf":  # complex, boolean, dates, texts
            raise TypeError("the values are no real numbers")
        with np.errstate(over="ignore"):  # what overflows is infinite, and refused below
            vector = np.asarray(values, dtype=np.float32).reshape(-1)
    except (
        ValueError, TypeError, KeyError, EOFError, OSError,
        OverflowError, MemoryError, RecursionError,
    ) as error:  # fmt: skip
        raise ConfigError(
            f"{name} is no latent vector; give a .npy array, or JSON with a list of numbers "
            "under 'latent'."
        ) from error
    return _check(name, vector, latent_dim)


def to_text(z: np.ndarray) -> str:
    """A latent vector (D,) in letters that an address may hold: its float32 numbers, the lowest
    byte first, as base64url (RFC 4648, section 5) without padding."""
    return base64.urlsafe_b64encode(np.asarray(z, "<f4").tobytes()).decode().rstrip("=")


def from_text(text: str, latent_dim: int) -> np.ndarray:
    """The latent vector (D,) that :func:`to_text` wrote.

    Raises:
        ConfigError: not such a text, another length, or values that are not finite.
    """
    encoded = text + "=" * (-len(text) % 4)
    content = base64.urlsafe_b64decode(encoded) if _TEXT.fullmatch(text) else b""
    if not content or len(content) % 4:
        raise ConfigError("The link's point is damaged: it is cut short or holds other letters.")
    return _check("The link's point", np.frombuffer(content, "<f4"), latent_dim)


def _check(name: str, vector: np.ndarray, latent_dim: int) -> np.ndarray:
    if len(vector) != latent_dim:
        raise ConfigError(
            f"{name} holds {len(vector)} numbers; this generator's latent vector has {latent_dim}."
        )
    if not np.isfinite(vector).all():
        raise ConfigError(f"{name} holds NaN or infinity; every number must be finite.")
    return vector.astype(np.float32)


def label_from_file(name: str, content: bytes, n_classes: int) -> int | None:
    """The class that a saved latent vector was drawn as; None where its file names none.

    Args:
        name, content: of a file that :func:`from_file` takes.
        n_classes: of the generator that is to draw it.

    Raises:
        ConfigError: ``label`` is no class of that generator.
    """
    if name.lower().endswith(".npy"):
        return None
    document = parse_json(content)
    label = document.get("label") if isinstance(document, dict) else None
    if label is None:
        return None
    if type(label) is not int or not 0 <= label < n_classes:
        raise ConfigError(
            f"{name} names the class {label!r}; this generator's classes go from 0 to "
            f"{n_classes - 1}."
        )
    return label
