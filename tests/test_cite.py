"""The sources of what a run or a chip uses, as text and as BibTeX."""

import re

import pytest
from support.sweeps import MODEL

import neurohw as nh
from neurohw import backends, library, neurons, references
from neurohw.data import registry
from neurohw.learning import methods
from neurohw.microcode.kind import sources_of
from neurohw.neurons.clapp import Clapp


@pytest.fixture
def work(tmp_path):
    (tmp_path / "tiny.yaml").write_text(MODEL)
    return tmp_path


def entries(text):
    """Key and fields of every entry of BibTeX; all else must be remarks."""
    found, rest = {}, text
    for match in re.finditer(r"^@misc\{(\w+),\n((?:  \w+ = \{.*\},\n)+)\}$", text, re.M):
        found[match[1]] = dict(re.findall(r"  (\w+) = \{(.*)\},\n", match[2]))
        rest = rest.replace(match[0], "")
        assert match[0].replace("\\{", "").replace("\\}", "").count("{") == match[0].count("}")
    assert all(line.startswith("%") for line in rest.split("\n") if line)
    return found


def test_a_run_names_its_data_its_rule_and_its_prices(neurohw, work):
    assert neurohw("compile", "tiny.yaml", "--on", "loihi2", "-o", "tiny.nhw")[0] == 0
    assert neurohw("simulate", "tiny.nhw", "-o", "run")[0] == 0
    code, out, _ = neurohw("cite", "run")
    assert code == 0
    assert "Illing et al. 2021\n    for the neurons Clapp, the neurons Hinge\n" in out
    assert "Alpaydin & Kaynak 1998\n    for the data moved_digits\n" in out
    assert "synaptic_op (S)" in out
    found = entries(nh.cite(work / "run", bibtex=True))
    assert found["Illing2021"]["eprint"] == "2010.08262"
    assert found["Davies2018"]["year"] == "2018"


@pytest.mark.parametrize("chip", library.names(library.targets_dir()))
def test_every_number_of_a_chip_has_its_source_in_valid_bibtex(chip):
    text = nh.cite(chip)
    assert all(re.search(r"\((M|Ms|S|D|V|C|U)\)", line) for line in text.splitlines() if line.startswith("    for "))
    assert entries(nh.cite(chip, bibtex=True))


def test_a_chip_or_run_that_is_not_there_is_named(refused, work):
    assert refused("cite", "loihi3").startswith("loihi3: no chip of that name; did you mean 'loihi2'?")


@pytest.mark.parametrize("chip", library.names(library.targets_dir()))
def test_a_chip_with_another_price_table_is_cited_as_it_is_priced(chip):
    table = "isaac_2016" if chip.startswith("xbar") else "davies2018_presilicon"
    assert nh.cite(f"{chip}@{table}") == nh.cite(chip, prices=table)


def test_what_is_neither_a_chip_nor_a_run_is_said(refused, work):
    (work / "empty").mkdir()
    assert refused("cite", "empty") == "empty: is not a run folder; give the folder that simulate wrote"
    assert refused("cite", "").startswith(": no chip of that name; choose one of")
    assert refused("cite", "loihi2@nonsense").startswith("price table: no table 'nonsense' in ")
    with pytest.raises(nh.NeurohwError) as error:
        nh.cite(5, prices=5, bibtex="no")
    assert [problem.where for problem in error.value.problems] == ["cite: thing", "cite: prices", "cite: bibtex"]


def test_every_declared_source_is_known_or_software():
    declared = [*map(sources_of, neurons.kinds()), *methods.SOURCES.values(), *map(registry.sources, registry.names())]
    assert all(references.named_in(source) or source.startswith("Lava") for group in declared for source in group)
    assert sources_of(Clapp) == ("Illing et al. 2021",)
    assert set(backends.SOURCES) <= {"lava", "brian2"}
