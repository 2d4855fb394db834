"""Two workers against one process, on the same 64 points, in one run; needs two cores that nothing else uses.

Each is the whole command as it is typed: what a process loads before its first point counts for all of them.
"""

import subprocess
import sys
import time

import pytest
from support.sweeps import write_grid

pytestmark = pytest.mark.bench
ROUNDS = 2  # alternating; the shorter time of each counts, so that a moment's load of a shared machine does not


def seconds(grid, results, executor, *workers):
    command = [sys.executable, "-m", "neurohw.cli", "sweep", str(grid), "--out", str(results), "--executor", executor]
    start = time.perf_counter()
    done = subprocess.run([*command, *workers], capture_output=True, text=True, check=False)
    took = time.perf_counter() - start
    assert "64 now; 0 failed" in done.stdout, done.stdout + done.stderr
    return took


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_two_workers_take_at_most_0_65_of_the_serial_time(tmp_path, capsys, executor):
    axes = {"model.layers.0.size": [12, 16, 20, 24], "seed": list(range(16))}
    grid = write_grid(tmp_path, axes, fixations=20_000)  # half a second a point on a fast machine
    serial, parallel = [], []
    for number in range(ROUNDS):
        serial.append(seconds(grid, tmp_path / f"serial{number}.db", "serial"))
        parallel.append(seconds(grid, tmp_path / f"{executor}{number}.db", executor, "--workers", "2"))
    ratio = min(parallel) / min(serial)
    with capsys.disabled():
        print(f"\n64 points: serial {min(serial):.1f} s, 2 workers ({executor}) {min(parallel):.1f} s, {ratio:.2f}")
    assert ratio <= 0.65
