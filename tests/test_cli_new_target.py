"""The verb new-target: what it writes, and what it refuses."""

from __future__ import annotations

import pytest
import yaml

from neurohw import library


@pytest.fixture
def work(tmp_path):
    """An empty folder."""
    return tmp_path


def test_a_new_chip_is_written_and_passes_check(neurohw, work):
    code, out, err = neurohw("new-target", "mine", "--like", "loihi2")
    assert (code, err) == (0, "")
    assert out.splitlines() == ["wrote mine.yaml", "next: neurohw check mine.yaml"]
    assert neurohw("check", "mine.yaml")[:2] == (0, "mine.yaml: ok\n")
    assert yaml.safe_load((work / "mine.yaml").read_text())["name"] == "mine"


def test_a_new_chip_may_bring_its_own_price_table(neurohw, work):
    assert neurohw("new-target", "mine", "--like", "xbar_sram", "--prices", "-o", "chips/a.yaml")[0] == 0
    files = ("chips/a.yaml", "chips/mine_prices.yaml")
    assert neurohw("check", *files)[:2] == (0, "".join(f"{file}: ok\n" for file in files))
    assert yaml.safe_load((work / files[0]).read_text())["price_table"] == "mine_prices"


def test_check_names_three_missing_entries_of_a_new_chip_at_once(neurohw, refused, work):
    neurohw("new-target", "mine", "--like", "xbar_rram_isaac")
    data = yaml.safe_load((work / "mine.yaml").read_text())
    del data["cells"]["g_max"], data["encoding"]["signs"], data["inventory"]["group"]["adc"]["value"]
    (work / "mine.yaml").write_text(yaml.safe_dump(data))
    assert refused("check", "mine.yaml").splitlines() == [
        "mine.yaml: cells.g_max: is missing; largest conductance of a cell, above g_min; add 'g_max' with value, unit, "
        "grade, source, conditions",
        "mine.yaml: encoding.signs: is missing; pair (positive and negative part on two cells), offset (one cell, a "
        "reference column is taken off) or unit (one cell, a column of ones, the rest is digital); add 'signs'",
        "mine.yaml: inventory.group.adc.value: is missing; how many there are; one takes NAME_power and NAME_area of "
        "the price table; add 'value'",
    ]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("mine", "--like", "loihi3"), "loihi3: no chip of that name; did you mean 'loihi2'?"),
        (("mine", "--like", "./no.yaml"), "./no.yaml: no such chip file; check the path"),
        (("loihi1", "--like", "loihi2"), "loihi1: is a chip that ships with neurohw; choose another name"),
        (
            ("my chip", "--like", "loihi2"),
            "my chip: is not a name of a chip; letters, digits, '_', '.' and '-'; choose another one",
        ),
        (
            ("mine.yaml", "--like", "loihi2"),
            "mine.yaml: is a file; give the chip's name, such as mine, and the file with -o",
        ),
        (("mine", "--like", "loihi2", "-o", "mine.txt"), "mine.txt: is not a YAML file; call it mine.txt.yaml"),
    ],
)
def test_what_cannot_be_a_new_chip_is_refused(refused, work, arguments, text):
    assert refused("new-target", *arguments) == text
    assert list(work.iterdir()) == []


def test_a_file_that_is_there_is_kept_unless_forced(neurohw, refused, work):
    for name in ("mine.yaml", "mine_prices.yaml"):
        (work / name).write_text("old")
    there = "is there already; --force replaces it, -o takes another file"
    assert refused("new-target", "mine", "--like", "loihi2", "--prices").splitlines() == [
        f"mine.yaml: {there}",
        f"mine_prices.yaml: {there}",
    ]
    assert (work / "mine.yaml").read_text() == "old"
    assert neurohw("new-target", "mine", "--like", "loihi2", "--prices", "--force")[0] == 0
    assert neurohw("check", "mine.yaml", "mine_prices.yaml")[0] == 0


def test_a_file_that_is_no_chip_cannot_be_copied(refused, work):
    (work / "bad.yaml").write_text("schema: neurohw.target/1\nname: bad\nkind: digital\nprice_table: isaac_2016\n")
    text = refused("new-target", "mine", "--like", "./bad.yaml")
    assert "bad.yaml: mesh: is missing; where the cores are" in text
    assert not (work / "mine.yaml").exists()


def test_check_takes_files_of_other_machines(neurohw, refused, work):
    text = library.context_file().read_text()
    (work / "context.yaml").write_text(text)
    assert neurohw("check", "context.yaml")[:2] == (0, "context.yaml: ok\n")
    (work / "context.yaml").write_text(text.replace("per: mac", "per: mack", 1))
    assert refused("check", "context.yaml") == (
        "context.yaml: entries.cpu_i7_4960x.per: 'mack' is not possible; did you mean 'mac'?"
    )


def test_check_takes_a_file_that_only_extends_for_a_chip(neurohw, work):
    (work / "same.yaml").write_text("extends: loihi1\n")
    assert neurohw("check", "same.yaml")[:2] == (0, "same.yaml: ok\n")


def test_a_chip_like_one_that_extends_another_passes_check(neurohw, work):
    assert neurohw("new-target", "mine", "--like", "loihi1_nahuku", "--prices")[0] == 0
    assert neurohw("check", "mine.yaml", "mine_prices.yaml")[0] == 0
    assert "extends" not in yaml.safe_load((work / "mine.yaml").read_text())
