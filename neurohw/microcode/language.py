"""The words of neuron programs: declarations of a class, and the functions that its `step` may call.

`step(self, t)` is the program of ONE neuron in plain Python. Every value is an integer of 32 bits; sums, differences,
products and shifts wrap. t is the time step, from 1, of the run or, where samples are independent, of the sample.

    Declarations   one(low, high)     a parameter that all neurons of a population share
                   each(low, high)    a parameter with a value for each neuron, or one for all
                   choice(a, b)       a word or a truth value that selects parts of the program; the first by default
                   state(bits)        an integer that stays from step to step
                   trace()            a state that plastic synapses read: y1, y2, y3
                   receives(port)     what arrived in this step, summed up
                   sends(low, high)   the message of this step, 0: none; the attribute's name is the port's
                   given(low, high)   the message of a source, which a run's input gives; parameters hold its range
                   spikes_back()      a spike to the neuron's own plastic synapses
    Statements     x = e, self.x = e, +=, -=, *=, &=, |=, ^=, <<=, >>=, if / elif / else, self.count(what, condition)
    Expressions    + - * << >> & | ^ ~ -x, comparisons, a if c else b, min max abs and the functions below;
                   `and`, `or`, `not` in conditions; % of what all neurons share; self.index, the neuron's number
    Order          what was sent to the neuron arrives, it steps, its messages leave, its synapses learn from its traces

Amounts of shifts are proven to be 0..31 from the declared ranges, names are set on every path before they are read,
and a state that begins at another number than 0 says so: `state(24, start=-65)`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, TypeVar, Union

import numpy as np
from numpy.typing import NDArray
from typing_extensions import dataclass_transform

from neurohw.errors import NeurohwError, Problem
from neurohw.microcode.words import HIGH, LOW, MEANING, word

Ints = Union[int, NDArray[np.int64], Sequence[int]]
C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True)
class Declared:
    """One line of a neuron's declaration; `role`: the word it is declared with."""

    role: Literal["one", "each", "choice", "state", "trace", "receives", "sends", "given", "spikes_back"]
    name: str = ""
    low: int = LOW
    high: int = HIGH
    default: Any = ...  # of a parameter; without one it has to be given
    unit: float = 1  # what the program counts a parameter in
    choices: tuple[str | bool, ...] = ()
    bits: int = 32  # of memory on a chip, of a state
    start: int = 0  # of a state
    port: str = ""
    limits: tuple[str, str] = ("", "")  # parameters that hold the range of what is given
    measure: str = ""  # of a state: what it counts, which probes and plots show with its meaning
    meaning: str = ""
    writable: bool = False  # whether the host may write a parameter between the samples of a run


ROLES: dict[str, Callable[..., Declared]] = {}  # what a declaration says, by its word


def _word(function: F) -> F:
    ROLES[function.__name__] = function
    return function


@_word
def one(low: int = LOW, high: int = HIGH, *, default: Any = ..., unit: float = 1, writable: bool = False) -> Any:
    """A parameter of the population, low..high in multiples of `unit`, which the program counts it in.

    `writable`: the host may write it between the samples of a run (`ir.schedule`).
    """
    return Declared("one", low=low, high=high, default=default, unit=unit, writable=writable)


@_word
def each(low: int = LOW, high: int = HIGH, *, default: Any = ..., writable: bool = False) -> Any:
    """A parameter of each neuron, low..high: one value for all, or an array; `writable` as for `one`."""
    return Declared("each", low=low, high=high, default=default, writable=writable)


@_word
def choice(*choices: Any, default: Any = ...) -> Any:
    """One of these words or truth values, by default the first."""
    return Declared("choice", choices=choices, default=choices[0] if default is ... and choices else default)


@_word
def state(
    bits: int = 24, low: int | None = None, high: int | None = None, *, start: int = 0, unit: str = "",
    meaning: str = "", init: Literal[False] = False,
) -> Any:  # fmt: skip
    """A state that takes `bits` of a chip's memory and holds low..high, by default all that fits with a sign.

    It begins at `start`, where every reset takes it back to. `unit` and `meaning`: what probes and plots say of it.
    """
    half = 1 << (bits - 1) if 1 <= bits <= 32 else 1  # of others the reader says what is wrong
    low, high = -half if low is None else low, half - 1 if high is None else high
    return Declared("state", low=low, high=high, bits=bits, start=start, measure=unit, meaning=meaning)


@_word
def trace(*, init: Literal[False] = False) -> Any:
    """A state that plastic synapses read, called y1, y2 or y3; 7 bits and a sign, to which they clip what they read."""
    return Declared("trace", low=-128, high=127, bits=8)


