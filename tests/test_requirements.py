"""What the program imports is what requirements.txt installs."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = [
    ROOT / "app.py",
    *(path for room in ("gan_core", "pages") for path in (ROOT / room).rglob("*.py")),
]
OWN = {"app", "gan_core", "pages", "benchmarks", "tests"}


def requirements(name: str) -> set[str]:
    """The packages that a file of requirements, or of constraints, names itself."""
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {match[0].lower() for line in lines if (match := re.match(r"[A-Za-z0-9][\w.-]*", line))}


def imports(path: Path) -> set[str]:
    """The top packages that a file imports, within functions too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


def from_outside(path: Path) -> set[str]:
    return imports(path) - OWN - sys.stdlib_module_names


@pytest.fixture(scope="module")
def distributions() -> Mapping[str, list[str]]:
    """The names under which pip knows who brings an importable package."""
    return packages_distributions()


def test_every_package_that_the_program_imports_is_required(
    distributions: Mapping[str, list[str]],
) -> None:
    packages = {name for path in FILES for name in from_outside(path)}
    assert {"torch", "streamlit"} < packages
    required = requirements("requirements.txt")
    for package in packages:
        installed_as = {name.lower().replace("_", "-") for name in distributions[package]}
        assert installed_as & required, package


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_tests_name_the_version_of_every_requirement(name: str) -> None:
    assert requirements(name) <= requirements("constraints.txt")
