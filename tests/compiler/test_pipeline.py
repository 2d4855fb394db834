"""The whole compiler: golden texts after each stage, every shipped model on every shipped chip, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from golden import compile_toy
from support import toys

from neurohw import api
from neurohw.compiler.pipeline import compile_model, compile_network, integer_network
from neurohw.compiler.verify import verify_placement, verify_quantised, verify_routes
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Source
from neurohw.spec import ImagesSpec
from neurohw.spec.recipe import model_of

TAKE_LONG = ("method:", "fashion", "diphones")
FROZEN_QUICKLY = ("clapp_moved_digits", "clapp_host_spiking")


def needs(path):
    """What must be installed for the data of a shipped model."""
    marks = {"fashion": toys.NEEDS_FASHION, "diphones": toys.NEEDS_DIPHONES}
    return [mark for name, mark in marks.items() if name in path.stem]


def problems(call, *arguments, **options):
    with pytest.raises(NeurohwError) as error:
        call(*arguments, **options)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize("mode", compile_toy.MODES)
def test_every_stage_equals_the_golden_text(mode):
    """After a wanted change: PYTHONPATH=tests python tests/golden/compile_toy.py, then read the diff."""
    assert compile_toy.stages(mode) == compile_toy.file(mode).read_text(encoding="utf-8")


def few_views(path):
    """A shipped model with two views an image, of few images if they are many: neither reaches the compiler."""
    model = api.load_model(str(path))
    few = {"views": 2, "images": ImagesSpec(train=40, test=20)} if "fashion" in path.stem else {"views": 2}
    return model.model_copy(update={"data": model.data.model_copy(update=few)})


def only_trained_otherwise(path):
    """Whether a model differs from others in its method alone."""
    return "method:" in path.read_text() and "kernel:" not in path.read_text()


def slow_unless(quick: Callable[[Path, Path], bool]):
    """Every model on every chip; only the `quick` pairs outside the slow suite.

    Models that differ in how the host trains them are one network to the compiler: one chip is enough for them.
    """
    pairs = [(p, c) for p in toys.MODELS for c in toys.CHIPS if c.stem == "loihi2" or not only_trained_otherwise(p)]
    marked = [
        pytest.param(
            *pair,
            id="-".join(p.stem for p in pair),
            marks=[*needs(pair[0]), *([] if quick(*pair) else [pytest.mark.slow])],
        )
        for pair in pairs
    ]
    return pytest.mark.parametrize(("path", "chip"), marked)


@slow_unless(lambda path, chip: chip.stem == "loihi2" or not any(word in path.read_text() for word in TAKE_LONG))
def test_every_model_compiles_for_every_chip(path, chip):
    model, target = few_views(path), api.load_target(str(chip))
    program = api.compile(model, target)
    assert program.mode == ("learn" if model.learns == "chip" else "infer")
    assert (program.model, model_of(program.recipe), program.target) == (model.name, model, target)
    toys.verify_blocks(program)


@slow_unless(lambda path, chip: path.stem in FROZEN_QUICKLY)
def test_every_model_compiles_frozen_too(path, chip):
    model, target = few_views(path), api.load_target(str(chip))
    program = api.compile(model, target, mode="infer")
    verify_quantised(program.network)
    toys.verify_blocks(program)
    verify_placement(program.blocks, program.sites)
    verify_routes(program.network, program.blocks, program.routes, target)
    assert not any(p.plasticity for p in program.network.projections)


@pytest.mark.parametrize("mode", ["learn", "infer"])
@pytest.mark.parametrize("placement", ["greedy", "traffic"])
def test_the_same_seed_gives_the_same_program(mode, placement):
    model, target = toys.model((16, 8)), toys.chip("loihi1", compartments=4)
    first, second = (api.compile(model, target, mode=mode, placement=placement, seed=3) for _ in range(2))
    assert repr(first) == repr(second)
    for a, b in zip(first.network.projections, second.network.projections):
        np.testing.assert_array_equal(a.weight, b.weight)


def test_another_seed_gives_other_weights():
    model, target = toys.model((16, 8)), toys.chip()
    a, b = (api.compile(model, target, seed=seed).network.projections[0].weight for seed in (0, 1))
    assert not np.array_equal(a, b)


@pytest.mark.parametrize(
    ("quantise", "bits"),
    [
        ({"bits": 8, "clip": "maximum"}, None),  # what the chip learned, but for the last bit
        ({"bits": 4, "clip": "maximum"}, 4),
        ({"bits": 8, "clip": {"percentile": 98}}, 8),
    ],
)
def test_weights_from_a_chip_are_kept_unless_the_model_asks_for_others(quantise, bits):
    model, weights = toys.model(quantise=quantise), toys.integer_weights()
    network = integer_network(model, weights, "infer", toys.calibration())
    kept = all(
        np.array_equal(p.weight, layer.feedforward & -2) for p, layer in zip(network.projections, weights.layers)
    )
    assert kept == (bits is None)
    assert [p.format.bits for p in network.projections] == [bits or 8] * 2
    expected = model.chip.activity_shift if kept else None
    assert all((p.neuron.shift == expected) == kept for p in network.populations[1:])


def test_float_weights_need_calibration_inputs_to_be_frozen():
    assert problems(compile_model, toys.model(), toys.weights(), toys.chip(), mode="infer") == [
        "toy: needs calibration inputs to quantise frozen weights; pass training images"
    ]


def test_a_float_network_is_not_compiled():
    network = Network(
        (Population("input", 2, Source()), Population("layer1", 1, Graded())),
        (Projection("layer1.W", "input", "layer1", np.ones((1, 2))),),
    )
    assert problems(compile_network, network, toys.chip()) == [
        "layer1.W: has float weights; give it a Format and integer weights"
    ]


def test_what_a_chip_lacks_is_a_departure_and_an_error_when_strict():
    arguments = toys.model(), toys.weights(), toys.chip("loihi1")
    program = compile_model(*arguments, mode="learn")
    assert len(program.departures) > 1
    assert problems(compile_model, *arguments, mode="learn", strict=True) == [
        f"strict: {text}; compile without strict, or for another chip" for text in program.departures
    ]


def test_limits_and_departures_are_reported_together_when_strict():
    model = toys.model()
    network = integer_network(model, toys.weights(), "learn", None)
    delayed = replace(network, projections=(replace(network.projections[0], delay=63), *network.projections[1:]))
    texts = problems(compile_network, delayed, toys.chip("loihi1"), mode="learn", strict=True)
    assert texts[0].startswith("layer1.W: delay of 63 steps; loihi1 takes 0..62: 1 too high; ")
    assert texts[1].startswith("strict: loihi1 sends binary spikes only; ")


def test_a_network_that_is_too_large_is_refused_before_it_is_cut():
    size = 10
    network = Network(
        (Population("input", 2, Source()), Population("layer1", size, Graded())),
        (Projection("layer1.W", "input", "layer1", np.full((size, 2), 2), Format()),),
    )
    chip = toys.chip(compartments=1, columns=3, rows=1, cores_per_tile=2)
    assert problems(compile_network, network, chip) == [
        "network: needs at least 10 cores for 10 compartments; loihi2 has 6: 4 too few; "
        "make layer1 smaller: it takes 100% of them"
    ]
