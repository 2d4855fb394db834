"""What a run is shown: anything that gives its samples one chunk after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from neurohw.errors import raise_if_any
from neurohw.ir.inputs import Inputs, mapping_problems


class Stimulus(Protocol):
    """The samples of a run."""

    @property
    def total(self) -> int | None:
        """How many there are, None if that shows when they are over."""
        ...

    def take(self, count: int) -> Inputs | None:
        """At most `count` of the next samples, source -> [samples, frames, neurons]; None when there are none."""
        ...


@runtime_checkable
class Stream(Stimulus, Protocol):
    """A stimulus that is drawn as it goes, so that a run can be left and gone on with."""

    @property
    def total(self) -> int:
        """How many samples the run has."""
        ...

    def state(self) -> dict[str, Any]:
        """Where it stands, as plain values that survive JSON."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        ...


class Given:
    """Arrays that the caller has, at once or chunk by chunk: none is asked for before the one before it has run.

    `frames`: most that a sample had so far.
    """

    total = None
    frames = 0

    def __init__(self, chunks: Inputs | Iterable[Inputs]) -> None:
        if not isinstance(chunks, Iterable):
            raise_if_any(mapping_problems("inputs", chunks))
        self._chunks = iter((chunks,) if isinstance(chunks, Mapping) else chunks)
        self._rest: Inputs | None = None

    def take(self, count: int) -> Inputs | None:
        """The next chunk, or as much of it as is wanted; malformed arrays as they are, for the engine to refuse."""
        try:
            chunk = self._rest if self._rest is not None else next(self._chunks)
        except StopIteration:
            return None
        self._rest = None
        raise_if_any(mapping_problems("inputs", chunk))
        self.frames = max([self.frames, *(np.shape(x)[1] for x in chunk.values() if np.ndim(x) > 1)])
        if all(np.ndim(x) == 0 or len(x) <= count for x in chunk.values()):
            return chunk
        self._rest = {name: x[count:] for name, x in chunk.items()}
        return {name: x[:count] for name, x in chunk.items()}
