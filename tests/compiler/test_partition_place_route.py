"""Partition, place, route: every neuron on one core, nothing over capacity, short ways, the same integers."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from support import toys
from support.generate import random_network

from neurohw.api import run_network
from neurohw.compiler.partition import partition
from neurohw.compiler.pipeline import compile_model, compile_network
from neurohw.compiler.place import place
from neurohw.compiler.route import route
from neurohw.errors import NeurohwError
from neurohw.ir.axons import OUTSIDE, by_block
from neurohw.ir.mapping import Block, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Source
from neurohw.ir.plasticity import Plasticity

few = settings(deadline=None, max_examples=40)
limits = {
    "compartments": st.integers(1, 16),
    "synapse_bits": st.integers(1 << 12, 1 << 16),
    "columns": st.integers(3, 4),
    "rows": st.integers(3, 4),
    "cores_per_tile": st.integers(7, 9),  # 63 cores or more: enough for one neuron a core
}
chips = st.builds(toys.chip, st.sampled_from(("loihi1", "loihi2")), **limits)
narrow_chips = st.builds(toys.chip, **limits, output_axons=st.integers(100, 160))  # enough for one neuron a core


@cache
def generated(seed):
    return random_network(seed).network


networks = st.integers(0, 60).map(generated)


def chain(*sizes):
    """A source and one population a size, each fully connected to the next."""
    populations = [Population("input", 2, Source())]
    projections = []
    for n, size in enumerate(sizes, 1):
        name, below = f"layer{n}", populations[-1]
        populations.append(Population(name, size, Graded()))
        weight = np.ones((size, below.size), np.int32)
        projections.append(Projection(f"{name}.W", below.name, name, weight, Format(8, 0, "excitatory")))
    return Network(tuple(populations), tuple(projections))


def homes(blocks):
    """The block of each neuron, (population, number), in order."""
    return [
        ((s.population, k), b) for b, block in enumerate(blocks) for s in block.slices for k in range(s.start, s.stop)
    ]


def learning_network(sizes=(16, 8)):
    return compile_model(toys.model(sizes), toys.weights(sizes), toys.chip(), mode="learn").network


# partition


def test_a_network_that_fits_one_core_is_one_block():
    blocks = partition(chain(3, 4), toys.chip())
    assert blocks == (Block((Slice("layer1", 0, 3), Slice("layer2", 0, 4))),)


def test_a_network_of_sources_needs_no_core():
    assert partition(Network((Population("input", 3, Source()),), ()), toys.chip()) == ()


@given(networks, chips)
@few
def test_blocks_hold_each_neuron_exactly_once_and_no_source(network, chip):
    held = [
        (s.population, k) for block in partition(network, chip) for s in block.slices for k in range(s.start, s.stop)
    ]
    neurons = [(p.name, k) for p in network.populations if not isinstance(p.neuron, Source) for k in range(p.size)]
    assert held == neurons


@given(networks, chips)
@few
def test_no_block_needs_more_than_a_core_has(network, chip):
    for block in partition(network, chip):
        for what, used, limit in chip.usage(network, block).amounts:
            assert used <= limit, what


@given(networks, narrow_chips)
@few
def test_no_block_sends_through_more_axons_than_a_core_has(network, chip):
    blocks = partition(network, chip)
    sent = Counter()
    for p in network.projections:
        for (source, _), axons in by_block(p, blocks).items():
            sent[source] += axons
    assert all(axons <= chip.spec.core.output_axons.value for source, axons in sent.items() if source != OUTSIDE)


def test_a_layer_is_cut_for_the_axons_that_the_cuts_of_the_next_one_cost():
    chip = toys.chip(compartments=4, output_axons=8)
    assert len(partition(chain(8), chip)) == 2
    blocks = partition(chain(8, 16), chip)  # layer 2 in four slices: layer 1 in slices of two
    assert [s for b in blocks for s in b.slices if s.population == "layer1"] == [
        Slice("layer1", k, k + 2) for k in range(0, 8, 2)
    ]


def test_a_wide_layer_before_a_wide_layer_compiles():
    program = compile_network(chain(1000, 1000), toys.chip("loihi1"))  # uncut, layer 1 would send 9000 copies of 4096
    assert sum(r.axons for r in program.routes if r.source == 0) <= 4096


@given(networks, chips)
@few
def test_a_population_is_cut_into_as_few_and_as_equal_slices_as_fit(network, chip):
    blocks = partition(network, chip)
    for p in network.populations:
        sizes = [s.size for block in blocks for s in block.slices if s.population == p.name]
        if sizes:
            outgoing = sum(q.pre == p.name for q in network.projections)
            assert len(sizes) == -(-p.size // chip.max_block(p, network.into(p.name), outgoing))
            assert max(sizes) - min(sizes) <= 1


@given(networks, chips)
@few
def test_neighbours_share_a_core_whenever_they_fit_one(network, chip):
    blocks = partition(network, chip)
    for block, following in itertools.pairwise(blocks):
        assert chip.usage(network, Block((*block.slices, following.slices[0]))).over()


def test_one_neuron_a_core():
    blocks = partition(chain(3), toys.chip(compartments=1))
    assert blocks == tuple(Block((Slice("layer1", k, k + 1),)) for k in range(3))


def test_a_neuron_with_more_inputs_than_a_core_takes_is_explained():
    with pytest.raises(NeurohwError) as error:
        partition(chain(20, 3), toys.chip(input_axons=19))
    assert str(error.value) == (
        "layer2: one neuron with its 20 inputs and 0 output axons does not fit a site of loihi2; "
        "use fewer inputs, fewer weight bits or a larger chip"
    )


# place


def mapped(network, chip, method, seed=0):
    blocks = partition(network, chip)
    sites = place(network, blocks, chip, method, seed)
    return blocks, sites, route(network, blocks, sites, chip)


def cost(routes):
    """Axons x tiles crossed, over all messages on the chip."""
    return sum(r.axons * (r.hops_x + r.hops_y) for r in routes)


def test_greedy_takes_the_sites_of_the_chip_in_order():
    chip = toys.chip(compartments=1)
    _, sites, _ = mapped(chain(5), chip, "greedy")
    assert sites == chip.sites[:5]


@pytest.mark.parametrize("method", ["greedy", "traffic"])
def test_one_block_sits_on_the_first_site(method):
    chip = toys.chip()
    assert mapped(chain(5), chip, method)[1] == chip.sites[:1]


@given(networks, chips, st.sampled_from(("greedy", "traffic")), st.integers(0, 9))
@few
def test_every_block_has_a_site_of_its_own(network, chip, method, seed):
    blocks, sites, _ = mapped(network, chip, method, seed)
    assert len(sites) == len(blocks) == len(set(sites))
    assert set(sites) <= set(chip.sites)


@given(networks, chips, st.integers(0, 9))
@few
def test_traffic_is_never_worse_than_greedy(network, chip, seed):
    greedy, traffic = (cost(mapped(network, chip, method, seed)[2]) for method in ("greedy", "traffic"))
    assert traffic <= greedy


@given(networks, chips, st.integers(0, 9))
@settings(deadline=None, max_examples=15)
def test_no_exchange_of_two_sites_shortens_the_ways_that_traffic_found(network, chip, seed):
    blocks, sites, routes = mapped(network, chip, "traffic", seed)
    best = cost(routes)
    free = [site for site in chip.sites if site not in sites]
    for a in range(len(sites)):
        for b in [*sites[a + 1 :], *free[:: max(1, len(free) // 6)]]:
            swapped = tuple(b if s == sites[a] else sites[a] if s == b else s for s in sites)
            assert cost(route(network, blocks, swapped, chip)) >= best


def lateral(talk):
    """One layer that talks to itself through the non-zero entries of `talk`."""
    size = len(talk)
    return Network(
        (Population("input", 1, Source()), Population("layer1", size, Graded())),
        (
            Projection("layer1.W", "input", "layer1", np.zeros((size, 1), np.int32), Format()),
            Projection("layer1.lateral", "layer1", "layer1", np.asarray(talk, np.int32) * 2, Format()),
        ),
    )


def test_traffic_puts_blocks_that_talk_on_one_tile():
    talk = np.zeros((6, 6))
    for a, b in ((0, 5), (1, 3), (2, 4)):
        talk[a, b] = talk[b, a] = 1
    chip = toys.chip(compartments=1, columns=3, rows=3, cores_per_tile=2)
    assert cost(mapped(lateral(talk), chip, "greedy")[2]) > 0
    assert cost(mapped(lateral(talk), chip, "traffic")[2]) == 0


def test_what_a_block_sends_to_itself_does_not_hold_it_in_place():
    talk = np.kron(np.eye(3), np.ones((2, 2)))  # blocks of two neurons that talk among themselves
    talk[0, 5] = 1  # and the last one to the first
    chip = toys.chip(compartments=2, columns=3, rows=1, cores_per_tile=1)
    assert cost(mapped(lateral(talk), chip, "greedy")[2]) == 2
    assert cost(mapped(lateral(talk), chip, "traffic")[2]) == 1


@given(networks, chips, st.sampled_from(("greedy", "traffic")), st.integers(0, 9))
@few
def test_the_same_seed_gives_the_same_program(network, chip, method, seed):
    assert mapped(network, chip, method, seed) == mapped(network, chip, method, seed)


def test_more_blocks_than_sites_are_explained():
    network, chip = chain(9), toys.chip(compartments=1, columns=2, rows=2, cores_per_tile=1)
    with pytest.raises(NeurohwError) as error:
        place(network, partition(network, chip), chip)
    assert str(error.value) == (
        "placement: 9 blocks need a site each; loihi2 has 4 (5 too few); "
        "use a smaller network, fewer bits or a larger chip"
    )


# route


@given(networks, chips)
@few
def test_axons_are_the_neurons_of_a_block_with_a_weight_in_the_other(network, chip):
    blocks = partition(network, chip)
    home = dict(homes(blocks))
    for p in network.projections:
        expected = {}
        for post, pre in zip(*np.nonzero(p.nonzero())):
            pair = home.get((p.pre, pre), OUTSIDE), home[p.post, post]
            expected.setdefault(pair, set()).add(pre)
        assert by_block(p, blocks) == {pair: len(neurons) for pair, neurons in expected.items()}


@given(networks, chips, st.sampled_from(("greedy", "traffic")))
@few
def test_a_route_crosses_columns_and_rows_and_none_from_outside(network, chip, method):
    _, sites, routes = mapped(network, chip, method)
    for r in routes:
        a, b = (sites[r.target] if end == OUTSIDE else sites[end] for end in (r.source, r.target))
        assert (r.hops_x, r.hops_y) == (abs(a.x - b.x), abs(a.y - b.y))


def test_a_plastic_projection_keeps_its_axons_while_its_weights_are_zero():
    blocks = (Block((Slice("a", 0, 2),)), Block((Slice("b", 0, 2),)))
    for weight in (np.zeros((2, 2), int), sparse.csr_array((np.zeros(2, int), ([0, 1], [1, 1])), shape=(2, 2))):
        frozen, plastic = (Projection("p", "a", "b", weight, plasticity=rule) for rule in (None, Plasticity("", ())))
        assert by_block(frozen, blocks) == {}
        assert by_block(plastic, blocks) == {(0, 1): 1 if plastic.sparse else 2}


def test_every_route_of_a_learning_network_ends_where_the_projection_does():
    network, chip = learning_network(), toys.chip(compartments=6)
    blocks, _, routes = mapped(network, chip, "greedy")
    assert {r.projection for r in routes} == {p.name for p in network.projections}
    for r in routes:
        p = next(p for p in network.projections if p.name == r.projection)
        assert p.post in {s.population for s in blocks[r.target].slices}
        sources = {"input", "sameness"} if r.source == OUTSIDE else {s.population for s in blocks[r.source].slices}
        assert p.pre in sources


# what a mapping must not change


def test_partition_and_placement_change_no_result():
    model, weights = toys.model((16, 8)), toys.weights((16, 8))
    inputs = {
        "input": toys.calibration(60)[:, None],
        "sameness": np.random.default_rng(2).choice([-1, 1], (60, 1, 1)),
    }
    programs = [
        compile_model(model, weights, toys.chip(chip, **limits), mode="learn", placement=placement, seed=seed)
        for chip, limits, placement, seed in (
            ("loihi2", {}, "greedy", 0),
            ("loihi1", {"compartments": 5}, "greedy", 0),
            ("loihi2", {"compartments": 3, "cores_per_tile": 1}, "traffic", 1),
        )
    ]
    assert len({p.blocks for p in programs}) == len({p.sites for p in programs}) == 3
    ports = ("layer1.out", "layer2.out", "hinge1.gamma", "hinge2.loss")
    first, *others = (run_network(p.network, [inputs], record=ports) for p in programs)
    assert any(np.any(first.totals[port]) for port in ports)
    assert any(np.any(learned.tag) for learned in first.learned.values())
    for other in others:
        for port in ports:
            np.testing.assert_array_equal(other.totals[port], first.totals[port])
        for name, learned in first.learned.items():
            np.testing.assert_array_equal(other.learned[name].weight, learned.weight)
            np.testing.assert_array_equal(other.learned[name].tag, learned.tag)


def test_a_mapped_network_is_the_network_itself():
    network = chain(6, 6)
    assert compile_network(network, toys.chip(compartments=2), placement="traffic").network is network
