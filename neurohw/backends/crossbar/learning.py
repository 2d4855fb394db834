"""Networks that learn on arrays: the emulator's machine with sums from arrays, and what happens between its calls.

Every `every` fixations (`ir.crossbar.Writing`) cells are programmed from the shadow, or crowded pairs written anew, and
wires, read noise and compensation are found anew; between, a cell that a pulse moves keeps its share of the IR drop.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.backends.crossbar import tables
from neurohw.backends.crossbar.arrays import frozen
from neurohw.backends.crossbar.kernels import run_kernel
from neurohw.backends.crossbar.matrix import input_digits
from neurohw.backends.crossbar.plastic import PlasticArray
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.crossbar import Crossbar, Imperfections
from neurohw.ir.engine import Progress
from neurohw.ir.inputs import Inputs
from neurohw.ir.network import Network
from neurohw.ir.probe import Probe
from neurohw.ir.run import Activity, ArrayActivity, Learned, Run, Trace
from neurohw.ir.saved import like
from neurohw.ir.tiling import on_arrays, rectangles, top
from neurohw.machine.machine import Machine
from neurohw.machine.simd.jit import Groups

READING, QUIET = 1, Imperfections()
ONES = np.ones(1)
SENSED = ("ratio", "power", "matrix", "variance")


class LearningMachine:
    """What `machine.machine.Machine` is, on arrays of `design`; `seed` decides devices, programming and noise, that of
    `neurons` what they draw."""

    backend, chunk = "crossbar", Machine.chunk

    def __init__(
        self, network: Network, *, design: Crossbar, seed: int, steps: int, record: Sequence[str] = (),
        window: int = 0, accumulator_bits: int = 32, probes: Sequence[Probe] = (), total: int | None = None,
        neurons: int = 0,
    ) -> None:  # fmt: skip
        raise_if_any([*learning_problems(network, design), *_probe_problems(network, design, probes)])
        self.network, self.design = network, design
        self.parts: list[PlasticArray] = []
        self._first = [0]
        for p in network.projections:
            seeds = np.random.SeedSequence([seed, zlib.crc32(p.name.encode())])
            if on_arrays(network, p):
                digits, own = input_digits(network, p, design), design if p.plasticity else frozen(design)
                self.parts += [
                    PlasticArray(part, weights, own, top(p), digits, seeds.spawn(1)[0])
                    for part, weights in rectangles(p, design)
                ]
            self._first.append(len(self.parts))
        self.rng = np.random.default_rng([seed, READING])
        self._how = tables.writer(design, _only_digits(design), any(p.plasticity for p in network.projections))
        self._counts = tables.counts(len(self.parts), len(network.projections))
        self._pulses = self._how.method == tables.PULSES
        self._machine = Machine(
            network, steps=steps, record=record, window=window, accumulator_bits=accumulator_bits, kernel=run_kernel,
            pulses=self._pulses, probes=probes, total=total, seed=neurons,
        )  # fmt: skip
        self.record = self._machine.record
        self._held = self._machine.state.weights.copy()
        self._lay_out(None)

    @property
    def samples(self) -> int:
        """Samples so far."""
        return self._machine.samples

    def advance(self, inputs: Inputs) -> dict[str, NDArray[np.int32]]:
        """Run the samples in `inputs`; return the summed messages of each."""
        samples = len(next(iter(inputs.values())))
        parts, start = [], 0
        while start < samples:
            stop = min(samples, start + self._until_programming())
            some = {name: np.asarray(x)[start:stop] for name, x in inputs.items()}
            parts.append(self._machine.advance(some, self._groups, self._how, self.rng))
            start = stop
            if self.samples % self.design.writing.every == 0:
                self._program()
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _until_programming(self) -> int:
        every = self.design.writing.every
        return 1 << 62 if self._how.method == tables.SHADOW else every - self.samples % every

    def _program(self) -> None:
        """What cannot wait: the shadow's digits, or crowded pairs; then find anew what reads give."""
        if self._how.method == tables.SHADOW:
            return
        if self._pulses:
            self._take_over()
            taken = [part.relieve() for part in self.parts]
        else:
            taken = self._write(self._machine.by_projection(self._machine.state.weights))
        self._counts.written[:] += np.array(taken, np.int64)
        self._lay_out(self._arrays)

    def _take_over(self) -> None:
        """Bring the arrays up to what the compiled call has made of their cells."""
        if self._pulses:
            for row, part in zip(self._arrays.records, self.parts):
                part.pulsed(self._arrays.cells[row["cell"] :][: part.g.size].reshape(part.g.shape))
        elif self._how.method == tables.SHADOW:
            self._write(self._machine.by_projection(self._held))

    def _write(self, weights: Mapping[str, NDArray[np.int32]]) -> list[int]:
        """Program weights [n_post, n_pre] by projection; return how many cells of each array that took."""
        taken = []
        for part in self.parts:
            (a, b), (c, d) = part.rectangle.inputs, part.rectangle.outputs
            name = part.rectangle.projection
            taken.append(part.write(weights[name][c:d, a:b].T) if name in weights else 0)
        return taken

    def _lay_out(self, before: tables.Arrays | None) -> None:
        """Tables for the next call; calibrated converters keep their range, or begin without one."""
        truncated = [0 if p.plasticity or p.format is None else p.format.truncated for p in self.network.projections]
        self._arrays = arrays = tables.lay_out(self.parts, self._first, truncated, self._held)
        if self.design.converters.adc_range == "calibrated":
            arrays.step[:] = before.step if before else arrays.step
            arrays.inverse[:] = 1 / arrays.step
        widest = max((p.size for p in self.network.populations), default=1)
        room = tables.room(arrays, widest, len(self._machine.tables.plastics))
        self._groups = Groups(arrays, self._counts, room)

    def finish(self, progress: Progress | None = None) -> Run:
        """What the machine leaves behind now."""
        return Run(
            self.backend, {}, self.activity(), self.learned(), self.traces(), probes=self._machine.records()
        )  # fmt: skip

    def learned(self) -> dict[str, Learned]:
        """Digital weights and tags; where pulses write, the weights are read out of the cells to whole steps."""
        found = self._machine.learned()
        if not self._pulses:
            return found
        self._take_over()
        for name, got in found.items():
            weights = np.zeros(got.weight.shape)
            for part in self.parts:
                if part.rectangle.projection == name:
                    (a, b), (c, d) = part.rectangle.inputs, part.rectangle.outputs
                    weights[c:d, a:b] = part.weights().T
            whole = np.clip(np.rint(weights), -256, 255).astype(np.int32)
            found[name] = replace(got, weight=whole)
        return found

    def activity(self) -> Activity:
        """Counts since the machine was made."""
        found, arrays = self._machine.activity(), {}
        for k, p in enumerate(self.network.projections):
            mine = range(self._first[k], self._first[k + 1])
            if not mine:
                continue
            digits = self.parts[mine[0]].digits
            conversions = sum(
                int(self._counts.reads[n]) * self.design.converted(self.parts[n].rectangle.shape[1]) for n in mine
            )
            arrays[p.name] = ArrayActivity(
                int(self._counts.vectors[k]), self._sum("reads", mine), self._sum("active", mine), conversions,
                self._sum("clipped", mine), float(self._counts.energy[list(mine)].sum()), digits.planes * digits.bits,
                self._sum("pulses", mine), self._sum("written", mine),
            )  # fmt: skip
        return replace(found, arrays=arrays, overflows=self.overflows())

    def _sum(self, name: str, arrays: Sequence[int]) -> int:
        return int(getattr(self._counts, name)[list(arrays)].sum())

    def overflows(self) -> dict[str, int]:
        """What left its range, '<population or projection>: <what>' -> times."""
        found = self._machine.overflows()
        for k, p in enumerate(self.network.projections):
            mine = range(self._first[k], self._first[k + 1])
            kinds = {"conversion clipped": "clipped", "cell at the end of its range": "ended"}
            times_of = {what: self._sum(name, mine) for what, name in kinds.items()}
            for what, times in {"input clipped": int(self._counts.beyond[k]), **times_of}.items():
                if times:
                    found[f"{p.name}: {what}"] = times
        return found

    def traces(self) -> dict[str, Trace]:
        """Recorded messages and states in the window."""
        return self._machine.traces()

    def change(self, network: Network) -> None:
        """Go on with other parameters of neurons and rules; the arrays stay what they are."""
        self.network = network
        self._machine.change(network)

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything needed to go on later."""
        self._take_over()
        generators = [part.written for part in self.parts] + [self.rng]
        states = json.dumps([g.bit_generator.state for g in generators]).encode()
        arrays = {f"cells.{k}.{name}": v for k, p in enumerate(self.parts) for name, v in p.state().items()}
        tallies = {f"counts.{name}": values for name, values in self._counts._asdict().items()}
        own = {name: getattr(self._arrays, name) for name in ("held", "step", *SENSED)}
        own |= {"compensation": self._arrays.records["factor"], "generators": np.frombuffer(states, np.uint8)}
        return {**self._machine.checkpoint(), **arrays, **tallies, **own}

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint of the same network on the same design."""
        if (saved.get("factor", ONES) != 1).any():
            what = "its drift was compensated before the converters, as in versions before 0.1"
            raise NeurohwError(Problem("checkpoint", what, "now it is compensated after them", "omit resume"))
        self._machine.restore(saved)
        states = json.loads(like(np.zeros(0, np.uint8), saved, "generators", grows=True).tobytes())
        for generator, state in zip([part.written for part in self.parts] + [self.rng], states, strict=True):
            generator.bit_generator.state = state
        for name, values in self._counts._asdict().items():
            values[:] = like(values, saved, f"counts.{name}")
        self._held[:] = like(self._held, saved, "held")
        if self._pulses:  # of old, what was pending, which is nothing between two steps
            self._machine.state.weights[:] = self._held
        for k, part in enumerate(self.parts):
            part.restore({name: like(own, saved, f"cells.{k}.{name}") for name, own in part.state().items()})
        self._lay_out(self._arrays._replace(step=like(self._arrays.step, saved, "step")))
        factor = self._arrays.records["factor"]
        factor[:] = like(factor, saved, "compensation") if "compensation" in saved else 1
        for name in SENSED:  # what reads give stays until cells are sensed anew, sums in the order they were made
            own = getattr(self._arrays, name)
            own[:] = like(own, saved, name)


