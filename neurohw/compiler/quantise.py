"""Quantise: float weights to the chip's integers with power-of-two scales; projections that are integers stay.

Frozen layers: w ~ mantissa / 2^k with `bits` bits, stored as mixed weights mantissa << (9 - bits). With s the payload
of one unit of activity below (254 for the input), a layer's sum has scale A = s 2^(k + 9 - bits); it is shifted right
until the largest activity of the calibration inputs fits a payload of 254, which gives the next layer's s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.network_checks import WEIGHT_BITS_MAX
from neurohw.ir.neurons import PAYLOAD_MAX, Relu, is_unscaled
from neurohw.learning.precision import grid_exponent
from neurohw.learning.rules.clapp_chip import chip_rule
from neurohw.spec import ChipSpec, QuantiseSpec

MIXED = Format(WEIGHT_BITS_MAX, 0, "mixed")
LIF_SHIFT = 6  # a LIF neuron adds its input to the current shifted by as much, its bias as it is


def quantise_learning(network: Network, chip: ChipSpec, exponent: int | None) -> Network:
    """Plastic projections as 8-bit mixed weights w 2^weight_exponent with their integer rules.

    `exponent` of the given weights: None for floats, else they are integers on the chip's scale already.
    """
    projections = []
    for p in network.projections:
        if p.plasticity is None or p.format is not None:
            projections.append(p)
            continue
        scale = 1.0 if exponent is not None else 2.0**chip.weight_exponent
        rule = chip_rule(chip, p.role, network.population(p.post).layer, network.period)
        weight = to_grid(p.weight * scale, MIXED)
        projections.append(replace(p, weight=weight, format=MIXED, plasticity=replace(p.plasticity, chip=rule)))
    return replace(network, projections=tuple(projections))


def keep_integers(network: Network, shift: int) -> Network:
    """Freeze weights that were learned on a chip: drop the last bit that a static mixed weight cannot hold.

    `shift`: of the ReLU layers' activity.
    """
    projections = tuple(replace(p, weight=floor_to_grid(p.weight, MIXED), format=MIXED) for p in network.projections)
    populations = tuple(
        replace(p, neuron=replace(p.neuron, shift=shift, bias=0)) if is_unscaled(p.neuron) else p
        for p in network.populations
    )
    return replace(network, populations=populations, projections=projections)


def quantise_inference(network: Network, settings: QuantiseSpec, calibration: NDArray[Any]) -> Network:
    """Quantise a frozen feed-forward network. `calibration`: input payloads [N, n], 0..254, to set the shifts."""
    inputs = network.populations[0].size
    if calibration.ndim != 2 or len(calibration) == 0 or calibration.shape[1] != inputs:
        limit = f"needs [samples, {inputs} inputs], at least one"
        raise NeurohwError(Problem("calibration", f"has shape {calibration.shape}", limit))
    by_name = {p.name: p for p in network.populations}
    populations, projections = [network.populations[0]], []
    bits = settings.bits if isinstance(settings.bits, tuple) else (settings.bits,) * len(network.projections)
    payload, scale = calibration.astype(np.int64), float(PAYLOAD_MAX)
    for projection, b in zip(network.projections, bits):
        quantised, exponent = quantise_weights(projection, b, settings.clip)
        scale *= 2.0**exponent
        population, payload, shift = _calibrate(by_name[projection.post], quantised, payload, scale)
        scale /= 2.0**shift
        populations.append(population)
        projections.append(quantised)
    return replace(network, populations=tuple(populations), projections=tuple(projections))


def quantise_spiking(network: Network, settings: QuantiseSpec) -> Network:
    """Quantise the weights and biases of a frozen spiking network; its thresholds are for `balance` to find.

    A bias acts in every step, as large as a weight from an input that always spikes.
    """
    by_name = {p.name: p for p in network.populations}
    populations, projections = [network.populations[0]], []
    bits = settings.bits if isinstance(settings.bits, tuple) else (settings.bits,) * len(network.projections)
    for projection, b in zip(network.projections, bits):
        quantised, exponent = quantise_weights(projection, b, settings.clip)
        population = by_name[projection.post]
        neuron: Any = population.neuron
        mantissa = np.rint(np.asarray(neuron.bias_mant) * 2.0**exponent).astype(np.int64)
        bias = {"bias_mant": mantissa, "bias_exp": LIF_SHIFT} if np.any(mantissa) else {"bias_mant": 0}
        populations.append(replace(population, neuron=replace(neuron, **bias)))
        projections.append(quantised)
    return replace(network, populations=tuple(populations), projections=tuple(projections))


def quantise_weights(p: Projection, bits: int, clip: Any) -> tuple[Projection, int]:
    """Return the projection with integer weights, and the exponent e of w = integer / 2^e."""
    form = Format(bits, 0, "mixed")
    exponent = grid_exponent(p.values, bits, clip) + form.truncated
    integers = to_grid(p.values * 2.0**exponent, form)
    return replace(p, weight=replace(p.weight, kernel=integers) if p.shared else integers, format=form), exponent


def to_grid(values: NDArray[Any], form: Format) -> NDArray[np.int32]:
    """Nearest multiple of the format's step within its range."""
    step = 1 << form.truncated
    low, high = (int(end / step) * step for end in form.range)  # towards zero
    return np.asarray(np.clip(np.rint(np.asarray(values) / step) * step, low, high), np.int32)


def floor_to_grid(values: NDArray[Any], form: Format) -> NDArray[np.int32]:
    """Drop the bits the format does not store, as the chip does."""
    return np.asarray((np.asarray(values, np.int32) >> form.truncated) << form.truncated)


def _calibrate(
    population: Population, projection: Projection, payload: NDArray[np.int64], scale: float
) -> tuple[Population, NDArray[np.int64], int]:
    """Integer bias and shift of one layer, and its payloads for the calibration inputs."""
    neuron = population.neuron
    if not isinstance(neuron, Relu):
        raise NeurohwError(Problem(population.name, f"is a {type(neuron).__name__}", "frozen layers are ReLU"))
    bias = np.rint(np.asarray(neuron.bias) * scale).astype(np.int64)
    a = np.maximum(0, payload @ projection.matrix.T.astype(np.int64) + bias)
    shift = max(0, int(np.ceil(np.log2((int(a.max()) + 1) / (PAYLOAD_MAX + 1)))))
    return (
        replace(population, neuron=replace(neuron, shift=shift, bias=bias)),
        np.minimum(PAYLOAD_MAX, a >> shift),
        shift,
    )
