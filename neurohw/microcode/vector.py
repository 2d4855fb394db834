"""A program as one Python function on numpy arrays: for Lava's models, for crossbars and samples side by side.

Values are int32 arrays of any shape that ends with the neurons. What all neurons share is decided once in each step;
what each decides for itself becomes a choice between two values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode import hashing
from neurohw.microcode.kind import program_of
from neurohw.microcode.program import Program, beyond_range
from neurohw.microcode.prove import local_levels
from neurohw.microcode.tree import Body, Count, E, If, Set, level
from neurohw.microcode.words import MEANING

I32, I64 = np.int32, np.int64
INFIX = {
    "add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^", "shl": "<<", "sar": ">>", "lt": "<",
    "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=", "land": "&", "lor": "|",
}  # fmt: skip
CALLS = {
    "neg": "np.negative", "abs": "np.abs", "invert": "np.invert", "min": "np.minimum", "max": "np.maximum",
    "select": "np.where", "scale": "scale", "mul_shift": "mul_shift", "shift": "shift", "bit_length": "bit_length",
}  # fmt: skip


def scale(x: Any, factor: Any, bits: Any) -> Any:
    """x factor / 2^bits toward zero, of the exact product."""
    product = np.multiply(x, factor, dtype=I64)
    return (np.sign(product) * (np.abs(product) >> bits)).astype(I32)


def mul_shift(x: Any, factor: Any, bits: Any) -> Any:
    """(x factor) >> bits of the exact product."""
    return (np.multiply(x, factor, dtype=I64) >> bits).astype(I32)


def shift(x: Any, amount: Any) -> Any:
    """To the left, or to the right by a negative amount."""
    return np.where(np.asarray(amount) >= 0, x << np.maximum(amount, 0), x >> np.maximum(np.negative(amount), 0))


def every(x: int) -> NDArray[np.int32]:
    """One number for all neurons, as an array: numbers of NumPy alone warn where they wrap."""
    return np.array([x], I32)


def bit_length(x: Any) -> Any:
    """How many bits numbers have."""
    return MEANING["bit_length"](x).astype(I32)


def shared(op: str, *values: int) -> int:
    """An operation on what all neurons share."""
    return int(MEANING[op](*(I64(v) for v in values)))


class _Writer:
    """Writes the function of one program."""

    def __init__(self, program: Program) -> None:
        self.program, self.lines, self.conditions = program, ["def step(n, v, k, t):"], 0
        self.levels = local_levels(program.body, {})
        self.set: set[str] = set()  # locals that have a value by now

    def text(self) -> str:
        """The whole function."""
        self.block(self.program.body, "    ", None)
        return "\n".join([*self.lines, "    pass"])

    def is_shared(self, e: E) -> bool:
        return level(e, {}, self.levels) in ("one", "step")

    def shared(self, e: E) -> str:
        """An expression of what all neurons share, as Python's integers."""
        if e.op == "const":
            return str(e.args[0])
        if e.op in ("constant", "local"):
            return f"k.{e.args[0]}" if e.op == "constant" else str(e.args[0])
        if e.op == "t":
            return "t"
        return f"shared({e.op!r}, {', '.join(self.shared(a) for a in e.inner)})"

    def value(self, e: E) -> str:
        """An expression of each neuron, as int32."""
        if self.is_shared(e):
            return f"{'I64' if e.op == 't' else 'I32'}({self.shared(e)})"
        if e.op in ("constant", "state", "input", "message"):
            return f"{'k' if e.op == 'constant' else 'v'}.{e.args[0]}"
        if e.op == "local":
            return str(e.args[0])
        if e.op == "random":
            return f"n.random({e.args[0]}, {e.args[1]}, t)"
        if e.is_condition:
            return f"{self.truth(e)}.astype(I32)"
        if e.op == "select":
            return f"np.where({self.truth(e.args[0])}, {self.value(e.args[1])}, {self.value(e.args[2])})"
        values = [self.value(a) for a in e.inner]
        return f"({values[0]} {INFIX[e.op]} {values[1]})" if e.op in INFIX else f"{CALLS[e.op]}({', '.join(values)})"

    def truth(self, e: E) -> str:
        """A condition of each neuron, as truth values."""
        if not e.is_condition or self.is_shared(e):
            return f"({self.value(e)} != 0)"
        if e.op in ("land", "lor"):
            return f"({self.truth(e.args[0])} {INFIX[e.op]} {self.truth(e.args[1])})"
        if e.op == "lnot":
            return f"~{self.truth(e.args[0])}"
        return f"({self.value(e.args[0])} {INFIX[e.op]} {self.value(e.args[1])})"

    def block(self, body: Body, indent: str, where: str | None) -> None:
        """Statements, of the neurons for which the condition called `where` holds."""
        for s in body:
            if isinstance(s, Set):
                self.assign(s, indent, where)
            elif isinstance(s, Count):
                test = self.truth(s.condition)
                self.lines.append(f"{indent}n.count({s.what!r}, {test if where is None else f'{where} & {test}'})")
            elif self.is_shared(s.condition):
                self.lines.append(f"{indent}if {self.shared(s.condition)}:")
                before = set(self.set)
                self.branch(s.then, indent, where)
                after, self.set = self.set, before
                if s.otherwise:
                    self.lines.append(f"{indent}else:")
                    self.branch(s.otherwise, indent, where)
                self.set &= after
            else:
                self.masked(s, indent, where)

    def branch(self, body: Body, indent: str, where: str | None) -> None:
        self.lines.append(f"{indent}    pass")
        self.block(body, indent + "    ", where)

    def masked(self, s: If, indent: str, where: str | None) -> None:
        """A condition that each neuron decides for itself."""
        self.conditions += 1
        name, other = f"where{self.conditions}", f"else{self.conditions}"  # locals end in _number
        around = f"{where} & " if where else ""
        self.lines.append(f"{indent}{name} = {around}{self.truth(s.condition)}")
        if s.otherwise:
            self.lines.append(f"{indent}{other} = {around}~{name}")
        self.block(s.then, indent, name)
        self.block(s.otherwise, indent, other)

    def assign(self, s: Set, indent: str, where: str | None) -> None:
        if s.kind == "local":
            if self.levels[s.name] in ("one", "step"):
                self.lines.append(f"{indent}{s.name} = {self.shared(s.value)}")
                return
            value = f"every({self.shared(s.value)})" if self.is_shared(s.value) else self.value(s.value)
            if where and s.name in self.set:
                value = f"np.where({where}, {value}, {s.name})"
            self.set.add(s.name)
            self.lines.append(f"{indent}{s.name} = {value}")
        else:
            value = self.value(s.value)
            value = f"np.where({where}, {value}, v.{s.name})" if where else value
            self.lines.append(f"{indent}n.put({s.name!r}, {value})")


