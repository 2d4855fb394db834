"""Run a quantised network on Lava's fixed-point CPU models and bring the results back."""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.lava.available import LAVA_VERSION, unsupported, why_not
from neurohw.backends.lava.saving import file_of
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Progress, record_problems
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.network import Network
from neurohw.ir.neurons import states_of
from neurohw.ir.probe import SYNAPTIC, Probe, Probed, probed
from neurohw.ir.promises import broken, promised, require_kept
from neurohw.ir.run import Activity, Learned, Run, Trace

Arrays = dict[str, NDArray[Any]]
_SETS_START_METHOD = "lava.magma.runtime.message_infrastructure.multiprocessing"


def run_lava(
    network: Network,
    inputs: Inputs,
    *,
    steps_per_sample: int,
    samples: int,
    record: Sequence[str] = (),
    states: bool = False,
    probes: Sequence[Probe] = (),
    seed: int = 0,
    reset: bool = False,
    timeout: float = 600,
    progress: Progress | None = None,
) -> Run:
    """Run `samples` samples of `steps_per_sample` steps on Lava; time runs on from one sample to the next.

    `inputs`: source -> int [samples, frames, n], sent at the first steps of each sample. `record`: ports whose
    messages are returned as traces ('layer1.out'); `states`: u and v of LIF neurons too ('layer1.u'). `probes`: what
    else to record, see `ir.probe`. `seed`: of the random numbers that neurons draw. `reset`: programs count steps anew
    in each sample, and nothing else is reset. `timeout`: seconds that a hundredth of the run may take; a run that
    stalls is tried once more. `progress` is called with (steps done, steps).
    Raise a NeurohwError when Lava is missing or cannot run the network, a BackendError when it fails.
    """
    require_lava(network, _problems(network, inputs, samples, steps_per_sample, record))
    recorders = probed(network, probes)
    # heavy, and Lava changes multiprocessing when it is imported: only here
    from neurohw.backends.lava.build import RECORDER, Built, Setting, build, tapped
    from neurohw.backends.lava.guard import StalledError, run_guarded

    def attempt() -> tuple[Built, dict[str, int], dict[str, Arrays]]:
        with tempfile.TemporaryDirectory(prefix="neurohw-lava-") as folder:
            setting = Setting(frames, steps_per_sample, steps, Path(folder), states, recorders, seed, reset)
            built = build(network, setting)
            run_guarded(built.recorder, built.run_config, steps, timeout=timeout, progress=progress)
            files = {name: file_of(Path(folder), name) for name in (RECORDER, *built.processes)}
            return built, built.overflows(), {name: _load(path) for name, path in files.items() if path.is_file()}

    steps = samples * steps_per_sample
    frames = {p.name: np.ascontiguousarray(inputs[p.name], np.int32) for p in network.sources}
    try:
        built, overflows, saved = attempt()
    except StalledError:  # once in some thousand runs Lava 0.10.0 deadlocks; a run depends on nothing but its inputs
        built, overflows, saved = attempt()
    messages = {port: saved[RECORDER][f"in_{k}"] for k, port in enumerate(built.ports)}
    promises = promised(network)
    require_kept(promises, broken(promises, messages))
    return Run(
        backend="lava",
        totals={port: _totals(m, samples) for port, m in messages.items()},
        activity=Activity(samples, steps, {}, {}, {}, overflows),  # Lava counts nothing, but programs do
        learned={
            p.name: Learned(**{what: saved[p.name][what][-1] for what in SYNAPTIC})
            for p in network.projections
            if p.plasticity is not None
        },
        traces=_traces(network, messages, saved, record, states),
        states={f"{name}.{s}": saved[name][s][-1] for name in _stateful(network) for s in ("u", "v")},
        provenance={"lava-nc": LAVA_VERSION},
        probes={
            p.probe.key: p.record(_recorded(p, messages) if p.is_message else saved[p.part.name][tapped(k)], steps)
            for k, p in enumerate(recorders)
        },
    )


def require_lava(network: Network, others: Iterable[Problem] = ()) -> None:
    """Make Lava ready to be imported; a NeurohwError if it is missing, or for all of a network that it cannot run and
    `others` of its problems."""
    if reason := why_not():
        raise NeurohwError(Problem("lava", reason))
    raise_if_any([*unsupported(network), *others])
    prepare_import()


def prepare_import() -> None:
    """Lava sets multiprocessing's start method when imported, which fails if the program has set it before."""
    if _SETS_START_METHOD not in sys.modules and multiprocessing.get_start_method(allow_none=True) is not None:
        multiprocessing.set_start_method(None, force=True)


def _problems(
    network: Network, inputs: Inputs, samples: int, steps_per_sample: int, record: Sequence[str]
) -> list[Problem]:
    """Inputs that do not fit, runs of no steps, and names to record that do not exist."""
    found = input_problems(network, inputs, steps_per_sample)
    if samples < 1 or steps_per_sample < 1:
        found.append(Problem("lava", f"{samples} samples of {steps_per_sample} steps", "at least one of each"))
    elif not found and any(len(inputs[p.name]) != samples for p in network.sources):
        found.append(Problem("inputs", f"not {samples} samples", fix="give each source as many as the run has"))
    return found + record_problems(network, record)


def _load(path: Path) -> Arrays:
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _totals(messages: NDArray[np.int32], samples: int) -> NDArray[np.int32]:
    return np.asarray(messages.reshape(samples, -1, messages.shape[1]).sum(axis=1, dtype=np.int32))


def _recorded(p: Probed, messages: Arrays) -> NDArray[np.int32]:
    """What a probe of a port recorded."""
    sent = messages[f"{p.part.name}.{p.probe.what}"]
    return sent[p.probe.start : p.probe.stop : p.probe.every, p.items]


def _stateful(network: Network) -> list[str]:
    return [p.name for p in network.populations if {"u", "v"} <= {state.name for state in states_of(p.neuron)}]


def _traces(
    network: Network, messages: Arrays, saved: Mapping[str, Arrays], record: Sequence[str], states: bool
) -> dict[str, Trace]:
    values = {name: messages[name] for name in record}
    if states:
        values |= {f"{name}.{state}": saved[name][state] for name in _stateful(network) for state in ("u", "v")}
    return {name: Trace.of(name, value) for name, value in values.items()}
