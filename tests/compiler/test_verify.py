"""Verify: what must hold after each stage; every breach names the layer, the limit, by how much, and the fix."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from support import toys

import neurohw as nh
from neurohw.compiler.pipeline import compile_model, compile_network
from neurohw.compiler.verify import verify_partition, verify_placement, verify_quantised, verify_routes
from neurohw.errors import NeurohwError
from neurohw.ir.mapping import Block, Route, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Source

MIXED = Format(8, 0, "mixed")


def network(weight, form=MIXED):
    """A source of 2 into 'layer1' of 4."""
    populations = (Population("input", 2, Source()), Population("layer1", 4, Graded()))
    return Network(populations, (Projection("layer1.W", "input", "layer1", weight, form),))


def weights(first, dtype=int):
    """Zeros but for the first weight."""
    matrix = np.zeros((4, 2), dtype)
    matrix[0, 0] = first
    return matrix


def problems(check, *arguments):
    with pytest.raises(NeurohwError) as error:
        check(*arguments)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("mode", ["learn", "infer"])
@pytest.mark.parametrize("chip", toys.CHIPS, ids=lambda path: path.stem)
def test_what_the_compiler_makes_breaches_nothing(chip, mode):
    target = toys.chip(chip.stem, compartments=3) if "loihi" in chip.stem else toys.chip(chip.stem, rows=4)
    program = compile_model(toys.model(), toys.weights(), target, mode=mode, calibration=toys.calibration())
    verify_quantised(program.network)
    toys.verify_blocks(program)
    verify_placement(program.blocks, program.sites)
    verify_routes(program.network, program.blocks, program.routes, target)


# quantised


def stored(matrix):
    """A sparse matrix that stores its zeros too."""
    made = sparse.csr_array(np.ones_like(matrix))
    made.data[:] = matrix.ravel()
    return made


@pytest.mark.parametrize("make", [np.array, stored], ids=["dense", "sparse"])
@pytest.mark.parametrize(
    ("weight", "form", "text"),
    [
        (weights(0.5, float), None, "has float weights; give it a Format and integer weights"),
        (weights(256), MIXED, "1 of 8 weights are outside -256..255; they are 0..256"),
        (weights(-258), MIXED, "1 of 8 weights are outside -256..255; they are -258..0"),
        (weights(-1), Format(8, 0, "excitatory"), "1 of 8 weights are outside 0..255; they are -1..0"),
        (weights(1), Format(8, 0, "inhibitory"), "1 of 8 weights are outside -255..0; they are 0..1"),
        (weights(3), MIXED, "1 of 8 weights are no multiple of 2; 8-bit mixed weights are"),
        (weights(-4), Format(4, 0, "inhibitory"), "1 of 8 weights are no multiple of 16; 4-bit inhibitory weights are"),
    ],
)
def test_a_weight_that_its_format_does_not_hold_is_reported(make, weight, form, text):
    made = network(make(weight), form)
    expected = [f"layer1.W: {text}" + ("; quantise the network" if form else "")]
    assert (
        problems(verify_quantised, made) == problems(nh.run_network, made, {}) == problems(nh.session, made) == expected
    )


def test_a_projection_without_synapses_breaches_nothing():
    verify_quantised(network(sparse.csr_array((4, 2), dtype=int)))


def test_every_projection_is_reported_at_once():
    made = network(weights(3))
    second = replace(made.projections[0], name="layer1.V", weight=weights(300))
    assert problems(verify_quantised, replace(made, projections=(*made.projections, second))) == [
        "layer1.W: 1 of 8 weights are no multiple of 2; 8-bit mixed weights are; quantise the network",
        "layer1.V: 1 of 8 weights are outside -256..255; they are 0..300; quantise the network",
    ]


def test_too_many_bits_are_a_matter_of_the_chip():
    made = network(weights(2), Format(9, 0, "mixed"))
    verify_quantised(made)
    assert problems(compile_network, made, toys.chip())[0].startswith("layer1.W: weights of 9 bits; loihi2 ")


# partition


def block(*slices):
    return Block(tuple(Slice("layer1", a, b) for a, b in slices))


@pytest.mark.parametrize(
    ("blocks", "wrong"),
    [
        ((), 4),
        ((block((0, 3)),), 1),
        ((block((0, 3)), block((2, 4))), 1),
        ((block((0, 4)), block((0, 4))), 4),
        ((block((0, 2)), block((3, 4), (0, 1))), 2),
    ],
)
def test_neurons_that_are_missing_or_held_twice_are_counted(blocks, wrong):
    assert problems(verify_partition, network(weights(2)), blocks, toys.chip()) == [
        f"layer1: {wrong} of 4 neurons are not on exactly 1 site; please report this"
    ]


def test_a_source_on_a_core_is_reported():
    blocks = (block((0, 4)), Block((Slice("input", 0, 2),)))
    assert problems(verify_partition, network(weights(2)), blocks, toys.chip()) == [
        "input: 2 of 2 neurons are not on exactly 0 site; please report this"
    ]


def test_an_overfull_core_is_reported_with_every_limit_it_breaks():
    made = network(np.full((4, 2), 2))
    chip = toys.chip(compartments=3, input_axons=1)
    assert problems(verify_partition, made, (block((0, 4)),), chip) == [
        "layer1: needs 4 compartments; a site of loihi2 has 3 (1 too many); use smaller layers or fewer bits",
        "layer1: needs 2 input axons; a site of loihi2 has 1 (1 too many); use smaller layers or fewer bits",
    ]


# placement


def test_sites_that_are_taken_twice_or_missing_are_counted():
    sites = toys.chip().sites
    blocks = (block((0, 2)), block((2, 4)))
    verify_placement(blocks, sites[:2])
    for found, count in (((sites[0], sites[0]), 1), (sites[:1], 1), (sites[:3], 3)):
        assert problems(verify_placement, blocks, found) == [
            f"placement: 2 blocks on {count} different sites; please report this"
        ]


# routes


def test_a_block_that_sends_through_too_many_axons_is_reported():
    made, chip = network(weights(2)), toys.chip(output_axons=5)
    blocks = (block((0, 2)), block((2, 4)))
    routes = [Route("layer1.W", source, 0, axons, 0, 0) for source, axons in ((-1, 99), (0, 3), (0, 2), (1, 4), (1, 3))]
    assert problems(verify_routes, made, blocks, tuple(routes), chip) == [
        "layer1: sends through 7 output axons; a site of loihi2 has 5 (2 too many); "
        "feed fewer layers or make the layer above smaller"
    ]
