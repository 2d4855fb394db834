"""How often the package asks which kind a neuron is, in place of asking what its kind declares."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from neurohw import neurons

PACKAGE = Path(__file__).parents[1] / "neurohw"
KINDS = {kind.__name__ for kind in neurons.kinds()}
MOST = 10


def names_in(node: ast.AST) -> set[str]:
    names = [n for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))]
    return {n.id if isinstance(n, ast.Name) else n.attr for n in names}


def tables_of(tree: ast.AST) -> set[str]:
    """Names of tuples and tables of kinds."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, (ast.Dict, ast.Tuple, ast.Set)):
            members = node.value.keys if isinstance(node.value, ast.Dict) else node.value.elts
            if any(isinstance(m, ast.Name) and m.id in KINDS for m in members):
                found |= names_in(node.targets[0] if isinstance(node, ast.Assign) else node.target)
    return found


def is_type_of(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "type"


def asks(node: ast.AST, kinds: set[str]) -> bool:
    """Whether a node looks at the kind of a neuron: isinstance, type(x), getattr with a default, hasattr, match."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
        if node.func.id == "isinstance":
            return bool(names_in(node.args[1]) & kinds)
        by_default = node.func.id == "hasattr" or (node.func.id == "getattr" and len(node.args) > 2)
        return by_default and bool(names_in(node.args[0]) & {"n", "neuron"})
    if isinstance(node, ast.Compare):
        return any(map(is_type_of, ast.walk(node))) and bool(names_in(node) & kinds)
    if isinstance(node, ast.Subscript):
        return is_type_of(node.slice) and bool(names_in(node.value) & kinds)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "get" and any(map(is_type_of, node.args)) and bool(names_in(node.func.value) & kinds)
    return isinstance(node, ast.Match) and bool(names_in(node) & kinds)


def checks(text: str, tables: set[str] = frozenset()) -> list[int]:
    """Lines that ask for the kind of a neuron."""
    tree = ast.parse(text)
    kinds = KINDS | tables | tables_of(tree)
    return [node.lineno for node in ast.walk(tree) if asks(node, kinds)]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("isinstance(n, (Lif, Relu))", 1),
        ("BOTH = (Lif, Relu)\nisinstance(n, BOTH)", 1),
        ("BITS = {Lif: 48}\nBITS[type(n)]\nBITS.get(type(n), 0)", 2),
        ("type(n) is neurons.Lif", 1),
        ("hasattr(p.neuron, 'du')\ngetattr(p.neuron, 'du', 0)", 2),
        ("match n:\n    case Lif():\n        pass", 1),
        ("isinstance(n, int)\nLif(1)\ngetattr(n, name)", 0),
    ],
)
def test_checks_are_found(text, count):
    assert len(checks(text)) == count


def test_the_package_asks_seldom_which_kind_a_neuron_is():
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if "microcode" not in path.parts]
    texts = {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in files}
    found = [f"{name}:{line}" for name, text in texts.items() for line in checks(text)]
    print(f"{len(found)} checks on kinds of neurons:", *found, sep="\n  ")
    assert len(found) <= MOST
