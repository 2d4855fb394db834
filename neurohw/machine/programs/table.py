"""What generated code is given: a table of int64 with the size, the addresses and the numbers of one population.

    size, counters, key, the address of each row, each number that all neurons share

A row is an int32 array with a value for each neuron. Rows do not overlap. Messages and spikes back are 0 when the code
is called, which returns which of them are not: bit k for the k-th of `messages`. One that is set and taken back in the
same step may count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode.program import Program

SIZE, COUNTERS, KEY, FIRST = range(
    4
)  # places: number of neurons, address of the counters (int64), key of random numbers


@dataclass(frozen=True)
class Layout:
    """Where things stand in the table of a program; `rows` and `numbers` name constants as `constant` does.

    `counters`: what is counted, and then which states and messages are watched, since they may leave what they declare.
    """

    messages: tuple[str, ...]
    rows: tuple[str, ...]
    numbers: tuple[str, ...]
    counters: tuple[str, ...]
    watched: tuple[str, ...]

    def place(self, name: str) -> int:
        """The place of a row or number."""
        return FIRST + (*self.rows, *self.numbers).index(name)

    def table(
        self, size: int, counters: int, key: int, rows: Mapping[str, int], numbers: Mapping[str, int]
    ) -> NDArray[np.int64]:
        """The table; `counters` and `rows` are addresses; `key` is `hashing.key(seed, population, sample)`."""
        words = [size, counters, key, *(rows[name] for name in self.rows), *(numbers[name] for name in self.numbers)]
        return np.array([word & ((1 << 64) - 1) for word in words], np.uint64).view(np.int64)


def constant(name: str) -> str:
    """What a constant of a program is called here, as no state can be."""
    return f"constant {name}"


def layout_of(program: Program) -> Layout:
    """The layout of a program's table."""
    messages = tuple(d.name for d in program.of_role("sends", "spikes_back"))
    rows = [d.name for d in program.of_role("receives", "state", "trace")]
    rows += [constant(name) for name, _, how in program.constants if how == "each"]
    numbers = tuple(constant(name) for name, _, how in program.constants if how == "one")
    return Layout(messages, (*messages, *rows), numbers, program.counts, program.unproven)
