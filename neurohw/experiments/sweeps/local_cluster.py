"""A dask cluster on this machine: the scheduler in this process, workers forked from one that has imported all."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from tempfile import gettempdir
from threading import Thread
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.experiments.sweeps.attempt import DEATHS, NEEDED
from neurohw.experiments.sweeps.forks import Nursery

PAUSE = 0.2  # seconds before a worker that has died is replaced
_SETTINGS = {
    "distributed.worker.profile.enabled": False,  # samples a point 100 times a second
    "distributed.admin.tick.interval": "1s",  # wakes each process 50 times a second
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.scheduler.allowed-failures": DEATHS - 1,
}
_ANY_PORT = "127.0.0.1:0"  # for what is left of a dashboard, which wants 8787 and says so when it is in use
_READY = "ready"


def require_dask() -> None:
    """A NeurohwError with the command that installs dask.distributed, unless it is there."""
    if find_spec("distributed") is None:
        raise NeurohwError(Problem("dask", "is not installed", fix='pip install "dask[distributed]"'))


def distributed() -> Any:
    """dask.distributed, which takes a second to import."""
    return importlib.import_module("distributed")


@contextmanager
def local_client(count: int) -> Iterator[Any]:
    """A client of `count` workers, each with one thread, that live as long as this; one that dies is replaced."""
    with (
        closing(Nursery((*NEEDED, "distributed"))) as nursery,  # it imports while this process does
        _configured(),
        distributed().LocalCluster(
            n_workers=0, dashboard_address=None, silence_logs=False,
            scheduler_kwargs={"dashboard_address": _ANY_PORT},
        ) as cluster,
        distributed().Client(cluster) as client,
        closing(_Workers(nursery, cluster.scheduler_address, count, client.close)) as workers,
    ):  # fmt: skip
        workers.start()
        yield client


class _Workers:
    """So many workers, each joined by a pipe; a thread puts another one in place of each that dies.

    `give_up` is called when one does not even start, twice.
    """

    def __init__(self, nursery: Nursery, scheduler: str, count: int, give_up: Callable[[], None]) -> None:
        self._nursery, self._scheduler, self._give_up = nursery, scheduler, give_up
        self._pipes = [self._another() for _ in range(count)]
        self._failures = 0
        self._end, self._ours = Pipe()
        self._keeper = Thread(target=self._keep, daemon=True)

    def _another(self) -> Connection:
        return self._nursery.fork(_live, self._scheduler)

    def start(self) -> None:
        """Wait until all have found their scheduler."""
        for pipe in self._pipes:
            try:
                while pipe.recv() != _READY:  # its number comes first
                    pass
            except (EOFError, OSError):
                raise self._nursery.not_started("dask") from None
        self._keeper.start()

    def close(self) -> None:
        """End all; a NeurohwError if it was given up."""
        self._ours.close()
        if self._keeper.ident:
            self._keeper.join()
        for pipe in self._pipes:
            pipe.close()
        if self._failures >= DEATHS:
            raise self._nursery.not_started("dask")

    def _keep(self) -> None:
        ready = set(self._pipes)
        while self._failures < DEATHS and self._end not in (heard := wait([*self._pipes, self._end])):
            for pipe in (pipe for pipe in tuple(self._pipes) if pipe in heard):
                try:
                    if pipe.recv() == _READY:
                        ready.add(pipe)
                        self._failures = 0
                except (EOFError, OSError):
                    self._failures += pipe not in ready
                    self._replace(pipe)
        if self._failures >= DEATHS:  # several may end at once
            self._give_up()

    def _replace(self, pipe: Connection) -> None:
        pipe.close()
        self._end.poll(PAUSE)
        self._pipes.remove(pipe)
        try:
            self._pipes.append(self._another())
        except OSError:  # there is no room for another process
            self._failures = DEATHS


@contextmanager
def _configured() -> Iterator[None]:
    """dask with the settings of a cluster on one machine, and without a word of workers whose connections end."""
    with (
        distributed().utils.silence_logging_cmgr(logging.CRITICAL),
        importlib.import_module("dask").config.set(_SETTINGS),
    ):
        yield


def _live(send: Callable[[Any], None], receive: Callable[[], Any], scheduler: str) -> None:
    """The life of a worker."""
    with _configured():
        asyncio.run(_work(send, scheduler))


async def _work(send: Callable[[Any], None], scheduler: str) -> None:
    folder = gettempdir()  # that of this worker's nursery
    async with distributed().Worker(
        scheduler, nthreads=1, memory_limit=0, dashboard_address=_ANY_PORT, local_directory=folder
    ) as worker:
        send(_READY)
        await worker.finished()
