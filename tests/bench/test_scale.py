"""A million neurons on a board of 32 chips, and how compile time grows; each size in a process of its own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench
SIZES = (288, 1_000, 10_000, 100_000, 1_000_000)  # neurons, a hundred synapses each, but for the first
RUN = """
import json, resource, sys, time
import numpy as np
from support.large import layered
from neurohw import api
from neurohw.compiler.pipeline import compile_network

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

chip, network, times = api.load_target("loihi1_nahuku"), layered(int(sys.argv[1])), []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    program = compile_network(network, chip)
    times.append(time.perf_counter() - start)
found = {"synapses": sum(p.weight.nnz for p in network.projections), "compile": min(times)}
found |= {"cores": len(program.blocks), "compile GiB": peak()}
found["chips"] = len({site.chip for site in program.sites})
x = np.random.default_rng(1).random((1, 100, network.populations[0].size), dtype=np.float32) < 0.01
start = time.perf_counter()
run = api.simulate(program, inputs={"input": x}, steps=100)
found["simulate"], populations = time.perf_counter() - start, list(run.activity.populations.values())[1:]
found["activity"] = sum(p.sending_updates for p in populations) / sum(p.updates for p in populations)
found["synaptic operations"] = sum(p.synaptic_ops for p in run.activity.projections.values())
start = time.perf_counter()
report = api.estimate(program, run)
found["estimate"], found["energy"] = time.perf_counter() - start, report.per_sample(learning=False).nominal
found["GiB"] = peak()
print(json.dumps(found))
"""


def measured(neurons: int, repeats: int) -> dict[str, float]:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": str(tests)}
    command = [sys.executable, "-c", RUN, str(neurons), str(repeats)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, cwd=tests.parent)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_a_million_neurons_compile_and_run_and_time_grows_with_the_synapses(capsys):
    found = {size: measured(size, 1 if size == SIZES[-1] else 5) for size in SIZES}
    with capsys.disabled():
        for size, values in found.items():
            print(f"\n{size} neurons:", ", ".join(f"{k} {v:.3g}" for k, v in values.items()), end="")
        print()
    small, large = found[SIZES[1]], found[SIZES[-1]]
    assert large["compile"] < 120
    assert large["GiB"] < 6
    assert 0.005 < large["activity"] < 0.02
    assert large["chips"] > 1
    assert math.log(large["compile"] / small["compile"]) <= 1.15 * math.log(large["synapses"] / small["synapses"])
