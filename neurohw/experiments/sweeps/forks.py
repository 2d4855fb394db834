"""Processes of this machine that are forked from one that has imported what they need: many start in the time of one.

The calling process cannot be forked itself, since its locks and threads would be copied as they stand. So one process
is spawned, with the path, the environment and the main module of this one; it imports, has no threads, and is forked
(spawned where forks are not safe). A pipe joins each process to the caller, and ends with either of them: a process
whose caller is gone ends at once, whatever it was doing.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib import import_module
from multiprocessing import active_children, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler, recv_handle, send_handle
from queue import SimpleQueue
from threading import Thread
from typing import Any

from neurohw.errors import NeurohwError, Problem

Life = Callable[..., None]  # of a process: its arguments are a function that sends, one that receives, and its own
PATIENCE = 1  # seconds for a process to end
METHOD = "fork" if sys.platform == "linux" else "spawn"


class Nursery:
    """One process that has imported `modules`, and those that are forked from it; they end with `close`, or with this
    process, and what they wrote to the folder for temporary files goes with them.

    It is started again when it has died and is needed; what was forked from it lives on meanwhile.
    """

    def __init__(self, modules: tuple[str, ...], method: str = METHOD) -> None:
        self._how = (modules, method)
        self._start()
        atexit.register(self.close)  # before multiprocessing waits for all processes

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
                self._end()
                self._start()
                self._order(theirs, life, args)
        return ours

    def _order(self, theirs: Connection, life: Life, args: tuple[Any, ...]) -> None:
        self._control.send((life, args))
        send_handle(self._control, theirs.fileno(), self._process.pid)

    def exit_code(self, number: int) -> int | None:
        """How the process of this number, whose pipe has ended, ended itself; None if nothing is left to tell."""
        with suppress(EOFError, OSError):
            self._control.send(number)
            code: int | None = self._control.recv()
            return code
        return None

    def not_started(self, executor: str) -> NeurohwError:
        """What to say of a process of an executor that has ended before it was heard of."""
        self._process.join(PATIENCE)
        code = self._process.exitcode  # mostly it is this one that has ended
        what = "a worker process did not start" + ("" if code is None else f" (exit code {code})")
        fix = "from a script, call sweep under: if __name__ == '__main__'; or use executor serial"
        return NeurohwError(Problem(executor, what, fix=fix))

    def close(self) -> None:
        """End the process, and those that were forked from it."""
        atexit.unregister(self.close)
        self._end()

    def _end(self) -> None:
        self._control.close()
        self._process.join(PATIENCE)
        self._process.kill()  # if it imports still
        self._process.join()


def _tend(control: Connection, modules: tuple[str, ...], method: str) -> None:
    """The life of the process that is forked: it takes orders until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    children: dict[int | None, BaseProcess] = {}
    with tempfile.TemporaryDirectory(prefix="neurohw-workers-") as folder:
        os.environ["TMPDIR"], tempfile.tempdir = folder, None
        for module in modules:
            import_module(module)
        with suppress(EOFError, OSError):
            _take_orders(control, get_context(method), children)
        for child in children.values():
            child.kill()
            child.join()
    os._exit(0)  # Python would take half a second to tidy up


def _take_orders(control: Connection, context: Any, children: dict[int | None, BaseProcess]) -> None:
    """Fork a process for a life, its arguments and a pipe; tell the exit code of one whose number is asked for."""
    while True:
        order = control.recv()
        active_children()  # lets go of those that have ended
        if isinstance(order, int):
            if order in children:
                children[order].join(PATIENCE)
            control.send(children[order].exitcode if order in children else None)
            continue
        with type(control)(recv_handle(control)) as pipe:
            child = context.Process(target=_live, args=(control, pipe, *order), daemon=True)
            child.start()
        children[child.pid] = child


def _live(control: Connection, pipe: Connection, life: Life, args: tuple[Any, ...]) -> None:
    """The life of a process that was forked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    control.close()  # so that it ends with those whose it is
    heard: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_listen, args=(pipe, heard), daemon=True).start()
    tell = partial(_tell, pipe)
    tell(os.getpid())
    life(tell, heard.get, *args)


def _tell(pipe: Connection, what: Any) -> None:
    """Send something; end this process when nobody is there, which it may find out before `_listen` does."""
    packed = ForkingPickler.dumps(what)
    try:
        pipe.send_bytes(packed)
    except OSError:
        os._exit(0)


def _listen(pipe: Connection, heard: SimpleQueue[Any]) -> None:
    """Take what comes out of a pipe; end this process when the other end is gone, since nobody waits for it."""
    try:
        while True:
            heard.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)
