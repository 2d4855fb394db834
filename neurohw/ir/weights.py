"""Trained or initial parameters of a model, in floats (host) or integers (chip)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Window:
    """Where a layer of shared weights looks: squares of `kernel` x `kernel` pixels every `stride` pixels, all channels.

    input_shape: (channels, rows, columns); images are flat, channels first, and so is what the layer says. regions: the
    places are scored by their means over regions x regions parts of the image, where a layer learns.
    """

    input_shape: tuple[int, int, int]
    kernel: int
    stride: int = 1
    regions: int = 1

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        _, rows, columns = self.input_shape
        return (rows - self.kernel) // self.stride + 1, (columns - self.kernel) // self.stride + 1

    @property
    def region_of_place(self) -> NDArray[np.int64]:
        """In which region each place lies, [places]; no more regions along a side than places."""
        rows, columns = (np.arange(n) * min(n, self.regions) // n for n in self.places)
        return np.asarray(rows[:, None] * min(self.places[1], self.regions) + columns, np.int64).ravel()

    def patches(self, x: NDArray[Any]) -> NDArray[Any]:
        """Cut images [B, channels * rows * columns] into what each place sees: [B, places, channels * kernel^2]."""
        images = x.reshape(len(x), *self.input_shape)
        shape = (1, 1, self.kernel, self.kernel)
        windows = np.lib.stride_tricks.sliding_window_view(images, shape)[..., 0, 0, :, :]
        seen = windows[:, :, :: self.stride, :: self.stride].transpose(0, 2, 3, 1, 4, 5)
        patches: NDArray[Any] = seen.reshape(len(x), int(np.prod(self.places)), -1)
        return patches


@dataclass(frozen=True)
class LayerWeights:
    """One layer: feedforward W [n, m], bias [n] or None, Wpred [n, n] or None, Wretro [n, n] or None.

    `threshold`: of spiking neurons, on the scale of the weights; None until it is calibrated. `window`: of a
    convolution, whose n channels share W [n, channels below * kernel^2] and b over all places; Wpred and Wretro are
    then of its channels' means over regions, [scored, scored].
    """

    feedforward: NDArray[Any]
    bias: NDArray[Any] | None = None
    prediction: NDArray[Any] | None = None
    retro: NDArray[Any] | None = None
    threshold: int | None = None
    window: Window | None = None

    @property
    def inputs(self) -> int:
        """Neurons below."""
        return int(self.feedforward.shape[1] if self.window is None else np.prod(self.window.input_shape))

    @property
    def units(self) -> int:
        """Neurons of the layer."""
        return int(self.feedforward.shape[0] * (1 if self.window is None else np.prod(self.window.places)))

    @property
    def scored(self) -> int:
        """Values that CLAPP predicts: the neurons, or the means of a convolution's channels."""
        return int(self.feedforward.shape[0] * (1 if self.window is None else self.window.region_of_place[-1] + 1))


@dataclass(frozen=True)
class Weights:
    """All layers of `model`; `origin` says who made them. `exponent` None: floats; k: integers, value = w / 2^k."""

    model: str
    origin: Literal["random", "host", "chip"]
    layers: tuple[LayerWeights, ...]
    exponent: int | None = None
