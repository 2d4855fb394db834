"""Run Lava so that nothing hangs and nothing is left behind.

Lava 0.10.0 blocks for ever, without a word, when a ProcessModel raises while another waits for its message (lava
issues 178 and 231). Here the run is watched from outside: a process that dies ends the run with its traceback, and
whatever happens, all processes and their shared memory are gone afterwards. That takes private attributes of the
runtime, which is why `available` insists on this one release.
"""

from __future__ import annotations

import contextlib
import io
import time
import traceback
import warnings
from collections.abc import Callable
from itertools import chain, repeat
from multiprocessing.process import BaseProcess
from typing import Any

from lava.magma.core.process.process import AbstractProcess
from lava.magma.core.run_conditions import RunSteps
from lava.magma.core.run_configs import RunConfig
from lava.magma.runtime.mgmt_token_enums import MGMT_RESPONSE, enum_equal

from neurohw.errors import NeurohwError, Problem

Progress = Callable[[int, int], None]

CHUNKS = 100  # parts of a run, each reported and timed on its own; starting a part costs about 2 ms
POLL_SECONDS = 0.002
POLLS_PER_CHECK = 25  # looking whether processes live is dearer than looking for an answer
LAST_WORDS_SECONDS = 2.0  # for a dying process to hand over its traceback
END_SECONDS = 5.0  # for a terminated process to end before it is killed


class BackendError(NeurohwError):
    """Lava failed while it built or ran a network; the text has the traceback of the process that failed."""


class StalledError(BackendError):
    """All processes live, and none goes on."""


def run_guarded(
    process: AbstractProcess, run_config: RunConfig, steps: int, *, timeout: float, progress: Progress | None = None
) -> None:
    """Run everything connected to `process` for `steps` steps and end it.

    Raise a BackendError when a process dies, a StalledError when a hundredth of the run takes over `timeout` seconds.
    `progress` is called with (steps done, steps) after each hundredth.
    """
    try:
        start(process, run_config)
        chunk = max(1, steps // CHUNKS)
        for done in range(0, steps, chunk):
            size = min(chunk, steps - done)
            run_steps(process, size, timeout)
            if progress is not None:
                progress(done + size, steps)
    finally:
        end(process)


def run_steps(process: AbstractProcess, steps: int, timeout: float) -> None:
    """Run everything connected to a process that was started for so many steps; raise as `run_guarded` does."""
    process.runtime.start(RunSteps(num_steps=steps, blocking=False))
    _await(process.runtime, timeout)


def require_alive(process: AbstractProcess) -> None:
    """A BackendError if a process that was started with this one has died: who asks it for something waits for ever."""
    if _dead(process.runtime):
        raise _failure(process.runtime)


def end(process: AbstractProcess) -> None:
    """End everything connected to a process, whether it was started or not."""
    if process.runtime is not None:
        _end(process.runtime)


def start(process: AbstractProcess, run_config: RunConfig) -> None:
    """Compile and start everything connected to `process`."""
    try:
        # Lava prints build errors that it also raises; its processes inherit the filter: a warning must not kill them
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            process.create_runtime(run_cfg=run_config)
    except Exception as error:
        trace = getattr(error, "trace", None) or traceback.format_exc()
        raise BackendError(Problem("lava", f"cannot build the network: {error}\n{trace}")) from error


def _await(runtime: Any, timeout: float) -> None:
    """Wait until all runtime services report the end of the started steps."""
    deadline = time.monotonic() + timeout
    polls = 0
    while not all(port.probe() for port in runtime.service_to_runtime):
        polls += 1
        if polls % POLLS_PER_CHECK == 0 and _dead(runtime):
            raise _failure(runtime)
        if time.monotonic() > deadline:
            fix = "if the network is only large, give a longer timeout"
            raise StalledError(Problem("lava", "the run does not go on", f"waited {timeout:g} s", fix))
        time.sleep(POLL_SECONDS)
    answers = [port.recv() for port in runtime.service_to_runtime]
    if not all(enum_equal(answer, MGMT_RESPONSE.DONE) for answer in answers):
        raise _failure(runtime)
    runtime._is_running = False


def _actors(runtime: Any) -> list[Any]:
    """System processes of the runtime: one for each Lava process, in the compiler's order, then the services."""
    infrastructure = runtime._messaging_infrastructure
    return infrastructure.actors if infrastructure is not None else []


def _dead(runtime: Any) -> list[Any]:
    return [actor for actor in _actors(runtime) if not actor.is_alive()]


def _failure(runtime: Any) -> BackendError:
    """Say which processes died, and of what."""
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while not any(actor.exception or actor.exitcode for actor in _actors(runtime)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    names = [f"lava process '{process.name}'" for process in runtime._executable.proc_builders]
    raised, ended = [], []
    for where, actor in zip(chain(names, repeat("lava runtime service")), _actors(runtime)):
        if actor.exception:
            error, trace = actor.exception
            raised.append(Problem(where, f"{type(error).__name__}: {error}\n{trace.rstrip()}"))
        elif actor.exitcode:
            ended.append(Problem(where, f"ended with exit code {actor.exitcode}"))
    return BackendError(raised or ended or Problem("lava", "a process reported an error and did not say which"))


def _end(runtime: Any) -> None:
    """End all processes and free their shared memory; also after a success, when they only wait for commands."""
    for actor in _actors(runtime):
        actor.terminate()
    for actor in _actors(runtime):
        BaseProcess.join(actor, END_SECONDS)
        if actor.exitcode is None:
            actor.kill()
        actor.join()
    runtime.join()
    if runtime._messaging_infrastructure is not None:
        runtime._messaging_infrastructure.smm.shutdown()
    runtime._is_started = runtime._is_running = False
