"""The terms of a neuron's equation at every step, for one neuron: what it keeps and what it compares.

The equations are those of `neurohw.ir.neurons`, with its letters. States are those that the run recorded, so that the
terms show how they came about; everything else follows from what arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.excitation import V_MAX, decay, sides
from neurohw.ir.network import Population
from neurohw.ir.neurons import (
    Clapp,
    ClappLif,
    Critic,
    Graded,
    Hinge,
    Lif,
    Readout,
    Relu,
    TernaryLif,
    parameters_of,
)

Ints = NDArray[np.int64]
Columns = dict[str, Ints]


@dataclass(frozen=True)
class Steps:
    """What happened to one neuron in each of T steps: `time` of the equation [T], sums by input port [T], and what its
    states were at the end of each step [T]."""

    population: Population
    neuron: int
    time: Ints
    arrived: Mapping[str, Ints]
    states: Mapping[str, Ints]


def terms(steps: Steps) -> Columns:
    """Name -> values [T], in the order of the equation: of ours its terms, of any other kind its states."""
    neuron = steps.population.neuron
    return TERMS.get(type(neuron), _states)(steps)


def _states(steps: Steps) -> Columns:
    return dict(steps.states)


def _membrane(steps: Steps) -> Columns:
    """Both LIF kinds."""
    side, n = sides(steps.population)[0], steps.population.neuron
    rest = steps.time == 1
    if side.interval:
        rest = rest | (steps.time % side.interval == side.offset % side.interval)
    columns = _integration(steps, rest, int(side.bias[steps.neuron]))
    if "vth_lo" in parameters_of(n):
        columns["vth_lo << 6"] = np.full_like(steps.time, np.broadcast_to(n.vth_lo, side.bias.shape)[steps.neuron] << 6)
    return columns


def _integration(steps: Steps, rest: NDArray[np.bool_], bias: int) -> Columns:
    """u and v before a spike resets v, from those of the step before; `rest`: where that was silence."""
    n: Any = steps.population.neuron
    u, v = (np.where(rest, 0, np.concatenate([[0], x[:-1]])) for x in (steps.states["u"], steps.states["v"]))
    left = decay(v, n.dv)
    return {
        "dec(u)": decay(u, n.du + 1),
        "a << 6": steps.arrived["in"] << 6,
        "u": steps.states["u"],
        "dec(v)": left,
        "bias": np.full_like(u, bias),
        "v": np.clip(left + steps.states["u"] + bias, -V_MAX, V_MAX),
        "vth << 6": np.full_like(u, sides(steps.population)[0].threshold[steps.neuron]),
    }


def _graded(steps: Steps) -> Columns:
    side = sides(steps.population)[0]
    return {"a": steps.arrived["in"], "vth": np.full_like(steps.time, side.threshold[steps.neuron])}


def _relu(steps: Steps) -> Columns:
    n: Any = steps.population.neuron
    side, listens = sides(steps.population)[0], (steps.time - 1) % n.period == n.layer
    total = steps.arrived["in"] + side.bias[steps.neuron]
    z = np.minimum(254, np.maximum(0, total) >> n.shift)
    return {name: np.where(listens, x, 0) for name, x in (("a + bias", total), ("z", z))}


def _clapp(steps: Steps) -> Columns:
    n: Any = steps.population.neuron
    z = p = g = 0
    y = 0, 0, 0
    rows = []
    for k, phase in enumerate((steps.time - 1) % n.period + 1):
        if phase == 1:
            y = 0, 0, 0
        if phase == n.layer + 1:
            z = min(254, max(0, int(steps.arrived["in"][k])) >> n.shift)
            p = _clip(int(steps.arrived["prediction"][k]) >> n.prediction_shift, 127)
        if phase == n.layer + 3:
            g = int(steps.arrived["gate"][k])
            y = _post_factors(n, g, p, z, z > 0)
        rows.append((z, p, g, *y))
    return _columns("z p g y1 y2 y3", rows)


def _clapp_lif(steps: Steps) -> Columns:
    n: Any = steps.population.neuron
    phases = (steps.time - 1) % n.period + 1
    busy = (phases > n.layer) & (phases <= n.layer + n.steps)
    columns = {name: np.where(busy, x, 0) for name, x in _integration(steps, phases == 1, 0).items() if name != "bias"}
    z = p = g = count = near = arrived = 0
    y = 0, 0, 0
    rows = []
    for k, phase in enumerate(phases):
        if phase == 1:
            count = near = arrived = 0
            y = 0, 0, 0
        if n.delayed and n.layer + 2 <= phase <= n.layer + n.steps + 1:
            arrived += int(steps.arrived["prediction"][k])
        if not n.delayed and phase == n.layer + 1:
            p = _clip(int(steps.arrived["prediction"][k]) >> n.prediction_shift, 127)
        if busy[k]:
            count += int(columns["v"][k] > n.vth << 6)
            near = near or int(columns["v"][k] > (n.vth << 6) >> 1)
        if phase == n.layer + n.steps + 1:
            z = min(127, count << n.count_shift)
            p = _clip((arrived << (n.count_shift + 1)) >> n.prediction_shift, 127) if n.delayed else p
        if phase == n.layer + n.steps + 3:
            g = int(steps.arrived["gate"][k])
            y = _post_factors(n, g, p, 2 * z, bool(near if n.window else count))
        rows.append((count, near, z, p, g, *y))
    return columns | _columns("n near z p g y1 y2 y3", rows)


def _hinge(steps: Steps) -> Columns:
    n: Any = steps.population.neuron
    y = 0
    rows = []
    for k, phase in enumerate((steps.time - 1) % n.period + 1):
        y = int(steps.arrived["sameness"][k]) if phase == 2 else y
        u = int(steps.arrived["score"][k]) if phase == n.layer + 2 else 0
        rows.append((y, u, n.theta - y * u if phase == n.layer + 2 else 0))
    return _columns("y u margin", rows)


def _readout(steps: Steps) -> Columns:
    """What it expects and the noise or target; the contest and y1 depend on the others too."""
    n: Any = steps.population.neuron
    q = noise = 0
    rows = []
    for k, phase in enumerate((steps.time - 1) % n.period + 1):
        noise = int(steps.arrived["gate"][k]) if phase == 2 else noise
        q = _clip(int(steps.arrived["in"][k]) >> n.shift, 127) if phase == n.layer + 1 else q
        rows.append((q, noise))
    return _columns("q n", rows)


def _critic(steps: Steps) -> Columns:
    n: Any = steps.population.neuron
    label = 0
    rows = []
    for k, phase in enumerate((steps.time - 1) % n.period + 1):
        label = int(steps.arrived["label"][k]) if phase == 2 else label
        rows.append((label, int(steps.arrived["action"][k]) if phase == n.layer + 2 else 0))
    return _columns("label action", rows)


def _post_factors(n: Any, g: int, p: int, z: int, active: bool) -> tuple[int, int, int]:
    """y1, y2, y3 of `Clapp`, by its mapping."""
    forward, lateral = g * p * active, g * (z >> 1)
    if n.mapping == "carry":
        return _eighth(forward + (n.growth if active and g else 0)), _eighth(lateral), 0
    if n.mapping == "signed":
        return forward, lateral, n.rate
    s = 7 - n.rate.bit_length() + 1
    return max(forward, 0) >> s, max(-forward, 0) >> s, (abs(g) * (z >> 1)) >> s


def _eighth(value: float) -> int:
    """The nearest multiple of 8, ties away from zero, within +-120."""
    return _clip(int(np.sign(value)) * int((abs(value) + 4) // 8) * 8, 120)


def _clip(value: int, limit: int) -> int:
    return max(-limit, min(limit, value))


def _columns(names: str, rows: Sequence[tuple[int, ...]]) -> Columns:
    values = np.array(rows, np.int64).reshape(len(rows), -1)
    return {name: values[:, k] for k, name in enumerate(names.split())}


TERMS: Mapping[type, Callable[[Steps], Columns]] = {
    Lif: _membrane, TernaryLif: _membrane, Graded: _graded, Relu: _relu, Clapp: _clapp, ClappLif: _clapp_lif,
    Hinge: _hinge, Readout: _readout, Critic: _critic,
}  # fmt: skip
