"""Workers on this machine are forked from one small server, which imports what a point needs, once for all of them."""

from __future__ import annotations

from multiprocessing import get_all_start_methods

PRELOAD = ["neurohw.sweeps.evaluate", "sklearn.linear_model", "sklearn.datasets"]


def start_method(*more: str) -> str:
    """How to start worker processes; the server, if this system has it, begins to import now, `more` modules too.

    A fork of this process itself would share its locks and threads, and a spawned worker imports for seconds.
    """
    if "forkserver" not in get_all_start_methods():
        return "spawn"
    from multiprocessing import forkserver

    forkserver.set_forkserver_preload([*more, *PRELOAD])
    forkserver.ensure_running()
    return "forkserver"
