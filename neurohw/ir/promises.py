"""Messages whose declared range is a promise: nothing proves it, so that a run looks, and one that breaks it ends.

A message that is proven to stay within `sends(low, high)` is not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, raise_if_any
from neurohw.ir.network import Network
from neurohw.microcode.kind import program_of
from neurohw.microcode.language import Declared


def promised(network: Network) -> dict[str, Declared]:
    """What is declared of each port that a run looks at, by its name ('layer1.out')."""
    return {f"{p.name}.{d.name}": d for p in network.populations for d in program_of(p.neuron).promised}


def broken(promises: Mapping[str, Declared], messages: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """How many of the messages of each port are beyond what it declares."""
    return {
        port: int(np.count_nonzero((messages[port] < d.low) | (messages[port] > d.high)))
        for port, d in promises.items()
    }


def require_kept(promises: Mapping[str, Declared], beyond: Mapping[str, int]) -> None:
    """A NeurohwError for ports that sent messages beyond what they declare; `beyond`: how many, by port."""
    raise_if_any(
        [
            Problem(
                port, f"sent {times:,} message{'s' * (times > 1)} beyond {d.low}..{d.high}",
                f"declared with sends({d.low}, {d.high})", f"send clip(..., {d.low}, {d.high}), or declare more",
            )
            for port, d in promises.items()
            if (times := beyond.get(port, 0))
        ]
    )  # fmt: skip
