"""The package, built and installed as a person would, beside the packages that are here already."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
import venv
from pathlib import Path

import pytest

from gan_core import __version__
from gan_core.runs.folder import RunFolder
from gan_core.runs.status import Phase

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.timeout(600)


def pip(*words: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def install(folder: Path, *what: str | Path) -> Path:
    """Install into a fresh environment, and return where its commands are."""
    venv.create(folder)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (site / "these.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = folder / "bin" / "python"
    pip("--python", python, "install", "-q", "--no-deps", "--no-build-isolation", *what)
    return folder / "bin"


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of the installed wheel are."""
    folder = tmp_path_factory.mktemp("package")
    pip("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    return install(folder / "venv", wheel)


def environment() -> dict[str, str]:
    left_out = ("PYTHONPATH", "GAN_RUNS_DIR", "GAN_DATA_DIR")
    return {name: value for name, value in os.environ.items() if name not in left_out}


def run(commands: Path, name: str, *words: str, folder: Path, **more: str) -> str:
    done = subprocess.run(
        [commands / name, *words],
        cwd=folder,
        env={**environment(), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_wheel_trains_and_draws(commands: Path, tmp_path: Path) -> None:
    place = run(
        commands, "python", "-c", "import gan_core; print(gan_core.__file__)", folder=tmp_path
    )
    assert Path(place).is_relative_to(commands.parent)
    assert run(commands, "ganscope", "--version", folder=tmp_path) == f"GANscope {__version__}"
    settings = ("--set", "steps=20", "measure_every=0", "--device", "cpu")
    out = run(commands, "ganscope", "train", "digits", *settings, folder=tmp_path)
    trained = RunFolder(tmp_path / out.splitlines()[-1])
    assert (trained.status().phase, trained.status().step) == (Phase.FINISHED, 20)
    assert run(commands, "ganscope", "sample", "dcgan-mnist", "--n", "4", folder=tmp_path)
    assert (tmp_path / "grid.png").is_file()


def test_a_shell_completes_names(commands: Path, tmp_path: Path) -> None:
    def completed(words: str, at: int) -> list[str]:
        asked = {"_GANSCOPE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        return run(commands, "ganscope", folder=tmp_path, **asked).split()

    assert completed("ganscope train dcgan-m", 2) == ["dcgan-mnist"]
    assert completed("ganscope sample cg", 2) == ["cgan-mnist"]
    assert completed("ganscope download fash", 2) == ["fashion_mnist"]
    assert "pytorch-dcgan" in completed("ganscope import a.pt --as pytorch", 4)
    assert completed("ganscope tens", 1) == ["tensorboard"]


def test_the_wheel_opens_the_app(commands: Path, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [str(commands / "ganscope"), "app", "--port", str(port), "--headless"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment()) as server:
        try:
            deadline = time.monotonic() + 100
            while True:
                try:
                    address = f"http://localhost:{port}/api/checkpoints/dcgan-mnist/grids/500.png"
                    with urllib.request.urlopen(address, timeout=30) as answer:
                        picture = answer.read()
                    break
                except OSError:
                    assert server.poll() is None and time.monotonic() < deadline
                    time.sleep(0.2)
            assert picture.startswith(b"\x89PNG")
            with urllib.request.urlopen(f"http://localhost:{port}/", timeout=30) as answer:
                assert b"<title>" in answer.read()
        finally:
            server.terminate()
        server.wait(60)


def test_an_editable_install_is_the_source(tmp_path: Path) -> None:
    commands = install(tmp_path / "venv", "-e", ROOT)
    code = "import gan_core.places as p, gan_core; print(gan_core.__file__, p.APP, sep='\\n')"
    places = run(commands, "python", "-c", code, folder=tmp_path).splitlines()
    assert [Path(place) for place in places] == [ROOT / "gan_core/__init__.py", ROOT / "app.py"]
    assert run(commands, "ganscope", "--version", folder=tmp_path) == f"GANscope {__version__}"


def test_versions_and_requirements_are_told_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert project["dependencies"] == [line for line in lines if line and line[0] not in "-#"]
    assert f"version: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\n## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert importlib.metadata.version("hatchling")  # what builds it, without a network
