"""Imports run one way, and heavy ones wait: read from the source with ast."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gan_core", "pages")

# From the ground up; a module may import only what stands lower.
LAYERS = [
    {"errors"},
    {"config", "convolutions", "memory", "scales"},
    {"anatomy"},
    {"presets", "networks", "datasets", "latent", "images", "maps", "pictures"},
    {"objectives", "metrics", "films"},
    {"breakages", "cuda_graphs"},
    {"catalog"},
    {"trainer", "runs"},
    {"classifier", "doctor", "directions", "projection", "onnx_export"},
    {"reference", "direction_files"},
    {"monitor", "evaluation"},
    {"recording"},
    {"forking"},
    {"jobs"},
    {"__main__"},
]
LEVEL = {f"gan_core.{name}": level for level, names in enumerate(LAYERS) for name in names}
LEVEL["gan_core"] = -1  # the package itself: its version


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [ROOT / "app.py", *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))]
SOURCES = {name_of(path): path for path in FILES}
CORE = sorted(name for name in SOURCES if name.split(".")[0] == "gan_core")
PAGES = sorted(name for name in SOURCES if name.split(".")[0] == "pages")


def for_types_only(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(node: ast.AST, at_import: bool) -> Iterator[ast.stmt]:
    """Statements below a node: all of them, or those that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if at_import and isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(child, ast.stmt):
            if at_import and for_types_only(child):
                continue
            yield child
        yield from statements(child, at_import)


def imports(module: str, *, at_import: bool = False) -> set[str]:
    """The modules that a module imports, by their full names."""
    found: set[str] = set()
    for node in statements(ast.parse(SOURCES[module].read_text("utf-8")), at_import):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                found.add(full if full in SOURCES else base)
    return found


def tops(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


def loads_at_import(module: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """Outside packages that importing a module brings along, through modules of the project."""
    loaded: set[str] = set()
    for name in imports(module, at_import=True) - seen:
        if name in SOURCES:
            loaded |= loads_at_import(name, seen | {module})
        else:
            loaded |= tops({name})
    return loaded


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_downwards(module: str) -> None:
    assert module in LEVEL, f"give {module} its place in LAYERS"
    for name in imports(module):
        if name.split(".")[0] == "gan_core":
            assert LEVEL[name] < LEVEL[module], f"{module} imports {name}, which stands higher"


@pytest.mark.parametrize("module", CORE)
def test_the_core_knows_nothing_of_the_screen(module: str) -> None:
    assert not tops(imports(module)) & {"streamlit", "plotly", "pages", "app"}


@pytest.mark.parametrize("module", CORE)
def test_only_jobs_has_threads(module: str) -> None:
    threads = tops(imports(module)) & {"threading", "_thread", "concurrent", "multiprocessing"}
    assert not threads or module == "gan_core.training.job"


@pytest.mark.parametrize("module", CORE)
def test_nothing_is_unpickled(module: str) -> None:
    assert not tops(imports(module)) & {"pickle", "cloudpickle", "dill", "joblib", "shelve"}
    for node in ast.walk(ast.parse(SOURCES[module].read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
            assert {k.arg: ast.unparse(k.value) for k in node.keywords}["weights_only"] == "True"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert ast.unparse(node.value) == "False"


def test_config_needs_the_standard_library_alone() -> None:
    outside = loads_at_import("gan_core.config") - set(sys.stdlib_module_names)
    assert outside == set()


@pytest.mark.parametrize("module", ["app", *PAGES])
def test_the_frame_of_a_page_waits_for_no_torch(module: str) -> None:
    heavy = {"torch", "torchvision", "sklearn", "scipy"}
    assert not loads_at_import(module) & heavy


@pytest.mark.parametrize("module", PAGES)
def test_pages_do_not_import_each_other(module: str) -> None:
    for name in imports(module):
        assert name != "app"
        assert name == "pages" or name.split(".")[0] != "pages" or ".components" in name


def test_only_the_session_keeps_things_between_reruns() -> None:
    for module in PAGES:
        if module != "pages.shared.server.sources":
            text = SOURCES[module].read_text("utf-8")
            assert "cache_resource" not in text, f"{module} uses st.cache_resource"


@pytest.mark.parametrize(
    "names",
    ["gan_core.config, gan_core.presets", "gan_core.cli.main", "pages.shared.server.sources"],
)
def test_what_loads_no_torch(names: str) -> None:
    code = f"import sys, {names}; assert 'torch' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
