"""The command line, called by tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from gan_core.cli.main import main
from gan_core.images import pixels
from tests.gan_core import helpers

ROOT = Path(__file__).resolve().parents[3]

TINY = ["dataset=tiny", "architecture=mlp-small", "latent_dim=4", "batch_size=8", "log_every=2"]


def call(*arguments: str | Path) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as caught:
        main([str(argument) for argument in arguments])
    assert isinstance(caught.value.code, int)
    return caught.value.code


def train(*arguments: str, steps: int = 6) -> int:
    return call("train", "digits", "--device", "cpu", "--set", f"steps={steps}", *TINY, *arguments)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """The one sentence that answers what cannot be done, with exit code 2."""
    assert call(*arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err
    return err.strip()


def pictures(folder: Path) -> Path:
    """A folder of pictures, which a process reads faster than the digits."""
    folder.mkdir()
    for number, picture in enumerate(helpers.tiny_data(40).images.permute(0, 2, 3, 1).numpy()):
        (folder / f"{number:02}.png").write_bytes(pixels.png(picture))
    return folder
