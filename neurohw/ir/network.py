"""Network: populations of neurons and projections between them; the one graph type, in floats or quantised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import FLAG, Whole, integer_problems, require_kind, value_problems
from neurohw.ir.convolution import Convolution
from neurohw.ir.neurons import SHIPPED, SINGLE, Neuron, Source
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.ranges import COUNT, INT32, LAYER, neuron_problems, rule_problems

Sign = Literal["mixed", "excitatory", "inhibitory"]
Role = Literal["", "feedforward", "prediction", "readout"]
ROLES = get_args(Role)
Matrix = Any  # NDArray [n_post, n_pre], or scipy.sparse.csr_array or Convolution of that shape
WEIGHT_BITS_MAX = 8
DELAY_MAX = 63
SIZES, EXPONENTS = Whole(0, INT32.high), Whole(-24, 24)
WEIGHTS = replace(INT32, many=True)


@dataclass(frozen=True)
class Format:
    """Integer weight format: a weight is a multiple of 2^truncated within the sign's range; inputs count 2^exponent.

    Mixed -256..255, excitatory 0..255, inhibitory -255..0, with `bits` of precision (the sign takes one of them in
    mixed mode). Source: Lava 0.10.0 `utils/weightutils.py`, equal to Loihi's mantissa with even steps when mixed.
    """

    bits: int = 8
    exponent: int = 0
    sign: Sign = "mixed"

    @property
    def truncated(self) -> int:
        """Low-order bits of a weight that are zero."""
        return WEIGHT_BITS_MAX - self.bits + (self.sign == "mixed")

    @property
    def range(self) -> tuple[int, int]:
        """Smallest and largest weight."""
        return {"mixed": (-256, 255), "excitatory": (0, 255), "inhibitory": (-255, 0)}[self.sign]

    def stored(self, weights: NDArray[Any]) -> NDArray[np.int16]:
        """Clip integer weights to the range and drop the low-order bits that are not stored."""
        clipped = np.clip(np.asarray(weights, np.int32), *self.range)
        if self.sign == "inhibitory":
            return (-((-clipped >> self.truncated) << self.truncated)).astype(np.int16)
        return ((clipped >> self.truncated) << self.truncated).astype(np.int16)


@dataclass(frozen=True)
class Population:
    """`size` neurons of one kind. `layer`: the layer of the model that they are, or serve, from 1; 0: of none."""

    name: str
    size: int
    neuron: Neuron
    layer: int = 0

    def __post_init__(self) -> None:
        fix = f"make one: {self.neuron.__name__}(...)" if isinstance(self.neuron, type) else ""
        require_kind(f"{self.name}.neuron", self.neuron, get_args(SHIPPED), fix)


@dataclass(frozen=True)
class Projection:
    """Weights [n_post, n_pre] from an output port of `pre` to an input port of `post`; one step of delay plus `delay`.

    `format` None: float weights. `graded`: messages carry a payload, otherwise every non-zero message counts as 1.
    `delay`: extra steps 0..63, one for all or, for dense weights, one a synapse. `role`: what its weights are to the
    layer of the model that `post` belongs to.
    """

    name: str
    pre: str
    post: str
    weight: Matrix
    format: Format | None = None
    graded: bool = True
    delay: int | NDArray[np.int64] = 0
    plasticity: Plasticity | None = None
    pre_port: str = "out"
    post_port: str = "in"
    role: Role = ""

    def __post_init__(self) -> None:
        require_kind(f"{self.name}.format", self.format, (Format, type(None)), "such as Format(bits=8)")
        if sparse.issparse(self.weight):
            weight = sparse.csr_array(self.weight, copy=True)
            weight.sum_duplicates()
            object.__setattr__(self, "weight", weight)
            for part in (self.weight.data, self.weight.indices, self.weight.indptr):
                part.flags.writeable = False
        elif not self.shared:
            object.__setattr__(self, "weight", read_only(self.weight))
        if not isinstance(self.delay, (int, np.integer)):
            object.__setattr__(self, "delay", read_only(self.delay))

    @property
    def sparse(self) -> bool:
        """Whether only non-zero weights are stored."""
        return bool(sparse.issparse(self.weight))

    @property
    def shared(self) -> bool:
        """Whether synapses share the weights of a convolution kernel."""
        return isinstance(self.weight, Convolution)

    @property
    def matrix(self) -> Any:
        """The weights with every synapse on its own: an array, or a csr_array for sparse and shared ones."""
        return self.weight.unrolled if self.shared else self.weight

    @property
    def values(self) -> NDArray[Any]:
        """The numbers that are stored, in any order."""
        return np.asarray(self.weight.kernel if self.shared else self.weight.data if self.sparse else self.weight)

    @property
    def max_delay(self) -> int:
        """Largest extra delay in steps."""
        return int(np.max(self.delay)) if np.size(self.delay) else 0

    def nonzero(self) -> NDArray[np.bool_]:
        """Mask [n_post, n_pre] of non-zero weights."""
        dense = self.matrix.toarray() if self.sparse or self.shared else self.weight
        return np.asarray(dense != 0)

    def reaches(self, start: int, stop: int) -> NDArray[np.bool_]:
        """Presynaptic neurons [n_pre] with a synapse on postsynaptic neurons start..stop-1.

        A plastic projection stores its zeros too, as they may change.
        """
        if self.sparse or self.shared:
            csr = self.matrix
            part = slice(csr.indptr[start], csr.indptr[stop])
            stored = slice(None) if self.plasticity else csr.data[part] != 0
            mask = np.zeros(csr.shape[1], np.bool_)
            mask[csr.indices[part][stored]] = True
            return mask
        if self.plasticity:
            return np.ones(self.weight.shape[1], np.bool_)
        return np.asarray((self.weight[start:stop] != 0).any(axis=0))


@dataclass(frozen=True)
class Network:
    """Populations and projections with unique names; checked when made. `period`: steps of one sample or fixation."""

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    period: int = 1

    def __post_init__(self) -> None:
        raise_if_any(_problems(self))

    @property
    def ports(self) -> tuple[str, ...]:
        """All output ports, 'population.port'."""
        return tuple(f"{p.name}.{port}" for p in self.populations for port in p.neuron.outputs)

    def matrix(self, layer: int, role: Role) -> Projection | None:
        """The projection of that role into a layer of the model; None if there is none."""
        layers = {p.name: p.layer for p in self.populations}
        return next((q for q in self.projections if q.role == role and layers[q.post] == layer), None)

    def population(self, name: str) -> Population:
        """The population of that name."""
        for population in self.populations:
            if population.name == name:
                return population
        raise NeurohwError(
            Problem("network", f"no population '{name}'", fix=did_you_mean(name, [p.name for p in self.populations]))
        )

    def into(self, name: str) -> tuple[Projection, ...]:
        """Projections whose postsynaptic population is `name`."""
        return tuple(p for p in self.projections if p.post == name)

    @cached_property
    def sources(self) -> tuple[Population, ...]:
        """Populations that are fed from outside, in order."""
        return tuple(p for p in self.populations if isinstance(p.neuron, Source))

    @property
    def quantised(self) -> bool:
        """Whether every projection has an integer format."""
        return all(p.format is not None for p in self.projections)

    def __repr__(self) -> str:
        lines = [f"Network(period={self.period})"]
        lines += [f"  {p.name:<12} {p.size:>6}  {_neuron_text(p.neuron)}" for p in self.populations]
        for p in self.projections:
            form = "float" if p.format is None else f"{p.format.bits}b {p.format.sign} 2^{p.format.exponent}"
            extra = "".join(
                (
                    ", sparse" if p.sparse else "",
                    f", shared {'x'.join(map(str, p.weight.kernel.shape))}" if p.shared else "",
                    f", delay<={p.max_delay}" if p.max_delay else "",
                    ", plastic" if p.plasticity else "",
                )
            )
            lines.append(
                f"  {p.name:<12} {p.pre}.{p.pre_port} -> {p.post}.{p.post_port}  "
                f"{'x'.join(map(str, p.weight.shape))} {form}{extra}"
            )
        return "\n".join(lines)


def _neuron_text(neuron: Neuron) -> str:
    """The neuron's parameters on one line; arrays by their range."""
    values = {f.name: getattr(neuron, f.name) for f in fields(neuron)}
    texts = [f"{k}={v if np.size(v) == 1 else f'{np.min(v)}..{np.max(v)}'}" for k, v in values.items()]
    return f"{type(neuron).__name__}({', '.join(texts)})"


def read_only(array: Any) -> NDArray[Any]:
    """A view of `array` that cannot be written through."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _problems(network: Network) -> list[Problem]:
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
        if isinstance(population.neuron, SINGLE) and population.size != 1:
            what = f"{population.size} neurons of kind {type(population.neuron).__name__}"
            limit, fix = "such a population has one, which decides for all", "make a population for each"
            found.append(Problem(population.name, what, limit, fix))
    for p in network.projections:
        wrong = p.weight.problems(p.name) if p.shared else []
        if p.plasticity and p.plasticity.chip:
            found += rule_problems(f"{p.name}: rule", p.plasticity.chip)
        found += [*value_problems(f"{p.name}.graded", p.graded, FLAG), *value_problems(f"{p.name}.role", p.role, ROLES)]
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
    if not np.all(np.isfinite(values)):
        count = int(np.sum(~np.isfinite(values)))
        yield Problem(p.name, f"{count} weights are NaN or infinite", fix="train again with a smaller rate")
    elif p.format is not None:
        yield from _format_problems(p.name, p.format, values)
    if np.asarray(p.delay).dtype.kind not in "iu":
        yield Problem(p.name, "delays that are not integers", f"delays are 0..{DELAY_MAX} whole steps")
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
