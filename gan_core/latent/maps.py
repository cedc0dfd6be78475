"""Maps of latent space: planes through it, and samples laid out by how alike their pictures are."""

from __future__ import annotations

import numpy as np

from gan_core.errors import ConfigError
from gan_core.libraries import one_at_a_time

LAYOUTS = {"pca": "Principal components", "tsne": "t-SNE"}
_TSNE_COMPONENTS = 50  # components that t-SNE starts from
_PERPLEXITY = 30.0


def plane(
    a: np.ndarray, b: np.ndarray, c: np.ndarray, side: int, keep_length: bool = False
) -> np.ndarray:
    """The grid of the plane through three points: a stands top left, b top right, c bottom left.

    Args:
        a, b, c: (D,).
        side: points along each edge, at least 2.
        keep_length: give each point the length that s and t make of those of a, b and c. A normal
            prior has few vectors as short as the middle of a plane is, see
            :func:`gan_core.latent.paths.slerp`.

    Returns:
        (side * side, D), row by row: ``a + s (b - a) + t (c - a)`` with s growing to the right
        and t downwards, both from 0 to 1.
    """
    shares = np.linspace(0, 1, side, dtype=np.float32)
    t, s = (grid.reshape(-1, 1) for grid in np.meshgrid(shares, shares, indexing="ij"))
    points = a + s * (b - a) + t * (c - a)
    if keep_length:
        at_a, at_b, at_c = (np.linalg.norm(corner) for corner in (a, b, c))
        norms = np.maximum(at_a + s * (at_b - at_a) + t * (at_c - at_a), 0)
        lengths = np.linalg.norm(points, axis=1, keepdims=True)
        points = points * norms / np.maximum(lengths, 1e-6)
    return points.astype(np.float32)


def span(
    middle: np.ndarray, across: np.ndarray, down: np.ndarray, reach: float, side: int
) -> np.ndarray:
    """The grid of the plane through a point along two directions.

    Args:
        middle: (D,), in the middle of the grid.
        across: (D,) of unit length; grows to the right.
        down: (D,) of unit length; grows upwards, so that its most stands in the first row.
        reach: how far the edges are from the middle, in units of z.
        side: points along each edge, at least 2.

    Returns:
        (side * side, D), row by row.
    """
    corner = middle - reach * across + reach * down
    return plane(corner, corner + 2 * reach * across, corner - 2 * reach * down, side)


def layout(pixels: np.ndarray, kind: str, seed: int = 0) -> np.ndarray:
    """Places on a map, (N, 2), each axis from 0 to 1, alike pictures near one another.

    Args:
        pixels: (N, ...) of the pictures.
        kind: ``pca``, the two principal components, or ``tsne`` (van der Maaten and Hinton 2008)
            on the first 50 of them.
        seed: of whatever is random.

    Raises:
        ConfigError: another kind, or fewer than three pictures.
    """
    with one_at_a_time:
        from sklearn.decomposition import PCA

    if kind not in LAYOUTS:
        raise ConfigError(f"layout is {kind!r}; choose one of {', '.join(LAYOUTS)}.")
    flat = pixels.reshape(len(pixels), -1).astype(np.float32)
    if len(flat) < 3:
        raise ConfigError(f"a map needs at least 3 pictures, not {len(flat)}.")
    components = min(2 if kind == "pca" else _TSNE_COMPONENTS, *flat.shape)
    solver = PCA(n_components=components, svd_solver="randomized", random_state=seed)
    places = solver.fit_transform(flat)
    if kind == "tsne":
        with one_at_a_time:
            from sklearn.manifold import TSNE

        perplexity = min(_PERPLEXITY, (len(flat) - 1) / 3)
        places = TSNE(
            perplexity=perplexity, init="pca", random_state=seed, max_iter=500
        ).fit_transform(places)
    if places.shape[1] == 1:  # pictures of one pixel
        places = np.concatenate([places, np.zeros_like(places)], 1)
    low, high = places.min(0), places.max(0)
    return ((places - low) / np.maximum(high - low, 1e-9)).astype(np.float32)
