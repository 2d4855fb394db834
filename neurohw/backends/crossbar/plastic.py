"""One array that learns: what is written on its cells, what pulses made of them, and how they are read out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar.arrays import TINY, compensation, one_step, sense, share, targets
from neurohw.backends.crossbar.devices import Devices
from neurohw.backends.crossbar.irdrop import effective_conductance
from neurohw.backends.crossbar.levels import write_levels
from neurohw.backends.crossbar.reads import Digits
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.tiling import Rectangle

Floats = NDArray[np.float64]
MOVED = 0.004  # then sums of pairs err by up to 0.4 % of their rms, half a step of a signed 8-bit converter, and sums
# of weights around a reference by 2 %, as the current that they have in common is larger (tests)
CROWDED = 0.25  # of the range: pairs of which both cells are beyond it are written anew


class PlasticArray:
    """Cells of one array between two compiled calls: conductances [S] `g`, as programmed `fresh`, last `asked` weights.

    `transfer`: what the wires left of the conductances that they were last `solved` for, `ratio`: of a change since;
    found anew when that share no longer holds. `factor`: as in `compensation`; `matrix`, `variance`: as in `sense`.
    """

    def __init__(
        self, rectangle: Rectangle, weights: NDArray[Any], design: Crossbar, top: int, digits: Digits,
        seeds: np.random.SeedSequence,
    ) -> None:  # fmt: skip
        made, self.written = (np.random.default_rng(s) for s in seeds.spawn(2))
        self.rectangle, self.design, self.top, self.digits = rectangle, design, top, digits
        self.asked = np.array(weights, np.int32)
        self.levels = write_levels(self.asked, design, top)
        self.devices = Devices(design.cells, design.imperfections, self.levels.digits.shape, made, self.written)
        self.target = targets(self.levels, design)
        self.fresh = self.devices.program(self.target)
        self.g = self.devices.age(self.fresh)
        self.solved: Any = None
        self.sense()

    @property
    def one(self) -> float:
        """Conductance [S] of one step of weight."""
        return one_step(self.levels, self.design.cells)

    @property
    def gain(self) -> Floats:
        """Size of the pulses of each cell; 0 where it is stuck."""
        made = self.devices
        gain = np.ones_like(self.g) if made.gain is None else made.gain.copy()
        if made.low is not None and made.high is not None:
            gain[made.low | made.high] = 0
        return gain

    def sense(self) -> None:
        """Find anew what reads of the cells give: compensation, noise and, if the cells have changed, the wires."""
        self.factor = compensation(self.fresh, self.g, self.design)
        if self.solved is None or (self._wires and self._moved()):
            self.solved = self.g
            self.transfer = self._through_wires()
            self.ratio = share(self.transfer, self.g)
        self.through = self.transfer + self.ratio * (self.g - self.solved) if self._wires else self.g
        self.matrix, self.variance = sense(self.g, self.through, self.levels, self.design)

    def _moved(self) -> bool:
        """Whether the wires' share is too old: rms change of the conductances x what the wires take > MOVED."""
        lost = 1 - self.transfer.sum() / max(self.solved.sum(), TINY)
        change = np.square(self.g - self.solved).sum() / max(np.square(self.solved).sum(), TINY)
        return bool(np.sqrt(change) * lost > MOVED)

    def _through_wires(self) -> Floats:
        flaws = self.design.imperfections
        return effective_conductance(self.g, flaws.row_wire, flaws.column_wire) if self._wires else self.g

    @property
    def _wires(self) -> bool:
        return self.design.imperfections.wires

    @property
    def joule(self) -> float:
        """Energy [J] of a read of one step of conductance for a digit of one."""
        cells = self.design.cells
        return self.one * (cells.read_voltage / self.digits.largest) ** 2 * cells.read_time

    @property
    def power(self) -> Floats:
        """Energy [J] of a read for a digit of one, by input; with wires, without what silent rows take."""
        drawn = self.through.sum(axis=1) / self.one * self.joule
        return np.asarray(drawn[0::2] + drawn[1::2]) if self.levels.pairs_rows else drawn

    def write(self, weights: NDArray[Any]) -> int:
        """Program the cells whose digit changes for new weights [inputs, outputs]; return how many."""
        self.asked = np.array(weights, np.int32)
        self.levels = write_levels(self.asked, self.design, self.top, self.levels)
        target = targets(self.levels, self.design)
        changed = target != self.target
        self._program(target, changed)
        self.sense()
        return int(np.count_nonzero(changed))

    def state(self) -> dict[str, NDArray[Any]]:
        """What `restore` needs."""
        return {name: getattr(self, name) for name in ("fresh", "g", "target", "asked", "solved", "transfer", "ratio")}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a `state`."""
        for name, values in state.items():
            setattr(self, name, values)
        self.levels = write_levels(self.asked, self.design, self.top, self.levels)
        self.sense()

    def pulsed(self, cells: Floats) -> None:
        """Take over conductances, in steps, that pulses have moved."""
        self.fresh, self.g = self.fresh + (cells * self.one - self.g), cells * self.one

    def relieve(self) -> int:
        """Write crowded pairs anew, as their difference; return how many cells that took."""
        found, cells = 0, self.design.cells
        if self.design.encoding.signs == "pair":
            target, changed = self.g.copy(), np.zeros(self.g.shape, np.bool_)
            plus, minus = self._pairs(target)
            shared = np.minimum(plus, minus) - cells.g_min
            crowded = shared > CROWDED * (cells.g_max - cells.g_min)
            for part, mark in zip((plus, minus), self._pairs(changed)):
                part -= np.where(crowded, shared, 0)
                mark[:] = crowded
            self._program(target, changed)
            found = int(np.count_nonzero(changed))
        self.sense()
        return found

    def _pairs(self, cells: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Views of the cells of either sign [inputs, outputs]."""
        if self.levels.pairs_rows:
            return cells[0::2], cells[1::2]
        last = 2 * self.rectangle.shape[1]
        return cells[:, 0:last:2], cells[:, 1:last:2]

    def _program(self, target: Floats, changed: NDArray[np.bool_]) -> None:
        if changed.any():
            fresh = self.devices.program(target)
            self.fresh = np.where(changed, fresh, self.fresh)
            self.g = np.where(changed, self.devices.age(fresh), self.g)
        self.target = target

    def weights(self) -> Floats:
        """Weights [inputs, outputs] that the cells hold, in steps."""
        steps, e, outputs = (self.g - self.design.cells.g_min) / self.one, self.design.encoding, self.rectangle.shape[1]
        if e.signs == "pair":
            plus, minus = self._pairs(steps)
            return np.asarray(plus - minus)
        zero = steps[:, outputs : outputs + 1] if e.signs == "offset" else self.levels.offset
        return np.asarray(steps[:, :outputs] - zero)
