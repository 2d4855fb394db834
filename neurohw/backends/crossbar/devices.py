"""Device laws: how far a programmed conductance is off, how it decays, how its reads fluctuate.

Formulas are in microsiemens of the device they were measured on; a cell with another g_max keeps the relative
deviation at the same g / g_max. Sources: [aihwkit] noise models, [CrossSim] device models, read at the commits named in
the citation of each law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.crossbar import Cells, Imperfections, Law

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Measured:
    """sigma [uS] of a conductance [uS] on a device whose range ends at `g_max` [uS], and where that is from."""

    g_max: float
    sigma: Callable[[Floats], Floats]
    source: str


def _pcm(g: Floats) -> Floats:
    x = g / 25.0
    return np.asarray(np.maximum(0.26348 + 1.9650 * x - 1.1731 * x**2, 0))


def _hermes(g: Floats) -> Floats:
    x = g / 20.7
    return np.asarray(np.maximum(0.166 + 4.718 * x - 8.481 * x**2 + 4.690 * x**3, 0))


def _milo(g: Floats) -> Floats:
    return np.asarray(np.maximum(4.782 - 0.009107 * g, 0))


def _wan(g: Floats) -> Floats:
    return np.asarray(np.maximum(1.053 + 0.2374 * g - 0.01167 * g**2 + 1.536e-4 * g**3, 0))


def _sonos(g: Floats) -> Floats:
    """19.9 nA (1 - exp(-I / 176 nA)) right after programming, at I = 3.2 uA for 16 uS, that is 0.2 V."""
    volts = 3.2 / 16.0
    return np.asarray(0.0199 * (1 - np.exp(-g * volts / 0.176)) / volts)


PROGRAMMING = {
    "pcm": _Measured(25.0, _pcm, "Nandakumar et al. 2019, as in aihwkit noise/pcm.py; GST, one device"),
    "hermes": _Measured(20.7, _hermes, "aihwkit noise/hermes.py; 14 nm PCM, two devices"),
    "milo": _Measured(225.0, _milo, "Milo et al. 2021, as in CrossSim RRAM_Milo; HfOx, 50 to 225 uS"),
    "wan": _Measured(
        40.0, _wan, "Wan et al. 2022, as in CrossSim RRAM_Wan and aihwkit noise/reram.py; 1 s after writing"
    ),
    "sonos": _Measured(16.0, _sonos, "Agrawal et al. 2022, as in CrossSim SONOS; 40 nm, right after writing"),
}
PCM_READ_SECONDS = 250e-9  # the read that the 1/f law was fitted to


def programming_sigma(law: Law, g: Floats, g_max: float) -> Floats:
    """Standard deviation [S] of a cell programmed to g [S]; `constant`: `scale` is its fraction of g_max."""
    if law.name == "none":
        return np.zeros_like(g)
    if law.name == "constant":
        return np.full_like(g, law.scale * g_max)
    measured = PROGRAMMING[law.name]
    per_unit = g_max / measured.g_max
    return np.asarray(law.scale * per_unit * measured.sigma(g / per_unit))


def read_sigma(law: Law, g: Floats, g_max: float, time: float) -> Floats:
    """Standard deviation [S] of one read, `time` [s] after programming.

    `constant`: fraction `scale` of g_max; `relative`: of g; `pcm`: 1/f noise, g q sqrt(ln((t + tr) / (2 tr))) with
    q = min(0.0088 (g / g_max)^-0.65, 0.2) and tr = 250 ns (Nandakumar et al. 2019, as in aihwkit noise/pcm.py).
    """
    if law.name == "none":
        return np.zeros_like(g)
    if law.name in ("constant", "relative"):
        return np.asarray(law.scale * (g if law.name == "relative" else np.full_like(g, g_max)))
    x = np.maximum(g / g_max, 1e-12)
    growth = np.log((max(time, PCM_READ_SECONDS) + PCM_READ_SECONDS) / (2 * PCM_READ_SECONDS))
    return np.asarray(law.scale * g * np.minimum(0.0088 * x**-0.65, 0.2) * np.sqrt(growth))


def drift_exponents(law: Law, g: Floats, g_max: float, rng: np.random.Generator) -> Floats:
    """Exponent nu of g(t) = g (t / t0)^-nu, one a device; `constant`: `scale` for all.

    `pcm`: mean clip(0.0244 - 0.0155 ln x, 0.049, 0.1), standard deviation clip(-0.0059 - 0.0125 ln x, 0.008, 0.045),
    x = g / g_max, no negative ones (Nandakumar et al. 2019, as in aihwkit noise/pcm.py).
    """
    if law.name == "none":
        return np.zeros_like(g)
    if law.name == "constant":
        return np.full_like(g, law.scale)
    log = np.log(np.maximum(g / g_max, 1e-12))
    mean, spread = np.clip(0.0244 - 0.0155 * log, 0.049, 0.1), np.clip(-0.0059 - 0.0125 * log, 0.008, 0.045)
    return np.asarray(law.scale * np.maximum(mean + spread * rng.standard_normal(g.shape), 0))


class Devices:
    """The cells of one array: what is fixed by manufacture, and what programming and time make of a target.

    `rng_made` draws the devices, once; `rng_written` what is different every time they are written.
    """

    def __init__(
        self, cells: Cells, flaws: Imperfections, shape: tuple[int, ...],
        rng_made: np.random.Generator, rng_written: np.random.Generator,
    ) -> None:  # fmt: skip
        self.cells, self.flaws, self._rng = cells, flaws, rng_written
        self.gain = 1 + flaws.device_spread * rng_made.standard_normal(shape) if flaws.device_spread else None
        stuck = flaws.stuck_low + flaws.stuck_high
        lot = rng_made.random(shape) if stuck else None
        self.low = None if lot is None else lot < flaws.stuck_low
        self.high = None if lot is None else (lot >= flaws.stuck_low) & (lot < stuck)

    def program(self, target: Floats) -> Floats:
        """Conductances [S] right after cells were written to `target` [S]."""
        g = np.array(target)
        if self.gain is not None:
            g = self.cells.g_min + (g - self.cells.g_min) * self.gain
        if self.flaws.programming.name != "none":
            sigma = programming_sigma(self.flaws.programming, target, self.cells.g_max)
            g += sigma * self._rng.standard_normal(g.shape)
        return self._stuck(np.maximum(g, 0))

    def _stuck(self, g: Floats) -> Floats:
        """Stuck cells are where they are, whatever is written and however long ago."""
        if self.low is not None:
            g[self.low], g[self.high] = self.cells.g_min, self.cells.g_max
        return g

    def age(self, g: Floats) -> Floats:
        """The same cells when they are read; nothing has drifted at `flaws.drift_start`."""
        late = self.flaws.read_at / self.flaws.drift_start
        if self.flaws.drift.name == "none" or late <= 1:
            return g
        return self._stuck(np.asarray(g * late ** -drift_exponents(self.flaws.drift, g, self.cells.g_max, self._rng)))
