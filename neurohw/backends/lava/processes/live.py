"""A network's border to a world outside of Lava: sources that are told what to send, and a sink that tells what came.

Both use files in memory that Lava's processes share with the one that made them; steps are run one at a time, so that
nobody reads what somebody writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from lava.magma.core.decorator import implements, requires, tag
from lava.magma.core.model.py.model import PyLoihiProcessModel
from lava.magma.core.model.py.ports import PyOutPort
from lava.magma.core.model.py.type import LavaPyType
from lava.magma.core.process.ports.ports import InPort, OutPort
from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.resources import CPU
from lava.magma.core.sync.protocols.loihi_protocol import LoihiProtocol
from numpy.typing import NDArray


def shared(path: str, size: int, create: bool = False, kind: type = np.int32) -> NDArray[Any]:
    """The array [size] of integers of a kind that is the file at `path`; numpy has no files of no bytes."""
    return np.memmap(path, kind, "w+" if create else "r+", shape=(max(1, size),))[:size]


class LiveSource(AbstractProcess):  # type: ignore[misc]
    """Send in every step what the file at `path` holds, int32 [size]."""

    def __init__(self, *, size: int, path: str) -> None:
        super().__init__(size=size, path=path)
        self.s_out = OutPort(shape=(size,))


@implements(proc=LiveSource, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyLiveSource(PyLoihiProcessModel):  # type: ignore[misc]
    """Integer messages from a file."""

    s_out: PyOutPort = LavaPyType(PyOutPort.VEC_DENSE, np.int32, precision=24)

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        self.messages = shared(proc_params["path"], proc_params["size"])

    def run_spk(self) -> None:
        """One time step."""
        self.s_out.send(np.array(self.messages))


class LiveRecorder(AbstractProcess):  # type: ignore[misc]
    """A port `in_<k>` for each of `sizes`; what they bring in a step is in the file at `path`, one after the other."""

    def __init__(self, *, sizes: Sequence[int], path: str) -> None:
        super().__init__(sizes=tuple(sizes), path=path)
        for k, size in enumerate(sizes):
            setattr(self, f"in_{k}", InPort(shape=(size,)))


@implements(proc=LiveRecorder, protocol=LoihiProtocol)
@requires(CPU)
@tag("fixed_pt")
class PyLiveRecorder(PyLoihiProcessModel):  # type: ignore[misc]
    """Base of the models with declared ports."""

    def __init__(self, proc_params: Any) -> None:
        super().__init__(proc_params)
        ends = np.cumsum(proc_params["sizes"])
        self.parts = np.split(shared(proc_params["path"], int(ends[-1])), ends[:-1])

    def run_spk(self) -> None:
        """One time step."""
        for k, part in enumerate(self.parts):
            part[:] = getattr(self, f"in_{k}").recv()
