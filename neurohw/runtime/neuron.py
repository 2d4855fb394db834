"""One neuron step by step: what arrived, the terms of its equation, what it sent; in the emulator's integers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.diagnosis.terms import Steps, terms
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import Whole, integer_problems, require_kind
from neurohw.ir.engine import Setting
from neurohw.ir.inputs import Inputs, input_problems, mapping_problems
from neurohw.ir.mapping import Program
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import states_of
from neurohw.ir.probe import Probe
from neurohw.ir.run import Run
from neurohw.microcode.equations import equations
from neurohw.microcode.kind import program_of
from neurohw.runtime.backends import make_resumable
from neurohw.runtime.options import RunOptions
from neurohw.runtime.run import shown

STEPS, STEPS_MAX = 64, 10_000
SCHEMA = "neurohw.neuron_trace/1"
Ints = NDArray[np.int64]
Rows = Mapping[str, Ints]  # of learned weights, projection -> [T, n_pre]


@dataclass(frozen=True)
class NeuronTrace:
    """Neuron number `neuron` of a population in T steps.

    sample, step [T]: which sample (fixation), and the t of the equation: of the sample if each starts from rest, else
    of the run. arrived: projection -> [T], what its synapses on this neuron added. terms: name -> [T], the terms of the
    equation. sent: port -> [T]. `equation`: of the kind of neuron, as its docstring says it.
    """

    population: str
    neuron: int
    sample: Ints
    step: Ints
    arrived: Mapping[str, Ints]
    terms: Mapping[str, Ints]
    sent: Mapping[str, Ints]
    equation: str

    def _columns(self) -> dict[str, Ints]:
        sent = {f"-> {port}": values for port, values in self.sent.items()}
        return {"sample": self.sample, "t": self.step, **self.arrived, **self.terms, **sent}

    def text(self) -> str:
        """A table, one line a step: what arrived by projection, the terms, and after -> what was sent by port."""
        columns = [[name, *map(str, values)] for name, values in self._columns().items()]
        widths = [max(map(len, column)) for column in columns]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in zip(*columns)]
        return "\n".join([f"{self.population}[{self.neuron}]", *lines, "", self.equation])

    __str__ = text

    def document(self) -> dict[str, Any]:
        """`neurohw.neuron_trace/1`: the same as JSON-ready values."""
        parts = {name: {k: v.tolist() for k, v in getattr(self, name).items()} for name in ("arrived", "terms", "sent")}
        where = {"population": self.population, "neuron": self.neuron}
        return {"schema": SCHEMA, **where, "sample": self.sample.tolist(), "t": self.step.tolist(), **parts}


def trace_neuron(
    program: Program | Network, population: str, neuron: int, *, inputs: Inputs | None = None, steps: int = STEPS
) -> NeuronTrace:
    """Run a program on the emulator from its start, and show one neuron in its first `steps` steps.

    `inputs`: source -> payloads [samples, frames, neurons]; by default what the program was made for. A frozen program
    starts each sample from rest; one without a model gives each as many steps as there are frames, a bare network at
    least its period. The messages of all neurons are kept for as many steps.

    Raise a NeurohwError for a population or a neuron that does not exist, and for inputs that do not fit.
    """
    require_kind("trace_neuron: program", program, (Program, Network))
    network = program if isinstance(program, Network) else program.network
    unfit = [] if inputs is None else mapping_problems("inputs", inputs)
    raise_if_any([*_problems(network, population, neuron, steps), *unfit])
    neuron, steps, chosen = int(neuron), int(steps), network.population(population)
    length = _length(program, inputs)
    given = _shown(program, inputs, -(-steps // length))
    raise_if_any(input_problems(network, given, length))
    samples = min(-(-steps // length), *(len(x) for x in given.values()))
    given = {name: _unrolled(np.asarray(x)[:samples], length) for name, x in given.items()}
    learns = any(p.plasticity for p in network.projections)
    probes = [Probe(population, state.name, neurons=[neuron]) for state in states_of(chosen.neuron)]
    run, rows = _learning(network, given, chosen, neuron, probes) if learns else _frozen(network, given, length, probes)
    total = min(steps, samples * length)
    time = np.arange(total) if learns else np.arange(total) % length
    arrived = {
        p.name: _arrived(p, neuron, _messages(run, p.pre, p.pre_port), rows, total if learns else length)[:total]
        for p in network.into(population)
    }
    shown = _steps(run, chosen, neuron, time + 1, arrived, network)
    return NeuronTrace(
        population, neuron, np.arange(total) // length, time + 1, arrived, terms(shown),
        {port: _messages(run, population, port)[:total, neuron] for port in chosen.neuron.outputs},
        equation_of(chosen.neuron),
    )  # fmt: skip


def _problems(network: Network, population: str, neuron: int, steps: int) -> Iterator[Problem]:
    sizes = {p.name: p.size for p in network.populations}
    if not isinstance(population, str) or population not in sizes:
        yield Problem("population", f"no population '{population}'", fix=did_you_mean(population, sizes))
    else:
        yield from integer_problems(f"neuron of '{population}'", neuron, Whole(0, sizes[population] - 1))
    yield from integer_problems("steps", steps, Whole(1, STEPS_MAX))


def _length(program: Program | Network, inputs: Inputs | None) -> int:
    """Steps of a sample: the period, but frames where no model says it."""
    frames = max((np.shape(x)[1] for x in (inputs or {}).values() if np.ndim(x) > 1), default=1)
    if isinstance(program, Network):
        return max(program.period, frames)
    return program.network.period if program.recipe or inputs is None else frames


def _shown(program: Program | Network, inputs: Inputs | None, samples: int) -> Inputs:
    """The first samples of what a program is shown."""
    if inputs is not None:
        return inputs
    if isinstance(program, Network):
        raise NeurohwError(Problem("inputs", "a network has none of its own", fix="give inputs={source: payloads}"))
    fixations = None if program.mode == "infer" else samples
    first = shown(program, RunOptions(fixations=fixations))[0].take(samples)
    assert first is not None  # data sets are not empty
    return first


def _frozen(network: Network, inputs: Inputs, length: int, probes: Sequence[Probe]) -> tuple[Run, Rows]:
    """Each sample from rest, all at once; no weights change."""
    steps = sum(map(len, next(iter(inputs.values()))))
    engine = make_resumable("emulator", Setting(network, length, True, traces=steps, window=steps, probes=probes))
    engine.advance(inputs)
    return engine.finish(), {}


def _learning(
    network: Network, inputs: Inputs, population: Population, neuron: int, probes: Sequence[Probe]
) -> tuple[Run, Rows]:
    """Epoch by epoch, in samples of one step, to see the weights that each step starts with."""
    flat = {name: x.reshape(-1, 1, x.shape[2]) for name, x in inputs.items()}
    steps = len(next(iter(flat.values())))
    engine = make_resumable("emulator", Setting(network, 1, traces=steps, window=steps, probes=probes))
    rules = {p.name: p.plasticity.chip for p in network.into(population.name) if p.plasticity}
    ends = [rule.epoch for rule in rules.values() if rule]
    rows: dict[str, list[Any]] = {name: [] for name in rules}
    cuts = sorted({0, steps, *(t for epoch in ends for t in range(epoch, steps, epoch))})
    for start, stop in pairwise(cuts):  # weights change at the ends of epochs only
        now = engine.learned()
        for name, row in rows.items():
            row += [now[name].weight[neuron]] * (stop - start)
        engine.advance({name: x[start:stop] for name, x in flat.items()})
    return engine.finish(), {name: np.array(row, np.int64) for name, row in rows.items()}


def _unrolled(x: NDArray[Any], length: int) -> NDArray[Any]:
    """Samples with one frame for each of `length` steps, silent where they had none."""
    out = np.zeros((len(x), length, x.shape[2]), x.dtype)
    out[:, : x.shape[1]] = x
    return out


def _messages(run: Run, population: str, port: str) -> Ints:
    return run.traces[f"{population}.{port}"].values.astype(np.int64)


def _arrived(p: Projection, neuron: int, messages: Ints, rows: Rows, length: int) -> Ints:
    """What synapses on one neuron added to its input in each step [T]; samples of `length` steps start from rest."""
    seen = messages if p.graded else (messages != 0).astype(np.int64)
    delay = np.asarray(p.delay if np.ndim(p.delay) == 0 else np.asarray(p.delay)[neuron])
    out = np.zeros(len(messages), np.int64)
    for steps in np.unique(delay):
        products = seen * _rows(p, neuron, rows)
        sums = _in_range(products[:, np.broadcast_to(delay == steps, products.shape[1:])].sum(axis=1), p)
        for start in range(0, len(out), length):
            stop = min(start + length, len(out))
            first = min(start + 1 + int(steps), stop)
            out[first:stop] += sums[start : start + stop - first]
    return out


def _rows(p: Projection, neuron: int, learned: Rows) -> Ints:
    """Weights of one neuron [1 or T, n_pre]: those that each step starts with if they learn."""
    if p.name in learned:
        return learned[p.name]
    row = p.matrix[[neuron]]
    stored = row.toarray() if hasattr(row, "toarray") else row
    return np.asarray(p.format.stored(stored) if p.format else stored, np.int64)


def _in_range(sums: Ints, p: Projection) -> Ints:
    """Times 2^exponent; shared weights wrap in 24 bits, as Lava's Conv does."""
    exponent = p.format.exponent if p.format else 0
    scaled = sums << exponent if exponent >= 0 else sums >> -exponent
    return (scaled + 2**23) % 2**24 - 2**23 if p.shared else scaled


def _steps(
    run: Run, population: Population, neuron: int, time: Ints, arrived: Mapping[str, Ints], network: Network
) -> Steps:
    """What the equation of a neuron reads."""
    ports = {port: np.zeros(len(time), np.int64) for port in population.neuron.inputs}
    for p in network.into(population.name):
        ports[p.post_port] = ports[p.post_port] + arrived[p.name]
    states = {
        state.name: run.probes[f"{population.name}.{state.name}"].values[: len(time), 0].astype(np.int64)
        for state in states_of(population.neuron)
    }
    return Steps(population, neuron, time, ports, states)


def equation_of(neuron: Any) -> str:
    """The equation in the docstring of a kind of neuron: its indented lines, or without them its program."""
    text = inspect.getdoc(type(neuron)) or ""
    written = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    return written or equations(program_of(neuron))
