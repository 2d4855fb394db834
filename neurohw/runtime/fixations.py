"""What a learning program is shown: fixations and saccades of one camera, coded for the input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neurohw.data.coding import Coder, with_count
from neurohw.data.dataset import Dataset
from neurohw.data.sampling import FixationStream
from neurohw.ir.inputs import Inputs
from neurohw.spec import ModelSpec


class Fixations:
    """The fixations a learning program sees; `total` of them."""

    def __init__(self, model: ModelSpec, data: Dataset, seed: int, total: int) -> None:
        self.total = total
        eye, chip = model.data, model.chip
        order = (data.lengths, eye.dt)
        self._spiking = model.spiking
        self._stream = FixationStream(data.views, seed, eye.saccade, eye.noise, chip.shuffle_sign, *order)
        self._coder = Coder(model.input, seed)

    def take(self, count: int) -> Inputs:
        """The next fixations as inputs of a learning network; spikes are followed by their count."""
        x, y, _ = self._stream.take(count)
        frames = self._coder.frames(x)
        return {"input": with_count(frames) if self._spiking else frames, "sameness": y[:, None, None]}

    def state(self) -> dict[str, Any]:
        """Where they stand, as plain values."""
        return {"stream": self._stream.state(), "coder": self._coder.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        self._stream.restore(state["stream"])
        self._coder.restore(state["coder"])
