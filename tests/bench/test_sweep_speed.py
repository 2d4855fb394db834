"""Two workers against one process, on the same 64 points, in one run; needs two cores that nothing else uses."""

import time
from contextlib import contextmanager

import pytest
from support.sweeps import write_grid

from neurohw.sweeps.run import sweep

pytestmark = pytest.mark.bench
ROUNDS = 2  # alternating; the shorter time of each counts, so that a moment's load of a shared machine does not


@contextmanager
def two_processes():
    """They start with the sweep, within its time."""
    yield {"executor": "processes", "workers": 2}


@contextmanager
def cluster_of_two():
    """A dask cluster runs before the sweep, as those of more than one machine do: its start takes 10 s and more."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield {"scheduler": cluster.scheduler_address}


@pytest.mark.parametrize("workers", [two_processes, cluster_of_two])
def test_two_workers_take_at_most_0_65_of_the_serial_time(tmp_path, capsys, workers):
    axes = {"model.layers.0.size": [12, 16, 20, 24], "seed": list(range(16))}
    grid = write_grid(tmp_path, axes, fixations=20_000)  # half a second a point: workers start in two
    times = {"serial": [], "two": []}
    with workers() as two:
        for number in range(ROUNDS):
            for name, how in (("serial", {"executor": "serial"}), ("two", two)):
                start = time.perf_counter()
                found = sweep(grid, tmp_path / f"{name}{number}.db", **how)
                times[name].append(time.perf_counter() - start)
                assert (found.now, found.failed) == (64, ())
    serial, parallel = min(times["serial"]), min(times["two"])
    with capsys.disabled():
        print(f"\n64 points: serial {serial:.1f} s, {workers.__name__} {parallel:.1f} s, {parallel / serial:.2f}")
    assert parallel / serial <= 0.65
