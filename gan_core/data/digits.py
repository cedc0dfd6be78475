"""scikit-learn's handwritten digits, which need no download.

They are kept beside this file, as they come: to read them from scikit-learn takes a second, for all
that it loads with them.
"""

from __future__ import annotations

from pathlib import Path

from gan_core.data.dataset import TEN_DIGITS, DatasetSpec, Request, Rows

FILE = Path(__file__).with_name("digits.npz")  # images (1797, 8, 8) and labels (1797,), uint8


def _read(request: Request) -> Rows:
    """8 x 8 with 17 grey levels, scaled up to 28 x 28."""
    import numpy as np
    import torch
    from torch.nn.functional import interpolate

    with np.load(FILE) as digits:
        small = torch.from_numpy(digits["images"]).float().unsqueeze(1) / 16
        labels = torch.from_numpy(digits["labels"]).long()
    large = interpolate(small, size=(28, 28), mode="bicubic", align_corners=False)
    return Rows(large.clamp(0, 1).mul(255).round().to(torch.uint8), labels, TEN_DIGITS)


DIGITS = DatasetSpec(
    title="Bundled digits",
    source="UCI Optical Recognition of Handwritten Digits, as scikit-learn ships it",
    licence="CC BY 4.0",
    images=1797,
    shape=(1, 28, 28),
    classes=TEN_DIGITS,
    read=_read,
    digits=True,
)
