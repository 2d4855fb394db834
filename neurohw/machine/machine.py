"""The integer machine: a quantised network that runs chunk by chunk, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Progress, record_problems
from neurohw.ir.inputs import Inputs, input_problems, only_array
from neurohw.ir.network import Network
from neurohw.ir.probe import Probe
from neurohw.ir.promises import promised, require_kept
from neurohw.ir.randoms import decay_numbers, impulse_numbers, rounding_numbers
from neurohw.ir.run import Activity, Learned, PopulationActivity, ProbeRecord, ProjectionActivity, Run, Trace
from neurohw.ir.saved import like
from neurohw.machine.layout.build import build
from neurohw.machine.layout.programs import counted_by
from neurohw.machine.layout.schedule import scratch
from neurohw.machine.layout.tables import PROJECTION_OVERFLOWS
from neurohw.machine.simd.jit import Groups
from neurohw.machine.steps import run_kernel
from neurohw.machine.taps import Recorder

OVERFLOWS = "counters.population_overflows"
_NO_NUMBERS = np.zeros((0, 0, 5)), np.zeros((0, 0), np.int64)


class Machine:
    """The emulated chip between two chunks of input: tables, state and counters of one network.

    `steps`: time steps of one sample. `reset`: every sample starts from silence at time 1 (frozen networks).
    `record`: messages to sum up a sample ('layer1.out'). `window`: how many of the last steps are kept whole
    (messages of every port, u and v). `accumulator_bits`: width beyond which sums are counted as overflows.
    `kernel`: the compiled run; crossbars have one of their own. `pulses`: learning leaves the weights as they are, and
    what it asks for pending in the scratch room. `probes` record while it runs; `total`: steps of the whole run, for
    which they have room from the beginning. `seed`: of the random numbers that neurons draw; with `reset` they differ
    from sample to sample.
    """

    backend, chunk = "emulator", 2000  # samples a compiled call: short enough for progress and Ctrl-C

    def __init__(
        self, network: Network, *, steps: int, reset: bool = False, learn: bool = True,
        record: Sequence[str] = (), window: int = 0, accumulator_bits: int = 24,
        kernel: Callable[..., Any] = run_kernel, pulses: bool = False,
        probes: Sequence[Probe] = (), total: int | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        self._options: dict[str, Any] = {
            "steps": steps, "reset": reset, "learn": learn, "record": record, "window": window,
            "accumulator_bits": accumulator_bits, "kernel": kernel, "pulses": pulses,
            "probes": probes, "total": total, "seed": seed,
        }  # fmt: skip
        self._kernel, self._promises = kernel, promised(network)
        self.network, self.steps, self.reset, self.learn = network, steps, reset, learn
        self.tables, self.state, self.counters, self.layout = build(network, kernel is not run_kernel, seed)
        if reset and len(self.tables.plastics) and learn:
            raise NeurohwError(
                Problem("emulator", "a learning network cannot be reset each sample", fix="use reset=False")
            )
        self._scratch = scratch(self.tables, self.state, steps, pulses)
        self.recorder = Recorder(network, probes, self.tables, self.layout, total) if probes else None
        self._bind()
        self.samples = 0
        self.record, self._selected, self._width = tuple(record), *self._select(record)
        self._limit = (1 << (min(32, accumulator_bits) - 1)) - 1  # sums have 32 bits
        plastics = [p.plasticity for p in network.projections if p.plasticity is not None]
        self._rules = [plasticity.chip for plasticity in plastics if plasticity.chip]
        self._window = window
        self._sources = network.sources
        self._offsets = np.cumsum([0, *(p.size for p in self._sources)], dtype=np.int64)[:-1]
        self._spans = {name: slice(into, into + size) for name, (_, _, size, into) in zip(record, self._selected)}
        self._no_window = self._room(0)
        self._rasters: list[NDArray[np.int32]] = []
        self._membranes: list[NDArray[np.int32]] = []

    def _bind(self) -> None:
        """Tell the kernels where everything is."""
        if self.recorder:
            self._scratch = self._scratch._replace(**self.recorder.fields())
        self._groups = Groups(self.tables, self.state, self.counters, self._scratch)

    def _select(self, record: Sequence[str]) -> tuple[NDArray[np.int64], int]:
        raise_if_any(record_problems(self.network, record))
        rows, width, ports = [], 0, list(self.layout.outputs)
        for name in record:
            where = self.layout.outputs[name]
            rows.append((ports.index(name), where.start, where.stop - where.start, width))
            width += where.stop - where.start
        return np.array(rows, np.int64).reshape(-1, 4), width

    def advance(self, inputs: Inputs, *own: Any) -> dict[str, NDArray[np.int32]]:
        """Run the samples in `inputs` (source -> [samples, frames, n]); return the summed messages of each sample.

        `own`: further arguments of the kernel.
        """
        spikes, payloads = self._pack(inputs)
        samples = len(spikes)
        n_steps = samples * self.steps
        numbers, impulses = self._numbers(0 if self.reset else n_steps) if self._rules else _NO_NUMBERS
        window = min(n_steps, self._window)
        skip = n_steps - window
        raster, membrane = self._room(window) if window else self._no_window
        totals = np.zeros((samples, self._width), np.int32)
        if self.recorder and self.recorder.begin(self.samples * self.steps, n_steps, skip):
            self._bind()
        self.tables.sample[0] = self.samples
        self._kernel(
            self._groups, spikes, payloads, self._offsets, numbers, impulses, self._selected, totals, raster, membrane,
            self.steps, self.reset, self.learn, skip, self._limit, *own,
        )  # fmt: skip
        self._require_promises()
        self.samples += samples
        if window:
            self._rasters = recent(self._window, [*self._rasters, raster])
            self._membranes = recent(self._window, [*self._membranes, membrane])
        return {name: totals[:, span] for name, span in self._spans.items()}

    def _require_promises(self) -> None:
        """A NeurohwError for messages beyond what their ports declare."""
        if self._promises:
            require_kept(self._promises, {port: int(n[0]) for port, n in self.layout.broken.items()})

    def _room(self, window: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Room for the messages, and for u and v, of so many steps."""
        slots, cells = len(self.state.messages), self.state.cells.shape[1]
        return np.zeros((window, slots), np.int32), np.zeros((window, 2, cells), np.int32)

    def _pack(self, inputs: Inputs) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
        """Inputs of all sources side by side, [samples, frames, neurons], in int8 (as they are if it is one array) if
        all come so, else in int32, the other empty. Checks names, shapes, payloads.
        """
        array = only_array(self.network, inputs, self.steps)
        if array is not None:
            return np.ascontiguousarray(array), np.zeros((len(array), 0, 0), np.int32)
        if not self._sources:
            raise NeurohwError(Problem("network", "has no source, which says how long it runs", fix="add a Source"))
        raise_if_any(input_problems(self.network, inputs, self.steps))
        arrays = [np.asarray(inputs[p.name]) for p in self._sources]
        arrays = [a.view(np.int8) if a.dtype == np.bool_ else a for a in arrays]
        narrow = all(a.dtype == np.int8 for a in arrays)
        frames, width = max(a.shape[1] for a in arrays), sum(a.shape[2] for a in arrays)
        packed: NDArray[Any] = np.zeros((len(arrays[0]), frames, width), np.int8 if narrow else np.int32)
        for a, offset in zip(arrays, self._offsets):
            packed[:, : a.shape[1], offset : offset + a.shape[2]] = a
        if narrow:
            return packed, np.zeros((len(packed), 0, 0), np.int32)
        return np.zeros((len(packed), 0, 0), np.int8), packed

    def _numbers(self, n_steps: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Random numbers of the epochs that end in the next so many steps (Lava's sequences)."""
        rules, first = self._rules, int(self.state.time[0])
        epochs = max([(first + n_steps) // r.epoch - first // r.epoch for r in rules], default=0)
        numbers = np.zeros((len(rules), epochs, 5))
        two_factor = any(not r.third_factor for r in rules)
        impulses = np.zeros((len(rules), n_steps if two_factor else 0), np.int64)
        for k, (r, row) in enumerate(zip(rules, self.tables.plastics)):
            done, last = first // r.epoch, (first + n_steps) // r.epoch
            at = slice(0, last - done)
            stride = 2 * r.epoch
            draws = slice(stride * (done + 1), stride * last + 1, stride)
            for n, traces in enumerate((slice(0, 2), slice(2, 5))):  # what is drawn for x, and for y, if it decides
                if row["uses"][traces].any():
                    numbers[k, at, n] = decay_numbers(r.seed + 2 * n, draws)
                if row["fraction"][traces].any():
                    numbers[k, at, 2 + n] = impulse_numbers(r.seed + 1 + 2 * n, draws)
            numbers[k, at, 4] = rounding_numbers(slice(done + 1, last + 1))
            if not r.third_factor:
                impulses[k] = impulse_numbers(r.seed + 3, slice(2 * first + 1, 2 * (first + n_steps), 2))
        return numbers, impulses

    def finish(self, progress: Progress | None = None) -> Run:
        """What the machine leaves behind now."""
        return Run(self.backend, {}, self.activity(), self.learned(), self.traces(), probes=self.records())

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, [n_post, n_pre]."""
        weights = self.by_projection(self.state.weights)
        tags, tags2 = (self.by_projection(values, "synapse") for values in (self.state.tags, self.state.tags2))
        return {name: Learned(weights[name], tags[name], tags2[name]) for name in weights}

    def by_projection(self, values: NDArray[Any], where: str = "weight") -> dict[str, NDArray[np.int32]]:
        """Values of all plastic synapses, stored like the weights (or like the tags: 'synapse'), as [n_post, n_pre]."""
        out = {}
        for r in self.tables.plastics:
            q, p = self.tables.projections[r["projection"]], self.network.projections[r["projection"]]
            size = p.weight.nnz if p.sparse else p.weight.size
            start = q["weight"] if where == "weight" else r["synapse"]
            out[p.name] = self._post_major(values[start:][:size], q, p.weight.shape)
        return out

    def _post_major(self, stored: NDArray[Any], q: Any, shape: tuple[int, int]) -> NDArray[np.int32]:
        n_post, n_pre = shape
        if not q["sparse"]:
            return np.ascontiguousarray(stored.reshape(n_pre, n_post).T.astype(np.int32))
        columns = self.tables.columns[q["column"] : q["column"] + len(stored)]
        rows = self.tables.rows[q["rows"] : q["rows"] + n_pre + 1]
        dense = sparse.csr_array((stored.astype(np.int32), columns, rows), shape=(n_pre, n_post)).toarray()
        return np.ascontiguousarray(dense.T)

    def activity(self) -> Activity:
        """Counts since the machine was made."""
        steps = self.samples * self.steps
        projections = {p.name: self._projection_activity(k) for k, p in enumerate(self.network.projections)}
        populations = {}
        for k, p in enumerate(self.network.populations):
            messages = {
                port: self.counters.messages[self.layout.outputs[f"{p.name}.{port}"]].copy()
                for port in p.neuron.outputs
            }
            active, sending = map(int, self.counters.active[k])
            populations[p.name] = PopulationActivity(p.size * steps, active, sending, messages)
        raster = self.raster()
        window = {
            p.name: raster[:, self.layout.outputs[f"{p.pre}.{p.pre_port}"]] != 0 for p in self.network.projections
        }
        return Activity(self.samples, steps, projections, populations, window, self.overflows())

    def _projection_activity(self, index: int) -> ProjectionActivity:
        p, q = self.network.projections[index], self.tables.projections[index]
        events = self.counters.messages[self.layout.outputs[f"{p.pre}.{p.pre_port}"]].copy()
        dense = int(events.sum()) * p.weight.shape[0]
        if q["plastic"] < 0:
            return ProjectionActivity(events, int(events @ self.state.fan_out[self.layout.fan_in[p.name]]), dense)
        ops, learning = self.counters.synaptic_ops[q["plastic"]], self.counters.learning[q["plastic"]]
        return ProjectionActivity(events, int(ops), dense, *map(int, learning))

    def overflows(self) -> dict[str, int]:
        """What left its hardware range, '<population or projection>: <what>' -> times."""
        found = {}
        rows = [
            *((p.name, counted_by(p.neuron)) for p in self.network.populations),
            *((p.name, PROJECTION_OVERFLOWS) for p in self.network.projections),
        ]
        counts = (*self.counters.population_overflows, *self.counters.projection_overflows)
        for (name, kinds), row in zip(rows, counts):
            found.update({f"{name}: {kind}": int(n) for kind, n in zip(kinds, row) if n})
        return found

    def raster(self) -> NDArray[np.int32]:
        """Messages of all ports in the recorded window, [steps, message slots]."""
        return _last(self._window, [np.zeros((0, len(self.state.messages)), np.int32), *self._rasters])

    def _membrane(self) -> NDArray[np.int32]:
        """u and v of all neurons in the recorded window, [steps, 2, neurons]."""
        return _last(self._window, [np.zeros((0, 2, self.state.cells.shape[1]), np.int32), *self._membranes])

    def traces(self) -> dict[str, Trace]:
        """Recorded messages of every port, and u and v of LIF neurons, in the window."""
        raster, membrane = self.raster(), self._membrane()
        out = {name: Trace.of(name, raster[:, where]) for name, where in self.layout.outputs.items()}
        for p, row in zip(self.network.populations, self.tables.populations):
            if row["membrane"]:
                for k, signal in enumerate("uv"):
                    out[f"{p.name}.{signal}"] = Trace(p.name, signal, membrane[:, k, self.layout.cells[p.name]])
        return out

    def change(self, network: Network) -> None:
        """Go on with a network that has other parameters of neurons and rules, and the rest alike."""
        saved = self.checkpoint()
        self.__dict__.update(vars(Machine(network, **self._options)))
        self.restore(saved)

    def records(self) -> dict[str, ProbeRecord]:
        """What the probes have recorded so far, by name."""
        return self.recorder.records() if self.recorder else {}

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything needed to go on later: state, counters, recorded window."""
        named = {f"state.{k}": v.copy() for k, v in self.state._asdict().items()}
        named.update({f"counters.{k}": v.copy() for k, v in self.counters._asdict().items()})
        named["raster"], named["membrane"] = self.raster(), self._membrane()
        named["samples"] = np.array(self.samples)
        named |= self.recorder.checkpoint() if self.recorder else {}
        return named

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint of the same network; a KeyError or ValueError, and nothing done, if it is another."""
        saved = {**saved, OVERFLOWS: _widened(saved[OVERFLOWS], self.counters.population_overflows)}
        groups = (("state", self.state), ("counters", self.counters))
        own = {f"{group}.{name}": array for group, arrays in groups for name, array in arrays._asdict().items()}
        taken = {name: like(array, saved, name) for name, array in own.items()}
        raster = like(self.raster(), saved, "raster", grows=True)
        membrane = like(self._membrane(), saved, "membrane", grows=True)
        samples = int(like(np.array(self.samples), saved, "samples"))
        if not self.reset and int(taken["state.time"][0]) != samples * self.steps:
            raise ValueError(f"time is {taken['state.time'][0]} after {samples} samples")
        if self.recorder:
            self.recorder.restore(saved, samples * self.steps)
            self._bind()
        for name, array in own.items():
            array[...] = taken[name]
        if not len(self.tables.order):  # step by step, the next one withdraws the messages that stand
            for port, where in enumerate(self.layout.outputs.values()):
                who = np.flatnonzero(self.state.messages[where])
                self._scratch.sent[0, port] = len(who)
                self._scratch.events[0, where.start : where.start + len(who)] = who
        self.samples, self._rasters, self._membranes = samples, [raster], [membrane]


def _widened(saved: NDArray[Any], own: NDArray[Any]) -> NDArray[Any]:
    """Counters of populations with columns for what was not counted when a checkpoint was written."""
    missing = own.shape[1] - saved.shape[1] if saved.ndim == 2 else 0
    return np.pad(saved, ((0, 0), (0, missing))) if missing > 0 else saved


def recent(count: int, parts: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
    """Recordings that follow each other, without those that are over before the last `count` steps."""
    while sum(map(len, parts[1:])) >= count:
        parts = parts[1:]
    return parts


def _last(count: int, parts: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """The last `count` steps of recordings that follow each other; a view if they are in one of them (of a million
    neurons, 100 steps are a gigabyte)."""
    filled = [p for p in parts if len(p)] or parts[:1]
    joined = filled[0] if len(filled) == 1 else np.concatenate(filled)
    return joined[max(0, len(joined) - count) :]
