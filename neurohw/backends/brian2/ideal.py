"""What a spiking network approximates: LIF neurons in continuous time and floats, as a Brian2 simulation.

With d_u, d_v the decays of `ir.neurons.Lif` in 4096ths a step of 1 ms, an input spike of weight w and a bias b:
    dv/dt = -v / tau_v + (u + b) / ms        du/dt = -u / tau_u, u += w at a spike;  d_u + 1 = 4096: v += w at a spike
    tau = -1 ms / ln(1 - d / 4096)           spike: v > vth, then v = 0
Spikes take no time from layer to layer but the time step `DT_MS` of the simulation; inputs spike at real-valued times.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2 import engine
from neurohw.backends.brian2.engine import brian2
from neurohw.ir.engine import Runtime

DT_MS = 0.1
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class IdealLayer:
    """A layer in floats: weights [n, m], bias [n] a step, threshold; decays du, dv in 4096ths a step."""

    weight: Floats
    bias: Floats
    threshold: float
    du: int
    dv: int


def ideal_counts(
    layers: Sequence[IdealLayer], spikes: NDArray[Any], *, evenly: bool = True, runtime: Runtime = "auto"
) -> tuple[NDArray[np.int32], ...]:
    """Spike counts [N, n] of every layer for inputs [N, T, m], each from rest and until the last layer has heard it.

    `evenly`: an input's spikes are spread evenly over the T ms, which the rate code rounds; else they keep their steps.
    """
    samples, steps, _ = spikes.shape
    period = steps + len(layers)
    target = engine.choose(runtime, int(samples / DT_MS))
    with engine.running_on(target) as folder:
        brian2.start_scope()
        brian2.defaultclock.dt = DT_MS * brian2.ms
        source, times = input_times(spikes, period, evenly)
        net, monitors = _network(layers, source, times, spikes.shape[2], period)
        engine.simulate(net, samples * period)
        if target == "cpp":
            engine.compile_standalone(folder)
            engine.run_standalone({})
        return tuple(_counted(m, samples, period, len(layer.bias)) for m, layer in zip(monitors, layers))


def input_times(spikes: NDArray[Any], period: int, evenly: bool) -> tuple[NDArray[np.int64], Floats]:
    """(input, time [ms]) of every spike of inputs [N, T, m], in order of time; sample k begins at k * period."""
    steps = spikes.shape[1]
    if not evenly:
        sample, step, source = np.nonzero(spikes)
        return source, sample * period + step + 0.5
    count = spikes.sum(axis=1, dtype=np.int64)
    sample, source = np.nonzero(count)
    rank = count[sample, source]
    which = np.arange(rank.sum()) - np.repeat(np.cumsum(rank) - rank, rank)
    times = np.repeat(sample, rank) * period + (which + 0.5) * steps / np.repeat(rank, rank)
    order = np.argsort(times, kind="stable")
    return np.repeat(source, rank)[order], times[order]


def time_constant(decay: int) -> float:
    """tau [ms] of a decay in 4096ths a step; infinite without one."""
    return math.inf if decay == 0 else -1 / math.log1p(-decay / 4096)


def _network(
    layers: Sequence[IdealLayer], source: NDArray[np.int64], times: Floats, inputs: int, period: int
) -> tuple[Any, list[Any]]:
    below = brian2.SpikeGeneratorGroup(inputs, source, times * brian2.ms, name="input")
    net, monitors = brian2.Network(below), []
    for k, layer in enumerate(layers):
        group, kick = _group(layer, f"ideal{k}")
        group.run_regularly(f"v = 0{'; u = 0' if kick == 'u' else ''}", dt=period * brian2.ms, when="start")
        synapses = brian2.Synapses(below, group, "w : 1", on_pre=f"{kick}_post += w", name=f"weights{k}")
        post, pre = np.nonzero(layer.weight)
        synapses.connect(i=pre, j=post)
        synapses.w = layer.weight[post, pre]
        monitors.append(brian2.SpikeMonitor(group, name=f"spikes{k}"))
        net.add(group, synapses, monitors[-1])
        below = group
    return net, monitors


def _group(layer: IdealLayer, name: str) -> tuple[Any, str]:
    """The neurons of a layer, and the variable that an input spike adds to."""
    tau = f"{time_constant(layer.dv)!r}*ms"
    leak, method = (f"-v/({tau})", "exact") if layer.dv else ("0/ms", "rk4")  # without a leak nothing is to be solved
    current, kick = ("bias", "v") if layer.du == 4095 else ("(u + bias)", "u")
    equations = f"dv/dt = {leak} + {current}/ms : 1\nbias : 1 (constant)\n"
    if kick == "u":
        equations += f"du/dt = -u/({time_constant(layer.du + 1)!r}*ms) : 1\n"
    options = {"threshold": f"v > {float(layer.threshold)!r}", "reset": "v = 0", "method": method, "name": name}
    group = brian2.NeuronGroup(len(layer.bias), equations, **options)
    group.bias = layer.bias
    return group, kick


def _counted(monitor: Any, samples: int, period: int, size: int) -> NDArray[np.int32]:
    counts = np.zeros((samples, size), np.int32)
    when = np.asarray(monitor.t / brian2.ms) + DT_MS / 2  # times are multiples of the step, up to rounding
    np.add.at(counts, (np.minimum((when // period).astype(np.int64), samples - 1), np.asarray(monitor.i)), 1)
    return counts
