"""Boards of several chips: where their sites are, what crosses a border and what that costs, and where blocks go."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import yaml

from neurohw.api import estimate, load_target, simulate
from neurohw.compiler.pipeline import compile_network
from neurohw.compiler.place import place
from neurohw.errors import NeurohwError
from neurohw.ir.cost import Band
from neurohw.ir.mapping import Block, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.targets.digital_latency import barrier_time
from neurohw.targets.load import load_target as load_file

PRICES = Path(__file__).parents[2] / "hw_configs" / "prices"
# chips of two tiles of one core, which holds two neurons; side by side, or two above two others
SMALL = {"mesh.columns": "2", "mesh.rows": "1", "mesh.cores_per_tile": "1", "core.compartments": "2"}
TWO = {**SMALL, "board.columns": "2", "board.rows": "1"}
FOUR = {**SMALL, "board.columns": "2", "board.rows": "2"}


@pytest.fixture(scope="module")
def nahuku():
    return load_target("loihi1_nahuku")


def layered(*sizes):
    """LIF layers, all to all, on a source of three neurons; who fires is up to the weights."""
    rng = np.random.default_rng(0)
    populations = [Population("input", 3, Source(0, 1))]
    populations += [Population(f"layer{k}", n, Lif(vth=20, du=4095, dv=128)) for k, n in enumerate(sizes)]
    projections = [
        Projection(f"{b.name}.W", a.name, b.name, 2 * rng.integers(1, 9, (b.size, a.size)), Format(8, 0), graded=False)
        for a, b in pairwise(populations)
    ]
    return Network(tuple(populations), tuple(projections), period=8)


def blocks_of(**counts):
    """As many blocks of one neuron of each population."""
    return tuple(Block((Slice(name, k, k + 1),)) for name, count in counts.items() for k in range(count))


def chips_of(blocks, sites):
    """Chips of the blocks of each population, in order."""
    found = {}
    for block, site in zip(blocks, sites):
        found.setdefault(block.slices[0].population, []).append(site.chip)
    return found


def test_sites_go_chip_by_chip_over_one_mesh(nahuku):
    assert len(nahuku.sites) == 32 * 128
    assert [(s.chip, s.x, s.y) for s in nahuku.sites if s.index in (0, 127, 128, 8 * 128, 4095)] == [
        (0, 0, 0), (0, 7, 3), (1, 8, 0), (8, 0, 4), (31, 63, 15),
    ]  # fmt: skip


def test_a_border_is_crossed_by_a_link_not_by_a_hop(nahuku):
    at = {(s.x, s.y): s for s in nahuku.sites}
    for a, b, hops, links in (
        ((0, 0), (7, 3), (7, 3), 0),
        ((7, 0), (8, 0), (0, 0), 1),
        ((0, 3), (0, 4), (0, 0), 1),
        ((1, 1), (62, 14), (54, 10), 10),
    ):
        for start, end in ((at[a], at[b]), (at[b], at[a])):
            assert (nahuku.hops(start, end), nahuku.links(start, end)) == (hops, links)


def test_messages_over_links_are_counted_and_priced():
    network = layered(4, 2, 2)
    program = compile_network(network, load_target("loihi1_nahuku", changes=TWO))
    assert [s.chip for s in program.sites] == [0, 0, 1, 1]
    run = simulate(program, inputs={"input": np.ones((2, 8, 3), np.int64)}, steps=8)
    crossing = run.activity.populations["layer0"].messages["out"].sum()  # one axon each to layer1, on the other chip
    report = estimate(program, run)
    (line,) = [line for line in report.lines if line.action == "chip_link"]
    assert line.count == crossing > 0
    assert line.energy.nominal == pytest.approx(64e-12 * crossing)
    assert line.grade == "U"
    hops = sum(line.count for line in report.lines if line.action == "hop_x")
    # layer0 is on tiles 0 and 1, layer1 on 2, layer2 on 3; the step from 1 to 2 is the link
    near, far = run.activity.populations["layer0"].messages["out"].reshape(2, 2).sum(axis=1)[::-1]
    assert hops == far + run.activity.populations["layer1"].messages["out"].sum()
    assert near > 0


def test_a_board_is_emulated_as_one_chip_is():
    network, x = layered(4, 2, 2), np.ones((2, 8, 3), np.int64)
    runs = [
        simulate(compile_network(network, load_target(chip, changes=changes)), inputs={"input": x}, steps=8)
        for chip, changes in (("loihi1", {}), ("loihi1_nahuku", TWO))
    ]
    for name in runs[0].totals:
        np.testing.assert_array_equal(runs[0].totals[name], runs[1].totals[name])


@pytest.mark.parametrize(
    ("counts", "chips"),
    [
        ({"a": 1, "b": 2}, {"a": [0], "b": [1, 1]}),  # b would be cut, and the second chip is in use anyway
        ({"a": 1, "b": 2, "c": 1}, {"a": [0], "b": [0, 1], "c": [1]}),  # not for the price of a third chip
        ({"a": 3, "b": 1}, {"a": [0, 0, 1], "b": [1]}),  # more than a chip holds
    ],
)
def test_a_population_is_not_cut_by_a_border_without_need(counts, chips):
    blocks = blocks_of(**counts)
    sites = place(layered(4), blocks, load_target("loihi1_nahuku", changes=FOUR))
    assert chips_of(blocks, sites) == chips


def test_traffic_brings_what_talks_to_one_chip():
    network, board = layered(2, 2, 2, 2), load_target("loihi1_nahuku", changes=FOUR)
    program = {method: compile_network(network, board, placement=method) for method in ("greedy", "traffic")}
    links = {m: sum(r.axons * r.links for r in p.routes) for m, p in program.items()}
    assert links["traffic"] <= links["greedy"]
    assert len({s.index for s in program["traffic"].sites}) == 4


def test_traffic_looks_only_at_the_chips_that_greedy_takes_of_a_large_board():
    large = {"board.columns": "16", "board.rows": "16"}
    network, board = layered(2, 2, 2, 2), load_target("loihi1_nahuku", changes=large)
    program = compile_network(network, board, placement="traffic")
    assert {site.chip for site in program.sites} == {0}
    blocks = blocks_of(layer0=40 * 128)
    with pytest.raises(NeurohwError, match=r"placement: traffic .* 5120 sites; .* up to 4096; use greedy"):
        place(network, blocks, board, "traffic")


def test_a_board_says_what_is_assumed_of_it(nahuku, tmp_path):
    path = chip_file(tmp_path, "own", extends="loihi1", board=nahuku.spec.model_dump(mode="json")["board"])
    for board in (nahuku, load_file(path, PRICES)):
        said = "\n".join(board.assumptions)
        assert "a board of 32 chips; the bandwidth of the links" in said
        assert "static power: all chips of the board; low only those in use" in said
        assert "one chip" not in said
    said = "\n".join(load_target("loihi1").assumptions)
    assert "one chip; multi-chip links and barriers are not modelled" in said
    assert "static power: the whole chip; low only the cores in use" in said


def test_barriers_of_boards_lie_between_one_chip_and_the_largest_board(nahuku):
    table = nahuku.prices.prices
    one, many, most = (barrier_time(32, table, n) for n in (1, 256, 768))
    assert one.nominal == 465e-9
    assert (many.nominal, most.nominal) == (14.3e-6, 16.2e-6)
    found = barrier_time(32, table, 32)
    assert found == Band(465e-9, pytest.approx(465e-9 + 31 / 255 * (14.3e-6 - 465e-9)), 14.3e-6)
    without = {name: price for name, price in table.items() if not name.endswith("chips_time")}
    assert barrier_time(32, without, 2) is None
    assert barrier_time(32, without, 1) == one


@pytest.mark.parametrize(
    ("board", "chip", "chips"), [("loihi1_nahuku", "loihi1", 32), ("loihi2_kapoho_point", "loihi2", 8)]
)
def test_all_chips_draw_static_power(board, chip, chips):
    network = layered(4)
    power = {name: (t := load_target(name)).static_power(compile_network(network, t)) for name in (board, chip)}
    assert power[board].nominal == pytest.approx(chips * power[chip].nominal)
    assert power[board].low == power[chip].low  # the others could be switched off
    assert power[board].high == pytest.approx(chips * power[chip].high)


def chip_file(folder, name, **entries):
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({"schema": "neurohw.target/1", "name": name, "kind": "digital", **entries}))
    return path


def test_a_chip_may_extend_another_one_beside_it_or_one_that_ships(tmp_path):
    first = chip_file(tmp_path, "first", extends="loihi1", price_table="sanafe_nahuku_fit")
    second = chip_file(tmp_path, "second", extends="first", notes=["mine"])
    loihi = load_target("loihi1")
    for path, notes in ((first, loihi.spec.notes), (second, ("mine",))):
        chip = load_file(path, PRICES)
        assert (chip.spec.core, chip.spec.notes) == (loihi.spec.core, notes)
        assert chip.prices.name == "sanafe_nahuku_fit"


@pytest.mark.parametrize(
    ("extends", "text"),
    [
        ("loihi3", "no chip 'loihi3' in"),
        ("loihi3", "did you mean"),
        ("x" * 5000, "no chip 'xxx"),
        ("mine", "'mine' extends this chip"),
        ("../here/mine.yaml", "'../here/mine.yaml' extends this chip"),
        (None, "extends: names no chip"),
        (["loihi1"], "extends: names no chip"),
        ("empty", "empty.yaml: has no entries of a chip; "),
        ("several", "several.yaml: has no entries of a chip; "),
    ],
)
def test_what_cannot_be_extended(tmp_path, extends, text):
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "empty.yaml").write_text("")
    (folder / "several.yaml").write_text("- loihi1\n- loihi2\n")
    path = chip_file(folder, "mine", extends=extends, price_table="davies2018_presilicon")
    with pytest.raises(NeurohwError) as error:
        load_file(path, PRICES)
    assert text in str(error.value)


def test_two_files_that_extend_each_other_by_other_ways_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    one = chip_file(tmp_path / "a", "one", extends="../b/two.yaml")
    chip_file(tmp_path / "b", "two", extends="../a/../a/one.yaml")
    with pytest.raises(NeurohwError, match=r"'\.\./a/\.\./a/one\.yaml' extends this chip"):
        load_file(one, PRICES)


def test_a_chip_may_have_the_file_name_of_the_one_that_ships(tmp_path):
    chip = load_file(chip_file(tmp_path, "loihi2", extends="loihi2", about="my own"), PRICES)
    assert (chip.spec.about, chip.spec.extends) == ("my own", "loihi2")
    assert chip.spec.core == load_target("loihi2").spec.core


def test_the_price_table_beside_a_chip_is_that_of_chips_elsewhere_that_extend_it(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "child").mkdir()
    for table in ("mine", "davies2018_presilicon"):
        prices = (PRICES / "davies2018_presilicon.yaml").read_text().replace("title:", "title: Mine,", 1)
        (tmp_path / "base" / f"{table}.yaml").write_text(prices)
        chip_file(tmp_path / "base", "chip", extends="loihi1", price_table=table)
        child = chip_file(tmp_path / "child", "own", extends="../base/chip.yaml")
        assert load_file(child, PRICES).prices.title.startswith("Mine")
    (tmp_path / "child" / "davies2018_presilicon.yaml").write_text(prices)  # another one of that name
    shipped = chip_file(tmp_path / "child", "other", extends="loihi1")
    assert not load_file(shipped, PRICES).prices.title.startswith("Mine")


def test_one_chip_on_a_board_is_one_chip(nahuku):
    said = "\n".join(load_target("loihi1_nahuku", changes={"board.columns": "1", "board.rows": "1"}).assumptions)
    assert "one chip; multi-chip" in said
    assert "all chips of the board" not in said
