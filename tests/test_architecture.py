"""One-way flow: what each module may import, by layer; and a light `import neurohw`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "neurohw"
# A module imports layers below its own, and itself; modules of one layer do not know each other.
LAYERS = (
    {"cores", "errors", "touched"},
    {"microcode"},
    {"neurons"},
    {"ir"},
    {"costs", "machine", "reports"},
    {"backends"},
    {"parsing", "writing"},
    {"library", "references", "spec"},
    {"data", "targets"},
    {"artifacts", "diagnosis", "learning", "own_files"},
    {"compiler", "terminal"},
    {"exchange", "runtime"},
    {"api"},
    {"experiments"},
    {"reproduction"},
    {"cli"},
    {"__init__"},
)
LAYER = {module: number for number, modules in enumerate(LAYERS) for module in modules}
MAY_IMPORT = {module: {other for other in LAYER if LAYER[other] < number} for module, number in LAYER.items()}
MODULES = sorted({path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in PACKAGE.rglob("*.py")})
BACKENDS = sorted(path.parent.name for path in PACKAGE.glob("backends/*/__init__.py"))
HEAVY = ("lava", "brian2", "dask", "plotly", "numba", "sklearn", "scipy", "pydantic")


def imported(tree: ast.AST) -> set[tuple[str, int]]:
    """Everything of neurohw that a module imports, wherever it does: (dotted name within neurohw, line)."""
    found = set()
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        parts = [name.partition(".") for name in names if name != "neurohw.__version__"]
        found |= {(rest, node.lineno) for package, _, rest in parts if package == "neurohw"}
    return found


def imports(tree: ast.AST) -> set[tuple[str, int]]:
    """The same by top-level module: (top-level module, line)."""
    return {(name.partition(".")[0] or "__init__", line) for name, line in imported(tree)}


def breaches(module: str) -> list[str]:
    """Imports of a top-level module or package that its layer does not allow."""
    files = sorted((PACKAGE / module).rglob("*.py")) or [PACKAGE / f"{module}.py"]
    allowed = MAY_IMPORT[module] | {module}
    return [
        f"{path.relative_to(PACKAGE.parent)}:{line} imports {other}"
        for path in files
        for other, line in sorted(imports(ast.parse(path.read_text(encoding="utf-8"))))
        if other not in allowed
    ]


def test_every_module_has_a_layer():
    assert set(MODULES) == set(LAYER)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_what_its_layer_may(module):
    assert breaches(module) == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_imports_no_other(backend):
    others = tuple(f"backends.{other}." for other in BACKENDS if other != backend)
    assert [
        f"{path.relative_to(PACKAGE.parent)}:{line} imports {name}"
        for path in (PACKAGE / "backends" / backend).rglob("*.py")
        for name, line in sorted(imported(ast.parse(path.read_text(encoding="utf-8"))))
        if f"{name}.".startswith(others)
    ] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import neurohw.api", {("api", 1)}),
        ("from neurohw import api, ir", {("api", 1), ("ir", 1)}),
        ("from neurohw.ir.network import Network", {("ir", 1)}),
        ("import neurohw", {("__init__", 1)}),
        ("def f():\n    import neurohw.cli as c", {("cli", 2)}),
        ("if TYPE_CHECKING:\n    from neurohw.costs import price", {("costs", 2)}),
        ("import numpy, json\nfrom neurohwx import y", set()),
    ],
)
def test_imports_are_found_wherever_they_are(text, expected):
    assert imports(ast.parse(text)) == expected


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that are loaded after a statement in a fresh interpreter."""
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import neurohw", "import neurohw.cli"])
def test_an_import_loads_nothing_heavy(statement):
    loaded = loaded_by(statement)
    assert "neurohw" in loaded
    assert not loaded & set(HEAVY)


def test_the_api_loads_no_optional_backend():
    assert not loaded_by("import neurohw.api") & {"lava", "brian2", "dask", "plotly"}
