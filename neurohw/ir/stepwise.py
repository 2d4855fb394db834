"""A stepper for engines that run at once: a sample of one step at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.engine import Resumable, Totals
from neurohw.ir.inputs import Inputs
from neurohw.ir.run import Learned, Run


class Stepwise:
    """An engine that was made for samples of one step."""

    def __init__(self, engine: Resumable) -> None:
        self._engine = engine

    @property
    def steps(self) -> int:
        """Steps so far."""
        return self._engine.samples

    def step(self, messages: Inputs) -> Totals:
        """Send `messages` [n] of every source in the next step; return what the recorded ports send in it, [n] each."""
        totals = self._engine.advance({name: np.asarray(x)[None, None] for name, x in messages.items()})
        return {name: values[0] for name, values in totals.items()}

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, by name."""
        return self._engine.learned()

    def finish(self) -> Run:
        """What the run leaves behind now."""
        return self._engine.finish()

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything needed to go on later."""
        return self._engine.checkpoint()

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a checkpoint of the same network."""
        self._engine.restore(saved)

    def close(self) -> None:
        """Nothing runs beside this process."""
