"""A folder of pictures as a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gan_core.data.dataset import FOLDER_IMAGE_SIZE, DatasetSpec, Request, Rows
from gan_core.errors import DataError, first_line

if TYPE_CHECKING:
    from PIL import Image

PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff"})


def _read(request: Request) -> Rows:
    """All pictures below a folder; those inside a subfolder take its name as their class."""
    import numpy as np
    import torch

    folder = request.data_dir / request.folder
    size, channels = request.image_size or FOLDER_IMAGE_SIZE, request.channels or 3
    paths = _pictures_in(folder)
    pixels, names, skipped = [], [], []
    for number, path in enumerate(paths):
        if number % 100 == 0:
            share = number / len(paths)
            request.progress(share, f"Reading picture {number:,} of {len(paths):,}")
        try:
            pixels.append(np.asarray(_open_picture(path, size, channels)))
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            skipped.append(f"{path.relative_to(folder)} ({first_line(error)})")
            continue
        inside = path.relative_to(folder).parts
        names.append(inside[0] if len(inside) > 1 else folder.name)
    if not pixels:
        raise DataError(f"None of the {len(paths)} pictures in {folder} can be read: {skipped[0]}.")
    classes = tuple(sorted(set(names)))
    stack = torch.from_numpy(np.stack(pixels))
    images = stack.unsqueeze(1) if channels == 1 else stack.permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([classes.index(name) for name in names])
    return Rows(images, labels, classes, tuple(skipped))


def _pictures_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DataError(f"{folder} is not a folder; give the folder that holds the pictures.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS)
    if not paths:
        raise DataError(
            f"{folder} holds no pictures; put {', '.join(sorted(PICTURE_ENDINGS))} files there."
        )
    return paths


def _open_picture(path: Path, size: int, channels: int) -> Image.Image:
    """A picture upright, on white where it is transparent, cropped to a square and scaled."""
    from PIL import Image, ImageOps

    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file)
        if picture.has_transparency_data:
            picture = picture.convert("RGBA")
            ground = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(ground, picture)
        picture = picture.convert("L" if channels == 1 else "RGB")
        return ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)


FOLDER = DatasetSpec(
    title="A folder of pictures",
    source="your own",
    licence="yours",
    images=None,
    shape=None,
    classes=(),
    read=_read,
    is_present=Path.is_dir,
    in_folder=True,
)
