"""Quantise spiking networks in floats to the chip's integers, and say what it did to each parameter.

All of a population is measured in units of 1 / S: threshold, bias and weights; the weights of each projection are then
multiples of 2^exponent. S makes the largest weight a full mantissa times 2^k, with the largest k that ranges allow: the
threshold stays below 2^16, the sum of all inputs below 2^17 (where the current wraps), each bias within its 13 bits and
exponent, and k is an exponent. Decays: du + 1 = 4096 leak_u, dv = 4096 leak_v, to the nearest. A `threshold` population
is a LIF that is reset before each step, so that it keeps nothing. What is further off than a tolerance is an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from neurohw.compiler.quantise import LIF_SHIFT, to_grid
from neurohw.errors import Problem, raise_if_any
from neurohw.exchange.alignment import depths
from neurohw.exchange.bias import BIAS_MAX, stored_bias
from neurohw.exchange.exact import exact_population, exact_projection
from neurohw.exchange.floats import FloatNetwork, FloatPopulation, FloatProjection
from neurohw.exchange.linear import plain
from neurohw.ir.convolution import Convolution
from neurohw.ir.exchange import TOLERANCE, Imported, ParameterError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Neuron, Source

EXPONENTS = (-8, 7)
THRESHOLD_MAX = 131071
CONVENTION = (
    "a step is {:g} s; as NIR says, neurons are reset to v_reset and decay by 1 - dt / tau: tools that subtract the "
    "threshold (by default snnTorch, sinabs) or decay by exp(-dt / tau) (sinabs) count other spikes"
)
CURRENT = (
    "the current of a CubaLIF is updated before its voltage and outlasts a spike, as NIR says: tools that reset it or "
    "update it in another order (snnTorch's Synaptic) count other spikes, up to three times as many"
)
THRESHOLD_AIM, SUM_MAX = 1 << 16, 1 << 17


def quantise(
    floats: FloatNetwork, bits: int = 8, reset_interval: int = 0, reset_offset: int = 0, tolerance: float = TOLERANCE
) -> Imported:
    """The network in integers with weights of `bits`, and the error of each parameter, an error above `tolerance`.

    `reset_interval`, `reset_offset`: of all LIF neurons, as networks of Lava-DL run; each layer is reset a step after
    the one below it. What our own export wrote is taken as it is.
    """
    populations: list[Population] = []
    projections: list[Projection] = []
    errors: list[ParameterError] = []
    problems: list[Problem] = []
    notes: list[str] = []
    depth = depths(floats.inputs, floats.pairs)
    for p in floats.populations:
        into = [q for q in floats.projections if q.post == p.name]
        if p.exact is not None and all(q.exact is not None for q in into):
            populations.append(exact_population(p))
            projections += [exact_projection(q) for q in into]
            continue
        scale = _scale(p, into, bits)
        neuron, wrong = _neuron(p, scale, errors, reset_interval, reset_offset + depth.get(p.name, 1) - 1)
        problems += wrong
        populations.append(Population(p.name, p.size, neuron))
        made = [_projection(q, p, scale, bits, errors) for q in into]
        projections += made
        for q, stored in zip(into, made):
            if isinstance(q.weight, Convolution) and not stored.shared:
                notes.append(f"{q.name}: each synapse stores its weight; shared weights cannot be scaled like these")
        if p.kind == "readout":
            notes.append(f"{p.name}: sends the sums of the graph times {scale:.6g}")
    if any(e.parameter == "voltage decay" for e in errors):
        notes.insert(0, CONVENTION.format(floats.dt))
    if any(p.kind == "lif" and p.exact is None and np.any(p.leak_u < 1) for p in floats.populations):
        notes.append(CURRENT)
    raise_if_any(problems + [_above(e, tolerance, bits) for e in errors if e.worst > _allowed(e, tolerance, bits)])
    populations = _ordered(populations, floats.exact.get("populations", []))
    projections = _ordered(projections, floats.exact.get("projections", [q.name for q in floats.projections]))
    period = int(floats.exact.get("period", 1))
    return Imported(Network(tuple(populations), tuple(projections), period), tuple(errors), tuple(notes))


def _allowed(e: ParameterError, tolerance: float, bits: int) -> float:
    """The largest error that is none; weights on a grid are up to half a step off."""
    half_step = (1 << Format(bits).truncated) / (2 * _top(bits))
    return max(tolerance, half_step + 1e-9) if e.parameter == "weights" else tolerance


def _above(e: ParameterError, tolerance: float, bits: int) -> Problem:
    what = f"{e.parameter} {e.low:.4g}..{e.high:.4g} cannot be represented: off by {e.worst:.0%}"
    fix = "rescale the node, or accept it with --tolerance (tolerance=)"
    return Problem(e.where, what, f"up to {_allowed(e, tolerance, bits):.0%} is accepted", fix)


def _ordered(items: Sequence[Any], names: Sequence[str]) -> list[Any]:
    """Populations or projections in the order of `names`, others after them."""
    return sorted(items, key=lambda item: names.index(item.name) if item.name in names else len(names))


def _scale(p: FloatPopulation, into: Sequence[FloatProjection], bits: int) -> float:
    """S of a population."""
    weights = [np.abs(_effective(q, p)) for q in into]
    largest = max([float(w.max()) for w in weights if w.size], default=0.0)
    total = np.max(sum(np.asarray(w.sum(axis=1)).ravel() for w in weights)) if weights else 0.0
    finite = p.threshold[np.isfinite(p.threshold)]
    top = _top(bits)
    limits = [
        top * 2.0 ** EXPONENTS[1] / largest if largest else np.inf,
        SUM_MAX / total if total else np.inf,
        THRESHOLD_AIM / float(np.abs(finite).max()) if finite.size and np.any(finite) else np.inf,
        BIAS_MAX / float(np.abs(p.bias).max()) if np.any(p.bias) else np.inf,
    ]
    if not largest:
        return float(min(limits)) if np.isfinite(min(limits)) else 1.0
    return float(top * 2.0 ** np.floor(np.log2(min(limits) * largest / top)) / largest)


def _top(bits: int) -> int:
    """The largest weight of `bits`, with either sign."""
    return 256 - (1 << Format(bits).truncated)


def _effective(q: FloatProjection, p: FloatPopulation) -> Any:
    """Weights with the gain of each neuron, as an array or csr_array."""
    gain = np.broadcast_to(p.gain, (p.size,))
    matrix = plain(q.weight)
    return sparse.csr_array(matrix.multiply(gain[:, None])) if sparse.issparse(matrix) else matrix * gain[:, None]


def _neuron(
    p: FloatPopulation, scale: float, errors: list[ParameterError], interval: int, offset: int
) -> tuple[Neuron, list[Problem]]:
    """The integer neuron of a population."""
    where, problems = p.name, []
    if p.kind == "input":
        return Source(0, 1), []
    if p.kind == "readout":
        return Graded(0), []
    vth = _whole(np.rint(p.threshold * scale))
    errors.append(_error(where, "threshold", p.threshold, np.asarray(vth) / scale))
    if np.any(np.asarray(vth) < 0) or np.any(np.asarray(vth) > THRESHOLD_MAX):
        problems.append(Problem(where, f"thresholds {np.min(vth)}..{np.max(vth)}", f"chips take 0..{THRESHOLD_MAX}"))
    du, dv = 4095, 0
    if p.kind == "threshold":
        interval, offset = 1, 0
    else:
        du, dv = _decays(p, errors, problems)
    bias = {}
    if np.any(p.bias):
        values, leak, aim, whole = (np.broadcast_to(x, (p.size,)) for x in (p.bias, p.leak_v, p.threshold, vth))
        mantissa, exponent = stored_bias(values, leak, aim, scale, whole, 4096 if p.kind == "threshold" else dv)
        bias = {"bias_mant": _whole(mantissa), "bias_exp": exponent}
        least = float(np.abs(p.threshold).max()) / 1024  # a bias that is smaller by far does not count
        stored = mantissa * 2.0 ** (exponent - LIF_SHIFT) / scale
        errors.append(_error(where, "bias", p.bias, stored, least=least))
    offset = offset % interval if interval else 0
    return Lif(vth, du, dv, **bias, reset_interval=interval, reset_offset=offset), problems


def _decays(p: FloatPopulation, errors: list[ParameterError], problems: list[Problem]) -> tuple[int, int]:
    """du and dv of a LIF population."""
    decays = {"du": np.rint(4096 * p.leak_u).clip(1, 4096) - 1, "dv": np.rint(4096 * p.leak_v).clip(0, 4095)}
    for name, values in decays.items():
        if np.ptp(values):
            what = f"neurons with different decays ({name} {values.min():g}..{values.max():g})"
            problems.append(Problem(p.name, what, "one time constant a population", "split the node"))
    errors.append(_error(p.name, "current decay", p.leak_u, (decays["du"] + 1) / 4096))
    errors.append(_error(p.name, "voltage decay", p.leak_v, decays["dv"] / 4096, least=1 / 4096))
    return int(decays["du"].ravel()[0]), int(decays["dv"].ravel()[0])


def _projection(
    q: FloatProjection, p: FloatPopulation, scale: float, bits: int, errors: list[ParameterError]
) -> Projection:
    """The integer weights of a projection: scaled, with the smallest exponent that fits the largest."""
    gain = np.broadcast_to(p.gain, (p.size,))
    weight = q.weight
    if isinstance(weight, Convolution) and _exponent(_largest(_effective(q, p)) * scale, bits) < 0:
        weight = weight.unrolled  # shared weights take no negative exponent
    if isinstance(weight, Convolution):
        factors = gain.reshape(weight.output_shape[0], -1)
        if np.any(np.ptp(factors, axis=1)):
            weight = weight.unrolled
        else:
            weight = replace(weight, kernel=weight.kernel * factors[:, :1, None, None] * scale)
    if not isinstance(weight, Convolution):
        weight = _effective(replace(q, weight=weight), p) * scale
    values = weight.kernel if isinstance(weight, Convolution) else weight.data if sparse.issparse(weight) else weight
    largest = _largest(values)
    form = Format(bits, _exponent(largest, bits) if largest else 0, "mixed")
    stored = to_grid(np.asarray(values) / 2.0**form.exponent, form)
    errors.append(_error(q.name, "weights", values / scale, stored * 2.0**form.exponent / scale, largest / scale))
    if isinstance(weight, Convolution):
        made: Any = replace(weight, kernel=stored)
    elif sparse.issparse(weight):
        made = sparse.csr_array((stored, weight.indices, weight.indptr), shape=weight.shape)
    else:
        made = stored
    return Projection(q.name, q.pre, q.post, made, form, True, q.delay)


def _exponent(largest: float, bits: int) -> int:
    """The smallest exponent that holds weights up to `largest`."""
    return int(np.clip(np.ceil(np.log2(largest / _top(bits)) - 1e-9) if largest else 0, *EXPONENTS))


def _largest(matrix: Any) -> float:
    values = matrix.data if sparse.issparse(matrix) else matrix
    return float(np.abs(values).max()) if np.size(values) else 0.0


def _error(where: str, what: str, exact: Any, stored: Any, unit: float = 0.0, least: float = 0.0) -> ParameterError:
    """The largest and the mean error, relative to the largest size of the parameter, which counts as `least`."""
    exact, stored = np.broadcast_arrays(np.asarray(exact, np.float64), np.asarray(stored, np.float64))
    size = unit or max(float(np.abs(exact).max()), least) or 1.0
    wrong = np.abs(exact - stored) / size
    low, high = float(exact.min()), float(exact.max())
    return ParameterError(where, what, low, high, float(wrong.max()), float(np.sqrt(np.mean(wrong**2))))


def _whole(values: Any) -> Any:
    """Integers: one number if all are the same."""
    whole = np.asarray(values, np.int64).ravel()
    return int(whole[0]) if whole.size and not np.ptp(whole) else whole
