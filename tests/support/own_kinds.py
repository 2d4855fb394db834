"""Networks of kinds that do not ship: a source that speaks to every port of one population; and where they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from neurohw.backends.brian2.available import why_not as brian2_is_missing
from neurohw.backends.lava.available import why_not as lava_is_missing
from neurohw.ir.engine import OnArrays, Setting
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Source
from neurohw.ir.run import Run
from neurohw.microcode.kind import kinds_in
from neurohw.microcode.text import Text
from neurohw.runtime.backends import make_engine
from neurohw.runtime.loop import drive
from neurohw.runtime.stimulus import Given
from support.crossbars import ideal_crossbar

HEARD = 5  # neurons of the source
BACKENDS = (
    "emulator",
    "crossbar",
    pytest.param("lava", marks=[pytest.mark.lava, pytest.mark.skipif(bool(lava_is_missing()), reason="needs Lava")]),
    pytest.param("brian2", marks=pytest.mark.skipif(bool(brian2_is_missing()), reason="needs Brian2")),
)


def kind_in(text: str) -> Any:
    """The class of the one neuron in a text."""
    (kind,) = kinds_in(Text("own.py", text)).values()
    return kind.neuron


def own_network(neuron: Any, size: int) -> Network:
    """A population 'x' of these neurons, which hear a source of spikes at every port."""
    return own_networks({"x": neuron}, size)


def own_networks(neurons: dict[str, Any], size: int, exponents: Sequence[int] = (0,)) -> Network:
    """A population of each of these neurons, by name, which hear a source of spikes at every port."""
    rng = np.random.default_rng(size)
    populations = [Population(name, size, neuron) for name, neuron in neurons.items()]
    projections = [
        Projection(
            f"to_{p.name}_{port}", "source", p.name, 2 * rng.integers(-60, 60, (size, HEARD)).astype(np.int16),
            Format(8, int(rng.choice(exponents))), False, post_port=port,
        )
        for p in populations
        for port in p.neuron.inputs
    ]  # fmt: skip
    return Network((Population("source", HEARD, Source(0, 1)), *populations), tuple(projections))


def spikes(samples: int, steps: int, seed: int = 0) -> dict[str, np.ndarray[Any, Any]]:
    """What the source sends."""
    frames = np.random.default_rng([seed, 3]).random((samples, steps, HEARD)) < 0.5
    return {"source": frames.astype(np.int8)}


def run_on(backend: str, network: Network, inputs: dict[str, Any], strict: bool = False, **options: Any) -> Run:
    """A run on a backend, on a crossbar without imperfections; samples have as many steps as there are frames."""
    arrays = OnArrays(ideal_crossbar(0)) if backend == "crossbar" else None
    steps, record = inputs["source"].shape[1], [port for port in network.ports if port != "source.out"]
    setting = Setting(network, steps, record=record, arrays=arrays, **options)
    return drive(make_engine(backend, setting), Given(inputs), strict=strict)
