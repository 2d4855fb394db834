"""hw_configs/README.md: its commands work as they stand, its tables and terms are those of the code."""

from __future__ import annotations

import re
import shlex

import pytest
import yaml
from support import toys

from neurohw.ir.cost import MEANINGS
from neurohw.targets.load import load_prices
from neurohw.targets.schema import Capacity

GUIDE = (toys.ROOT / "hw_configs" / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
FIXATIONS = "20"  # in place of the guide's, to be quick


def blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


COMMANDS = [line for text in blocks("") for line in text.splitlines()]


@pytest.fixture
def work(tmp_path):
    """An empty folder."""
    return tmp_path


def test_every_command_of_the_guide_works_in_its_order(neurohw, work):
    assert len(COMMANDS) > 6
    for line in COMMANDS:
        program, *arguments = shlex.split(re.sub(r"(--fixations) \d+", rf"\1 {FIXATIONS}", line))
        assert program == "neurohw"
        code, _, err = neurohw(*arguments)
        assert code == 0, f"{line}: {err}"
    assert {"my_chip.yaml", "my_chip_prices.yaml", "my_array.yaml"} <= {path.name for path in work.iterdir()}


def test_the_guides_price_table_is_one(work):
    (table,) = (text for text in blocks("yaml") if text.startswith("schema: neurohw.prices/1"))
    (work / "mine.yaml").write_text(table)
    prices = load_prices(work / "mine.yaml", toys.ROOT / "hw_configs" / "prices")
    assert prices.prices["adc_conversion_energy"].scaling.between == (4, 10)
    assert len(prices.prices) > 10
    assert "sample_hold" in prices.included


def test_the_guides_entry_is_one():
    (entry,) = (text for text in blocks("yaml") if text.startswith("compartments: "))
    assert Capacity.model_validate(yaml.safe_load(entry)["compartments"]).value == 2048


def test_the_guides_grades_are_those_of_the_code():
    assert dict(re.findall(r"^  \| (\w+) \| (.+) \|$", GUIDE, re.MULTILINE)) == {"grade": "the number is"} | MEANINGS
