"""One projection on its arrays: messages in, sums of weights out, partial sums added digitally."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.arrays import Array, make_array
from neurohw.backends.crossbar.reads import Digits
from neurohw.ir.convolution import Convolution
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.network import Network, Projection
from neurohw.ir.neurons import counts_spikes, sends_spikes
from neurohw.ir.run import ArrayActivity
from neurohw.ir.tiling import Rectangle, matrices, rectangles, top


class Matrix:
    """The arrays of one projection. `seed` and the projection's name decide devices and noise."""

    def __init__(self, network: Network, p: Projection, design: Crossbar, seed: int, metered: bool = True) -> None:
        self.projection, self.design = p, design
        self.digits = input_digits(network, p, design)
        seeds = np.random.SeedSequence([seed, zlib.crc32(p.name.encode())])
        largest = top(p)
        self.parts: list[tuple[Rectangle, Array]] = [
            (part, make_array(weights, design, largest, self.digits, seeds.spawn(1)[0], metered))
            for part, weights in rectangles(p, design)
        ]
        self.clipped_inputs = self.vectors = 0
        self._groups = [m.shape for m in matrices(p)]
        self._patches = patches(p.weight) if isinstance(p.weight, Convolution) else None

    def sums(self, messages: NDArray[np.int32]) -> NDArray[np.int64]:
        """Sums [n, n_post] before the exponent, for messages [n, n_pre]; silent inputs are not read."""
        x = messages if self.projection.graded else (messages != 0).astype(np.int32)
        limit = (1 << (self.digits.planes * self.digits.bits)) - 1
        self.clipped_inputs += int(np.count_nonzero(np.abs(x) > limit))
        x = np.clip(x, -limit, limit)
        outputs = self.projection.weight.shape[0]
        found = np.zeros((len(x), outputs), np.int64)
        if self._patches is None:
            found[:] = self._product(0, x)
        else:
            padded = np.concatenate([x, np.zeros((len(x), 1), x.dtype)], axis=1)
            per_group = outputs // len(self._patches)
            for group, where in enumerate(self._patches):
                y = self._product(group, padded[:, where].reshape(-1, where.shape[1]))
                y = y.reshape(len(x), len(where), -1).transpose(0, 2, 1)
                found[:, group * per_group : (group + 1) * per_group] = y.reshape(len(x), -1)
        form = self.projection.format
        assert form is not None
        return found << (0 if self.projection.plasticity else form.truncated)

    def _product(self, group: int, x: NDArray[np.int32]) -> NDArray[np.int64]:
        """x [n, inputs] times the weights of one group; negative inputs take a read of their own."""
        out = np.zeros((len(x), self._groups[group][1]))
        if not any(rectangle.group == group for rectangle, _ in self.parts):
            return out.astype(np.int64)  # nothing but zeros, which are on no array
        for sign in (1, -1):
            part = np.maximum(sign * x, 0)
            awake = np.flatnonzero(part.any(axis=1))
            if not len(awake):
                continue
            self.vectors += len(awake)
            some = np.ascontiguousarray(part[awake])
            for rectangle, array in self.parts:
                if rectangle.group == group:
                    (a, b), (c, d) = rectangle.inputs, rectangle.outputs
                    y = np.zeros((len(some), d - c))
                    array.read(np.ascontiguousarray(some[:, a:b]), y)
                    out[awake, c:d] += sign * y
        return np.rint(out).astype(np.int64)

    def forget(self) -> None:
        """Start counting anew."""
        self.clipped_inputs = self.vectors = 0
        for _, array in self.parts:
            array.forget()

    def activity(self) -> ArrayActivity:
        """What all reads so far took."""
        total = ArrayActivity(vectors=self.vectors, input_bits=self.digits.planes * self.digits.bits)
        for rectangle, array in self.parts:
            converted = self.design.converted(rectangle.shape[1])
            total = replace(
                total,
                reads=total.reads + array.reads,
                active_rows=total.active_rows + int(array.tally.active.sum()) * self.design.rows_per_input,
                conversions=total.conversions + array.reads * converted,
                clipped=total.clipped + int(array.tally.clipped[0]),
                energy=total.energy + array.read_energy,
            )
        return total


def input_digits(network: Network, p: Projection, design: Crossbar) -> Digits:
    """How the inputs of a projection are cut: one bit for spikes, else as the converters say.

    What spiking CLAPP layers listen to is spikes; the counts that follow them only set traces, and are not read.
    """
    c, neuron = design.converters, network.population(p.pre).neuron
    spikes = counts_spikes(network.population(p.post).neuron) and p.post_port == "in"
    binary = not p.graded or sends_spikes(neuron, p.pre_port)
    bits = 1 if binary or spikes else c.input_bits
    width = min(bits, c.dac_bits)
    return Digits(-(-bits // width), width)


def patches(c: Convolution) -> list[NDArray[np.int64]]:
    """im2col: for each group, the presynaptic neuron behind each kernel entry at each position [positions, entries];
    places outside the image are neuron n_pre, which is always silent."""
    channels, rows, columns = c.input_shape
    out_rows, out_columns = c.output_shape[1:]
    per_group, height, width = c.kernel.shape[1:]
    y = np.arange(out_rows)[:, None] * c.stride[0] + np.arange(height) * c.dilation[0] - c.padding[0]
    x = np.arange(out_columns)[:, None] * c.stride[1] + np.arange(width) * c.dilation[1] - c.padding[1]
    inside = ((y >= 0) & (y < rows))[:, None, :, None] & ((x >= 0) & (x < columns))[None, :, None, :]
    place = np.where(inside, y[:, None, :, None] * columns + x[None, :, None, :], 0)
    found = []
    for group in range(c.groups):
        channel = group * per_group + np.arange(per_group)
        where = channel[None, None, :, None, None] * rows * columns + place[:, :, None]
        where = np.where(inside[:, :, None], where, channels * rows * columns)
        found.append(where.reshape(out_rows * out_columns, -1))
    return found
