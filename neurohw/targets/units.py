"""Units of hardware constants: what a file writes (pJ, ns, mW, um2, axons) and the SI unit that it stands for."""

from __future__ import annotations

from decimal import Decimal

_EXPONENTS = {"a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9}
_SI = ("J", "s", "W", "V", "A", "S", "Ohm", "F", "Hz", "m", "m2")
COUNTS = (
    *("1", "levels", "bits", "steps", "synapses", "compartments", "axons", "configs", "formats", "words"),
    *("chips", "cores", "tiles", "columns", "rows"),
)


def si_unit(unit: str) -> str:
    """The unit without its prefix ('pJ' -> 'J'; counts stay as they are); ValueError for an unknown unit."""
    return _parse(unit)[1]


def to_si(value: float, unit: str) -> float:
    """`value` in `unit` as a number of SI units, rounded once (23.6 pJ -> 2.36e-11); ValueError for an unknown unit."""
    return float(Decimal(repr(value)).scaleb(_parse(unit)[0]))


def _parse(unit: str) -> tuple[int, str]:
    """Power of ten and SI unit; a square multiplies the prefix twice (um2 = 1e-12 m2)."""
    if unit in COUNTS or unit in _SI:
        return 0, unit
    for base in _SI:
        prefix = unit.removesuffix(base)
        if prefix != unit and prefix in _EXPONENTS:
            return _EXPONENTS[prefix] * (2 if base == "m2" else 1), base
    known = [prefix + base for base in _SI for prefix in _EXPONENTS] + list(COUNTS)
    twin = next((name for name in known if name.lower() == unit.lower()), None)
    fix = (
        f"did you mean '{twin}'?"
        if twin
        else f"use {' '.join(_SI)} with a prefix such as p or u, or a count: bits, axons"
    )
    raise ValueError(f"unit '{unit}' is unknown; {fix}")
