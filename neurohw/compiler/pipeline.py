"""Compile: lower, quantise, partition, place, route; each stage verified before the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, cast, get_args

from numpy.typing import NDArray

from neurohw.compiler.balance import CALIBRATION, balance
from neurohw.compiler.lower import lower_inference, lower_learning
from neurohw.compiler.own_neurons import with_own_neurons
from neurohw.compiler.partition import partition
from neurohw.compiler.place import PLACEMENTS, Placement, place
from neurohw.compiler.quantise import keep_integers, quantise_inference, quantise_learning, quantise_spiking
from neurohw.compiler.readout import with_readout
from neurohw.compiler.route import route
from neurohw.compiler.tile import tile
from neurohw.compiler.verify import verify_partition, verify_placement, verify_quantised, verify_routes, verify_tiles
from neurohw.data.coding import Coder
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.checks import FLAG, SEED, require_values
from neurohw.ir.mapping import CoreTarget, Program, Target
from neurohw.ir.network import Network
from neurohw.ir.weights import Weights
from neurohw.spec import ModelSpec
from neurohw.spec.recipe import recipe_of

Mode = Literal["learn", "infer", "readout"]


def compile_model(
    model: ModelSpec, weights: Weights, target: Target, *, mode: Mode, calibration: NDArray[Any] | None = None,
    placement: Placement = "greedy", seed: int = 0, strict: bool = False, classes: int = 0,
) -> Program:  # fmt: skip
    """Compile a model with its weights. mode 'learn': plastic; 'infer': frozen; 'readout': frozen, with a readout of
    `classes` that learns on top.

    `calibration`: input payloads [N, n] that set the shifts of frozen float weights. `strict`: what the chip lacks is
    an error, not a departure.
    """
    network = _quantised(model, weights, "learn" if mode == "learn" else "infer", calibration)
    if mode == "readout":
        network = with_readout(model, network, classes)
    program = compile_network(
        with_own_neurons(network, model),
        target,
        model=model.name,
        mode=mode,
        placement=placement,
        seed=seed,
        strict=strict,
    )
    return replace(program, recipe=recipe_of(model))


def integer_network(model: ModelSpec, weights: Weights, mode: Mode, calibration: NDArray[Any] | None) -> Network:
    """Lower and quantise: the network in the chip's integers, the same for every digital target."""
    return with_own_neurons(_quantised(model, weights, mode, calibration), model)


def _quantised(model: ModelSpec, weights: Weights, mode: Mode, calibration: NDArray[Any] | None) -> Network:
    """The same with the kinds of neurons that ship."""
    if model.spiking:
        return _spiking_network(model, weights, mode, calibration)
    if mode == "learn":
        return quantise_learning(lower_learning(model, weights), model.chip, weights.exponent)
    network = lower_inference(model, weights)
    if weights.exponent is not None and _keeps_integers(model):
        return keep_integers(network, model.chip.activity_shift)
    return quantise_inference(network, model.quantise, _given(calibration, model, "quantise frozen weights"))


def _spiking_network(model: ModelSpec, weights: Weights, mode: Mode, calibration: NDArray[Any] | None) -> Network:
    """The same in spikes: thresholds come with integer weights, or are balanced on the calibration inputs."""
    as_learned = weights.exponent is not None and (mode == "learn" or _keeps_integers(model))
    if mode == "learn":
        network = quantise_learning(lower_learning(model, weights), model.chip, weights.exponent)
    elif as_learned:
        network = keep_integers(lower_inference(model, weights), 0)
    else:
        network = quantise_spiking(lower_inference(model, weights), model.quantise)
    if as_learned and all(layer.threshold is not None for layer in weights.layers):
        return network
    levels = _given(calibration, model, "balance thresholds")[:CALIBRATION]
    return balance(network, Coder(model.input, purpose="calibration").frames(levels), model.lif.rate)


def _keeps_integers(model: ModelSpec) -> bool:
    """Whether weights learned on a chip are frozen as they are, not quantised again."""
    return (model.quantise.bits, model.quantise.clip) == (8, "maximum")


def _given(calibration: NDArray[Any] | None, model: ModelSpec, what: str) -> NDArray[Any]:
    if calibration is None:
        raise NeurohwError(Problem(model.name, f"needs calibration inputs to {what}", fix="pass training images"))
    return calibration


def compile_network(
    network: Network, target: Target, *, model: str = "", mode: Mode = "infer", placement: Placement = "greedy",
    seed: int = 0, strict: bool = False,
) -> Program:  # fmt: skip
    """Place a quantised network on a target."""
    require_values(
        "compile_network", mode=(mode, get_args(Mode)), placement=(placement, PLACEMENTS), seed=(seed, SEED),
        strict=(strict, FLAG),
    )  # fmt: skip
    verify_quantised(network)
    problems, departures = target.check(network)
    fix = "compile without strict, or for another chip"
    raise_if_any([*problems, *(Problem("strict", text, fix=fix) for text in departures if strict)])
    if target.design is None:
        blocks = partition(network, cast(CoreTarget, target))
        verify_partition(network, blocks, target)
    else:
        blocks = tile(network, target.design)
        verify_tiles(network, blocks, target)
    sites = place(network, blocks, target, placement, seed)
    verify_placement(blocks, sites)
    routes = route(network, blocks, sites, target)
    verify_routes(network, blocks, routes, target)
    return Program(
        network, target, blocks, sites, routes, model, mode, seed, tuple(departures), placement=placement
    )  # fmt: skip
