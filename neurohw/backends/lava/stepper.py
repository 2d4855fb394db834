"""Lava step by step: its processes wait between steps, while this one reads what was sent and says what to send."""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Mapping, Sequence
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import numpy as np
from lava.magma.core.process.process import AbstractProcess
from numpy.typing import NDArray

from neurohw.backends.lava.build import RECORDER, Setting, build
from neurohw.backends.lava.guard import end, require_alive, run_steps, start
from neurohw.backends.lava.processes.live import shared
from neurohw.backends.lava.saving import file_of
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.engine import Totals
from neurohw.ir.inputs import Inputs, input_problems
from neurohw.ir.network import Network
from neurohw.ir.promises import broken, promised, require_kept
from neurohw.ir.run import Activity, Learned, Run
from neurohw.ir.saved import like

TIMEOUT = 600.0  # seconds that a step may take
VARIABLES = {"weight": "weights", "tag": "tag_1", "tag2": "tag_2"}  # of Lava's LearningDense


class LavaStepper:
    """A network on Lava, which cannot go back to a state: a checkpoint is all that was sent to it, to be sent again.

    That takes 4 bytes a neuron of a source and step.
    """

    def __init__(self, network: Network, record: Sequence[str], seed: int = 0) -> None:
        self._network, self._record, self._seed = network, record, seed
        self._promises = promised(network)
        self._begin()

    @property
    def steps(self) -> int:
        """Steps so far."""
        return self._steps

    def _begin(self) -> None:
        """Build and start the processes, at rest."""
        network, temporary = self._network, tempfile.TemporaryDirectory(prefix="neurohw-lava-")
        folder = Path(temporary.name)
        self._sent = {p.name: shared(str(file_of(folder, p.name)), p.size, create=True) for p in network.sources}
        sizes = [p.size for p in network.populations for _ in p.neuron.outputs]
        told = shared(str(file_of(folder, RECORDER)), sum(sizes), create=True)
        self._built = build(network, Setting(None, 1, 0, folder, seed=self._seed))
        self._told = dict(zip(self._built.ports, np.split(told, np.cumsum(sizes)[:-1])))
        self._steps, self._history = 0, {name: array("i") for name in self._sent}
        # Python waits for its processes when it exits: what nobody closed ends before that
        self._ended = Finalize(self, _end, (self._built.recorder, temporary), exitpriority=0)
        start(self._built.recorder, self._built.run_config)

    def step(self, messages: Inputs) -> Totals:
        """Send `messages` [n] of every source in the next step; return what the recorded ports send in it, [n] each."""
        frames = {name: np.asarray(x)[None, None] for name, x in messages.items()}
        raise_if_any(input_problems(self._network, frames, 1))
        self._require_running()
        sent = {name: np.array(messages[name], np.int32) for name in self._sent}
        for name, values in sent.items():
            self._sent[name][:] = values
        try:
            run_steps(self._built.recorder, 1, TIMEOUT)
        except BaseException:  # some processes have made the step and some have not: there is no going on
            self.close()
            raise
        for name, values in sent.items():
            self._history[name].frombytes(values.tobytes())
        self._steps += 1
        require_kept(self._promises, broken(self._promises, self._told))
        return {name: np.array(self._told[name]) for name in self._record}

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, by name; 20 to 55 us an element."""
        found = {}
        self._require_running()
        for p in self._network.projections:
            if p.plasticity is not None:
                process = self._built.processes[p.name]
                parts = {part: getattr(process, variable).get() for part, variable in VARIABLES.items()}
                found[p.name] = Learned(**{part: np.asarray(values).astype(np.int32) for part, values in parts.items()})
        return found

    def finish(self) -> Run:
        """What the run leaves behind now; Lava counts nothing, but programs do."""
        activity = Activity(self._steps, self._steps, {}, {}, {}, self._built.overflows())
        return Run("lava", {}, activity, self.learned())

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """What every source has sent, [steps, n]."""
        return {
            f"sent.{p.name}": np.array(self._history[p.name], np.int32).reshape(-1, p.size)
            for p in self._network.sources
        }

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Send all of it again, from rest."""
        none = np.zeros((0, 1), np.int32)
        sent = {
            p.name: like(none.repeat(p.size, 1), saved, f"sent.{p.name}", grows=True) for p in self._network.sources
        }
        if len({len(rows) for rows in sent.values()}) != 1:
            raise ValueError("its sources have sent for different numbers of steps")
        if self._steps or not self._ended.still_active():
            self.close()
            self._begin()
        for messages in zip(*sent.values()):
            self.step(dict(zip(sent, messages)))

    def close(self) -> None:
        """End Lava's processes."""
        self._ended()

    def _require_running(self) -> None:
        if not self._ended.still_active():
            fix = "save the session, and go on in another one with resume"
            raise NeurohwError(Problem("lava", "its processes ended in the middle of a step", fix=fix))
        require_alive(self._built.recorder)


def _end(recorder: AbstractProcess, folder: tempfile.TemporaryDirectory[str]) -> None:
    end(recorder)
    folder.cleanup()
