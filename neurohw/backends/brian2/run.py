"""Run a quantised network exactly, spike for spike and weight for weight, as a Brian2 simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from neurohw.backends.brian2.available import Runtime, runtime_problems, unsupported, why_not
from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.network import Network
from neurohw.ir.run import Run


def run(
    network: Network,
    chunks: Iterable[Inputs],
    *,
    steps: int,
    reset: bool = False,
    record: Sequence[str] = (),
    window: int = 0,
    traces: bool = False,
    runtime: Runtime = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Run all chunks of input (the interface that backends share); they are gone through twice.

    `steps`: of one sample; `reset`: every sample starts from silence at time 1; `record`: ports to sum up a sample;
    `traces`: all messages, u and v of every step as well. `runtime`: numpy, cython, cpp (a C++ program is written and
    compiled), auto (numpy below 1,000 samples). Nothing is counted here but messages; `window` is for backends that
    count.
    """
    reason = why_not()
    raise_if_any([Problem("brian2", reason)] if reason else [*runtime_problems(runtime), *unsupported(network)])
    ports = [f"{p.name}.{port}" for p in network.populations for port in p.neuron.outputs]
    raise_if_any([Problem("record", f"no port '{r}'", fix=did_you_mean(r, ports)) for r in record if r not in ports])
    samples = 0
    for chunk in chunks:
        raise_if_any(input_problems(network, chunk, steps))
        samples += len(next(iter(chunk.values())))
    # heavy: only here
    from neurohw.backends.brian2.simulation import simulate
    from neurohw.backends.brian2.timeline import Setting

    setting = Setting(network, steps, samples, reset, tuple(ports if traces else record), traces)
    return simulate(setting, chunks, runtime, progress).run(record)
