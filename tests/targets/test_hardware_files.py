"""Chips and price tables as files: what they say, and what is said when they are wrong."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from neurohw.errors import NeurohwError
from neurohw.ir.cost import Band
from neurohw.targets.load import load_prices, load_target

CONFIGS = Path(__file__).parents[2] / "hw_configs"
PRICES = CONFIGS / "prices"


@pytest.fixture
def broken(tmp_path):
    """Load a copy of loihi1 after `change(data)`."""

    def load(change, name="loihi1.yaml"):
        data = copy.deepcopy(yaml.safe_load((CONFIGS / name).read_text()))
        change(data)
        path = tmp_path / "chip.yaml"
        path.write_text(yaml.safe_dump(data))
        return load_target(path, PRICES)

    return load


@pytest.fixture
def broken_prices(tmp_path):
    def load(change):
        data = yaml.safe_load((PRICES / "davies2018_presilicon.yaml").read_text())
        change(data)
        path = tmp_path / "table.yaml"
        path.write_text(yaml.safe_dump(data))
        return load_prices(path)

    return load


def message(load, change):
    with pytest.raises(NeurohwError) as error:
        load(change)
    return str(error.value).split("/")[-1]


@pytest.mark.parametrize("name", ["loihi1", "loihi2"])
def test_a_chip_has_its_sites_in_order_of_tiles(name):
    chip = load_target(CONFIGS / f"{name}.yaml", PRICES)
    assert (chip.name, chip.kind, len(chip.sites)) == (name, "digital", 128)
    assert [(s.index, s.x, s.y) for s in chip.sites if s.index in (0, 3, 4, 31, 32, 127)] == [
        (0, 0, 0), (3, 0, 0), (4, 1, 0), (31, 7, 0), (32, 0, 1), (127, 7, 3),
    ]  # fmt: skip


def test_hops_are_tiles_crossed_each_way():
    chip = load_target(CONFIGS / "loihi1.yaml", PRICES)
    assert chip.hops(chip.sites[0], chip.sites[3]) == (0, 0)
    assert chip.hops(chip.sites[0], chip.sites[127]) == (7, 3)
    assert chip.hops(chip.sites[127], chip.sites[64]) == (7, 1)


def test_prices_are_si_bands_with_their_source():
    price = load_prices(PRICES / "sanafe_nahuku_fit.yaml").prices["synaptic_op_energy"]
    assert (price.value, price.unit, price.grade) == (Band(2.96e-11, 3.55e-11, 3.98e-11), "J", "M")
    assert "SANA-FE" in price.source


def test_sanafe_has_no_price_of_learning_and_davies_has_one():
    assert not any("update" in n and "synaptic" in n for n in load_prices(PRICES / "sanafe_nahuku_fit.yaml").prices)
    davies = load_prices(PRICES / "davies2018_presilicon.yaml").prices
    assert davies["synaptic_update_energy"].value.nominal == 1.2e-10
    assert davies["synaptic_update_time"].value.nominal == 6.1e-9


def test_the_price_table_can_be_chosen():
    assert load_target(CONFIGS / "loihi2.yaml", PRICES, "sanafe_nahuku_fit").prices.name == "sanafe_nahuku_fit"


def test_loihi2_says_that_its_prices_are_loihi_1_prices():
    assert any(note.startswith("Loihi 1 prices") for note in load_target(CONFIGS / "loihi2.yaml", PRICES).assumptions)


def test_an_unknown_price_table_is_answered_with_the_nearest():
    with pytest.raises(NeurohwError, match="did you mean 'sanafe_nahuku_fit'") as error:
        load_target(CONFIGS / "loihi1.yaml", PRICES, "sanafe_fit")
    assert str(error.value).startswith("price table: no table 'sanafe_fit' in ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda d: d.update(price_table="davies2018"), "did you mean 'davies2018_presilicon'?"),
        (lambda d: d.update(kind="digitel"), "chip.yaml: kind: no chips of kind 'digitel'; did you mean 'digital'?"),
        (lambda d: d.update(kind="units"), "chip.yaml: kind: no chips of kind 'units'; choose one of: "),
        (
            lambda d: d["core"].update(compartmnts=d["core"].pop("compartments")),
            "chip.yaml: core.compartmnts: unknown key; did you mean 'compartments'?",
        ),
        (
            lambda d: d["core"]["input_axons"].pop("source"),
            "chip.yaml: core.input_axons.source: is missing; where the number is from: paper and table, document, "
            "file, or 'a choice'; add 'source'",
        ),
        (
            lambda d: d["core"]["input_axons"].update(unit="axon"),
            "chip.yaml: core.input_axons.unit: unit 'axon' does not count anything; did you mean 'axons'?",
        ),
        (
            lambda d: d["mesh"]["rows"].update(value=0),
            "chip.yaml: mesh.rows.value: 0 is not possible; must be at least 1",
        ),
        (
            lambda d: d["memory"]["weight_bits"].update(value=[-1, 0, 8]),
            "chip.yaml: memory.weight_bits.value.0: -1 is not possible; must be at least 0",
        ),
        (
            lambda d: d["memory"]["weight_bits"].update(value=[0, 8, 4]),
            "chip.yaml: memory.weight_bits.value: sizes 0, 8, 4 are not in increasing order; sort them",
        ),
        (
            lambda d: d["memory"]["entry_synapses"].update(value=0),
            "chip.yaml: memory.entry_synapses.value: 0 is not possible; must be at least 1",
        ),
        (
            lambda d: d["limits"]["accumulator_bits"].update(value=65),
            "chip.yaml: limits.accumulator_bits.value: 65 is not possible; must be at most 32",
        ),
        (
            lambda d: d.update(static_power={**d["core"]["input_axons"], "value": 1.0, "unit": "J"}),
            "chip.yaml: static_power: 1 J is not a power; give watts of 0 or more, such as 'mW'",
        ),
        (
            lambda d: d["core"]["input_axons"].update(value=1.5),
            "chip.yaml: core.input_axons.value: 1.5 is not possible",
        ),
    ],
)
def test_a_wrong_chip_file_is_explained(broken, change, expected):
    assert expected in message(broken, change)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda d: d["prices"]["hop_x_energy"].update(unit="ns"),
            "table.yaml: prices.hop_x_energy: unit 'ns' is in s; its name asks for J; give it in J",
        ),
        (
            lambda d: d["prices"]["hop_x_energy"].update(unit="pj"),
            "table.yaml: prices.hop_x_energy: unit 'pj' is unknown; did you mean 'pJ'?",
        ),
        (
            lambda d: d["prices"]["hop_x_energy"].update(low=4),
            "table.yaml: prices.hop_x_energy: low 4, value 3, high 3 are not in that order; sort them",
        ),
        (
            lambda d: d["prices"]["hop_x_energy"].update(gade="S"),
            "table.yaml: prices.hop_x_energy: gade: unknown key; did you mean 'grade'?",
        ),
        (
            lambda d: d["prices"].update(hop=d["prices"]["hop_x_energy"]),
            "table.yaml: prices.hop: is not a price; names end in _energy, _time, _power or _area; rename it",
        ),
    ],
)
def test_a_wrong_price_is_explained(broken_prices, change, expected):
    assert expected in message(broken_prices, change)


def test_all_missing_entries_are_named_at_once_and_explained(broken):
    def change(data):
        del data["price_table"], data["core"]["input_axons"], data["memory"]["entry_synapses"], data["features"]

    with pytest.raises(NeurohwError) as error:
        broken(change)
    assert [str(p).partition("chip.yaml: ")[2] for p in error.value.problems] == [
        "price_table: is missing; prices of its actions: a table that ships, or one of your own by its path; add "
        "'price_table'",
        "core.input_axons: is missing; lists of synapses that one core holds at most, one for each neuron that "
        "sends to it; add 'input_axons' with value, unit, grade, source, conditions",
        "memory.entry_synapses: is missing; synapses that share one header, at most; add 'entry_synapses' with value, "
        "unit, grade, source, conditions",
        "features: is missing; what the chip can do; what it lacks is emulated and reported as a departure; add "
        "'features' with microcode, third_factor, signed_traces",
    ]


def test_a_missing_entry_does_not_hide_a_wrong_price_table(broken):
    def change(data):
        data["price_table"] = "davies2018"
        del data["core"]["input_axons"]

    with pytest.raises(NeurohwError) as error:
        broken(change)
    table, entry = map(str, error.value.problems)
    assert table.endswith("did you mean 'davies2018_presilicon'?")
    assert "core.input_axons: is missing" in entry


def test_a_price_table_without_prices_must_extend_one(broken_prices):
    assert "table.yaml: gives no price; give one, or name a table with extends" in message(
        broken_prices, lambda d: d.update(prices=None)
    )


def test_all_wrong_prices_are_reported_at_once(broken_prices):
    def change(data):
        for name in ("hop_x_energy", "hop_y_energy"):
            data["prices"][name]["unit"] = "pj"

    with pytest.raises(NeurohwError) as error:
        broken_prices(change)
    assert len(error.value.problems) == 2


def test_a_price_of_an_action_that_a_digital_chip_does_not_have_is_refused(tmp_path):
    data = yaml.safe_load((PRICES / "davies2018_presilicon.yaml").read_text())
    data["prices"]["hopx_energy"] = data["prices"].pop("hop_x_energy")
    (tmp_path / "davies2018_presilicon.yaml").write_text(yaml.safe_dump(data))
    with pytest.raises(NeurohwError) as error:
        load_target(CONFIGS / "loihi1.yaml", tmp_path)
    expected = (
        "davies2018_presilicon: prices.hopx_energy: is not an action of a digital chip; did you mean 'hop_x_energy'?"
    )
    assert str(error.value) == expected
