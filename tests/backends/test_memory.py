"""A run's memory does not grow with its length: inputs come in chunks, and nothing of a step is kept for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
RUN = """
import resource, sys
import numpy as np
from support.workload import workload
from neurohw.api import run_network

network, inputs = workload("small", 8)
chunks = ({"input": inputs["input"]} for _ in range(int(sys.argv[1]) // 1024))
run = run_network(network, chunks, record=["layer3.out"], reset=sys.argv[2] == "reset")
assert run.activity.steps == int(sys.argv[1]) // 1024 * 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize("state", ["reset", "kept"])
def test_a_million_steps_take_the_memory_of_ten_thousand(state):
    tests = Path(__file__).parents[1]

    def peak(steps: int) -> int:
        command = [sys.executable, "-c", RUN, str(steps), state]
        environment = os.environ | {"PYTHONPATH": str(tests)}
        return int(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)

    assert peak(1_000_000) <= 1.1 * peak(10_000)
