"""The border between the runtime and a backend: what a backend declares, what it is given, what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import FLAG, MOST, SEED, Kind, Ranges, Several, Whole, field_problems, make_plain
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.crossbar_ranges import crossbar_problems
from neurohw.ir.inputs import INPUTS, Inputs
from neurohw.ir.network import Network
from neurohw.ir.probe import Probe
from neurohw.ir.run import Learned, Run

Progress = Callable[[int, int], None]
Totals = dict[str, NDArray[np.int32]]
Runtime = Literal["auto", "numpy", "cython", "cpp"]  # of Brian2
RUNTIMES = get_args(Runtime)


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do.

    `counts`: it counts what a price needs; `resumes`: its learning engines are `Resumable`; `steps`: it has a
    `stepper`; `threads`: runs may go on side by side in one process; `arrays`: it runs on crossbar arrays, which a chip
    has to have.
    """

    counts: bool = False
    resumes: bool = False
    steps: bool = False
    threads: bool = False
    arrays: bool = False


@dataclass(frozen=True)
class OnArrays:
    """The arrays of a run: their design, and `seed`, which decides devices, programming and noise.

    `metered`: count the energy that reads draw, for chips whose reads have no price. `calibration`: inputs on which
    calibrated converters of a frozen network find their range; without them, on the first that come.
    """

    design: Crossbar
    seed: int = 0
    metered: bool = True
    calibration: Inputs | None = None

    def __post_init__(self) -> None:
        found = list(field_problems("arrays", self, ON_ARRAYS))
        raise_if_any(
            found + (crossbar_problems("arrays.design", self.design) if isinstance(self.design, Crossbar) else [])
        )


FIXATIONS = Whole(1, MOST, none=True)
ON_ARRAYS: Ranges = {
    "design": Kind((Crossbar,), "a Crossbar", "give target.design"), "seed": SEED, "metered": FLAG,
    "calibration": replace(INPUTS, none=True),
}  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """What an engine is made for.

    `steps`: time steps of a sample; `reset`: every sample starts from rest at time 1. `record`: ports to sum up a
    sample ('layer1.out'). `window`: how many of the last steps of all messages are kept for the latency; `traces`: how
    many are kept whole, with u and v. `accumulator_bits`: width beyond which sums are counted as overflows, by default
    the engine's own. `runtime`: of Brian2. `probes` record while it runs; `total`: steps of the whole run, if known.
    `seed`: of the random numbers that neurons draw (`microcode.hashing`): with `reset` by the number of the sample in
    the run and the step in it, else by the step of the run.
    """

    network: Network
    steps: int
    reset: bool = False
    record: Sequence[str] = ()
    window: int = 0
    traces: int = 0
    accumulator_bits: int | None = None
    arrays: OnArrays | None = None
    runtime: str = "auto"
    probes: Sequence[Probe] = ()
    total: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        raise_if_any(list(field_problems("run", self, SETTING)))
        make_plain(self)
        for name in ("record", "probes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


PORTS = Several(str, "ports in a list", 'such as ["layer1.out"]')
PROBES = Several(Probe, "probes in a list", 'such as [Probe("layer1", "v")]')
ARRAYS = Kind((OnArrays,), "the arrays of a chip", "give OnArrays(target.design)", none=True)
SETTING: Ranges = {
    "steps": Whole(1, MOST), "reset": FLAG, "window": Whole(0, MOST), "traces": Whole(0, MOST),
    "accumulator_bits": Whole(2, MOST, none=True), "runtime": RUNTIMES, "record": PORTS,
    "arrays": ARRAYS, "probes": PROBES, "seed": SEED,
}  # fmt: skip


class Engine(Protocol):
    """A network on a backend between two chunks of input."""

    backend: str

    @property
    def chunk(self) -> int:
        """Samples that one call of `advance` takes at most."""
        ...

    @property
    def record(self) -> Sequence[str]:
        """Ports whose messages are summed up a sample."""
        ...

    @property
    def samples(self) -> int:
        """Samples so far."""
        ...

    def advance(self, inputs: Inputs) -> Totals:
        """Run the samples in `inputs` (source -> [samples, frames, n]); return the summed messages of each, [samples,
        n] by port, or nothing if all samples run in `finish`."""
        ...

    def overflows(self) -> dict[str, int]:
        """What left its range so far, '<population or projection>: <what>' -> times."""
        ...

    def finish(self, progress: Progress | None = None) -> Run:
        """What the run leaves behind; without `totals` if `advance` has returned them."""
        ...


@runtime_checkable
class Resumable(Engine, Protocol):
    """An engine that runs at once, so that it can be looked into, left, and gone on with."""

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, by name."""
        ...

    def change(self, network: Network) -> None:
        """Go on with other parameters of neurons and rules, as `ir.schedule.with_parameters` gives them."""
        ...

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything needed to go on later."""
        ...

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go back to a checkpoint of the same network."""
        ...


class Stepper(Protocol):
    """A network that runs one time step at a time, for a loop with the world outside. Time runs on: no samples."""

    @property
    def steps(self) -> int:
        """Steps so far."""
        ...

    def step(self, messages: Inputs) -> Totals:
        """Send `messages` [n] of every source in the next step; return what the recorded ports send in it, [n] each."""
        ...

    def learned(self) -> dict[str, Learned]:
        """Weights and tags of the plastic projections as they are now, by name."""
        ...

    def finish(self) -> Run:
        """What the run leaves behind now; a sample of it is one step."""
        ...

    def checkpoint(self) -> dict[str, NDArray[Any]]:
        """Everything needed to go on later."""
        ...

    def restore(self, saved: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a checkpoint of the same network."""
        ...

    def close(self) -> None:
        """End what runs beside this process, if anything does."""
        ...


def record_problems(network: Network, record: Sequence[str]) -> list[Problem]:
    """Ports to record that the network does not have."""
    ports = network.ports
    unknown = [name for name in record if name not in ports]
    return [Problem("record", f"no port '{name}'", fix=did_you_mean(name, ports)) for name in unknown]
