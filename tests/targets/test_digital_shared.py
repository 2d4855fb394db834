"""Shared weights on a chip that shares lists of synapses and on one that does not: memory, cores, counts, results."""

import copy
from dataclasses import replace

import numpy as np
import pytest
from support import toys

from neurohw import api
from neurohw.compiler.pipeline import compile_network
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.targets.digital_memory import slice_memory
from neurohw.targets.digital_spec import DigitalSpec

SIDE = 28


def network(channels=4):
    rng = np.random.default_rng(0)
    first = Convolution(rng.integers(-60, 90, (channels, 2, 3, 3)) * 2, (2, SIDE, SIDE))
    second = Convolution(rng.integers(-60, 90, (6, channels, 3, 3)) * 2, first.output_shape, stride=(2, 2))
    populations = [Population("input", first.shape[1], Source(0, 1))]
    projections = []
    for k, c in enumerate((first, second), 1):
        populations.append(Population(f"layer{k}", c.shape[0], Lif(600, 4095, 200, reset_interval=20, reset_offset=1)))
        projections.append(Projection(f"layer{k}.W", populations[-2].name, f"layer{k}", c, Format(8)))
    return Network(tuple(populations), tuple(projections), 20)


def chip(shares, **limits):
    target = toys.chip("loihi1", **limits)
    data = copy.deepcopy(target.spec.model_dump(by_alias=True))
    data["memory"]["shared_lists"]["value"] = shares
    return replace(target, spec=DigitalSpec.model_validate(data))


def test_a_list_is_stored_once_for_all_axons_that_hold_it():
    c = Convolution(np.full((1, 1, 2, 2), 4), (1, 4, 4))  # 9 outputs; inputs meet 1, 2 or 4 kernel entries
    p = Projection("p", "a", "b", c, Format(8))
    shared, single = (chip(s).spec.memory for s in (True, False))
    # 8 weight bits, 6 index bits (4 are needed for 9 neurons), 10 header bits an entry, words of 64 bits:
    # lists of 1 or 2 synapses take a word, lists of 4 (66 bits) two
    # nine lists: four corners with one entry each, four sides with two, the inside with all four
    assert slice_memory(p, 0, 9, shared) == (16, (4 + 4 + 2) * 64)
    assert slice_memory(p, 0, 9, single) == (16, (4 + 8 + 4 * 2) * 64)


def synapse_bits(program):
    amounts = [program.target.usage(program.network, block).amounts for block in program.blocks]
    return sum(used for amount in amounts for name, used, _ in amount if name == "synapse bits")


def test_the_same_network_takes_fewer_cores_where_lists_are_shared():
    shared, single = (compile_network(network(), chip(shares, synapse_bits=200_000)) for shares in (True, False))
    assert synapse_bits(shared) < synapse_bits(single) / 2
    assert len(shared.blocks) < len(single.blocks)


def test_results_and_operations_do_not_depend_on_it():
    frames = (np.random.default_rng(1).random((3, 16, 2 * SIDE * SIDE)) < 0.1).astype(np.int8)
    made = network()
    runs = [api.run_network(made, [{"input": frames}], reset=True, window=40)]
    unrolled = replace(made, projections=tuple(replace(p, weight=p.matrix) for p in made.projections))
    runs.append(api.run_network(unrolled, [{"input": frames}], reset=True, window=40))
    for name, values in runs[0].totals.items():
        np.testing.assert_array_equal(values, runs[1].totals[name])
        assert values.any()
    operations = [[p.synaptic_ops for p in run.activity.projections.values()] for run in runs]
    assert operations[0] == operations[1]
    programs = [compile_network(net, chip(False)) for net in (made, unrolled)]
    reports = [api.estimate(program, run) for program, run in zip(programs, runs)]
    assert reports[0].energy() == reports[1].energy()
    assert reports[0].latency_per_sample == reports[1].latency_per_sample
    assert reports[0].counts["inference_weights"] == 4 * 2 * 9 + 6 * 4 * 9


@pytest.mark.parametrize("shares", [True, False])
def test_every_core_keeps_its_limits_when_they_are_small(shares):
    target = chip(shares, synapse_bits=60_000, input_axons=700)
    program = compile_network(network(2), target)  # verified after each stage
    assert len(program.blocks) > 2
    assert max(target.usage(program.network, b).fill for b in program.blocks) <= 1
