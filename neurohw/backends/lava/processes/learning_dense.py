"""Lava's own learning connection that also writes its synapses to a file after the last step's learning."""

from __future__ import annotations

from typing import Any

import numpy as np
from lava.proc.dense.models import PyLearningDenseModelBitApproximate

from neurohw.backends.lava.saving import Save, Watcher


class PyLearningDense(PyLearningDenseModelBitApproximate):  # type: ignore[misc]
    """Lava's fixed-point LearningDense; `synapses` in the process parameters: bool [n_post, n_pre] or None for all.

    Where there is no synapse, weight and tags are held at zero. Lava's LearningSparse is no substitute: it forgets
    synapses whose weight is truncated to zero, and fails on tags, on rules that read w, d or t, and on signs but mixed.
    """

    weights: Any
    tag_1: Any
    tag_2: Any

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.save: Save = proc_params["save"]
        self.watcher = Watcher(self.save)
        self.synapses = proc_params["synapses"]

    def run_spk(self) -> None:
        """Run Lava's time step; write the synapses if it is the last and no learning follows."""
        super().run_spk()
        if not self.lrn_guard():
            self._keep()

    def run_lrn(self) -> None:
        """Run Lava's learning, keep to the synapses that exist, write them if it was the last step."""
        super().run_lrn()
        if self.synapses is not None:
            self.weights, self.tag_1, self.tag_2 = (v * self.synapses for v in (self.weights, self.tag_1, self.tag_2))
        self._keep()

    def _keep(self) -> None:
        final = {"weight": self.weights, "tag": self.tag_1, "tag2": self.tag_2}
        self.watcher.keep(self.time_step, final)
        if self.time_step == self.save.step:
            self.save.write(**{name: np.asarray(values, np.int32) for name, values in final.items()})
