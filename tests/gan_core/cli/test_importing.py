"""``import``: weights that were trained elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan_core.runs.folder import RunFolder
from tests.gan_core import foreign
from tests.gan_core.cli.commands import call, refused


def test_import(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pair = foreign.dense(8 * 8, 16)
    torch.save(pair.generator.state_dict(), "netG.pth")
    torch.save(pair.critic.state_dict(), "netD.pth")
    arguments = ("--as", "mlp-norm", "--set", "dataset=tiny", "batch_size=8", "steps=3")
    assert call("import", "netG.pth", "--discriminator", "netD.pth", *arguments) == 0
    out, err = capsys.readouterr()
    assert err.startswith("GAN of PyTorch-GAN: latent size 16, pictures of 1 x 8 x 8")
    run = RunFolder(Path(out.strip()))
    assert call("sample", run.path, "--out", "grid.png") == 0
    assert call("train", "--resume", run.path, "--data-dir", tmp_path) == 0
    assert run.status().step == 3


def test_what_is_no_file_of_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "import", "gone.pt", "--as", "mlp") == "There is no file 'gone.pt'."
    Path("a.pkl").write_bytes(b"x")
    assert "must end in .safetensors" in refused(capsys, "import", "a.pkl", "--as", "mlp")
    assert "One file" in refused(capsys, "import", "a.pt", "b.pt", "--as", "mlp")
    Path("a.pt").write_bytes(b"x")
    assert "neither a layout nor" in refused(capsys, "import", "a.pt", "--as", "netG")
    assert not Path("runs").exists()
