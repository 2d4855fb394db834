"""Local learning rules as data: the paper's form (modulator and terms) and the chip's form (sums of products).

The chip's form is the grammar of Loihi's learning engine as Lava 0.10.0 simulates it in fixed point
(`magma/core/learning`, `magma/core/model/py/connection.py`). At the end of each epoch of `epoch` steps, for every
synapse and each of the variables w (weight), t (tag) and d (second tag), with r = the epoch's rounding number 0..127:

    acc = variable << 7
    for each product:   mac = dependency * clip(factor_1) * clip(factor_2) ... * mantissa
                        mac = clip((mac >> max(0, sum of factor widths + 4 - 15)) << (exponent + 7), [-32769, 32767])
                        acc = clip(acc + mac, [-32769, 32767])
    variable = clip((acc + r) >> 7)        w: -256..255 (mixed), 0..255, -255..0; t: -257..255; d: 0..255

All three read the values from before the epoch. A factor of width b is clipped to [-2^b, 2^b - 1].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

# Bits of each factor of a product (Lava magma/core/learning/constants.py).
FACTOR_BITS = {"x0": 1, "y0": 1, "x1": 7, "x2": 7, "y1": 7, "y2": 7, "y3": 7, "w": 9, "d": 9, "t": 9, "C": 8}
PRE_TRACES = ("x1", "x2")
POST_TRACES = ("y1", "y2", "y3")
SYNAPTIC = ("w", "d", "t")
MANTISSA_BITS = 4
ACCUMULATOR_BITS = 15

Rounding = Literal["lava", "per_synapse"]
GradedSpikes = Literal["impulse", "overwrite", "add", "add_wrap"]


@dataclass(frozen=True)
class Factor:
    """(var + const), or its sign (w, d, t only). var: a name of FACTOR_BITS; 'C' is a constant."""

    var: str
    const: int = 0
    sign: bool = False


@dataclass(frozen=True)
class Product:
    """mantissa * 2^exponent * dependency * factors; dependency 'x0', 'y0' or 'u' (1 in every 2^decimate-th epoch)."""

    mantissa: int
    exponent: int
    dependency: str
    factors: tuple[Factor, ...] = ()

    @property
    def shift(self) -> int:
        """Bits dropped from the product so that it fits the accumulator."""
        return max(0, sum(FACTOR_BITS[f.var] for f in self.factors) + MANTISSA_BITS - ACCUMULATOR_BITS)


@dataclass(frozen=True)
class Trace:
    """A trace: multiplied by exp(-1/tau) a step (tau 0: zero at once), plus `impulse` at a spike."""

    impulse: float = 0.0
    tau: float = 0.0


@dataclass(frozen=True)
class LearningRule:
    """One projection's rule on the chip: sums of products for w, d and t and everything they read.

    `third_factor`: y1..y3 are sent by the postsynaptic neuron; otherwise they are traces of its spikes (y0).
    `graded`: what a graded input does to x1 (impulse: it counts as a spike; overwrite: x1 = payload / 2; add:
    x1 += payload / 2, saturating; add_wrap: a sum above 127 leaves sum - 127 and counts as a spike, a smaller
    one does not count). `decimate`: k of u_k. `seed`: Lava's rng_seed. `rounding`: `lava` gives
    all synapses the epoch's one random number r; `per_synapse` gives synapse k the number (h_k + r) % 128 with a fixed
    random h_k.
    """

    dw: tuple[Product, ...] = ()
    dt: tuple[Product, ...] = ()
    dd: tuple[Product, ...] = ()
    epoch: int = 1
    decimate: int | None = None
    third_factor: bool = True
    graded: GradedSpikes = "overwrite"
    x1: Trace = field(default_factory=Trace)
    x2: Trace = field(default_factory=Trace)
    y1: Trace = field(default_factory=Trace)
    y2: Trace = field(default_factory=Trace)
    y3: Trace = field(default_factory=Trace)
    seed: int = 0
    rounding: Rounding = "per_synapse"

    def products(self) -> tuple[Product, ...]:
        """All products, in the order w, d, t."""
        return (*self.dw, *self.dd, *self.dt)

    def uses(self, var: str) -> bool:
        """Whether any product reads `var` as a factor."""
        return any(f.var == var for product in self.products() for f in product.factors)

    @property
    def has_tag(self) -> bool:
        """Whether each synapse needs tag bits."""
        return bool(self.dt or self.dd) or self.uses("t") or self.uses("d")


@dataclass(frozen=True)
class Term:
    """gain * modulator * (product of postsynaptic signals) x (product of presynaptic signals), an outer product."""

    modulator: str
    post: tuple[str, ...]
    pre: tuple[str, ...]
    gain: float = 1.0


@dataclass(frozen=True)
class Plasticity:
    """A local rule in the paper's form, in the names of its signals; `chip` is its integer form once quantised."""

    equation: str
    terms: tuple[Term, ...]
    chip: LearningRule | None = None
