"""Who sends something in a step: lists of neurons, by the bits of a mask, with a count for each neuron."""

from __future__ import annotations

import numpy as np

from neurohw.machine.simd.jit import kernel, merged, ones, trailing_zeros
from neurohw.machine.simd.lanes import COLUMNS, nonzero_bits

U64 = np.uint64


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


@merged
def append_bits(bits, first, n, events):
    """`list_bits` without the counts: eight places are written at once, since whether there is another bit is what a
    processor cannot foresee; those too many are written over, or lie behind the last one that counts.
    """
    at, one, most = U64(n), U64(1), U64(8)  # what may be negative would be looked at again for each place
    while bits != 0:
        if at + most <= U64(len(events)):
            found = min(U64(ones(bits)), most)
            for e in range(8):
                events[at + U64(e)] = first + trailing_zeros(bits)
                bits &= bits - one
            at += found
        else:
            events[at] = first + trailing_zeros(bits)
            bits &= bits - one
            at += one
    return np.int64(at)


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


@merged
def speakers(tables, work, port, start, t):
    """Who sent something through a port, whose messages are from `start` on, in row t of the block."""
    n = work.sent[t, port]
    if tables.early[port]:
        return work.listed[work.begins[t, port] : work.begins[t, port] + n]
    return work.events[t, start : start + n]
