"""Two workers against one process, on the same 64 points, in one run; needs two cores that nothing else uses."""

import time

import pytest
from support.sweeps import write_grid

from neurohw.experiments.sweeps.run import sweep

pytestmark = pytest.mark.bench
ROUNDS = 2  # alternating; the shorter time of each counts, so that a moment's load of a shared machine does not


def test_two_workers_take_at_most_0_65_of_the_serial_time(tmp_path, capsys):
    axes = {"model.layers.0.size": [12, 16, 20, 24], "seed": list(range(16))}
    grid = write_grid(tmp_path, axes, fixations=20_000)  # half a second a point: workers start in two
    times = {"serial": [], "processes": []}
    for number in range(ROUNDS):
        for name, workers in (("serial", None), ("processes", 2)):
            start = time.perf_counter()
            found = sweep(grid, tmp_path / f"{name}{number}.db", executor=name, workers=workers)
            times[name].append(time.perf_counter() - start)
            assert (found.now, found.failed) == (64, ())
    serial, parallel = min(times["serial"]), min(times["processes"])
    with capsys.disabled():
        print(f"\n64 points: serial {serial:.1f} s, 2 workers {parallel:.1f} s, {parallel / serial:.2f}")
    assert parallel / serial <= 0.65
