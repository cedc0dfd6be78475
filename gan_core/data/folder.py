"""A folder of pictures as a data set."""

from __future__ import annotations

import math
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gan_core.data.dataset import FOLDER_IMAGE_SIZE, DatasetSpec, Request, Rows
from gan_core.data.left_out import PICTURE_ENDINGS, USUAL_ENDINGS, LeftOut
from gan_core.errors import DataError, first_line
from gan_core.files import is_file, is_folder, printable_name

if TYPE_CHECKING:
    import numpy as np

# What network disks and file managers leave behind.
_LITTER = {"@eaDir", "__MACOSX", "Thumbs.db", "desktop.ini"}
SURVEYED = 50_000  # names that a survey looks at: about half a second


def folder_path(data_dir: Path, text: str) -> Path:
    """Where a folder is that a person typed or pasted: relative to the data folder, absolute, or
    in the home folder; quotes and blanks around it are none of its name."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        return data_dir / Path(text).expanduser()
    except RuntimeError:  # the home of nobody known here
        return data_dir / text


def natural_order(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """The key that sorts names as people count: 2 before 10."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    key = [(0, int(p), "") if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts]
    return key, name


class Survey(NamedTuple):
    """What a folder holds by the names in it; nothing was opened."""

    pictures: int
    left_out: tuple[str, ...]  # a phrase for each kind
    whole: bool  # whether all of it was looked at


def survey(folder: Path) -> Survey:
    """Count the pictures of a folder, and what will be left out of it; of one with more than
    :data:`SURVEYED` names, those that come first."""
    left_out = LeftOut()
    pictures = sum(1 for _ in _walk(folder, left_out, SURVEYED))
    return Survey(pictures, left_out.words(), not left_out.cut_short)


def _read(request: Request) -> Rows:
    """All pictures below a folder; those inside a subfolder take its name as their class. Where all
    lie in the subfolders of one subfolder, as of ``train``, it is these that are the classes."""
    import numpy as np
    import torch

    from gan_core.images.opening import is_grey

    folder = folder_path(request.data_dir, request.folder)
    size = request.image_size or FOLDER_IMAGE_SIZE
    left_out = LeftOut()
    paths = _pictures_in(folder, left_out)
    top = _top_of_classes(folder, paths)
    pixels, names = [], []
    for number, path in enumerate(paths):
        if number % 100 == 0:
            share = number / len(paths)
            request.progress(share, f"Reading picture {number:,} of {len(paths):,}")
        try:
            pixels.append(_read_picture(path, size))
        except Exception as error:  # Pillow raises nearly anything on a damaged file
            name = printable_name(str(path.relative_to(folder)))
            left_out.damaged.append(f"{name} ({_what_is_wrong(path, error)})")
            continue
        inside = path.relative_to(top).parts
        names.append(printable_name(inside[0] if len(inside) > 1 else folder.name))
    if not pixels:
        raise DataError(f"{folder} holds no picture that can be read: {left_out.damaged[0]}.")
    classes = tuple(sorted(set(names), key=natural_order))
    indices = {name: index for index, name in enumerate(classes)}
    channels = request.channels or (1 if all(map(is_grey, pixels)) else 3)
    if channels == 1:
        pixels = [_grey(picture) for picture in pixels]
    images = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).contiguous()
    return Rows(images, torch.tensor([indices[name] for name in names]), classes, left_out.words())


def _pictures_in(folder: Path, left_out: LeftOut) -> list[Path]:
    if is_file(folder):
        raise DataError(f"{folder} is a file; unpack it if need be, and give the folder instead.")
    if not is_folder(folder):
        raise DataError(f"{folder} is not a folder; give the folder that holds the pictures.")
    paths = sorted(_walk(folder, left_out))
    if not paths:
        found = "".join(f" It holds {words}." for words in left_out.words())
        raise DataError(
            f"{folder} holds no pictures; put {', '.join(USUAL_ENDINGS)} files there.{found}"
        )
    return paths


def _top_of_classes(folder: Path, paths: list[Path]) -> Path:
    """The folder whose subfolders are the classes."""
    while True:
        insides = [path.relative_to(folder).parts for path in paths]
        if len({inside[0] for inside in insides}) > 1 or min(map(len, insides)) < 3:
            return folder
        folder /= insides[0][0]


def _walk(folder: Path, left_out: LeftOut, most: float = math.inf) -> Iterator[Path]:
    """The pictures below a folder, through links as well, each folder once. What programs leave
    behind, hidden files and trainings are passed over; what else is no picture is counted. It ends
    once it has looked at more than ``most`` names."""

    def name_it(error: OSError) -> None:
        left_out.folders.append(printable_name(os.path.relpath(error.filename, folder)))

    visits: set[tuple[int, int]] = set()
    for top, folders, files in os.walk(folder, onerror=name_it, followlinks=True):
        place = Path(top).stat()
        if (place.st_dev, place.st_ino) in visits:
            folders.clear()
            continue
        visits.add((place.st_dev, place.st_ino))
        if most < 0:
            left_out.cut_short = True
            return
        most -= len(folders) + len(files)
        if top != str(folder) and _is_training(files, folders):
            folders.clear()
            continue
        folders[:] = [name for name in folders if name[0] != "." and name not in _LITTER]
        for name in sorted(files):
            path = Path(top, name)
            if name[0] == "." or name in _LITTER:
                continue
            if not is_file(path):
                left_out.special.append(printable_name(str(path.relative_to(folder))))
            elif path.suffix.lower() in PICTURE_ENDINGS:
                yield path
            else:
                left_out.add_file(path)


def _is_training(files: list[str], folders: list[str]) -> bool:
    """Whether a folder is a run of this program, whose grids lie in it."""
    return "config.json" in files and "samples" in folders


def _what_is_wrong(path: Path, error: Exception) -> str:
    """In words, without the file's own place, which stands before them."""
    if isinstance(error, PermissionError):
        return "it may not be opened"
    words = first_line(error)
    return "no picture, whatever its name says" if "cannot identify image file" in words else words


def _is_present(folder: Path) -> bool:
    """Whether it holds a picture that can be read."""
    return is_folder(folder) and any(map(_opens, _walk(folder, LeftOut())))


def _opens(path: Path) -> bool:
    try:
        _read_picture(path, 1)
    except Exception:  # Pillow raises nearly anything on a damaged file
        return False
    return True


def _read_picture(path: Path, size: int) -> np.ndarray:
    """A picture cropped to a square and scaled, (size, size, 3) uint8."""
    import numpy as np
    from PIL import Image, ImageOps

    from gan_core.images.opening import as_rgb

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Pillow thinks of a file's tags is not for a terminal
        with Image.open(path) as file:
            picture = as_rgb(file)
    return np.asarray(ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS))


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Pixels (H, W, 3) as (H, W, 1)."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).convert("L"))[..., None]


FOLDER = DatasetSpec(
    title="A folder of pictures",
    source="your own",
    licence="yours",
    images=None,
    shape=None,
    classes=(),
    read=_read,
    is_present=_is_present,
    in_folder=True,
)
