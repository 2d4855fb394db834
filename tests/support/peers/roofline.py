"""What this machine can do at most, in loops of nothing else: on weights in the nearest caches, on one core."""

import time

import numpy as np

from neurohw.machine.simd.jit import add, both, entry, lower, mul, sar, upper
from neurohw.machine.simd.lanes import sum_64_columns

I16, I32 = np.int16, np.int32
REPEATS, TIMES, ROWS = 7, 500, 128


@entry
def _add_rows(weights, events, acc, into):
    """64 columns of int8 weights added up in int16, which stay in registers over many rows."""
    zero, top, beyond = I32(0), I32(2**31 - 1), 0
    for first in range(0, len(events), ROWS):
        beyond += sum_64_columns(
            weights, 0, 64, events, first, ROWS, acc, into, 0, zero, zero, zero, top, True, True, True
        )  # fmt: skip
    return beyond


@entry
def _update_neurons(v, heard, spikes, keep, threshold, times):
    """LIF in int32: decay, input, threshold, reset."""
    places, less = I32(12), I32(-1)
    for _ in range(times):
        for j in range(len(v)):
            value = add(sar(mul(v[j], keep), places), heard[j])
            fires = I32(value > threshold)
            spikes[j] = fires
            v[j] = both(value, add(fires, less))


@entry
def _update_weights(weights, y, x, times):
    """An outer product added to int16 weights, rounded and clipped to eight bits and a sign."""
    low, high, half, places = I16(-256), I16(255), I16(1024), I16(11)
    for _ in range(times):
        for i in range(len(x)):
            row, scale = weights[i], x[i]
            for j in range(len(y)):
                row[j] = lower(high, upper(low, add(row[j], sar(add(mul(scale, y[j]), half), places))))


def _best(work, amount):
    """Most of `amount` a second."""
    work()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return amount / min(times)


def measure():
    """(synaptic operations, neuron updates, weight updates) a second."""
    rng = np.random.default_rng(0)
    weights = rng.integers(-8, 8, 256 * 64).astype(np.int8)  # 16 KiB
    acc, into, events = np.zeros(64, I32), np.zeros(64, I32), rng.integers(0, 256, 250 * ROWS).astype(I32)
    operations = _best(lambda: _add_rows(weights, events, acc, into), len(events) * 64)
    v, heard, spikes = np.zeros(2048, I32), rng.integers(0, 9, 2048).astype(I32), np.zeros(2048, np.int8)
    neurons = _best(lambda: _update_neurons(v, heard, spikes, I32(3968), I32(99), TIMES), TIMES * 2048)
    plastic = rng.integers(-128, 128, (64, 256)).astype(I16)  # 32 KiB
    y, x = rng.integers(0, 64, 256).astype(I16), rng.integers(0, 64, 64).astype(I16)
    synapses = _best(lambda: _update_weights(plastic, y, x, TIMES), TIMES * plastic.size)
    return operations, neurons, synapses
