"""Membrane traces: current and voltage of chosen neurons, the threshold, and where they spiked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from neurohw.ir.network import Network
from neurohw.ir.neurons import membrane_bits, parameters_of
from neurohw.ir.run import Trace
from neurohw.reports.pictures.style import COLOURS, FAINT, figure


def membranes(
    network: Network, traces: Mapping[str, Trace], neurons: Sequence[tuple[str, int]], title: str, *, first: int = 0
) -> Figure:
    """One strip for each (population, neuron): v and u on the scale of the threshold, 1/64 of the registers."""
    made, axes = figure(len(neurons), 1.3, title, sharex=True)
    for axis, (population, index) in zip(axes, neurons):
        _strip(axis, network, traces, population, index, first)
    axes[0].legend(loc="upper right", fontsize=7, frameon=False, ncols=3)
    axes[-1].set_xlabel("time step", fontsize=9)
    return made


def has_membrane(network: Network, traces: Mapping[str, Trace], population: str) -> bool:
    """Whether u and v of a population were recorded, and count 64ths of a threshold."""
    return f"{population}.v" in traces and membrane_bits(network.population(population).neuron) > 0


def most_active(network: Network, traces: Mapping[str, Trace], count: int = 3) -> list[tuple[str, int]]:
    """The `count` neurons of each population with a membrane that sent most."""
    found = []
    for p in network.populations:
        if has_membrane(network, traces, p.name):
            sent = np.count_nonzero(_sent(network, traces, p.name), axis=0)
            found += [(p.name, int(i)) for i in np.argsort(-sent, kind="stable")[:count]]
    return found


def _sent(network: Network, traces: Mapping[str, Trace], population: str) -> Any:
    """What a population sent from its first port."""
    return traces[f"{population}.{network.population(population).neuron.outputs[0]}"].values


def _strip(axis: Any, network: Network, traces: Mapping[str, Trace], population: str, index: int, first: int) -> None:
    v, u = (traces[f"{population}.{name}"].values[:, index] / 64 for name in ("v", "u"))
    steps = first + 1 + np.arange(len(v))
    neuron: Any = network.population(population).neuron
    axis.plot(steps, u, color=FAINT, linewidth=0.9, label="u")
    axis.plot(steps, v, color=COLOURS[0], linewidth=1.1, label="v, after reset")
    for name, style in (("vth", "--"), ("vth_hi", "--"), ("vth_lo", ":")):
        if name in parameters_of(neuron):
            level = np.broadcast_to(np.asarray(getattr(neuron, name)), (network.population(population).size,))[index]
            axis.axhline(level, color=COLOURS[1], linewidth=0.8, linestyle=style, label="threshold")
            sent = np.abs(_sent(network, traces, population)[:, index])
            spikes = steps[sent == 1]  # a larger message is a count
            axis.plot(spikes, np.full(len(spikes), level), "|", color="black", markersize=7, label="_spikes")
    axis.set_ylabel(f"{population}\nneuron {index}", rotation=0, ha="right", va="center", fontsize=8)
