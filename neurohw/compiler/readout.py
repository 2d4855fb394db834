"""A readout on top of a frozen network: neurons that compete, a critic that rewards, or targets that supervise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.compiler.lower import ONES
from neurohw.compiler.quantise import MIXED, floor_to_grid
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import TRACE_MAX, Critic, Readout, Source, has_phases
from neurohw.learning.rules.readout import RULES, readout_rule
from neurohw.spec import ModelSpec

READOUT, CRITIC, LABEL, NOISE = "readout", "critic", "label", "exploration"
WEIGHTS = f"{READOUT}.W"
VALUE_BITS = 8  # of an expectation with its noise
CLASSES_MAX = 255  # the number of an action travels as a weight of 8 bits
ONLY_FOR_LEARNING = (CRITIC, LABEL, NOISE)


def with_readout(model: ModelSpec, network: Network, classes: int) -> Network:
    """The frozen integer network of a model with a readout of its top layer that learns; its weights start at zero.

    Sources besides 'input', each one frame a presentation: reward has 'label' (one-hot, 0 and 1) and 'exploration'
    (noise on the expectations); delta has 'label' with the target of each neuron. A presentation takes
    L + rounds + 4 steps, with 8 rounds of the contest and one for each bit of the number of classes.
    """
    _check(model, classes)
    settings = model.readout
    layer, rounds = len(model.layers) + 1, VALUE_BITS + (classes - 1).bit_length()
    period, top = layer + rounds + 3, f"layer{len(model.layers)}"
    supervised = settings.rule == "delta"
    layers = tuple(
        replace(p, neuron=replace(p.neuron, period=period)) if has_phases(p.neuron) else p for p in network.populations
    )
    rule = readout_rule(settings, period, model.chip.rng_seed + 16 * len(model.layers))
    start = np.zeros((classes, network.population(top).size), np.int32)
    plasticity = replace(RULES[settings.rule], chip=rule)
    neuron = Readout(layer, period, settings.shift, rounds, supervised)
    contest = np.ones((classes, classes), np.int32)
    populations = (*layers, Population(READOUT, classes, neuron))
    projections = (
        *network.projections,
        Projection(WEIGHTS, top, READOUT, start, MIXED, plasticity=plasticity, role="readout"),
        Projection(f"{READOUT}.contest", READOUT, READOUT, contest, ONES, pre_port="contest", post_port="contest"),
    )
    if supervised:
        targets = Population(LABEL, classes, Source(-TRACE_MAX, TRACE_MAX))
        one_each = Projection(f"{READOUT}.target", LABEL, READOUT, _identity(classes), ONES, post_port="gate")
        return Network((*populations, targets), (*projections, one_each), period)
    critic = Critic(layer + rounds, period, settings.reward, settings.penalty)
    return Network((*populations, *_world(classes, critic)), (*projections, *_wires(classes)), period)


def frozen_readout(network: Network, weight: NDArray[np.int32]) -> Network:
    """The network of `with_readout` with learned weights and without all that only learning needs.

    Weights lose the last bit, which static ones do not store. It acts without noise: `readout.out` says how.
    """
    populations = tuple(p for p in network.populations if p.name not in ONLY_FOR_LEARNING)
    projections = tuple(
        replace(p, weight=floor_to_grid(weight, MIXED), plasticity=None) if p.name == WEIGHTS else p
        for p in network.projections
        if p.pre not in ONLY_FOR_LEARNING and p.post not in ONLY_FOR_LEARNING
    )
    return replace(network, populations=populations, projections=projections)


def _world(classes: int, critic: Critic) -> tuple[Population, ...]:
    """What knows the label, what explores, and what rewards."""
    noise = Source(-TRACE_MAX, TRACE_MAX)
    return (Population(LABEL, classes, Source(0, 1)), Population(NOISE, classes, noise), Population(CRITIC, 1, critic))


def _wires(classes: int) -> tuple[Projection, ...]:
    """Numbers of action and label to the critic, noise and the one reward to the readout."""
    numbers, ones = np.arange(1, classes + 1, dtype=np.int32)[None, :], np.ones((classes, 1), np.int32)
    return (
        Projection(f"{READOUT}.noise", NOISE, READOUT, _identity(classes), ONES, post_port="gate"),
        Projection(f"{CRITIC}.label", LABEL, CRITIC, numbers, ONES, post_port="label"),
        Projection(f"{CRITIC}.action", READOUT, CRITIC, numbers, ONES, post_port="action"),
        Projection(f"{READOUT}.reward", CRITIC, READOUT, ones, ONES, pre_port="reward", post_port="gate"),
    )


def _identity(size: int) -> sparse.csr_array:
    return sparse.csr_array(np.eye(size, dtype=np.int32))


def _check(model: ModelSpec, classes: int) -> None:
    """Payloads of a ReLU network, and as many classes as the critic can tell apart."""
    if model.spiking:
        what, limit = "its top layer speaks in spikes", "a readout hears one payload a presentation"
        raise NeurohwError(Problem(f"{model.name}: readout", what, limit, "set neuron: relu and input: graded"))
    if not 2 <= classes <= CLASSES_MAX:
        limit = f"a readout has 2 to {CLASSES_MAX}"
        raise NeurohwError(Problem(f"{model.name}: readout", f"'{model.data.name}' has {classes} classes", limit))
