"""Ideal crossbars of every kind, to hold against the integer emulator."""

from dataclasses import replace

import numpy as np

from neurohw.ir.crossbar import Cells, Converters, Crossbar, Encoding, Writing

ENCODINGS = (
    Encoding("pair"),
    Encoding("pair", "rows"),
    Encoding("pair", subtract="digital"),
    Encoding("offset"),
    Encoding("offset", subtract="digital"),
    Encoding("unit"),
    Encoding("unit", flip=True),
)
SINGLE = tuple(e for e in ENCODINGS if not e.flip)
LEARNING_BITS = 16  # of messages of networks that learn
DIGITS = ((None, 1), (1024, 1), (2, 9), (4, 5), (8, 4), (32, 2))  # levels, digits of a weight


def ideal_crossbar(seed: int, input_bits: int = 8) -> Crossbar:
    """A crossbar with ideal cells and lossless converters: encoding, digits, input digits and array size by seed."""
    rng = np.random.default_rng(seed)
    levels, slices = DIGITS[rng.integers(len(DIGITS))]
    encoding = replace(ENCODINGS[seed % len(ENCODINGS)], slices=slices)
    g_min = float(rng.choice([0.0, 1e-7, 2e-5]))
    converters = Converters(input_bits, int(rng.integers(1, input_bits + 1)))
    rows, columns = (int(n) for n in rng.integers(24, 200, 2))
    return Crossbar(rows, columns, Cells(g_min, 1e-4, levels, 0.2, 1e-7), encoding, converters)


def shadowed(seed: int) -> Crossbar:
    """One whose cells are programmed from a digital shadow after every fixation."""
    return replace(ideal_crossbar(seed, LEARNING_BITS), writing=Writing("shadow", every=1))


def pulsed(seed: int) -> Crossbar:
    """One with cells of one slice that pulses of exactly one step move; pairs are written anew now and then."""
    design = ideal_crossbar(seed, LEARNING_BITS)
    encoding = replace(SINGLE[seed % len(SINGLE)], slices=1)
    cells = replace(design.cells, levels=None)
    return replace(design, encoding=encoding, cells=cells, writing=Writing("pulses", every=7))
