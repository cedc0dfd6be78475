"""Why a data set cannot be read, and what lies nearby that it may be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from gan_core.data.dataset import DatasetSpec
from gan_core.data.table import DATASETS
from gan_core.files import describe_os_error, is_file, is_folder

_DEPTH = 3  # folders down from the data folder, and from the one above it
_MOST = 5_000  # files and folders looked at


def missing_words(spec: DatasetSpec, data_dir: Path) -> str:
    """In sentences: where it was looked for, what is not there, and what was found nearby."""
    root = Path(os.path.normpath(data_dir.absolute()))
    for folder in (root, root / PurePosixPath(spec.files[0]).parent):
        try:
            next(folder.iterdir(), None)
        except PermissionError as error:
            return describe_os_error(error)
        except OSError:
            continue
    if not is_folder(root):
        return f"There is no folder {root}."
    missing = [PurePosixPath(file) for file in spec.files if not is_file(root / file)]
    if not missing:
        folder = (root / spec.files[0]).parent
        return f"Its files in {folder} are damaged or cut short."
    first, others = missing[0], len(missing) - 1
    more = f" ({others} more of its files are not there either)" if others else ""
    looked = f"It was looked for in {root / first.parent}, which has no {first.name}{more}."
    return " ".join(filter(None, [looked, _nearby_words(spec, first, root)]))


def _nearby_words(spec: DatasetSpec, file: PurePosixPath, root: Path) -> str:
    names = {_plain(file.name): "", _plain(file.name) + "gz": "packed"}
    for path in _nearby(root):
        if _plain(path.name) not in names or _is_of_another(spec, path):
            continue
        packed = names[_plain(path.name)]
        tail = PurePosixPath(path.as_posix()).parts[-len(file.parts) :]
        if packed and path.parent == root / file.parent:
            return f"{path.name} lies there, still packed: the download unpacks it."
        if not packed and tail == file.parts:
            return f"It lies below {path.parents[len(file.parts) - 1]}: point --data-dir there."
        place = root / file.parent
        name = file.name + (path.suffix if packed else "")
        move = [] if path.parent == place else [f"move it and its like into {place}"]
        rename = [] if path.name == name else [f"call it {name}"]
        advice = " and ".join(move + rename)
        return f"{path} was found: if it is of {spec.title}, {advice}."
    return ""


def _is_of_another(spec: DatasetSpec, path: Path) -> bool:
    """Whether a file lies in the folder of another data set: MNIST, Fashion-MNIST and KMNIST call
    their files alike."""
    folders = {
        _plain(PurePosixPath(file).parts[0]): other is spec
        for other in DATASETS.values()
        for file in other.files
    }
    owners = [folders[name] for name in map(_plain, path.parent.parts) if name in folders]
    return bool(owners) and not owners[-1]


def _plain(name: str) -> str:
    """A name without what unpackers and browsers change: train-images.idx3-ubyte is
    train-images-idx3-ubyte."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _nearby(root: Path) -> Iterator[Path]:
    """Files in and around a folder, the nearest first."""
    looked_at = 0
    for start in (root, root.parent):
        folders = [start]
        for _ in range(_DEPTH + 1):
            deeper: list[Path] = []
            for folder in folders:
                try:
                    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
                except OSError:
                    continue
                for entry in entries:
                    looked_at += 1
                    if looked_at > _MOST:
                        return
                    if entry.is_dir(follow_symlinks=False):
                        deeper.append(Path(entry.path))
                    elif entry.is_file():
                        yield Path(entry.path)
            folders = deeper
