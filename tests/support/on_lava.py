"""Populations of neuron programs, and Lava's own processes, on Lava alone: what arrives in each step is given."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from lava.magma.core.run_configs import Loihi2SimCfg
from numpy.typing import NDArray

from neurohw.backends.lava.guard import run_guarded
from neurohw.backends.lava.processes.program import Population, RunConfig, in_port, out_port
from neurohw.backends.lava.processes.recorder import Recorder, recorder_model
from neurohw.backends.lava.processes.source import FrameSource, PyFrameSource
from neurohw.backends.lava.saving import Save, Tap
from neurohw.microcode.kind import kind_of

Arrays = dict[str, NDArray[Any]]


def run_on_lava(neurons: list[Any], inputs: list[Arrays], size: int) -> list[Arrays]:
    """Messages and states of each population in each step, [steps, size], by name; `inputs`: [steps, size] by port."""
    steps = len(next(iter(inputs[0].values())))
    programs = [kind_of(neuron).program(neuron) for neuron in neurons]
    sent = [[d.name for d in program.of_role("sends")] for program in programs]
    with tempfile.TemporaryDirectory(prefix="neurohw-lava-") as folder:
        recorder = Recorder(sizes=[size for names in sent for _ in names], save=Save(f"{folder}/sent.npz", steps))
        free = iter(range(sum(map(len, sent))))
        for k, (neuron, program) in enumerate(zip(neurons, programs)):
            kept = [d.name for d in program.of_role("state", "trace")] + ["y0"] * bool(program.of_role("spikes_back"))
            save = Save(f"{folder}/{k}.npz", steps, {name: Tap(name, range(steps)) for name in kept})
            population = Population(size=size, neuron=neuron, number=k, save=save)
            for port, values in inputs[k].items():
                source = FrameSource(frames=np.asarray(values, np.int32)[None], steps=steps)
                source.s_out.connect(getattr(population, in_port(port)))
            for name in sent[k]:
                getattr(population, out_port(name)).connect(getattr(recorder, f"in_{next(free)}"))
        models = {Recorder: recorder_model(sum(map(len, sent)))}
        run_guarded(recorder, RunConfig(select_tag="fixed_pt", exception_proc_model_map=models), steps, timeout=120)
        messages = iter(_load(Path(folder, "sent.npz")).values())
        return [
            {name: next(messages) for name in sent[k]} | _load(Path(folder, f"{k}.npz")) for k in range(len(neurons))
        ]


def run_own(process: Any, inputs: Arrays, tag: str = "fixed_pt") -> NDArray[Any]:
    """What one of Lava's own processes sends in each step, [steps, size]; `inputs`: [steps, size] by its port."""
    (steps, size), *_ = (values.shape for values in inputs.values())
    with tempfile.TemporaryDirectory(prefix="neurohw-lava-") as folder:
        for port, values in inputs.items():
            source = FrameSource(frames=np.asarray(values, np.int32)[None], steps=steps)
            source.s_out.connect(getattr(process, port))
        recorder = Recorder(sizes=[size], save=Save(f"{folder}/sent.npz", steps))
        process.s_out.connect(recorder.in_0)
        models = {Recorder: recorder_model(1), FrameSource: PyFrameSource}
        run_guarded(recorder, Loihi2SimCfg(select_tag=tag, exception_proc_model_map=models), steps, timeout=120)
        return _load(Path(folder, "sent.npz"))["in_0"]


def _load(path: Path) -> Arrays:
    if not path.exists():  # of a program without states
        return {}
    with np.load(path) as arrays:
        return {name: arrays[name] for name in arrays.files}
