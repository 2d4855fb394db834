"""What a run leaves behind: counts that no chip or price is part of, outputs, learned weights, recorded signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.diagnosis import Diagnosis
from neurohw.ir.network import Network

if TYPE_CHECKING:
    from neurohw.ir.mapping import Program

UNSAVED = {"saved": False}  # metadata of a field that is no part of files and fingerprints


@dataclass(frozen=True)
class ProjectionActivity:
    """Counts of one projection over a run.

    events [n_pre]: non-zero messages; synaptic_ops, dense_ops: events x non-zero, and x full, fan-out;
    learning_epochs; learning_visited: synapses whose dependency was active, summed over epochs;
    learning_written: synapses of which a stored variable changed, summed over epochs; the rest was gated off.
    """

    events: NDArray[np.int64]
    synaptic_ops: int
    dense_ops: int
    learning_epochs: int = 0
    learning_visited: int = 0
    learning_written: int = 0

    @property
    def learning_gated_off(self) -> int:
        """Synapses that were looked at and left unchanged because the third factor or the product was zero."""
        return self.learning_visited - self.learning_written


@dataclass(frozen=True)
class PopulationActivity:
    """Counts of one population: updates (neurons x steps), active ones (with input or output), those that sent a
    message, and messages by port."""

    updates: int
    active_updates: int
    sending_updates: int
    messages: Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True)
class ArrayActivity:
    """Counts of the crossbar arrays of one projection.

    vectors: inputs that were not silent; reads: of an array, one a digit of its inputs; active_rows: rows driven, over
    all reads; conversions, clipped: of the analogue-digital converters; energy [J]: what the reads drew from the rows;
    input_bits: of one input; pulses: sent to single cells by learning; written: cells programmed to a new value.
    """

    vectors: int = 0
    reads: int = 0
    active_rows: int = 0
    conversions: int = 0
    clipped: int = 0
    energy: float = 0.0
    input_bits: int = 0
    pulses: int = 0
    written: int = 0


@dataclass(frozen=True)
class Activity:
    """Target-neutral counts of one run of `samples` samples (fixations when learning), `steps` steps in all.

    `window`: (projection -> bool [steps, n_pre]) the messages of the last steps, for latency; it may be shorter than
    the run. `overflows`: what left its hardware range, name -> times. `arrays`: projection -> what crossbars did.
    `host_writes`: population or projection -> how often the host has written one of its parameters.
    """

    samples: int
    steps: int
    projections: Mapping[str, ProjectionActivity]
    populations: Mapping[str, PopulationActivity]
    window: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    overflows: Mapping[str, int] = field(default_factory=dict)
    arrays: Mapping[str, ArrayActivity] = field(default_factory=dict)
    host_writes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """Final synaptic variables of a plastic projection: weights and tags [n_post, n_pre]."""

    weight: NDArray[np.int32]
    tag: NDArray[np.int32]
    tag2: NDArray[np.int32]


@dataclass(frozen=True)
class Trace:
    """One recorded signal: values [steps, n] of `population`.`port` or of a state such as 'u' and 'v'."""

    population: str
    signal: str
    values: NDArray[np.int32]

    @classmethod
    def of(cls, name: str, values: NDArray[np.int32]) -> Trace:
        """The signal 'population.signal'."""
        population, _, signal = name.rpartition(".")
        return cls(population, signal, values)


@dataclass(frozen=True)
class ProbeRecord:
    """What one `ir.probe.Probe` recorded.

    values [times, n]: at the end of each step in `steps` [times], which count from 0 at the start of the run, through
    all samples. items: of a population, or a trace of its spikes, the neurons [n]; of a synaptic variable the synapses
    [n, 2], post and pre. `unit` and `meaning` are those of what was recorded.
    """

    values: NDArray[np.int32]
    steps: NDArray[np.int64]
    items: NDArray[np.int64]
    unit: str
    meaning: str


@dataclass(frozen=True)
class Origin:
    """What is known of a run beyond its file: the `program`, or bare network, that it is a run of, what `diagnose`
    looks at both with, and notes on how it was run."""

    program: Program | Network
    diagnose: Callable[[Program | Network, Run], Diagnosis]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """Result of simulate: `totals` name -> [samples, n] summed messages a sample ('layer1.out'), learned synapses,
    recorded traces, final states, activity, what made it, and the records of probes by their names.

    `origin` is set by whatever knows it: simulate, run_network, a session, and load_run of a folder.
    """

    backend: str
    totals: Mapping[str, NDArray[np.int32]]
    activity: Activity
    learned: Mapping[str, Learned] = field(default_factory=dict)
    traces: Mapping[str, Trace] = field(default_factory=dict)
    states: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    probes: Mapping[str, ProbeRecord] = field(default_factory=dict)
    origin: Origin | None = field(default=None, repr=False, compare=False, metadata=UNSAVED)

    @property
    def program(self) -> Program | Network | None:
        """What it is a run of, if that is known."""
        return self.origin.program if self.origin else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of how it was run, such as that it ended before the last layer heard everything."""
        return self.origin.notes if self.origin else ()

    def diagnose(self) -> Diagnosis:
        """What is silent, saturated or does not learn, and why: `nh.diagnose` of the program that this is a run of.

        Raise a NeurohwError if the program is not known, and for a run that was not counted.
        """
        if self.origin is None:
            what, fix = "the program of this run is not known", "call nh.diagnose(program, run)"
            raise NeurohwError(Problem("run.diagnose", what, fix=fix))
        return self.origin.diagnose(self.origin.program, self)

    def __repr__(self) -> str:
        lines = [f"Run({self.backend}, {self.activity.samples:,} samples, {self.activity.steps:,} steps)"]
        lines += [
            f"  {name:<14} messages {_shape(total)}, {np.sum(total, dtype=np.int64):,} in sum"
            for name, total in self.totals.items()
        ]
        lines += [f"  {name:<14} learned {_shape(synapses.weight)}" for name, synapses in self.learned.items()]
        lines += [f"  {name:<14} recorded {_shape(trace.values)}" for name, trace in self.traces.items()]
        lines += [f"  {name:<14} probed {_shape(record.values)}" for name, record in self.probes.items()]
        lines += [f"  overflow: {name}, {count:,} times" for name, count in self.activity.overflows.items()]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


def _shape(array: NDArray[Any]) -> str:
    return "x".join(map(str, np.shape(array)))


WALL_CLOCK = ("compiling", "running")  # of provenance [s]: all of a run that differs by nature when it is repeated


def without_times(run: Run) -> Run:
    """A run without its wall-clock times: what a file of it holds, so that a repeated run gives the same bytes."""
    return replace(run, provenance={name: value for name, value in run.provenance.items() if name not in WALL_CLOCK})


def ended(network: Network, run: Run) -> Network:
    """The network with the weights that a run ended with."""
    learned = {name: synapses.weight for name, synapses in run.learned.items()}
    projections = tuple(replace(p, weight=learned.get(p.name, p.weight)) for p in network.projections)
    return replace(network, projections=projections)


def differences(a: Run, b: Run) -> list[str]:
    """What differs between two runs of one program: messages summed a sample, weights and tags."""
    found = [f"messages of {name}" for name in a.totals if not np.array_equal(a.totals[name], b.totals[name])]
    for name, learned in a.learned.items():
        for part in ("weight", "tag", "tag2"):
            count = int(np.sum(getattr(learned, part) != getattr(b.learned[name], part)))
            if count:
                found.append(f"{count} values of {name} {part}")
    return found
