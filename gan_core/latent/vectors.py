"""Latent vectors: noise, interpolation, principal directions, and files."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_core.errors import ConfigError

MAX_LATENT_FILE_BYTES = 1_000_000
MAX_COLUMNS = 10  # of a grid with a column for each class

# base64url without padding; a single letter over stands for no byte
_TEXT = re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2,3})?")


def draw(n: int, latent_dim: int, kind: str, random: torch.Generator) -> Tensor:
    """Latent vectors (n, latent_dim) from a random stream, on its device.

    ``kind`` is ``normal``, of mean 0 and deviation 1, or ``uniform`` from -1 to 1.
    """
    if kind == "uniform":
        uniform = torch.rand(n, latent_dim, device=random.device, generator=random)
        return uniform.mul_(2).sub_(1)
    return torch.randn(n, latent_dim, device=random.device, generator=random)


def noise(n: int, latent_dim: int, seed: int, kind: str = "normal") -> Tensor:
    """Latent vectors (n, latent_dim) that depend on the arguments alone; see :func:`draw`."""
    return draw(n, latent_dim, kind, torch.Generator().manual_seed(seed))


class Sheet(NamedTuple):
    """What a grid of samples is drawn from."""

    z: Tensor  # (N, latent_dim)
    y: Tensor | None  # (N,) labels, for a conditional generator
    columns: int | None  # None: as square as can be


def sheet(n: int, latent_dim: int, seed: int, kind: str = "normal", n_classes: int = 0) -> Sheet:
    """Points for a grid of about n samples that depends on the arguments alone.

    For a conditional generator a row is a noise vector and a column a class, the first
    :data:`MAX_COLUMNS` of them, with n / columns rows.
    """
    if not n_classes:
        return Sheet(noise(n, latent_dim, seed, kind), None, None)
    columns = min(n_classes, MAX_COLUMNS)
    rows = max(1, n // columns)
    z = noise(rows, latent_dim, seed, kind).repeat_interleave(columns, 0)
    return Sheet(z, torch.arange(columns).repeat(rows), columns)


def truncate(z: Tensor, psi: float) -> Tensor:
    """Latent vectors scaled towards the mean of the prior, which is zero.

    ``psi`` = 1 leaves them as they are, 0 gives the mean itself: less variety, more typical
    pictures (the truncation of StyleGAN, Karras et al. 2019, arXiv:1812.04948, appendix B,
    applied to z).
    """
    return z * psi


def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the straight line from a to b, both (D,), at the shares t (S,): (S, D)."""
    return torch.lerp(a.expand(len(t), -1), b.expand(len(t), -1), t.unsqueeze(1))


