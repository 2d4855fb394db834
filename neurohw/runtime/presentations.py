"""What a readout that learns is shown: views of training images one after the other, their labels, and noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.compiler.readout import LABEL, NOISE
from neurohw.data.coding import Coder
from neurohw.data.dataset import Dataset, payload
from neurohw.data.seeds import generator
from neurohw.ir.neurons import TRACE_MAX
from neurohw.spec import ModelSpec

_PURPOSES = ("image", "view", "noise", "exploration")
Inputs = dict[str, NDArray[Any]]


class Presentations:
    """The inputs of a program that was compiled with mode 'readout'; `total` of them.

    Each is a random view of a random training image with the noise of the model's eye. What the world knows goes to
    'label': which class it is, or (delta) the target of each neuron. A purpose has its own generator and draws once a
    presentation, so that they do not depend on how they are cut into `take`s.
    """

    def __init__(self, model: ModelSpec, data: Dataset, seed: int, total: int) -> None:
        self.model, self.data, self.total = model, data, total
        self._rng = {purpose: generator(seed, f"readout {purpose}") for purpose in _PURPOSES}
        self._coder = Coder(model.input, seed, "readout spikes")
        self._classes: list[NDArray[np.int64]] = []

    def take(self, count: int) -> Inputs:
        """The next presentations, source -> [count, 1, neurons]."""
        settings, classes = self.model.readout, self.data.classes
        image = self._rng["image"].integers(0, len(self.data.views), count)
        view = self._rng["view"].integers(0, self.data.views.shape[1], count)
        normal = self._rng["noise"].standard_normal((count, self.data.views.shape[2]), np.float32)
        seen = np.clip(self.data.views[image, view] + np.float32(self.model.data.noise) * normal, 0, 1)
        self._classes.append(self.data.train_y[image])
        hot = np.equal.outer(self._classes[-1], np.arange(classes)).astype(np.int16)
        inputs: Inputs = {"input": self._coder.frames(payload(seen))}
        if settings.rule == "delta":
            hot = np.where(hot > 0, settings.reward, settings.penalty).astype(np.int16)
        else:
            noise = self._rng["exploration"].standard_normal((count, classes)) * settings.exploration
            inputs[NOISE] = np.rint(noise).clip(-TRACE_MAX, TRACE_MAX).astype(np.int16)[:, None]
        return {**inputs, LABEL: hot[:, None]}

    def classes(self) -> NDArray[np.int64]:
        """The class of every presentation that was taken, [samples]."""
        return np.concatenate([np.zeros(0, np.int64), *self._classes])

    def state(self) -> dict[str, Any]:
        """Where they stand, as plain values."""
        return {
            "generators": {purpose: rng.bit_generator.state for purpose, rng in self._rng.items()},
            "coder": self._coder.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        for purpose, rng in self._rng.items():
            rng.bit_generator.state = state["generators"][purpose]
        self._coder.restore(state["coder"])
