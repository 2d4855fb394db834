"""A run in Brian2 from end to end: build, compile, run part by part, collect."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.brian2 import engine
from neurohw.backends.brian2.build import build
from neurohw.backends.brian2.collect import Collected
from neurohw.backends.brian2.timeline import Timeline
from neurohw.ir.engine import Progress, Runtime
from neurohw.ir.inputs import Inputs

PART = 2000  # samples of one run of a compiled program: as many as keep its input below 100 MB


def simulate(timeline: Timeline, chunks: Iterable[Inputs], runtime: Runtime, progress: Progress | None) -> Collected:
    """Run on the runtime asked for, or in numpy with a warning if its program cannot be compiled."""
    target = engine.choose(runtime, timeline.samples)
    try:
        return _simulate(timeline, chunks, target, progress)
    except engine.CompilerError as error:
        warnings.warn(f"{engine.COMPILER_MISSING} ({error})", stacklevel=2)
        return _simulate(timeline, chunks, "numpy", progress)


def _simulate(
    timeline: Timeline, chunks: Iterable[Inputs], target: engine.Target, progress: Progress | None
) -> Collected:
    """Build, run part by part and collect; only a compiled program runs in more than one part."""
    size = _part(timeline, target)
    with engine.running_on(target) as folder:
        collected = Collected(timeline, target)
        built, state = None, []
        arguments: dict[Any, Any] = {}
        for first, inputs in _parts(chunks, size, flush=bool(timeline.rules)):
            arrays = timeline.arrays(inputs, first, size)
            if built is None:
                built = build(arrays, timeline)
                collected.compiling = engine.compile_modules(built.network) if target == "cython" else 0.0
                collected.running = engine.simulate(built.network, size * timeline.stride)
                collected.compiling += engine.compile_standalone(folder) if target == "cpp" else 0.0
            else:
                arguments = {built.arrays[name]: values for name, (values, _) in arrays.items()}
                arguments |= {getattr(owner, name): value for owner, name, value in state}
            if target == "cpp":
                collected.running += engine.run_standalone(arguments)
                state = [(owner, name, np.array(getattr(owner, name)[:])) for owner, name in built.state]
            collected.take(built, first)
            if progress:
                progress(min(first + size, timeline.samples), timeline.samples)
    return collected


def _part(timeline: Timeline, target: engine.Target) -> int:
    """Samples of one part: all, unless a compiled program can stop between them.

    Learning takes place at the start of the step after an epoch, so a learning run ends with an idle sample. Parts end
    where all epochs that u counts end, and messages on their way through delays do not outlast a part.
    """
    whole = timeline.samples + bool(timeline.rules)
    if target != "cpp" or whole <= PART or any(p.max_delay for p in timeline.network.projections):
        return whole
    beats = 1 << max([rule.decimate or 0 for rule in timeline.rules], default=0)
    return -(-PART // beats) * beats


def _parts(chunks: Iterable[Inputs], size: int, flush: bool) -> Iterator[tuple[int, Inputs]]:
    """The samples in parts of `size`, each with the number of its first; `flush`: the last is smaller, or empty."""
    first, waiting = 0, dict[str, NDArray[Any]]()
    for chunk in chunks:
        arrays = {name: np.asarray(x) for name, x in chunk.items()}
        waiting = {name: np.concatenate([waiting[name], x]) if waiting else x for name, x in arrays.items()}
        while len(next(iter(waiting.values()))) >= size:
            yield first, {name: x[:size] for name, x in waiting.items()}
            first, waiting = first + size, {name: x[size:] for name, x in waiting.items()}
    if flush or len(next(iter(waiting.values()))):
        yield first, waiting
