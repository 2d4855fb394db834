"""The reference: the step as it is written, run by Python for one neuron after the other.

Only the functions that a definition uses are run, after they have been checked, with numbers made `Word`s; lines stay
where they are, so that a debugger can stop in them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode.hashing import draw, key
from neurohw.microcode.kind import kind_of
from neurohw.microcode.language import FUNCTIONS
from neurohw.microcode.program import parameter
from neurohw.microcode.read import Definition, Scope
from neurohw.microcode.words import Word, word

WORD = "a word"  # what numbers are made words with, by a name that no text can have


class Cell:
    """One neuron: what `self` is in its step. A program cannot declare names that begin with _."""

    def __init__(self, index: int, values: Mapping[str, Any]) -> None:
        self.index = word(index)
        self._counted: dict[str, int] = {}
        self._key: Callable[[int], int] = key
        self.__dict__.update(values)

    def count(self, what: str, condition: Any) -> None:
        """Count a condition that holds."""
        self._counted[what] = self._counted.get(what, 0) + (1 if condition else 0)

    def _random(self, bits: int, place: int) -> Word:
        """The number of this neuron at a place of the text."""
        return word(int(draw(self._key(place), [int(self.index)], int(bits))[0]))


class Reference:
    """A population, slowly: about 10 us per neuron and step."""

    def __init__(self, neuron: Any, size: int, *, seed: int = 0, population: int = 0) -> None:
        kind = kind_of(neuron)
        self.definition, self.program = kind.definition, kind.program(neuron)
        self.step_of = compiled(self.definition)
        self.neuron, self.size, self.seed, self.population = neuron, size, seed, population
        self.reset()

    def reset(self) -> None:
        """Take all states back to where they start."""
        self.cells = [Cell(i, self._values(i)) for i in range(self.size)]

    def _values(self, i: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for d in self.definition.declared.values():
            if d.role == "choice":
                chosen = getattr(self.neuron, d.name)
                found[d.name] = word(chosen) if isinstance(chosen, bool) else chosen
            elif d.role in ("one", "each"):
                value = parameter(self.neuron, d).flat
                found[d.name] = word(int(value[i if len(value) > 1 else 0]))
            else:
                found[d.name] = word(d.start)
        return found

    def step(self, t: int, inputs: Mapping[str, Any], sample: int = 0) -> dict[str, NDArray[np.int64]]:
        """Messages by port at step t, for what arrived at each port; [size] each."""
        roles = self.definition.declared.values()
        for i, cell in enumerate(self.cells):
            cell._key = lambda place: key(self.seed, self.population, sample, t, place)
            for d in roles:
                if d.role == "receives":
                    setattr(cell, d.name, word(int(inputs[d.port][i])))
                elif d.role in ("sends", "given", "spikes_back"):
                    setattr(cell, d.name, word(int(inputs[d.name][i]) if d.role == "given" else 0))
            self.step_of(cell, t)
        return {d.name: self._all(d.name) for d in roles if d.role in ("sends", "given")}

    def _all(self, name: str) -> NDArray[np.int64]:
        return np.array([int(word(getattr(c, name))) for c in self.cells], np.int64)

    def states(self) -> dict[str, NDArray[np.int64]]:
        """States, traces and spikes back, by name; [size] each."""
        return {d.name: self._all(d.name) for d in self.program.of_role("state", "trace", "spikes_back")}

    def counts(self) -> dict[str, int]:
        """What was counted, by name, without zeros."""
        found: dict[str, int] = {}
        for cell in self.cells:
            for what, n in cell._counted.items():
                found[what] = found.get(what, 0) + n
        return {what: n for what, n in found.items() if n}


@lru_cache(maxsize=64)
def compiled(definition: Definition) -> Callable[[Any, int], None]:
    """The step of a checked definition as a function of Python."""
    return _function(definition.step, definition.scope, {})  # type: ignore[no-any-return]


def _function(node: ast.FunctionDef, scope: Scope, made: dict[int, dict[str, Any]]) -> Any:
    """A function of a text, in the names of that text."""
    if id(scope) not in made:
        made[id(scope)] = {WORD: word, **FUNCTIONS, **{name: word(int(n)) for name, n in scope.numbers.items()}}
        for name, (part, inside) in scope.parts.items():
            made[id(scope)][name] = _function(part, inside, made)
    module = ast.fix_missing_locations(ast.Module([_Words().visit(copy.deepcopy(node))], []))
    exec(compile(module, scope.text.name, "exec"), made[id(scope)])
    return made[id(scope)][node.name]


class _Words(ast.NodeTransformer):
    """Numbers as words, and calls of random with their place; annotations and marks are dropped."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """The function without what only readers need."""
        node.decorator_list, node.returns = [], None
        for argument in node.args.args:
            argument.annotation = None
        return self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A number as a word."""
        if not isinstance(node.value, int):
            return node
        return ast.copy_location(ast.Call(ast.Name(WORD, ast.Load()), [node], []), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """random(bits) as what the neuron draws at that place."""
        place = getattr(node, "place", None)
        node.args = [self.visit(a) for a in node.args]
        if place is not None:
            node.func = ast.Attribute(ast.Name("self", ast.Load()), "_random", ast.Load())
            node.args.append(ast.Constant(place))
        return node
