"""What probes record, at the end of a step: values of one array, gathered into a buffer.

A tap is a row of a table: some places of one array, in every so many steps. Steps are counted like those of the window
(`at`), in which `start` and `stop` are given for each call. Populations that run ahead keep 64 neurons apart from the
arrays, so a tap has the states of no more than these.
"""

from __future__ import annotations

import numpy as np

from neurohw.machine.layout.tables import CELLS, MESSAGES, TAGS, TAGS2, WEIGHTS, X
from neurohw.machine.simd.jit import apart, kernel, merged

U64 = np.uint64


@merged
def _place(tap, at):
    """Where the values of step `at` begin in the buffer, or -1."""
    if at < tap.start or at >= tap.stop or (at - tap.start) % tap.every != 0:
        return np.int64(-1)
    return tap.into + (at - tap.start) // tap.every * tap.width


@apart
def record(state, work, first, last, row, at):
    """Taps first..last-1 in step `at`, whose messages are `row`."""
    for n in range(first, last):
        tap = work.taps[n]
        into = _place(tap, at)
        if into < 0:
            continue
        places, out = work.places[tap.place : tap.place + tap.size], work.recorded[into : into + tap.size]
        if tap.source == CELLS:
            _gather(out, state.cells[tap.row], places)
        elif tap.source == MESSAGES:
            _gather(out, row, places)
        elif tap.source == WEIGHTS:
            _gather(out, state.weights, places)
        elif tap.source == TAGS:
            _gather(out, state.tags, places)
        elif tap.source == TAGS2:
            _gather(out, state.tags2, places)
        else:
            _gather(out, state.x if tap.source == X else state.y, places)


@merged
def _gather(out, values, places):
    for j in range(len(out)):
        out[j] = values[places[j]]


@merged
def taps_of(work, k, first):
    """Which taps have states of the neurons from `first` on of population k, which runs ahead: (first, last + 1)."""
    begin, stop = work.tapped[k], work.tapped[k + 1]
    while begin < stop and (work.taps[begin].source != CELLS or work.taps[begin].group < first):
        begin += 1
    end = begin
    while end < stop and work.taps[end].source == CELLS and work.taps[end].group == first:
        end += 1
    return begin, end


@kernel
def record_near(work, begin, end, near, cell, at):
    """States in step `at` of 64 neurons that run ahead, the first of which is `cell`."""
    for n in range(begin, end):
        tap = work.taps[n]
        into = _place(tap, at)
        if into >= 0:
            for j in range(tap.size):
                work.recorded[into + j] = near[tap.row, work.places[tap.place + j] - cell]


@apart
def record_said(p, k, early, work, count, at):
    """Messages of population k, which runs ahead, in a block of steps that begins with step `at`."""
    for n in range(work.tapped[k], work.tapped[k + 1]):
        tap = work.taps[n]
        if tap.source != MESSAGES:
            continue
        for t in range(count):
            into = _place(tap, at + t)
            if into < 0:
                continue
            for j in range(tap.size):
                slot = work.places[tap.place + j]
                i = slot - p.outputs[0]
                said = work.bits[t, i // 64] >> U64(i % 64) & U64(1)
                if said:
                    work.recorded[into + j] = 1 if early == 2 else work.history[t, slot]
                else:
                    work.recorded[into + j] = 0
