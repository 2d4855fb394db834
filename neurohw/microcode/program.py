"""The checked program of a kind of neuron with its choices made, and the values that its parameters give it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.microcode.language import Declared
from neurohw.microcode.prove import Prover
from neurohw.microcode.read import Definition
from neurohw.microcode.translate import Translator
from neurohw.microcode.tree import Body, Count, E, Level, Range, Set, expressions, level, mapped, statements
from neurohw.microcode.words import MEANING, wrap

Choices = Mapping[str, "str | bool"]


@dataclass(frozen=True, eq=False)
class Program:
    """What one neuron does in a step, as data.

    `constants`: expressions of parameters alone, by name, whose value is found once when a network is laid out; the
    statements read them as ("constant", name, level). `unproven`: states and messages that the ranges of the
    parameters do not keep within what they declare, so that a run has to look.
    """

    name: str
    choices: tuple[tuple[str, str | bool], ...]
    declared: tuple[Declared, ...]
    body: Body
    constants: tuple[tuple[str, E, Level], ...]
    unproven: tuple[str, ...]

    def of_role(self, *roles: str) -> tuple[Declared, ...]:
        """What is declared with these words, in order."""
        return tuple(d for d in self.declared if d.role in roles)

    @cached_property
    def counts(self) -> tuple[str, ...]:
        """What it counts, in the order of the text."""
        return tuple(dict.fromkeys(s.what for s in statements(self.body) if isinstance(s, Count)))

    @cached_property
    def promised(self) -> tuple[Declared, ...]:
        """Messages that may leave what they declare, which ends a run."""
        return tuple(d for d in self.of_role("sends") if d.name in self.unproven)

    @cached_property
    def watched(self) -> tuple[Declared, ...]:
        """States and spikes back that may leave what they declare, which is counted."""
        return tuple(d for d in self.of_role("state", "spikes_back") if d.name in self.unproven)

    @cached_property
    def overflows(self) -> tuple[str, ...]:
        """What a run counts: what the text counts, then states beyond their ranges."""
        return (*self.counts, *(beyond_range(d.name) for d in self.watched))

    @cached_property
    def has_random(self) -> bool:
        """Whether it draws random numbers."""
        return any(e.op == "random" for e in expressions(self.body))

    def values(self, neuron: Any, size: int) -> dict[str, int | NDArray[np.int32]]:
        """Each constant of a population of `size` neurons: a number, or an int32 array with one per neuron."""
        given: dict[str, Any] = {"index": np.arange(size, dtype=np.int64)}
        given.update({d.name: parameter(neuron, d) for d in self.of_role("one", "each")})
        found: dict[str, int | NDArray[np.int32]] = {}
        for name, e, how in self.constants:
            value = evaluate(e, given)
            found[name] = int(value) if how == "one" else np.broadcast_to(value, (size,)).astype(np.int32)
        return found


def beyond_range(state: str) -> str:
    """What a state is counted as when it leaves what it declares."""
    return f"{state} beyond its range"


def parameter(neuron: Any, d: Declared) -> NDArray[np.int64]:
    """A parameter of a neuron in what its program counts it in: one number, or one for each neuron."""
    value = getattr(neuron, d.name)
    if value is None:
        where = f"{type(neuron).__name__}.{d.name}"
        raise NeurohwError(Problem(where, "has no value yet", fix=f"give a number {d.low}..{d.high}"))
    return np.asarray(value if d.unit == 1 else np.round(np.asarray(value) / d.unit)).astype(np.int64)


def program(definition: Definition, choices: Choices) -> Program:
    """Check a definition with its choices made; a NeurohwError with everything that is wrong with it."""
    body = Translator(definition, choices).body()
    prover = Prover(definition.declared, body)
    body = prover.prove(body)
    used = {e.args[0] for e in expressions(body) if e.op in ("param", "state", "input", "message")}
    used |= {s.name for s in statements(body) if isinstance(s, Set)}
    # A choice may leave out states; parameters, ports and traces are what others see.
    declared = tuple(d for d in definition.declared.values() if d.role != "state" or d.name in used)
    body, constants = _hoisted(body, prover)
    return Program(definition.name, tuple(choices.items()), declared, body, constants, tuple(prover.unproven))


def sent_range(definition: Definition, choices: Choices, neuron: Any, port: str) -> Range:
    """Smallest and largest number that a neuron with these parameters may set a message to, as far as can be proven."""
    body, declared = Translator(definition, choices).body(), dict(definition.declared)
    for d in definition.declared.values():
        if d.role in ("one", "each"):
            value = parameter(neuron, d)
            if value.size:
                declared[d.name] = replace(d, low=int(value.min()), high=int(value.max()))
    sets = [s for s in statements(Prover(declared, body).prove(body)) if isinstance(s, Set) and s.name == port]
    return min((s.value.range[0] for s in sets), default=0), max((s.value.range[1] for s in sets), default=0)


def all_choices(definition: Definition) -> Iterator[dict[str, str | bool]]:
    """Every way in which the choices of a definition can be made."""
    chosen = [d for d in definition.declared.values() if d.role == "choice"]
    for values in product(*(d.choices for d in chosen)):
        yield {d.name: value for d, value in zip(chosen, values)}


def programs(definition: Definition) -> Iterator[Program]:
    """The programs of a definition, for all that can be chosen; a NeurohwError with all that is wrong with any."""
    found, problems = list[Program](), dict[Problem, None]()
    for choices in all_choices(definition):
        try:
            found.append(program(definition, choices))
        except NeurohwError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise NeurohwError(problems)
    yield from found


def evaluate(e: E, given: Mapping[str, Any]) -> Any:
    """An expression of constants and parameters, in 64 bits that hold 32; `given`: parameters and `index` by name."""
    if e.op == "const":
        return np.int64(e.args[0])
    if e.op in ("param", "index"):
        return wrap(given[e.args[0] if e.args else "index"])
    return np.asarray(MEANING[e.op](*(evaluate(a, given) for a in e.inner))).astype(np.int64)


def _hoisted(body: Body, prover: Prover) -> tuple[Body, tuple[tuple[str, E, Level], ...]]:
    """The statements with the largest expressions of parameters alone made constants."""
    names: dict[E, tuple[str, Level]] = {}

    def change(e: E) -> E:
        how = level(e, prover.parameters, prover.local_levels)
        fixed = how in ("one", "each") and not any(a.op == "local" for a in _leaves(e))
        if fixed and e.op != "const":
            name, _ = names.setdefault(e, (f"k{len(names)}", how))
            return E("constant", (name, how), e.at, e.exact)
        return E(e.op, tuple(change(a) for a in e.inner), e.at, e.exact) if e.inner else e

    changed = mapped(body, change)
    return changed, tuple((name, e, how) for e, (name, how) in names.items())


def _leaves(e: E) -> Iterator[E]:
    if not e.inner:
        yield e
    for a in e.inner:
        yield from _leaves(a)
