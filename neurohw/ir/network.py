"""Network: populations of neurons and projections between them; the one graph type, in floats or quantised."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import UNEQUAL, Kind, Ranges, Several, field_problems, is_ragged, make_plain, require_kind
from neurohw.ir.convolution import Convolution
from neurohw.ir.network_checks import WEIGHT_BITS_MAX, Role, Sign, network_problems
from neurohw.ir.neurons import Neuron, is_source
from neurohw.ir.plasticity import Plasticity
from neurohw.microcode.kind import is_kind, is_neuron, kind_of

Matrix = Any  # NDArray [n_post, n_pre], or scipy.sparse.csr_array or Convolution of that shape
_NAME, _PORT = Kind((str,), "the name of a population"), Kind((str,), "the name of a port")
PROJECTION: Ranges = {
    "name": Kind((str,), "a text"), "pre": _NAME, "post": _NAME, "pre_port": _PORT, "post_port": _PORT,
    "plasticity": Kind((Plasticity,), "a Plasticity", none=True),
}  # fmt: skip


@dataclass(frozen=True)
class Format:
    """Integer weight format: a weight is a multiple of 2^truncated within the sign's range; inputs count 2^exponent.

    Mixed -256..255, excitatory 0..255, inhibitory -255..0, with `bits` of precision (the sign takes one of them in
    mixed mode). Source: Lava 0.10.0 `utils/weightutils.py`, equal to Loihi's mantissa with even steps when mixed.
    """

    bits: int = 8
    exponent: int = 0
    sign: Sign = "mixed"

    def __post_init__(self) -> None:
        make_plain(self)

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
        require_kind("population: name", self.name, str)
        _require_neuron(f"{self.name}.neuron", self.neuron)
        make_plain(self)
        make_plain(self.neuron)


def _require_neuron(where: str, value: Any) -> None:
    """A NeurohwError unless it is a neuron, of a kind whose text can be read."""
    if not is_neuron(value):
        of_class = isinstance(value, type)
        what = f"is the class {value.__name__}" if of_class else f"is of type {type(value).__name__}"
        fix = (
            f"make one: {value.__name__}(...)"
            if is_kind(value)
            else "such as nh.Lif(vth=64), or mark a class with @nh.neuron"
        )
        raise NeurohwError(Problem(where, what, "needs a neuron", fix))
    kind_of(value)


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
        raise_if_any(list(field_problems(str(self.name), self, PROJECTION)))
        for part in ("weight", "delay"):
            if is_ragged(getattr(self, part)):
                raise NeurohwError(Problem(f"{self.name}.{part}", UNEQUAL, "needs an array [n_post, n_pre]"))
        make_plain(self)
        if sparse.issparse(self.weight):
            weight = sparse.csr_array(self.weight, copy=True)
            weight.sum_duplicates()
            object.__setattr__(self, "weight", weight)
            for part in (self.weight.data, self.weight.indices, self.weight.indptr):
                part.flags.writeable = False
        elif not self.shared:
            object.__setattr__(self, "weight", read_only(self.weight))
        if not isinstance(self.delay, int):
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


PARTS: Ranges = {
    "populations": Several(Population, "populations in a list", 'such as [Population("input", 8, Source(0, 1))]'),
    "projections": Several(Projection, "projections in a list", "an empty one for want of any"),
}


@dataclass(frozen=True)
class Network:
    """Populations and projections with unique names; checked when made. `period`: steps of one sample or fixation."""

    populations: tuple[Population, ...]
    projections: tuple[Projection, ...]
    period: int = 1

    def __post_init__(self) -> None:
        raise_if_any(list(field_problems("network", self, PARTS)))
        for parts in PARTS:
            object.__setattr__(self, parts, tuple(getattr(self, parts)))
        raise_if_any(network_problems(self))
        make_plain(self)

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
        return tuple(p for p in self.populations if is_source(p.neuron))

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
