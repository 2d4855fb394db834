"""What generated code is given: a table of int64 with the size, the addresses and the numbers of one population.

    size, key, the address of each row, the address of each counter, each number that all neurons share

A row is an int32 array with a value for each neuron, a counter an int64. Rows do not overlap. Messages and spikes back
are 0 when the code is called, which returns which of them are not: bit k for the k-th of `messages`, which are the
first rows, spikes back last. One that is set and taken back in the same step may count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode.program import Program

SIZE, KEY, FIRST = range(3)  # places: number of neurons, key of random numbers, the first row


@dataclass(frozen=True)
class Layout:
    """Where things stand in the table of a program; constants are named by `constant`.

    `counters`: what is counted, and then which states and messages are watched, since they may leave what they declare.
    """

    messages: tuple[str, ...]
    rows: tuple[str, ...]
    numbers: tuple[str, ...]
    counters: tuple[str, ...]
    watched: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What stands from `FIRST` on."""
        counters = (counter(what) for what in self.counters)
        return (*self.rows, *counters, *(beyond(name) for name in self.watched), *self.numbers)

    def place(self, name: str) -> int:
        """The place of what has this name."""
        return FIRST + self.names.index(name)

    def table(self, size: int, key: int, words: Mapping[str, int]) -> NDArray[np.int64]:
        """The table; `words`: addresses and numbers by name; `key`: `hashing.key(seed, population, sample)`."""
        found = [size, key, *(int(words[name]) for name in self.names)]
        return np.array([word & ((1 << 64) - 1) for word in found], np.uint64).view(np.int64)


def constant(name: str) -> str:
    """What a constant of a program is called here, as no state can be."""
    return f"constant {name}"


def counter(what: str) -> str:
    """What the counter of something is called here."""
    return f"counter of {what}"


def beyond(name: str) -> str:
    """What the counter of a state or message that is watched is called here."""
    return f"beyond {name}"


def layout_of(program: Program) -> Layout:
    """The layout of a program's table."""
    messages = tuple(d.name for role in ("sends", "spikes_back") for d in program.of_role(role))
    rows = [d.name for d in program.of_role("receives", "state", "trace")]
    rows += [constant(name) for name, _, how in program.constants if how == "each"]
    numbers = tuple(constant(name) for name, _, how in program.constants if how == "one")
    return Layout(messages, (*messages, *rows), numbers, program.counts, program.unproven)
