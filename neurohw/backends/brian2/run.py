"""Run a quantised network exactly, spike for spike and weight for weight, as a Brian2 simulation."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2 import engine
from neurohw.backends.brian2.available import unsupported, why_not
from neurohw.backends.brian2.collect import Collected
from neurohw.backends.brian2.timeline import Setting, Timeline
from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.network import Network
from neurohw.ir.run import Run

PART = 2000  # samples of one run of a compiled program: as many as keep its input below 100 MB


def run(
    network: Network,
    chunks: Iterable[Inputs],
    *,
    steps: int,
    reset: bool = False,
    record: Sequence[str] = (),
    window: int = 0,
    traces: bool = False,
    runtime: engine.Runtime = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Run all chunks of input (the interface that backends share).

    `steps`: of one sample; `reset`: every sample starts from silence at time 1; `record`: ports to sum up a sample;
    `traces`: all messages, u and v of every step as well. `runtime`: numpy, cython, cpp (a C++ program is written and
    compiled), auto (numpy below 1,000 samples). Nothing is counted here but messages; `window` is for backends that
    count.
    """
    raise_if_any([Problem("brian2", reason)] if (reason := why_not()) else unsupported(network))
    chunks = list(chunks)
    for chunk in chunks:
        raise_if_any(input_problems(network, chunk, steps))
    ports = [f"{p.name}.{port}" for p in network.populations for port in p.neuron.outputs]
    raise_if_any([Problem("record", f"no port '{r}'", fix=did_you_mean(r, ports)) for r in record if r not in ports])
    samples = sum(len(next(iter(chunk.values()))) for chunk in chunks)
    timeline = Timeline(network, steps, reset, max(p.max_delay for p in network.projections) if reset else 0)
    setting = Setting(reset, timeline.gap, tuple(ports if traces else record), traces)
    target = engine.choose(runtime, samples)
    try:
        collected = _simulate(chunks, timeline, setting, target, samples, progress)
    except engine.CompilerError as error:
        warnings.warn(f"{engine.COMPILER_MISSING} ({error})", stacklevel=2)
        collected = _simulate(chunks, timeline, setting, "numpy", samples, progress)
    return collected.run(record)


def _simulate(
    chunks: Sequence[Inputs], timeline: Timeline, setting: Setting, target: engine.Target, samples: int,
    progress: Callable[[int, int], None] | None,
) -> Collected:  # fmt: skip
    """Build, run part by part and collect; only a compiled program runs in more than one part."""
    from neurohw.backends.brian2.build import build

    size = _part(timeline, target, samples)
    with engine.running_on(target) as folder:
        collected = Collected(timeline, setting, samples, target)
        built, state = None, []
        arguments: dict[Any, Any] = {}
        for first, inputs in _parts(chunks, size, flush=_learns(timeline.network)):
            arrays = timeline.arrays(inputs, first, size)
            if built is None:
                built = build(timeline.network, arrays, setting)
                collected.running += engine.simulate(built.network, size * timeline.stride)
                collected.compiling = engine.compile_standalone(folder) if target == "cpp" else 0.0
            else:
                arguments = {built.arrays[name]: values for name, (values, _) in arrays.items()}
                arguments |= {getattr(owner, name): value for owner, name, value in state}
            if target == "cpp":
                collected.running += engine.run_standalone(arguments)
                state = [(owner, name, np.array(getattr(owner, name)[:])) for owner, name in built.state]
            collected.take(built, first)
            if progress:
                progress(min(first + size, samples), samples)
    return collected


def _learns(network: Network) -> bool:
    return any(p.plasticity for p in network.projections)


def _part(timeline: Timeline, target: engine.Target, samples: int) -> int:
    """Samples of one part: all, unless a compiled program can stop between them.

    Learning takes place at the start of the step after an epoch, so a learning run ends with an idle sample. Parts end
    where all epochs that u counts end, and messages on their way through delays do not outlast a part.
    """
    projections = timeline.network.projections
    whole = samples + _learns(timeline.network)
    if target != "cpp" or whole <= PART or any(p.max_delay for p in projections):
        return whole
    rules = [p.plasticity.chip for p in projections if p.plasticity and p.plasticity.chip]
    beats = 1 << max([rule.decimate or 0 for rule in rules], default=0)
    return -(-PART // beats) * beats


def _parts(chunks: Sequence[Inputs], size: int, flush: bool) -> Iterator[tuple[int, Inputs]]:
    """The samples in parts of `size`, each with the number of its first; `flush`: the last is smaller, or empty."""
    names = list(chunks[0])
    waiting: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    first = held = 0
    for chunk in chunks:
        for name in names:
            waiting[name].append(np.asarray(chunk[name]))
        held += len(waiting[names[0]][-1])
        while held >= size:
            joined = {name: np.concatenate(waiting[name]) for name in names}
            yield first, {name: x[:size] for name, x in joined.items()}
            waiting = {name: [x[size:]] for name, x in joined.items()}
            first, held = first + size, held - size
    if held or flush:
        yield first, {name: np.concatenate(waiting[name]) for name in names}
