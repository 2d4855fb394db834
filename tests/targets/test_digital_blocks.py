"""The largest block: any run of that many neurons fits, one more does not."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from golden import digital_toy as toy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from neurohw.ir.mapping import Block, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Relu, Source
from neurohw.targets.digital import DigitalTarget
from neurohw.targets.digital_blocks import _entries


def small(chip, **limits):
    """The chip with other capacities of a core."""
    core = chip.spec.core
    counts = {name: getattr(core, name).model_copy(update={"value": value}) for name, value in limits.items()}
    return replace(chip, spec=chip.spec.model_copy(update={"core": core.model_copy(update=counts)}))


def network(weights, neuron=None, **changes):
    """Sources a0, a1, ... into one population b."""
    size = weights[0].shape[0]
    sources = [Population(f"a{i}", w.shape[1], Source()) for i, w in enumerate(weights)]
    into = [Projection(f"p{i}", f"a{i}", "b", w, Format(8), **changes) for i, w in enumerate(weights)]
    return Network((*sources, Population("b", size, neuron or Relu(1, 2, 4))), tuple(into))


def largest(chip: DigitalTarget, net: Network, outgoing=0):
    return chip.max_block(net.population("b"), net.into("b"), outgoing)


def fits(chip, net, start, stop):
    return not chip.usage(net, Block((Slice("b", start, stop),))).over()


def test_compartments_bound_a_population_with_few_inputs():
    net = network([np.ones((5000, 2), np.int32)])
    assert largest(toy.target("loihi1"), net) == 1024
    assert largest(toy.target("loihi2"), net) == 5000


def test_memory_bounds_784_dense_inputs_by_hand():
    """1048576 / 784 = 1337 bits an axon = 20 words: 9 words for each of two 64s, 2 more for 14 neurons (122 bits)."""
    assert largest(toy.target("loihi1"), network([np.ones((512, 784), np.int32)])) == 128 + 14


def test_output_axons_bound_a_block_that_feeds_many_projections():
    net = network([np.ones((5000, 2), np.int32)])
    assert largest(toy.target("loihi2"), net, outgoing=1) == 4096
    assert largest(toy.target("loihi2"), net, outgoing=3) == 1365


def test_a_fan_in_beyond_the_axons_of_a_core_fits_nowhere():
    assert largest(toy.target("loihi1"), network([np.ones((2, 4097), np.int8)])) == 0


def test_thresholds_bound_a_block_wherever_it_is_cut():
    vth = np.repeat(np.arange(40), 3)
    net = network([np.ones((120, 2), np.int32)], Lif(vth))
    # 16 thresholds: a run of 47 can touch 17 of the triples, 46 at most 16 whole ones
    assert largest(toy.target("loihi1"), net) == 46


@settings(deadline=None)
@given(st.data())
def test_every_run_of_the_largest_block_fits_and_dense_blocks_cannot_grow(data):
    size, inputs = data.draw(st.integers(1, 40)), data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    is_sparse = data.draw(st.lists(st.booleans(), min_size=len(inputs), max_size=len(inputs)))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    weights = []
    for n, thin in zip(inputs, is_sparse):
        dense = rng.integers(1, 100, (size, n))
        weights.append(sparse.csr_array(dense * (rng.random((size, n)) < 0.3)) if thin else dense)
    limits = {
        "compartments": data.draw(st.integers(1, 40)),
        "input_axons": data.draw(st.integers(1, 30)),
        "synapse_bits": 64 * data.draw(st.integers(1, 60)),
    }
    chip, net = small(toy.target("loihi1"), **limits), network(weights)
    block = largest(chip, net)
    assert 0 <= block <= size
    if block:
        assert all(fits(chip, net, start, start + block) for start in range(size - block + 1))
    if block < size and not any(is_sparse):
        assert not fits(chip, net, 0, block + 1)


@given(st.integers(1, 30), st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_distinct_items_of_all_runs_equal_sets(rows, keys, seed):
    rng = np.random.default_rng(seed)
    row, key = np.nonzero(rng.random((rows, keys)) < 0.4)
    entries = _entries(row, key, rows)
    for size in range(1, rows + 1):
        runs = [(row >= start) & (row < start + size) for start in range(rows - size + 1)]
        assert entries.distinct(size).tolist() == [len(set(key[run])) for run in runs]
        assert entries.total(size).tolist() == [int(run.sum()) for run in runs]


def test_sparse_neighbourhoods_share_axons():
    """A band matrix: 1024 neurons with 33 inputs each need 1056 axons, not 1024 * 33."""
    band = sparse.csr_array(sparse.diags([np.ones(1056)] * 33, range(33), shape=(1024, 1056), dtype=np.int32))
    chip = small(toy.target("loihi1"), input_axons=200)
    assert largest(chip, network([band])) == 200 - 32


@pytest.mark.bench
def test_partitioning_784_512_256_128_costs_no_more_than_a_few_passes_over_its_weights(capsys):
    rng = np.random.default_rng(0)
    sizes = (784, 512, 256, 128)
    populations = [
        Population("l0", 784, Source()),
        *(Population(f"l{i}", n, Relu(i, 4, 7)) for i, n in enumerate(sizes[1:], 1)),
    ]
    projections = [
        Projection(
            f"w{i}", f"l{i - 1}", f"l{i}", rng.integers(-128, 127, (sizes[i], sizes[i - 1])).astype(np.int32), Format()
        )
        for i in (1, 2, 3)
    ]
    net, chip = Network(tuple(populations), tuple(projections)), toy.target("loihi2")

    def partition():
        for p in net.populations[1:]:
            block = chip.max_block(p, net.into(p.name), 1)
            for start in range(0, p.size, block):
                chip.usage(net, Block((Slice(p.name, start, min(start + block, p.size)),)))

    def multiply():
        for p in net.projections:
            _ = p.weight.astype(np.float64) @ np.ones((p.weight.shape[1], 8))

    def best(run):
        times = []
        for _ in range(30):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
        return min(times)

    ratio = best(partition) / best(multiply)
    with capsys.disabled():
        print(f"\npartitioning / weights times 8 vectors: {ratio:.2f}")
    assert ratio < 3
