"""How results leave a ProcessModel: as a file, written from inside at the last step.

Lava's own way, `Var.get`, sends one element a message (20 to 55 microseconds each).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Save:
    """Write to `path` (.npz) at the end of time step `step`; `history`: the state of every step, not only the last."""

    path: str
    step: int
    history: bool = False

    def write(self, **arrays: NDArray[Any]) -> None:
        """Write the named arrays."""
        np.savez(self.path, **arrays)
