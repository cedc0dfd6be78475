"""scikit-learn's handwritten digits, which need no download."""

from __future__ import annotations

from gan_core.data.dataset import TEN_DIGITS, DatasetSpec, Request, Rows
from gan_core.libraries import one_at_a_time


def _read(request: Request) -> Rows:
    """8 x 8 with 17 grey levels, scaled up to 28 x 28."""
    import torch
    from torch.nn.functional import interpolate

    with one_at_a_time:
        from sklearn.datasets import load_digits

    bunch = load_digits()
    small = torch.from_numpy(bunch.images).float().unsqueeze(1) / 16
    large = interpolate(small, size=(28, 28), mode="bicubic", align_corners=False)
    images = large.clamp(0, 1).mul(255).round().to(torch.uint8)
    return Rows(images, torch.from_numpy(bunch.target), TEN_DIGITS)


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
