"""A closed loop with a world in Python: send messages, run one time step, receive what the network sends, repeat."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import artifacts
from neurohw.diagnosis.diagnose import with_origin
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import PATH, require_kind, require_values
from neurohw.ir.engine import PORTS, Setting, Stepper, Totals
from neurohw.ir.grid import grid_problems
from neurohw.ir.inputs import mapping_problems
from neurohw.ir.mapping import Program
from neurohw.ir.network import Network
from neurohw.ir.run import Learned, Run
from neurohw.runtime.backends import capabilities, default_backend, make_stepper
from neurohw.runtime.ports import latency_window
from neurohw.runtime.run import drawn, on_arrays


class Session:
    """A network that runs one time step at a time; time runs on, nothing is reset. Ends with `with` or `close`.

    What is sent in a step arrives in the next one, as everywhere: the answer to a message comes at least two steps
    after it. A third factor is sent like any other message, through the source that the network has for it.
    """

    def __init__(self, program: Program | Network, backend: str, record: Sequence[str] | None) -> None:
        network = program if isinstance(program, Network) else program.network
        self.network, self.backend, self._program = network, backend, program
        self.record = tuple(_ports(network) if record is None else record)
        self.steps, self.world = 0, None
        content = artifacts.Once(program)
        self._identity = artifacts.fingerprint(content, f"session on {backend}", list(self.record))
        made = {} if isinstance(program, Network) else {"program": artifacts.fingerprint(content)}
        self._provenance = {**made, **drawn(network, 0 if isinstance(program, Network) else program.seed)}
        self._silence = {p.name: np.zeros(p.size, np.int32) for p in network.sources}
        self._stepper: Stepper | None = make_stepper(backend, _setting(program, network, backend, self.record))

    def step(self, messages: Mapping[str, Any] | None = None) -> Totals:
        """Run one time step in which sources send `messages`, source -> integers [n]; the others are silent.

        Return what every recorded port sends in this step, port -> int32 [n]. A NeurohwError for a source that does not
        exist, for a shape or a payload that it does not take, or when the session is closed.
        """
        stepper, messages = self._open(), {} if messages is None else messages
        require_kind("session: messages", messages, Mapping, "give {source: integers [neurons]}")
        raise_if_any(mapping_problems("session", messages))
        given = self._given(messages)
        answer = stepper.step({**self._silence, **given})
        self.steps = stepper.steps
        return answer

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, projection -> [n_post, n_pre] each."""
        return self._open().learned()

    def run(self) -> Run:
        """What the session leaves behind now, with counts that `estimate` prices; a sample of it is one time step."""
        run = self._open().finish()
        return with_origin(replace(run, provenance={**run.provenance, **self._provenance}), self._program)

    def save(self, path: Path | str, world: Any = None) -> None:
        """Write everything that is needed to go on, with the state of the `world` as plain values (JSON)."""
        require_kind("session: path", path, (str, PathLike))
        _require_plain(world)
        body = {"identity": self._identity, "steps": self.steps, "world": world}
        artifacts.save_arrays(Path(path), "session", body, self._open().checkpoint())

    def restore(self, path: Path | str) -> None:
        """Go on from what `save` wrote; `world` is then what was saved with it. On Lava all steps are run again."""
        require_kind("session: resume", path, (str, PathLike))
        if not Path(path).is_file():
            raise NeurohwError(Problem(str(path), "no session to resume from", fix="omit resume"))
        body, arrays = artifacts.load_arrays(Path(path), "session")
        try:
            if body["identity"] != self._identity:
                fix = "resume with the program, backend and record that wrote it"
                raise NeurohwError(Problem(str(path), "belongs to another session", fix=fix))
            stepper, world = self._open(), body["world"]
            stepper.restore(arrays)
            if body["steps"] != stepper.steps:
                raise ValueError(f"it is after {stepper.steps} steps, not {body['steps']}")
            self.steps, self.world = stepper.steps, world
        except artifacts.DAMAGE as error:
            raise NeurohwError(Problem(str(path), f"is damaged ({error})", fix="omit resume")) from None

    def close(self) -> None:
        """End the session; Lava's processes end with it."""
        if self._stepper is not None:
            self._stepper.close()
            self._stepper = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> Stepper:
        if self._stepper is None:
            raise NeurohwError(Problem("session", "is closed", fix="start another, with resume to go on from a file"))
        return self._stepper

    def _given(self, messages: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
        """Messages as arrays, of known names and shapes; the stepper looks at the payloads."""
        given, found = {}, []
        for name, x in messages.items():
            if name not in self._silence:
                fix = did_you_mean(name, list(self._silence))
                found.append(Problem(f"session: {name}", "is not a source of the network", fix=fix))
                continue
            limit = f"needs {self._silence[name].shape}, one message per neuron"
            try:
                given[name] = np.asarray(x)
            except ValueError:
                found.append(Problem(f"session: {name}", "has rows of different lengths", limit))
                continue
            if given[name].shape != self._silence[name].shape:
                found.append(Problem(f"session: {name}", f"has shape {given[name].shape}", limit))
        raise_if_any(found)
        return given


def session(
    program: Program | Network, *, backend: str | None = None, record: Sequence[str] | None = None,
    resume: Path | str | None = None,
) -> Session:  # fmt: skip
    """Start a session of a program or of a quantised network: a closed loop with an environment in Python.

        with nh.session(program) as chip:
            for _ in range(1000):
                sent = chip.step({"input": world.look(), "label": world.reward()})
                world.act(sent["readout.out"])

    `backend`: emulator, crossbar or lava, by default the chip's own; emulator and Lava send the same messages and learn
    the same weights. On Lava a session keeps what it was sent, 4 bytes a neuron of a source and step. `record`: ports
    that `step` returns, by default all but the sources'. `resume`: a file that `Session.save` wrote, from which the
    session goes on with the same bytes.
    """
    require_kind("session: program", program, (Program, Network))
    require_values("session", record=(record, replace(PORTS, none=True)), resume=(resume, PATH))
    if backend is None:
        backend = default_backend(program.target) if isinstance(program, Program) else "emulator"
    chip = Session(program, backend, record)
    if resume is not None:
        try:
            chip.restore(resume)
        except BaseException:
            chip.close()
            raise
    return chip


def _require_plain(world: Any) -> None:
    """A NeurohwError unless JSON gives back what it is given."""
    try:
        json.dumps(world)
        what = _altered(world)
    except (TypeError, ValueError) as error:  # also of what holds itself
        what = str(error)
    if what:
        limit = "numbers, texts, lists and dicts of them"
        raise NeurohwError(Problem("world", f"cannot be written: {what}", limit))


def _altered(world: Any) -> str:
    """What JSON would give back as something else, if anything."""
    if isinstance(world, dict):
        keys = [f"key {key!r} is not a text" for key in world if not isinstance(key, str)]
        return next((what for what in [*keys, *map(_altered, world.values())] if what), "")
    if isinstance(world, list):
        return next((what for what in map(_altered, world) if what), "")
    return f"{world!r} is a tuple" if isinstance(world, tuple) else ""


def _ports(network: Network) -> list[str]:
    return [f"{p.name}.{port}" for p in network.populations if p not in network.sources for port in p.neuron.outputs]


def _setting(program: Program | Network, network: Network, backend: str, record: Sequence[str]) -> Setting:
    if not network.sources:
        raise NeurohwError(Problem("session", "the network has no source to send through", fix="add a Source"))
    if isinstance(program, Network):
        raise_if_any(grid_problems(network))
        return Setting(network, 1, record=record, window=latency_window(network))
    arrays = on_arrays(program.target, program.seed) if capabilities(backend).arrays else None
    bits = program.target.accumulator_bits
    return Setting(
        network, 1, record=record, window=latency_window(network), accumulator_bits=bits, arrays=arrays,
        seed=program.seed,
    )  # fmt: skip
