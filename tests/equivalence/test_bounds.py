"""No kernel reads or writes outside its arrays: the random networks once more, with numba's bounds checks."""

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_kernels_stay_within_their_arrays(tmp_path):
    script = (
        "from support.emulate import emulate\n"
        "from support.generate import random_network\n"
        "from support.generate_learning import random_learning_network\n"
        "for seed in range(60):\n"
        "    emulate(random_network(seed)), emulate(random_learning_network(seed))\n"
    )
    tests = os.path.join(os.path.dirname(__file__), os.pardir)
    settings = {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": tests}
    run = subprocess.run([sys.executable, "-c", script], env={**os.environ, **settings}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