def _only_digits(design: Crossbar) -> bool:
    """Whether cells hold their digits exactly, whenever they are written, in columns that stay what they are."""
    return replace(design.imperfections, time=0.0, drift_start=1.0, compensate=False) == QUIET and not (
        design.encoding.flip
    )


def _probe_problems(network: Network, design: Crossbar, probes: Sequence[Probe]) -> list[Problem]:
    """Weights that no digital memory holds cannot be recorded step by step."""
    plastic = {p.name for p in network.projections if p.plasticity}
    fix = "probe the tag, read `learned` at the end, or let the chip write from a shadow (writing.method: shadow)"
    return [
        Problem(f"probe {p.key}", "its weights are conductances of cells, which pulses move", fix=fix)
        for p in probes
        if design.writing.method == "pulses" and p.of in plastic and p.what == "weight"
    ]


def learning_problems(network: Network, design: Crossbar) -> list[Problem]:
    """What arrays cannot learn."""
    found = []
    for p in network.projections:
        if not on_arrays(network, p):
            continue
        if isinstance(p.delay, np.ndarray):
            fix = "give all of them one delay, or take a chip of cores"
            found.append(Problem(p.name, "its synapses have delays of their own, but rows are read at once", fix=fix))
        if p.shared:
            found.append(Problem(p.name, "is a convolution beside layers that learn", fix="compile with mode infer"))
        rule = p.plasticity.chip if p.plasticity else None
        if rule is None or design.writing.method != "pulses":
            continue
        fix = "let the chip write from a shadow (writing.method: shadow)"
        if rule.uses("w"):
            found.append(Problem(p.name, "its rule reads weights, which cells that take pulses cannot tell", fix=fix))
        if p.format is not None and p.format.sign != "mixed":
            found.append(Problem(p.name, f"its weights are {p.format.sign}; pulses know no such limit", fix=fix))
    return found
