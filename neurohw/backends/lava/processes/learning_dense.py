"""Lava's own learning connection that also writes its synapses and traces to a file after the last step's learning."""

from __future__ import annotations

from typing import Any

from lava.proc.dense.models import PyLearningDenseModelBitApproximate

from neurohw.backends.lava.saving import Keeper


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
        self.keeper = Keeper(proc_params["save"])
        self.synapses = proc_params["synapses"]

    def run_spk(self) -> None:
        """Run Lava's time step, which ends here unless learning follows."""
        super().run_spk()
        if not self.lrn_guard():
            self._keep()

    def run_lrn(self) -> None:
        """Run Lava's learning, keep to the synapses that exist."""
        super().run_lrn()
        if self.synapses is not None:
            self.weights, self.tag_1, self.tag_2 = (v * self.synapses for v in (self.weights, self.tag_1, self.tag_2))
        self._keep()

    def _keep(self) -> None:
        synapses = {"weight": self.weights, "tag": self.tag_1, "tag2": self.tag_2}
        self.keeper.keep(
            self.time_step, **synapses, x1=self.x1, x2=self.x2, y1=self.y1, y2=self.y2, y3=self.y3
        )  # fmt: skip
