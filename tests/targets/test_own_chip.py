"""A chip of one's own: a copy with every entry explained, which loads to the same chip under another name."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from support.chips import CONFIGS, PRICES

from neurohw.parsing import Strict, inner_model
from neurohw.targets.comments import EXPLAINED, commented, without_comments
from neurohw.targets.crossbar_spec import CrossbarSpec
from neurohw.targets.digital_spec import DigitalSpec
from neurohw.targets.load import load_prices, load_target
from neurohw.targets.own import own_chip, own_prices

CHIPS = sorted(CONFIGS.glob("*.yaml"))
KINDS = {"digital": DigitalSpec, "crossbar": CrossbarSpec}


@pytest.fixture(params=CHIPS, ids=lambda path: path.stem, scope="module")
def copied(request, tmp_path_factory):
    """A shipped chip's file and its copy under the name 'mine'."""
    copy = tmp_path_factory.mktemp(request.param.stem) / "mine.yaml"
    copy.write_text(own_chip(request.param, request.param.stem, "mine", copy, PRICES))
    return request.param, copy


def described(kind: type[Strict], place: str = "") -> dict[str, str | None]:
    """Descriptions of all entries of a type of file by their path; of a quantity's parts once only."""
    found: dict[str, str | None] = {}
    for name, field in kind.model_fields.items():
        path = f"{place}.{field.alias or name}"
        found[path] = field.description
        if (inside := inner_model(field.annotation)) is not None:
            found |= described(inside, path)
    return found


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_entry_of_every_kind_of_chip_says_what_it_is(kind):
    entries = described(kind)
    assert len(entries) > 100
    assert [path for path, text in entries.items() if not text] == []


def test_a_copy_is_the_same_chip_under_another_name(copied):
    original, copy = (load_target(path, PRICES) for path in copied)
    spec = original.spec.model_copy(update={"name": "mine", "extends": ""})
    assert copy == replace(original, name="mine", spec=spec)


def test_a_copy_keeps_every_line_of_the_original_but_comments_and_the_name(copied):
    if "extends" in yaml.safe_load(copied[0].read_text()):
        pytest.skip("its copy has the entries of both files")
    original, copy = (without_comments(path.read_text()).splitlines() for path in copied)
    named = [line for line in original if line.startswith("name: ")]
    assert copy == ["name: mine" if line in named else line for line in original]


def test_every_entry_of_a_copy_has_its_comment_above(copied):
    """Of entries in block style; the parts of one in flow style are listed above it by name."""
    text = copied[1].read_text()
    lines, root = text.splitlines(), yaml.compose(text)
    kind = KINDS[yaml.safe_load(text)["kind"]]
    seen = list(block_entries(root, described(kind)))
    assert len(seen) > 15
    for path, line, what, parts in seen:
        above = []
        while lines[line - 1 - len(above)].lstrip().startswith("# "):
            above.insert(0, lines[line - 1 - len(above)].strip().removeprefix("# "))
        comment = " ".join(" ".join(above).split())
        assert what in comment, path
        assert [part for part in parts if f"{part}: " not in comment] == [], path


def block_entries(node, texts, place="", inventory=False):
    """(path, line, description, names of parts) of every entry in block style."""
    for key, value in node.value:
        path = f"{place}.{key.value}"
        what = texts[f"{place}.value"].replace("NAME", key.value) if inventory else texts[path]
        flow = isinstance(value, yaml.MappingNode) and value.flow_style
        parts = [k.value for k, _ in value.value if k.value not in EXPLAINED] if flow else []
        yield path, key.start_mark.line, " ".join(what.split()), parts
        if isinstance(value, yaml.MappingNode) and not flow:
            yield from block_entries(value, texts, path, place == ".inventory")


def test_what_a_chip_leaves_out_is_named_in_its_copy():
    text = own_chip(CONFIGS / "xbar_template.yaml", "xbar_template", "mine", Path("mine.yaml"), PRICES)
    for name in ("adc_bits", "full_scale", "levels"):
        assert f"\n  # {name}: left out here; " in text
    assert "\n# imperfections: left out here; " in text
    assert "\n#   row_wire: resistance of a row" in text


def test_a_copy_of_a_copy_has_its_comments_once(copied, tmp_path):
    again = tmp_path / "again.yaml"
    again.write_text(own_chip(copied[1], copied[0].stem, "mine", copied[1], PRICES))
    assert again.read_text() == copied[1].read_text()


