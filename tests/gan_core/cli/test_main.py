from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from gan_core.cli.main import COMMANDS, commands
from gan_core.errors import GanError
from tests.gan_core.cli.commands import ROOT, call, refused


@pytest.mark.parametrize(
    "command",
    ["train", "sample", "interpolate", "export", "onnx", "list", "download", "train-classifier"],
)
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert call(command, "--help") == 0
    assert "Usage:" in capsys.readouterr().out
    assert call(command, "--nonsense") == 2
    assert "--nonsense" in capsys.readouterr().err
    assert call("--help") == 0
    assert command in capsys.readouterr().out


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_two_examples_that_can_be_typed(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    assert call(name, "--help") == 0
    shown = [line.strip() for line in capsys.readouterr().out.splitlines() if line.strip()]
    examples = COMMANDS[name].examples
    typed = [f"python -m gan_core {name} {words}".strip() for words in examples]
    assert shown[-3:] == ["Examples:", *typed]
    group = get_command(commands)
    assert isinstance(group, TyperGroup)
    for words in examples:
        group.commands[name].make_context(name, shlex.split(words))


def test_help_says_the_same_without_docstrings() -> None:
    code = (
        "from gan_core.cli.main import main, COMMANDS\n"
        "for words in (['--help'], *([name, '--help'] for name in COMMANDS)):\n"
        "    try: main(words)\n"
        "    except SystemExit: pass\n"
    )
    helps = [
        subprocess.run(
            [sys.executable, *options, "-c", code], cwd=ROOT, check=True, capture_output=True
        ).stdout
        for options in ([], ["-OO"])
    ]
    assert helps[0] == helps[1]
    assert b"Walk through latent space" in helps[0]


def test_help_and_presets_load_no_torch() -> None:
    code = (
        "import sys\nfrom gan_core.cli.main import main\n"
        "for words in ('--help', 'train --help', 'list presets', 'list datasets'):\n"
        "    try: main(words.split())\n"
        "    except SystemExit as end: assert end.code == 0\n"
        "assert not {'torch', 'torchvision', 'sklearn', 'streamlit'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)


def test_errors_are_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> Path:
        raise GanError("One sentence.")

    monkeypatch.setattr("gan_core.cli.drawing.find_checkpoint", fail)
    assert refused(capsys, "sample", "x") == "One sentence."
