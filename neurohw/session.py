"""A learning run on emulated cores or crossbars: chunks with progress, checkpoints that resume, and strictness."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts
from neurohw.backends.crossbar.learning import LearningMachine
from neurohw.backends.emulator.run import Machine, run
from neurohw.data.coding import Coder, with_count
from neurohw.data.dataset import Dataset
from neurohw.data.sampling import FixationStream
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.mapping import Program
from neurohw.ir.network import Network
from neurohw.ir.run import Run
from neurohw.spec import ModelSpec

CHUNK = 2000  # fixations a compiled call: short enough for progress and Ctrl-C
LATENCY_WINDOW = 600  # last steps of a run whose messages are kept, for the latency
LATENCY_ROOM = 1 << 26  # messages that they hold at most: fewer steps of a large network
Progress = Callable[[int, int], None]


def latency_window(network: Network) -> int:
    """How many of the last steps of a run are kept whole."""
    messages = sum(p.size * len(p.neuron.outputs) for p in network.populations)
    return max(1, min(LATENCY_WINDOW, LATENCY_ROOM // max(1, messages)))


def layer_ports(network: Network) -> list[str]:
    """The output of every layer, to record in a frozen network: what speaks on one port, but for the sources."""
    return [f"{p.name}.out" for p in network.populations if p.neuron.outputs == ("out",) and p not in network.sources]


def raise_on_overflow(overflows: Mapping[str, int]) -> None:
    """Strictness: every overflow is an error."""
    fix = "use larger shifts or fewer inputs, or run without strict"
    raise_if_any([Problem(where, f"{count} times", "none in strict mode", fix) for where, count in overflows.items()])


def hinge_ports(network: Network) -> list[str]:
    """The gate and the loss of every layer, to record while learning."""
    return [f"{p.name}.{port}" for p in network.populations if p.name.startswith("hinge") for port in ("gamma", "loss")]


class Stream(Protocol):
    """The inputs of a run that learns, one sample after the other; it can be left and gone on with."""

    total: int

    def take(self, count: int) -> dict[str, NDArray[Any]]:
        """The next samples."""
        ...

    def state(self) -> dict[str, Any]:
        """Where it stands, as plain values."""
        ...

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        ...


class Fixations:
    """The fixations a learning program sees: what the eye looks at, coded for the input. Can be gone through again."""

    def __init__(self, model: ModelSpec, data: Dataset, seed: int, total: int) -> None:
        self.model, self.data, self.seed, self.total = model, data, seed, total
        self.restart()

    def __iter__(self) -> Iterator[dict[str, NDArray[Any]]]:
        self.restart()
        for start in range(0, self.total, CHUNK):
            yield self.take(min(CHUNK, self.total - start))

    def restart(self) -> None:
        """Back to the first fixation."""
        eye, chip = self.model.data, self.model.chip
        views, order = self.data.views, (self.data.lengths, eye.dt)
        self.stream = FixationStream(views, self.seed, eye.saccade, eye.noise, chip.shuffle_sign, *order)
        self.coder = Coder(self.model.input, self.seed)

    def take(self, count: int) -> dict[str, NDArray[Any]]:
        """The next fixations as inputs of a learning network; spikes are followed by their count."""
        x, y, _ = self.stream.take(count)
        frames = self.coder.frames(x)
        return {"input": with_count(frames) if self.model.spiking else frames, "sameness": y[:, None, None]}

    def state(self) -> dict[str, Any]:
        """Where they stand, as plain values."""
        return {"stream": self.stream.state(), "coder": self.coder.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state`."""
        self.stream.restore(state["stream"])
        self.coder.restore(state["coder"])


def settings_of(program: Program) -> ModelSpec:
    """The model a program was compiled from."""
    if program.settings is None:
        raise NeurohwError(Problem("program", "was compiled from a network, not from a model", fix="use run_network"))
    return program.settings


class Session:
    """One learning run: the stream in chunks, with progress, checkpoints and strictness; on arrays of `design`."""

    def __init__(
        self, program: Program, fixations: Stream, record: Sequence[str], checkpoint: Path | None, every: int,
        progress: Progress | None, strict: bool, window: int = LATENCY_WINDOW, design: Crossbar | None = None,
    ) -> None:  # fmt: skip
        self.program, self.fixations, self.total, self.strict = program, fixations, fixations.total, strict
        self.path, self.every, self.progress = checkpoint, every, progress
        self.totals: dict[str, list[NDArray[np.int32]]] = {}
        options: dict[str, Any] = {"steps": program.network.period, "record": record, "window": window}
        options["accumulator_bits"] = program.target.accumulator_bits
        self.machine: Machine | LearningMachine
        if design is None:
            self.machine = Machine(program.network, **options)
        else:
            self.machine = LearningMachine(program.network, design=design, seed=program.seed, **options)

    def run(self, resume: bool) -> Run:
        """Run to the end, from the checkpoint if `resume`."""
        if resume:
            self._restore()
        result = run(
            self.program.network,
            self._chunks(),
            steps=self.program.network.period,
            machine=self.machine,
            after_chunk=self._after,
            traces=True,
        )
        totals = {name: np.concatenate(parts) for name, parts in self.totals.items()}
        provenance = {"program": artifacts.fingerprint(self.program), "fixations": self.total}
        return replace(result, totals=totals, provenance=provenance)

    def _chunks(self) -> Iterator[dict[str, NDArray[Any]]]:
        while self.machine.samples < self.total:
            until_checkpoint = self.every - self.machine.samples % self.every
            yield self.fixations.take(min(CHUNK, self.total - self.machine.samples, until_checkpoint))

    def _after(self, machine: Any, totals: Mapping[str, NDArray[np.int32]]) -> None:
        for name, values in totals.items():
            self.totals.setdefault(name, []).append(values)
        if self.strict:
            raise_on_overflow(machine.overflows())
        if self.path and (machine.samples % self.every == 0 or machine.samples == self.total):
            self._save()
        if self.progress:
            self.progress(machine.samples, self.total)

    def _identity(self) -> str:
        """What a checkpoint belongs to: network and weights, model, seed, chip, backend, and what is recorded."""
        return artifacts.fingerprint(self.program, self.machine.backend, list(self.machine.record))

    def _save(self) -> None:
        assert self.path is not None
        body = {"identity": self._identity(), "fixations": self.fixations.state()}
        arrays = {f"machine.{k}": v for k, v in self.machine.checkpoint().items()}
        arrays.update({f"totals.{k}": np.concatenate(v) for k, v in self.totals.items()})
        artifacts.save_arrays(self.path, "checkpoint", body, arrays)

    def _restore(self) -> None:
        if self.path is None or not self.path.is_file():
            raise NeurohwError(Problem(str(self.path), "no checkpoint to resume from", fix="run without --resume"))
        body, arrays = artifacts.load_arrays(self.path, "checkpoint")
        if body["identity"] != self._identity():
            raise NeurohwError(
                Problem(
                    str(self.path),
                    "belongs to another program",
                    fix="resume with the program and backend that wrote it",
                )
            )
        self.fixations.restore(body["fixations"])
        self.machine.restore({k.removeprefix("machine."): v for k, v in arrays.items() if k.startswith("machine.")})
        self.totals = {k.removeprefix("totals."): [v] for k, v in arrays.items() if k.startswith("totals.")}
        if self.machine.samples > self.total:
            raise NeurohwError(
                Problem(
                    str(self.path),
                    f"is at fixation {self.machine.samples}",
                    f"the run ends at {self.total}",
                    "ask for more fixations",
                )
            )