def test_the_head_says_what_to_reconsider_and_what_to_do_next(copied):
    text = " ".join(copied[1].read_text().split("\nschema:")[0].replace("\n#", " ").split())
    assert f"Every value, grade and source below is still that of {copied[0].stem}." in text
    assert f"neurohw check {copied[1]} " in text
    assert f"--on {copied[0].stem} {copied[1]}" in text
    assert "M measured on silicon" in text


@pytest.mark.parametrize("name", ["12", "yes", "null", "1e3"])
def test_a_name_that_looks_like_a_number_stays_text(name, tmp_path):
    copy = tmp_path / "mine.yaml"
    copy.write_text(own_chip(CONFIGS / "loihi1.yaml", "loihi1", name, copy, PRICES))
    assert load_target(copy, PRICES).name == name


def test_a_table_beside_a_chip_elsewhere_is_found_from_its_copy(tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    there.mkdir()
    here.mkdir()
    (there / "own.yaml").write_text((PRICES / "isaac_2016.yaml").read_text().replace("isaac_2016", "own", 1))
    chip = (CONFIGS / "xbar_rram_isaac.yaml").read_text()
    (there / "chip.yaml").write_text(chip.replace("price_table: isaac_2016", "price_table: own"))
    copy = here / "mine.yaml"
    copy.write_text(own_chip(there / "chip.yaml", "chip", "mine", copy, PRICES))
    assert load_target(copy, PRICES).prices == load_target(there / "chip.yaml", PRICES).prices


def test_comments_leave_strings_with_number_signs_alone():
    text = 'schema: x # a\n# b\nname: "c # d" # e\nnotes:\n  - "f #1\n    # g"\n'
    assert without_comments(text) == 'schema: x\nname: "c # d"\nnotes:\n  - "f #1\n    # g"\n'
    assert yaml.safe_load(commented(text, DigitalSpec)) == yaml.safe_load(text)


@pytest.mark.parametrize("name", ["loihi1", "xbar_template"])
def test_a_table_of_ones_own_starts_as_the_one_it_extends(name, tmp_path):
    """xbar_template's table itself extends another one."""
    like = CONFIGS / f"{name}.yaml"
    table = tmp_path / "mine_prices.yaml"
    table.write_text(own_prices(like, "mine", table, PRICES))
    own, base = load_prices(table, PRICES), load_target(like, PRICES).prices
    before = load_prices(PRICES / f"{base.name}.yaml", PRICES)
    assert (own.name, own.prices, own.included) == ("mine_prices", before.prices, before.included)
    listed = re.findall(r"^  # (\w+):$", table.read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(before.prices)


@pytest.mark.parametrize("name", ["loihi1", "xbar_template"])
def test_prices_that_are_uncommented_are_those_of_the_table(name, tmp_path):
    table = tmp_path / "mine_prices.yaml"
    table.write_text(own_prices(CONFIGS / f"{name}.yaml", "mine", table, PRICES))
    head, prices = table.read_text().split("\nprices:\n")
    alone = head.replace("\nextends: ", "\n# ") + "\nprices:\n" + prices.replace("  # ", "  ")
    before = load_prices(table, PRICES).prices
    table.write_text(alone)
    assert load_prices(table, PRICES).prices == before


def test_a_copy_of_a_chip_that_extends_another_stands_alone(tmp_path):
    """It may give neither name nor price table, and name what it extends by a path from its own folder."""
    (tmp_path / "lab" / "chips").mkdir(parents=True)
    (tmp_path / "lab" / "base.yaml").write_text((CONFIGS / "loihi2.yaml").read_text())
    like = tmp_path / "lab" / "chips" / "like.yaml"
    like.write_text("extends: ../base.yaml\nabout: my own\n")
    copy = tmp_path / "mine.yaml"
    copy.write_text(own_chip(like, "like", "mine", copy, PRICES))
    found, base = load_target(copy, PRICES), load_target(CONFIGS / "loihi2.yaml", PRICES)
    assert found.spec == base.spec.model_copy(update={"name": "mine", "about": "my own"})
    assert found.prices == base.prices
    table = own_prices(like, "mine", tmp_path / "table.yaml", PRICES)
    assert "\nextends: davies2018_presilicon\n" in table
