"""Who sends something in a step: lists of neurons, by the bits of a mask, with a count for each neuron."""

from __future__ import annotations

import numpy as np

from neurohw.backends.emulator.jit import kernel, trailing_zeros
from neurohw.backends.emulator.lanes import COLUMNS, nonzero_bits


@kernel
def list_bits(bits, first, n, counts, events):
    """Append neurons whose bits are set, of up to 64 from `first` on, to n events; return how many there are now."""
    while bits != 0:
        k = first + trailing_zeros(bits)
        bits &= bits - np.uint64(1)
        events[n] = k
        counts[k] += 1
        n += 1
    return n


@kernel
def find_events(messages, counts, events):
    """List the neurons that sent something, and count them; return how many."""
    n, i, size = 0, 0, len(messages)
    while i + COLUMNS <= size:
        n = list_bits(nonzero_bits(messages, i), i, n, counts, events)
        i += COLUMNS
    while i < size:
        if messages[i] != 0:
            events[n] = i
            counts[i] += 1
            n += 1
        i += 1
    return n