@cache
def function_of(program: Program) -> Callable[[Any, Any, Any, int], None]:
    """The step of a program on arrays; the text that is compiled holds nothing but names and numbers of the tree."""
    names: dict[str, Any] = {
        "np": np, "I32": I32, "scale": scale, "mul_shift": mul_shift, "shift": shift, "shared": shared,
        "every": every, "I64": I64, "bit_length": bit_length,
    }  # fmt: skip
    exec(compile(_Writer(program).text(), f"<{program.name} on arrays>", "exec"), names)
    return names["step"]  # type: ignore[no-any-return]


class Neurons:
    """A population as arrays of shape (..., size).

    `counted`: how often each count's condition held. `beyond`: how often a state or message left what it declares,
    by name. Random numbers differ between samples: `samples` has the number of each along the axis before the neurons,
    by default 0, 1, ...
    """

    def __init__(self, neuron: Any, shape: tuple[int, ...], *, seed: int = 0, population: int = 0) -> None:
        self.program = program_of(neuron)
        self.shape, self.seed, self.population = shape, seed, population
        self.samples = list(range(shape[-2])) if len(shape) > 1 else [0]
        self.counted, self.beyond = dict[str, int](), dict[str, int]()
        self._step, self._zero = function_of(self.program), np.zeros(shape, I32)
        self._limits = {d.name: (d.low, d.high) for d in self.program.declared if d.name in self.program.unproven}
        self.constants = SimpleNamespace(**self.program.values(neuron, shape[-1]))
        self.reset()

    def reset(self) -> None:
        """Take all states back to where they start."""
        self.values = SimpleNamespace()  # states, messages and inputs by name
        for d in self.program.of_role("state", "trace", "sends", "given", "spikes_back", "receives"):
            setattr(self.values, d.name, np.full(self.shape, d.start, I32) if d.start else self._zero)

    def step(self, t: int, inputs: Mapping[str, Any]) -> dict[str, NDArray[np.int32]]:
        """Messages by port at step t, for what arrived at each port."""
        for d in self.program.of_role("receives"):
            setattr(self.values, d.name, np.asarray(inputs[d.port]).astype(I32))
        for d in self.program.of_role("sends", "spikes_back"):
            setattr(self.values, d.name, self._zero)
        for d in self.program.of_role("given"):
            setattr(self.values, d.name, np.asarray(inputs[d.name], I32))
        self._step(self, self.values, self.constants, t)
        for name, (low, high) in self._limits.items():
            value = getattr(self.values, name)
            self._note(self.beyond, name, (value < low) | (value > high))
        return {d.name: getattr(self.values, d.name) for d in self.program.of_role("sends", "given")}

    def states(self) -> dict[str, NDArray[np.int32]]:
        """States, traces and spikes back, by name."""
        return {d.name: getattr(self.values, d.name) for d in self.program.of_role("state", "trace", "spikes_back")}

    def overflows(self) -> dict[str, int]:
        """What was counted, and how often states were beyond what they declare, by what a run reports."""
        states = {beyond_range(d.name): self.beyond[d.name] for d in self.program.watched if d.name in self.beyond}
        return {**self.counted, **states}

    def broken(self) -> dict[str, int]:
        """How many messages were beyond what they declare, by port."""
        return {d.name: self.beyond[d.name] for d in self.program.promised if d.name in self.beyond}

    # ---- what the function calls ----

    def put(self, name: str, value: Any) -> None:
        """Set a state or message of all neurons."""
        value = np.asarray(value).astype(I32, copy=False)
        setattr(self.values, name, value if value.shape == self.shape else np.broadcast_to(value, self.shape))

    def count(self, what: str, condition: NDArray[np.bool_]) -> None:
        """Count the neurons for which a condition holds."""
        self._note(self.counted, what, np.broadcast_to(condition, self.shape))

    def _note(self, into: dict[str, int], what: str, condition: NDArray[np.bool_]) -> None:
        if times := int(np.count_nonzero(condition)):
            into[what] = into.get(what, 0) + times

    def random(self, bits: int, place: int, t: int) -> NDArray[np.int32]:
        """A number for each neuron of each sample."""
        neurons = np.arange(self.shape[-1])
        keys = [hashing.key(self.seed, self.population, sample, t, place) for sample in self.samples]
        drawn = np.stack([hashing.draw(key, neurons, bits) for key in keys])
        return np.broadcast_to(drawn if len(self.shape) > 1 else drawn[0], self.shape)
