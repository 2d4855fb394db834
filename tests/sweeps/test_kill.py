"""200 real points, kill -9 of the client and of a worker in the middle: the tables end as if nothing had been."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest
from support.sweeps import write_grid

POINTS = 200
AXES = {
    "chip": ["loihi2", "xbar_pcm_hermes"],  # integers, and arrays with noise
    "model.chip.theta": [100, 150, 200, 250, 300],
    "model.layers.0.size": [3, 4],
    "seed": list(range(10)),
}

pytestmark = pytest.mark.slow


def started(folder, results, *options):
    files = ("--csv", folder / f"{results}.csv", "--parquet", folder / f"{results}.parquet")
    command = [sys.executable, "-m", "neurohw.cli", "sweep", folder / "grid.yaml", "-o", folder / f"{results}.db"]
    return subprocess.Popen([*map(str, (*command, *files, *options))], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def done(path):
    """Rows so far; not read-only, since what a killed client left half written must be taken back first."""
    if not path.is_file():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=30)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM points").fetchone()[0]
        except sqlite3.OperationalError:  # not made yet
            return 0


def wait_for(path, count, process):
    while done(path) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def children(process):
    """The process that workers are forked from, and those that were."""
    found = psutil.Process(process.pid).children(recursive=True)
    return [child for child in found if "forkserver" in " ".join(child.cmdline())]


def worker(process):
    return next(child for child in children(process) if not child.children())


def kill_in_the_middle(folder, results, *options):
    """Kill the client at 60 points; its workers go with it. The same command is left running."""
    first = started(folder, results, *options)
    wait_for(folder / f"{results}.db", 60, first)
    workers = children(first)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert len(workers) == 3
    assert not alive
    assert 60 <= done(folder / f"{results}.db") < POINTS
    return started(folder, results, *options)


def finished(process):
    out, err = process.communicate(timeout=300)
    assert (process.returncode, err.decode()) == (0, "")
    return out.decode()


@pytest.mark.timeout(900)
def test_killed_sweeps_end_like_undisturbed_ones(tmp_path):
    write_grid(tmp_path, AXES, chip=None)
    assert "200 points: 0 were done before, 200 now; 0 failed" in finished(started(tmp_path, "serial"))

    again = kill_in_the_middle(tmp_path, "processes", "--workers", "2")
    wait_for(tmp_path / "processes.db", 120, again)
    os.kill(worker(again).pid, signal.SIGKILL)
    out = finished(again)
    assert "200 points: 0 were" not in out
    assert "0 failed" in out

    for kind in ("csv", "parquet"):
        expected = (tmp_path / f"serial.{kind}").read_bytes()
        assert expected.count(b"\n") == POINTS + 1 or kind == "parquet"
        assert (tmp_path / f"processes.{kind}").read_bytes() == expected
