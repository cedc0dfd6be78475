"""A folder of pictures as a data set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gan_core.data import folder
from gan_core.data.folder import folder_path, survey
from gan_core.data.loading import load
from gan_core.errors import DataError
from gan_core.files import is_folder
from tests.gan_core.data.files import write_picture


def test_a_folder_takes_its_classes_from_its_subfolders(tmp_path: Path) -> None:
    write_picture(tmp_path / "cats" / "a.png", (255, 0, 0))
    write_picture(tmp_path / "dogs" / "b.JPG", (0, 0, 255))
    data = load("folder", tmp_path, image_size=6)
    assert data.images.shape == (2, 3, 6, 6)
    assert data.classes == ("cats", "dogs")
    assert data.labels.tolist() == [0, 1]
    assert data.images[0].flatten(1).float().mean(1).tolist() == [255, 0, 0]
    assert data.left_out == ()
    assert load("folder", tmp_path.parent, folder=tmp_path.name).image_shape == (3, 64, 64)
    assert load("folder", Path("nowhere"), folder=str(tmp_path)).image_shape == (3, 64, 64)


def test_pictures_in_grey_and_with_transparency(tmp_path: Path) -> None:
    write_picture(tmp_path / "clear.png", (255, 0, 0, 0), "RGBA")
    write_picture(tmp_path / "grey.png", (200,), "L")
    data = load("folder", tmp_path, image_size=4, channels=1)
    assert data.images.shape == (2, 1, 4, 4)
    assert data.images[0].unique().tolist() == [255]  # on white
    assert data.images[1].unique().tolist() == [200]


def test_a_broken_picture_is_skipped_and_named(tmp_path: Path) -> None:
    write_picture(tmp_path / "good.png", (9, 9, 9))
    good = (tmp_path / "good.png").read_bytes()
    (tmp_path / "empty.png").touch()
    (tmp_path / "half.png").write_bytes(good[: len(good) // 2])
    data = load("folder", tmp_path, image_size=4)
    assert len(data) == 1
    (words,) = data.left_out
    assert words.startswith("2 pictures that cannot be read: empty.png (no picture, whatever its")
    assert "; half.png (" in words
    assert str(tmp_path) not in words


def test_folders_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gone is not a folder"):
        load("folder", tmp_path, folder="gone")
    with pytest.raises(DataError, match=r"holds no pictures; put .*\.png"):
        load("folder", tmp_path)
    (tmp_path / "broken.png").write_text("no picture")
    with pytest.raises(DataError, match=r"broken\.png is a file; unpack it"):
        load("folder", tmp_path, folder="broken.png")
    with pytest.raises(DataError, match=r"holds no picture that can be read: broken\.png"):
        load("folder", tmp_path)


def test_a_folder_of_grey_pictures_is_grey_unless_colour_is_asked_for(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", (200,), "L")
    write_picture(tmp_path / "b.png", (9, 9, 9))
    assert load("folder", tmp_path, image_size=4).image_shape == (1, 4, 4)
    assert load("folder", tmp_path, image_size=4, channels=3).image_shape == (3, 4, 4)
    write_picture(tmp_path / "c.png", (9, 8, 9))
    assert load("folder", tmp_path, image_size=4).image_shape == (3, 4, 4)


def test_what_programs_leave_behind_is_no_class_and_no_picture(tmp_path: Path) -> None:
    for name in ("a", "b", "@eaDir", ".Trash-1000", ".ipynb_checkpoints", "__MACOSX"):
        write_picture(tmp_path / name / "0.png", (1, 2, 3))
    write_picture(tmp_path / "a" / "._0.png", (1, 2, 3))
    run = tmp_path / "runs" / "20261126-mine"
    write_picture(run / "samples" / "000100.png", (1, 2, 3))
    (run / "config.json").write_text("{}")
    data = load("folder", tmp_path, image_size=4)
    assert (data.classes, len(data), data.left_out) == (("a", "b"), 2, ())


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    write_picture(tmp_path / "store" / "0.png", (1, 2, 3))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "cats").symlink_to(tmp_path / "store")
    (tmp_path / "store" / "back").symlink_to(pictures)  # a loop
    (pictures / "nowhere.png").symlink_to(tmp_path / "gone.png")
    data = load("folder", tmp_path, folder="pictures", image_size=4)
    assert (data.classes, len(data)) == (("cats",), 1)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", (1, 2, 3))
    os.mkfifo(tmp_path / "pipe.png")  # to open it would wait for a writer
    assert len(load("folder", tmp_path, image_size=4)) == 1


def test_classes_are_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    for number in (0, 1, 2, 10, 11):
        write_picture(tmp_path / str(number) / "0.png", (number, 2, 3))
    data = load("folder", tmp_path, image_size=4)
    assert data.classes == ("0", "1", "2", "10", "11")
    reds = data.images[:, 0, 0, 0].tolist()
    assert [data.classes[label] for label in data.labels.tolist()] == [str(red) for red in reds]


def test_classes_below_one_folder_around_them_all_are_found(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        write_picture(tmp_path / "sets" / "train" / name / "0.png", (1, 2, 3))
    assert load("folder", tmp_path, image_size=4).classes == ("cats", "dogs")
    write_picture(tmp_path / "sets" / "train" / "0.png", (1, 2, 3))  # beside the classes
    assert load("folder", tmp_path, image_size=4).classes == ("train",)
    write_picture(tmp_path / "other" / "0.png", (1, 2, 3))
    assert load("folder", tmp_path, image_size=4).classes == ("other", "sets")


def test_a_class_whose_name_is_no_text_can_be_printed(tmp_path: Path) -> None:
    one = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    one.mkdir()
    write_picture(one / "0.png", (1, 2, 3))
    assert load("folder", tmp_path, image_size=4).classes == (r"caf\xe9",)
    other = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe8"))
    other.mkdir()
    write_picture(other / "0.png", (4, 5, 6))  # they stay two
    assert load("folder", tmp_path, image_size=4).classes == (r"caf\xe8", r"caf\xe9")


def test_names_that_would_steer_a_terminal_are_shown_as_escapes(tmp_path: Path) -> None:
    write_picture(tmp_path / "a\nb" / "0.png", (1, 2, 3))
    write_picture(tmp_path / "\u732b \u3000" / "0.png", (1, 2, 3))
    (tmp_path / "\x1b[31mred.jpg").write_text("no picture")
    data = load("folder", tmp_path, image_size=4)
    assert data.classes == (r"a\nb", "\u732b \u3000")
    assert r": \x1b[31mred.jpg (" in data.left_out[0]


def test_a_survey_counts_by_names_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a/0.png", "b/1.jpg", "b/2.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "notes.txt").touch()
    rest = ("1 .txt (no pictures by their names)",)
    assert survey(tmp_path) == (3, rest, True)
    monkeypatch.setattr(folder, "SURVEYED", 2)
    assert survey(tmp_path) == (0, rest, False)


@pytest.mark.parametrize("text", ["{}", " {} ", "'{}'", '"{}"', "{}/"])
def test_a_path_is_understood_as_it_is_pasted(tmp_path: Path, text: str) -> None:
    assert folder_path(Path("data"), text.format(tmp_path)) == tmp_path


def test_a_home_folder_and_texts_that_can_be_no_folder(tmp_path: Path) -> None:
    assert folder_path(tmp_path, "~/pictures") == Path.home() / "pictures"
    assert folder_path(tmp_path, "~nobodyknown/x") == tmp_path / "~nobodyknown/x"
    for text in ("x" * 300, "a\0b"):
        assert not is_folder(folder_path(tmp_path, text))
        with pytest.raises(DataError, match="is not a folder"):
            load("folder", tmp_path, folder=text)
