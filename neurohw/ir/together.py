"""An engine for simulators that take all samples of a run at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Progress, Setting, Totals
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.probe import probed, require_room
from neurohw.ir.run import Run

Simulate = Callable[[Setting, list[Inputs], "Progress | None"], Run]


class Together:
    """Collects the input of a run and gives it to `simulate` in the end. Nothing is counted, not even overflows."""

    chunk = 1 << 62

    def __init__(self, backend: str, setting: Setting, simulate: Simulate) -> None:
        self.backend, self.record = backend, setting.record
        self._setting, self._simulate = setting, simulate
        self._probed = probed(setting.network, setting.probes)
        require_room(self._probed, setting.total or 0)
        self._chunks: list[Inputs] = []
        self.samples = 0

    def advance(self, inputs: Inputs) -> Totals:
        """Check and keep the samples in `inputs`."""
        raise_if_any(input_problems(self._setting.network, inputs, self._setting.steps))
        self._chunks.append(inputs)
        self.samples += len(np.asarray(next(iter(inputs.values()))))
        return {}

    def overflows(self) -> dict[str, int]:
        """Nothing: not counted."""
        return {}

    def finish(self, progress: Progress | None = None) -> Run:
        """Run everything; a NeurohwError if there is nothing, or if probes need more memory than a run has for them."""
        if not self.samples:
            raise NeurohwError(Problem(self.backend, "has no samples to run", fix="give inputs of at least one"))
        require_room(self._probed, self.samples * self._setting.steps)
        return self._simulate(self._setting, self._chunks, progress)
