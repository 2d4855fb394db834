"""Ideal crossbars of every kind, to hold against the integer emulator."""

from dataclasses import replace

import numpy as np

from neurohw.ir.crossbar import Cells, Converters, Crossbar, Encoding

ENCODINGS = (
    Encoding("pair"),
    Encoding("pair", "rows"),
    Encoding("pair", subtract="digital"),
    Encoding("offset"),
    Encoding("offset", subtract="digital"),
    Encoding("unit"),
    Encoding("unit", flip=True),
)
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
