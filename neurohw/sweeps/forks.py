"""Processes of this machine that are forked from one that has imported what they need: many start in the time of one.

The calling process cannot be forked itself, since its locks and threads would be copied as they stand. So one process
is spawned, with the path, the environment and the main module of this one; it imports, has no threads, and is forked
(spawned where forks are not safe). A pipe joins each process to the caller, and ends with either of them: a process
whose caller is gone ends at once, whatever it was doing.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from queue import SimpleQueue
from threading import Thread
from typing import Any

from neurohw.errors import NeurohwError, Problem

Life = Callable[..., None]  # of a process: its arguments are a function that sends, one that receives, and its own
PATIENCE = 1  # seconds for it to end those that it has forked
METHOD = "fork" if sys.platform == "linux" else "spawn"


class Nursery:
    """One process that has imported `modules`, and those that are forked from it; they end with `close`.

    It is started again when it has died and is needed; what was forked from it lives on meanwhile.
    """

    def __init__(self, modules: tuple[str, ...], method: str = METHOD) -> None:
        self._how = (modules, method)
        self._codes: dict[int, int] = {}
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")
        self._control, theirs = context.Pipe()
        self._process = context.Process(target=_tend, args=(theirs, *self._how))
        self._process.start()
        theirs.close()  # so that the pipe ends with the process

    def fork(self, life: Life, *args: Any) -> Connection:
        """Start a process that calls life(send, receive, *args), and return this end of its pipe.

        The first thing that comes out of the pipe is the number of the process; an EOFError in its place says that it
        did not start.
        """
        ours, theirs = get_context("spawn").Pipe()
        with theirs:
            try:
                self._order(theirs, life, args)
            except OSError:  # it was killed
                self.close()
                self._start()
                self._order(theirs, life, args)
        return ours

    def _order(self, theirs: Connection, life: Life, args: tuple[Any, ...]) -> None:
        self._control.send((life, args))
        send_handle(self._control, theirs.fileno(), self._process.pid)

    def exit_code(self, number: int) -> int | None:
        """How the process of this number, whose pipe has ended, ended itself; None if nothing is left to tell."""
        with suppress(EOFError, OSError):
            while number not in self._codes:
                ended, code = self._control.recv()
                self._codes[ended] = code
        return self._codes.pop(number, None)

    def close(self) -> None:
        """End the process, and those that were forked from it."""
        self._control.close()
        self._process.join(PATIENCE)
        self._process.kill()  # if it imports still
        self._process.join()


def not_started(executor: str) -> NeurohwError:
    """What to say of a process of an executor that has ended before it was heard of."""
    fix = "from a script, call sweep under: if __name__ == '__main__'; or use executor serial"
    return NeurohwError(Problem(executor, "a worker process did not start", fix=fix))


def _tend(control: Connection, modules: tuple[str, ...], method: str) -> None:
    """The life of the process that is forked: orders in, exit codes out, until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    for module in modules:
        import_module(module)
    context: Any = get_context(method)
    children: dict[Any, BaseProcess] = {}
    with suppress(EOFError, OSError):
        while True:
            for ready in wait([control, *children]):
                if ready is not control:
                    child = children.pop(ready)
                    child.join()
                    control.send((child.pid, child.exitcode))
                    continue
                life, args = control.recv()
                with type(control)(recv_handle(control)) as pipe:
                    child = context.Process(target=_live, args=(control, pipe, life, args), daemon=True)
                    child.start()
                children[child.sentinel] = child
    for child in children.values():
        child.kill()
        child.join()
    os._exit(0)  # Python would take half a second to tidy up


def _live(control: Connection, pipe: Connection, life: Life, args: tuple[Any, ...]) -> None:
    """The life of a process that was forked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control.close()  # so that it ends with those whose it is
    heard: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_listen, args=(pipe, heard), daemon=True).start()
    with suppress(OSError):
        pipe.send(os.getpid())
        life(pipe.send, heard.get, *args)


def _listen(pipe: Connection, heard: SimpleQueue[Any]) -> None:
    """Take what comes out of a pipe; end this process when the other end is gone, since nobody waits for it."""
    try:
        while True:
            heard.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)
