"""No number in hw_configs without unit, grade, source and conditions."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from neurohw.ir.cost import GRADES
from neurohw.targets.units import si_unit

CONFIGS = Path(__file__).parents[2] / "hw_configs"
FILES = sorted([*CONFIGS.glob("*.yaml"), *CONFIGS.glob("prices/*.yaml")])  # chips and prices, not sweeps


def unsourced(node, path=""):
    """Paths of numbers that stand alone, and of entries with a number that lack something."""
    if isinstance(node, dict) and "value" in node:
        needed = {"grade", "source", "conditions"} | (set() if isinstance(node["value"], bool) else {"unit"})
        return [f"{path}.{key}" for key in sorted(needed) if not str(node.get(key) or "").strip()]
    if isinstance(node, dict) and {"grade", "source", "conditions"} <= set(node):
        return [] if all(str(node[key]).strip() for key in ("grade", "source", "conditions")) else [path]
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in unsourced(value, f"{path}.{key}")]
    if isinstance(node, list):
        return [found for i, value in enumerate(node) for found in unsourced(value, f"{path}[{i}]")]
    return [path] if isinstance(node, (int, float)) and not isinstance(node, bool) else []


def entries(node):
    """All mappings with a value."""
    if isinstance(node, dict):
        return [node] if {"value", "grade"} & set(node) else [e for value in node.values() for e in entries(value)]
    return []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_number_has_unit_grade_source_and_conditions(path):
    assert unsourced(yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_units_parse_and_grades_are_known(path):
    found = entries(yaml.safe_load(path.read_text()))
    assert found
    for entry in found:
        assert entry["grade"] in GRADES
        if not isinstance(entry.get("value", True), bool):
            si_unit(entry["unit"])


def test_a_bare_number_or_a_missing_source_would_be_found():
    assert unsourced({"core": {"cores": 4}}) == [".core.cores"]
    entry = {"value": 4, "unit": "cores", "grade": "V", "source": "", "conditions": "x"}
    assert unsourced({"core": [entry]}) == [".core[0].source"]
