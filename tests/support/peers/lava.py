"""Lava on the same network: seconds a step while it runs, and what it leaves behind."""

import time

import numpy as np

from neurohw.backends.lava.run import run_lava


def run(network, inputs, steps_per_sample, samples, record=()):
    """The run, and the median over its hundredths of the seconds a step: neither start nor end are in it."""
    stamps = []
    result = run_lava(
        network, inputs, steps_per_sample=steps_per_sample, samples=samples, record=record,
        progress=lambda done, _: stamps.append((done, time.perf_counter())),
    )  # fmt: skip
    done, when = np.array(stamps).T
    return result, float(np.median(np.diff(when) / np.diff(done)))
