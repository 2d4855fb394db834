"""What keeps populations and projections from being a network: names, ends, shapes, numbers; all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, did_you_mean
from neurohw.ir.checks import FLAG, Whole, integer_problems, value_problems
from neurohw.ir.ranges import COUNT, INT32, LAYER, neuron_problems, rule_problems

if TYPE_CHECKING:
    from neurohw.ir.network import Format, Network, Population, Projection

Sign = Literal["mixed", "excitatory", "inhibitory"]
Role = Literal["", "feedforward", "prediction", "readout"]
WEIGHT_BITS_MAX = 8
DELAY_MAX = 63
SIZES, EXPONENTS = Whole(0, INT32.high), Whole(-24, 24)
WEIGHTS = replace(INT32, many=True)


def network_problems(network: Network) -> list[Problem]:
    """Names that clash or point nowhere, shapes that do not fit, weights that are not numbers."""
    by_name = {p.name: p for p in network.populations}
    names = [p.name for p in network.populations] + [p.name for p in network.projections]
    found = [
        Problem("network", f"the name '{n}' is used {names.count(n)} times", fix="give each its own")
        for n in sorted(set(names))
        if names.count(n) > 1
    ]
    found += integer_problems("network.period", network.period, COUNT)
    for population in network.populations:
        wrong = integer_problems(f"{population.name}.size", population.size, SIZES)
        found += integer_problems(f"{population.name}.layer", population.layer, LAYER)
        if network.quantised and not wrong:
            found += neuron_problems(population.name, population.neuron, population.size)
        found += wrong
    for p in network.projections:
        wrong = p.weight.problems(p.name) if p.shared else []
        if p.plasticity and p.plasticity.chip is not None:
            found += rule_problems(f"{p.name}: rule", p.plasticity.chip)
        found += [
            *value_problems(f"{p.name}.graded", p.graded, FLAG),
            *value_problems(f"{p.name}.role", p.role, get_args(Role)),
        ]
        found += wrong or [*_end_problems(p, by_name), *_value_problems(p)]
    return found


def _end_problems(p: Projection, by_name: Mapping[str, Population]) -> Iterator[Problem]:
    """Populations and ports that are not there, and a shape that does not fit them."""
    for end, port, side in ((p.pre, p.pre_port, "outputs"), (p.post, p.post_port, "inputs")):
        if end not in by_name:
            yield Problem(p.name, f"no population '{end}'", fix=did_you_mean(end, by_name))
            continue
        ports = getattr(by_name[end].neuron, side)
        if port not in ports:
            yield Problem(p.name, f"'{end}' has no {side[:-1]} '{port}'", fix=did_you_mean(port, ports))
    if p.pre in by_name and p.post in by_name:
        expected, shape = (by_name[p.post].size, by_name[p.pre].size), tuple(p.weight.shape)
        if shape != expected:
            limit = f"{p.pre} -> {p.post} needs {expected} (post, pre)"
            yield Problem(p.name, f"weights have shape {shape}", limit)


def _value_problems(p: Projection) -> Iterator[Problem]:
    """Weights that are not numbers and delays that are out of range or of another shape."""
    values = p.values
    if values.dtype.kind not in "biuf":
        limit = f"needs {'integers' if p.format else 'numbers'}"
        yield Problem(f"{p.name}.weight", f"holds {values.dtype} values", limit)
    elif not np.all(np.isfinite(values)):
        count = int(np.sum(~np.isfinite(values)))
        yield Problem(p.name, f"{count} weights are NaN or infinite", fix="train again with a smaller rate")
    elif p.format is not None:
        yield from _format_problems(p.name, p.format, values)
    if np.asarray(p.delay).dtype.kind not in "iu" and type(p.delay) is not int:
        yield Problem(p.name, "delays that are not integers", f"delays are 0..{DELAY_MAX} whole steps")
        return
    shortest = int(np.min(p.delay)) if np.size(p.delay) else 0
    if p.max_delay > DELAY_MAX or shortest < 0:
        wrong = shortest if shortest < 0 else p.max_delay
        yield Problem(p.name, f"delay {wrong}", f"delays are 0..{DELAY_MAX} steps")
    listed = "sparse" if p.sparse else "shared" if p.shared else ""
    if np.ndim(p.delay) and (listed or np.shape(p.delay) != tuple(p.weight.shape)):
        limit = f"{listed} weights take one delay for all" if listed else f"one a synapse is {tuple(p.weight.shape)}"
        yield Problem(p.name, f"delays have shape {np.shape(p.delay)}", limit)
    if p.shared and p.plasticity:
        yield Problem(p.name, "shares weights that learn", "no chip here does", "unroll it: weight.unrolled is sparse")
    if p.shared and p.format and p.format.exponent < 0:
        yield Problem(p.name, f"exponent {p.format.exponent}", "shared weights take 0 and up", "rescale the weights")


def _format_problems(name: str, form: Format, values: NDArray[Any]) -> Iterator[Problem]:
    """A format that is none, or weights that are not integers; those beyond its range are clipped, as Lava does."""
    if form.sign not in get_args(Sign):
        yield Problem(f"{name}.format.sign", f"is {form.sign!r}", f"needs one of {', '.join(get_args(Sign))}")
        return
    yield from integer_problems(f"{name}.format.bits", form.bits, Whole(1, WEIGHT_BITS_MAX + (form.sign == "mixed")))
    yield from integer_problems(f"{name}.format.exponent", form.exponent, EXPONENTS)
    yield from integer_problems(f"{name}.weight", values, WEIGHTS)
