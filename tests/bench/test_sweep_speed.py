"""Two workers against one process, on the same 64 points, in one run."""

import time

import pytest
from support.sweeps import write_grid

from neurohw.sweeps.run import sweep

pytestmark = pytest.mark.bench


@pytest.mark.parametrize("executor", ["processes", "dask"])
def test_two_workers_take_at_most_0_65_of_the_serial_time(tmp_path, capsys, executor):
    axes = {"model.layers.0.size": [12, 16, 20, 24], "seed": list(range(16))}
    grid = write_grid(tmp_path, axes, fixations=20_000)  # most of a second a point: workers start in two
    times = {}
    for name, workers in (("serial", None), (executor, 2)):
        start = time.perf_counter()
        found = sweep(grid, tmp_path / f"{name}.db", executor=name, workers=workers)
        times[name] = time.perf_counter() - start
        assert (found.now, found.failed) == (64, ())
    ratio = times[executor] / times["serial"]
    with capsys.disabled():
        print(
            f"\n64 points: serial {times['serial']:.1f} s, 2 workers ({executor}) {times[executor]:.1f} s, {ratio:.2f}"
        )
    assert ratio <= 0.65
