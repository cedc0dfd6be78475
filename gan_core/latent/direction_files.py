"""Directions and their names, kept with the run or checkpoint whose generator they belong to.

    directions.safetensors  the families as arrays, and in its header as JSON what they are
    direction-names.json    what a person calls them

Both say by fingerprint which weights they are of, and count for no others. Where the folder cannot
be written they are kept in :func:`state_dir` instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gan_core.errors import CheckpointError, ConfigError
from gan_core.files import dump_json, read_json, state_dir, write_atomic
from gan_core.latent.family import Directions

MAX_NAME = 60  # characters
_DIRECTIONS, _NAMES = "directions.safetensors", "direction-names.json"
_FORMAT = "1"
_MOST_BYTES = 64 * 2**20
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError)


def _places(folder: Path, fingerprint: str, name: str) -> tuple[Path, Path]:
    return folder / name, state_dir() / "directions" / fingerprint / name


def _write(folder: Path, fingerprint: str, name: str, content: bytes) -> None:
    """Into the folder, or where it cannot be written into the state folder."""
    own, fallback = _places(folder, fingerprint, name)
    try:
        write_atomic(own, content)
    except OSError:
        write_atomic(fallback, content)
    else:
        fallback.unlink(missing_ok=True)  # from when the folder could not be written


def save(folder: Path, fingerprint: str, families: Mapping[str, Directions]) -> bool:
    """Keep families of directions; False where no folder takes them, to be found again."""
    from safetensors.numpy import save as to_bytes

    arrays = {}
    facts = {}
    for name, family in families.items():
        arrays[f"{name}/vectors"] = np.ascontiguousarray(family.vectors, np.float32)
        arrays[f"{name}/explained"] = np.ascontiguousarray(family.explained, np.float64)
        facts[name] = {
            "method": family.method,
            "titles": family.titles,
            "unit": family.unit,
            "groups": family.groups,
        }
    header = {"format": _FORMAT, "generator": fingerprint, "families": json.dumps(facts)}
    try:
        _write(folder, fingerprint, _DIRECTIONS, to_bytes(arrays, header))
    except OSError:
        return False
    return True


def load(folder: Path, fingerprint: str, latent_dim: int) -> dict[str, Directions]:
    """The families kept for these weights; none where there are none that can be used."""
    for path in _places(folder, fingerprint, _DIRECTIONS):
        try:
            return _read(path, fingerprint, latent_dim)
        except CheckpointError:
            continue
    return {}


def _read(path: Path, fingerprint: str, latent_dim: int) -> dict[str, Directions]:
    """The families in a file.

    Raises:
        CheckpointError: it is missing, damaged, or of another generator.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        with safe_open(path, "np") as file:
            header = file.metadata() or {}
            if header.get("format") != _FORMAT or header.get("generator") != fingerprint:
                raise ValueError("it is of another generator")
            facts = json.loads(header["families"])
            return {
                str(name): _family(
                    file.get_tensor(f"{name}/vectors"),
                    file.get_tensor(f"{name}/explained"),
                    about,
                    latent_dim,
                )
                for name, about in facts.items()
            }
    except (*_DAMAGED, SafetensorError) as error:
        raise CheckpointError(f"{path} holds no directions of this generator.") from error


def _family(
    vectors: np.ndarray, explained: np.ndarray, about: Mapping[str, object], latent_dim: int
) -> Directions:
    def names(key: str) -> tuple[str, ...]:
        values = about[key]
        if not isinstance(values, list) or len(values) not in (0, len(vectors)):
            raise ValueError(f"{key} does not fit")
        return tuple(str(value) for value in values)

    if vectors.ndim != 2 or vectors.shape[1] != latent_dim or vectors.dtype != np.float32:
        raise ValueError("the vectors do not fit")
    if explained.shape != vectors.shape[:1] or not np.isfinite(vectors).all():
        raise ValueError("the numbers do not fit")
    return Directions(
        vectors, explained, str(about["method"]), names("titles"), str(about["unit"]),
        names("groups"),
    )  # fmt: skip


def names(folder: Path, fingerprint: str) -> dict[str, str]:
    """What a person calls directions of these weights, by ``family/index``."""
    for path in _places(folder, fingerprint, _NAMES):
        try:
            values = read_json(path)
            if values["generator"] == fingerprint:
                return {str(key): _check_name(name) for key, name in values["names"].items()}
        except (*_DAMAGED, ConfigError):
            continue
    return {}


def keep_name(folder: Path, fingerprint: str, key: str, name: str) -> None:
    """Call the direction ``family/index`` so; an empty name gives it its own back.

    Raises:
        ConfigError: the name is too long, or holds what cannot be printed.
        OSError: no folder takes it.
    """
    own_names = names(folder, fingerprint)
    if name.strip():
        own_names[key] = _check_name(name)
    else:
        own_names.pop(key, None)
    values = {"generator": fingerprint, "names": own_names}
    _write(folder, fingerprint, _NAMES, dump_json(values).encode())


def _check_name(name: object) -> str:
    words = name.strip() if isinstance(name, str) else ""
    if not words or len(words) > MAX_NAME or not words.isprintable():
        raise ConfigError(f"a direction's name has 1 to {MAX_NAME} printable characters.")
    return words