def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Points on the great-circle arc from a to b, both (D,), at the shares t (S,): (S, D).

    Directions turn at constant speed, lengths change linearly, so that points between two draws
    from a normal prior stay as long as draws are (Shoemake 1985; White 2016, arXiv:1609.04468).
    Falls back on a straight line where the arc is not defined: a zero vector, or nearly parallel
    or opposite ones.
    """
    norm_a, norm_b = a.norm(), b.norm()
    if norm_a < 1e-8 or norm_b < 1e-8:
        return lerp(a, b, t)
    unit_a, unit_b = a / norm_a, b / norm_b
    omega = torch.arccos((unit_a @ unit_b).clamp(-1, 1))
    if omega.sin() < 1e-4:
        return lerp(a, b, t)
    share = t.unsqueeze(1)
    direction = (
        ((1 - share) * omega).sin() * unit_a + (share * omega).sin() * unit_b
    ) / omega.sin()
    return direction * torch.lerp(norm_a, norm_b, share)


INTERPOLATIONS = {"slerp": slerp, "lerp": lerp}


def path(keys: Tensor, steps: int, method: str = "slerp", closed: bool = False) -> Tensor:
    """A walk through key points.

    Args:
        keys: (K, D), K at least 2.
        steps: points on each leg, its first key included; the last key ends the walk.
        method: ``slerp`` or ``lerp``.
        closed: return from the last key to the first, and leave out the repeated first point.

    Returns:
        (legs * steps + 1, D), or (K * steps, D) where closed.

    Raises:
        ConfigError: fewer than two keys, fewer than one step, or an unknown method.
    """
    if len(keys) < 2:
        raise ConfigError(f"an interpolation needs at least 2 key points, not {len(keys)}.")
    if steps < 1:
        raise ConfigError(f"steps is {steps}; it must be 1 or more.")
    if method not in INTERPOLATIONS:
        raise ConfigError(f"method is {method!r}; choose one of {', '.join(INTERPOLATIONS)}.")
    between = INTERPOLATIONS[method]
    shares = torch.arange(steps, dtype=keys.dtype) / steps
    stops = torch.cat([keys, keys[:1]]) if closed else keys
    legs = [between(a, b, shares) for a, b in zip(stops, stops[1:], strict=False)]
    return torch.cat(legs if closed else [*legs, keys[-1:]])


@dataclass(frozen=True)
class Directions:
    """Directions in latent space, the most influential first."""

    vectors: np.ndarray  # (K, latent_dim), of unit length
    explained: np.ndarray  # (K,) shares that say how much each does; NaN where none is known
    method: str  # how they were found
    titles: tuple[str, ...] = ()  # of each; none where only their order tells them apart
    unit: str = "of the variance"  # what the shares are shares of
    groups: tuple[str, ...] = ()  # of each, where they come in groups to choose from

    def title(self, index: int) -> str:
        """What a direction is called."""
        return self.titles[index] if self.titles else f"Direction {index + 1}"


def principal_directions(
    z: np.ndarray, pictures: np.ndarray, k: int = 12, seed: int = 0
) -> Directions:
    """The latent directions along which a generator's pictures vary most.

    Principal components of the pictures, carried back to latent space by least squares: the
    direction of component j is the z that its coordinate predicts, ``sum_i x_ij z_i / sum_i
    x_ij^2`` (GANSpace, Härkönen et al. 2020, arXiv:2004.02546, section 2.2, on the generator's
    output), scaled to unit length.

    Args:
        z: (N, latent_dim) draws from the prior.
        pictures: (N, ...) what the generator makes of them.
        k: directions wanted; fewer come back where latent_dim or N is smaller.
        seed: of the randomised decomposition.
    """
    from sklearn.decomposition import PCA

    flat = pictures.reshape(len(pictures), -1).astype(np.float32)
    k = min(k, z.shape[1], len(flat) - 1, flat.shape[1])
    pca = PCA(n_components=k, svd_solver="randomized", random_state=seed)
    coordinates = pca.fit_transform(flat)
    vectors = (coordinates.T @ z) / np.maximum((coordinates**2).sum(0), 1e-12)[:, None]
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return Directions(
        vectors.astype(np.float32),
        pca.explained_variance_ratio_,
        "principal components of generated pictures, carried back to z by least squares (GANSpace)",
    )


def arithmetic(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """``mean(a) - mean(b) + mean(c)`` of groups of latent vectors (N, D), each with its own N.

    DCGAN (Radford et al. 2015, arXiv:1511.06434, section 6.3.2): the mean of a group stands for
    what its pictures share, which a single vector does not.
    """
    return (a.mean(0) - b.mean(0) + c.mean(0)).astype(np.float32)


def to_json(z: np.ndarray, **about: Any) -> str:
    """A latent vector (D,) as JSON: ``{"latent": [...], ...}``."""
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
            parsed = json.loads(content.decode("utf-8"))
            values = parsed["latent"] if isinstance(parsed, dict) else parsed
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
    return _checked(name, vector, latent_dim)


def to_text(z: np.ndarray) -> str:
    """A latent vector (D,) in letters that an address may hold: its float32 numbers, the lowest
    byte first, as base64url (RFC 4648, section 5) without padding."""
    return base64.urlsafe_b64encode(np.asarray(z, "<f4").tobytes()).decode().rstrip("=")


def from_text(text: str, latent_dim: int) -> np.ndarray:
    """The latent vector (D,) that :func:`to_text` wrote.

    Raises:
        ConfigError: not such a text, another length, or values that are not finite.
    """
    padded = text + "=" * (-len(text) % 4)
    content = base64.urlsafe_b64decode(padded) if _TEXT.fullmatch(text) else b""
    if not content or len(content) % 4:
        raise ConfigError("The link's point is damaged: it is cut short or holds other letters.")
    return _checked("The link's point", np.frombuffer(content, "<f4"), latent_dim)


def _checked(name: str, vector: np.ndarray, latent_dim: int) -> np.ndarray:
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
    parsed = json.loads(content.decode("utf-8"))
    label = parsed.get("label") if isinstance(parsed, dict) else None
    if label is None:
        return None
    if type(label) is not int or not 0 <= label < n_classes:
        raise ConfigError(
            f"{name} names the class {label!r}; this generator's classes go from 0 to "
            f"{n_classes - 1}."
        )
    return label
