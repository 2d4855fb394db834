"""A dask cluster on this machine: the scheduler in this process, workers forked from one that has imported all."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from importlib.util import find_spec
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.sweeps.attempt import DEATHS, NEEDED
from neurohw.sweeps.forks import Nursery, not_started

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
        _silent(),
        distributed().LocalCluster(
            n_workers=0, dashboard_address=None, silence_logs=False,
            scheduler_kwargs={"dashboard_address": _ANY_PORT},
        ) as cluster,
        distributed().Client(cluster) as client,
        TemporaryDirectory(prefix="neurohw-dask-") as folder,
        _workers(count, lambda: nursery.fork(_live, cluster.scheduler_address, folder)),
    ):  # fmt: skip
        yield client


@contextmanager
def _silent() -> Iterator[None]:
    """No word of workers whose connections end."""
    logger = logging.getLogger("distributed")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _configured() -> AbstractContextManager[Any]:
    """dask with the settings of a cluster on one machine."""
    distributed()  # brings settings of its own, which would be lost with ours if they came later
    found: AbstractContextManager[Any] = importlib.import_module("dask").config.set(_SETTINGS)
    return found


@contextmanager
def _workers(count: int, another: Callable[[], Connection]) -> Iterator[None]:
    """So many workers, each joined by a pipe; they have all found their scheduler."""
    pipes = [another() for _ in range(count)]
    end, ours = Pipe()
    keeper = Thread(target=_keep, args=(pipes, end, another))
    try:
        for pipe in pipes:
            _await_ready(pipe)
        keeper.start()
        yield
    finally:
        ours.close()
        if keeper.ident:
            keeper.join()
        for pipe in pipes:
            pipe.close()


def _await_ready(pipe: Connection) -> None:
    try:
        while pipe.recv() != _READY:  # its number comes first
            pass
    except (EOFError, OSError):
        raise not_started("dask") from None


def _keep(pipes: list[Connection], end: Connection, another: Callable[[], Connection]) -> None:
    """Put another worker in place of each whose pipe ends, until `end` does."""
    while end not in (ready := wait([*pipes, end])):
        for pipe in (pipe for pipe in tuple(pipes) if pipe in ready):
            try:
                pipe.recv()  # what a worker that was put in place says when it starts
            except (EOFError, OSError):
                pipe.close()
                end.poll(PAUSE)
                pipes[pipes.index(pipe)] = another()


def _live(send: Callable[[Any], None], receive: Callable[[], Any], scheduler: str, folder: str) -> None:
    """The life of a worker."""
    with _configured(), _silent():
        asyncio.run(_work(send, scheduler, folder))


async def _work(send: Callable[[Any], None], scheduler: str, folder: str) -> None:
    worker = distributed().Worker(
        scheduler, nthreads=1, memory_limit=0, dashboard_address=_ANY_PORT, local_directory=folder
    )
    async with worker:
        send(_READY)
        await worker.finished()