@_word
def receives(port: str, *, init: Literal[False] = False) -> Any:
    """The sum of what arrived at a port in this step."""
    return Declared("receives", port=port)


@_word
def sends(low: int, high: int, *, init: Literal[False] = False) -> Any:
    """A message of this step, low..high; 0 is no message."""
    return Declared("sends", low=low, high=high)


@_word
def given(low: str, high: str, *, init: Literal[False] = False) -> Any:
    """A message that the input of a run gives, as large as the parameters of these names say."""
    return Declared("given", limits=(low, high))


@_word
def spikes_back(*, init: Literal[False] = False) -> Any:
    """Whether a spike goes back to the neuron's own plastic synapses in this step."""
    return Declared("spikes_back", low=0, high=1, bits=1)


@dataclass_transform(
    frozen_default=True, field_specifiers=(one, each, choice, state, trace, receives, sends, given, spikes_back)
)
def neuron(cls: C) -> C:
    """Make a class a kind of neuron: a frozen dataclass of its parameters that knows what it has `declared`."""
    declared = {}
    for base in reversed(cls.__mro__):
        declared.update(getattr(base, "__dict__", {}).get("declared", {}))
    own = {name: value for name, value in vars(cls).items() if isinstance(value, Declared)}
    if bare := [name for name in own if name not in vars(cls).get("__annotations__", {})]:
        raise NeurohwError(Problem(cls.__name__, f"{bare[0]} has no type", fix=f"write `{bare[0]}: int = ...`"))
    declared.update({name: dataclasses.replace(value, name=name) for name, value in own.items()})
    for name, value in own.items():
        if value.role in ("one", "each", "choice"):
            setattr(
                cls, name, dataclasses.field(default=dataclasses.MISSING if value.default is ... else value.default)
            )
        else:
            delattr(cls, name)
            del cls.__annotations__[name]
    try:
        made: Any = dataclasses.dataclass(frozen=True)(cls)
    except TypeError as error:  # a parameter without a default after one with
        raise NeurohwError(Problem(cls.__name__, str(error), fix="write those without a default first")) from None
    made.declared, made.__annotations__["declared"] = declared, ClassVar[dict[str, Declared]]
    made.inputs = tuple(d.port for d in declared.values() if d.role == "receives")
    made.outputs = tuple(d.name for d in declared.values() if d.role in ("sends", "given"))
    return made  # type: ignore[no-any-return]


def part(function: F) -> F:
    """Say that programs use this function: assignments and one `return`, or statements about the neuron it is given."""
    return function


# ---- functions that programs call ----------------------------------------------------------------------------------


def clip(x: int, low: int, high: int) -> int:
    """The number of low..high that is nearest to x."""
    return max(low, min(high, x))


def sign(x: int) -> int:
    """-1, 0 or 1."""
    return word((x > 0) - (x < 0))


def scale(x: int, factor: int, bits: int) -> int:
    """x factor / 2^bits toward zero, of the exact product: scale(-3, 1, 1) is -1."""
    return word(MEANING["scale"](int(x), int(factor), int(bits)))


def mul_shift(x: int, factor: int, bits: int) -> int:
    """(x factor) >> bits of the exact product, which floors: mul_shift(-3, 1, 1) is -2. Loihi 2's MUL_SHR."""
    return word(int(x) * int(factor) >> int(bits))


def shift(x: int, amount: int) -> int:
    """x << amount, or x >> -amount where the amount is negative; amounts are -31..31."""
    return word(int(x) << int(amount) if amount >= 0 else int(x) >> -int(amount))


def bit_length(x: int) -> int:
    """How many bits a parameter has."""
    return word(int(x).bit_length())


def phase(t: int, period: int) -> int:
    """The step within a period, 1..period."""
    return word((int(t) - 1) % int(period) + 1)


def due(t: int, interval: int, offset: int) -> int:
    """Whether t is one of the steps `offset`, `offset` + `interval`, ...; never if the interval is 0."""
    return word(interval > 0 and int(t) % int(interval) == int(offset) % int(interval))


def random(bits: int) -> int:
    """A random number 0..2^bits - 1 of this neuron, sample, step and place in the step; `bits`: a number 1..31.

    The same on every backend and in every order of computing: see `neurohw.microcode.hashing`.
    """
    raise NotImplementedError("random numbers belong to a run: `neurohw neuron trace` runs a program with them")


FUNCTIONS = {f.__name__: f for f in (clip, sign, scale, mul_shift, shift, bit_length, phase, due, random)}
FUNCTION_NAMES = (*FUNCTIONS, "abs", "max", "min")
