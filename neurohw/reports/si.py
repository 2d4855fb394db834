"""Numbers for people: three significant digits and an SI prefix."""

from __future__ import annotations

import math

from neurohw.ir.cost import Band

_PREFIXES = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}


def si_text(value: float, unit: str = "") -> str:
    """`value` of an SI unit, such as '23.6 pJ'; counts ('') get a prefix from 10000 on."""
    if not unit and abs(value) < 10_000:
        return f"{value:.4g}"
    power = _power(value)
    return f"{_digits(value, power)} {_PREFIXES[power]}{unit}".rstrip()


def band_text(band: Band | None, unit: str) -> str:
    """'low - nominal - high' with one prefix, one number when they are equal, 'no price' for None."""
    if band is None:
        return "no price"
    if band.low == band.nominal == band.high:
        return si_text(band.nominal, unit)
    power = _power(band.nominal or band.high)
    low, nominal, high = (_digits(value, power) for value in (band.low, band.nominal, band.high))
    return f"{low} - {nominal} - {high} {_PREFIXES[power]}{unit}"


def percent_text(fraction: float) -> str:
    """A fraction as a percentage with one decimal."""
    return f"{100 * fraction:.1f} %"


def _power(value: float) -> int:
    """Power of ten, a multiple of three, that leaves 1 to 999 before the point; 0 for zero."""
    if value == 0 or not math.isfinite(value):
        return 0
    exponent = math.floor(math.log10(float(f"{abs(value):.2e}")))
    return min(max(3 * (exponent // 3), min(_PREFIXES)), max(_PREFIXES))


def _digits(value: float, power: int) -> str:
    """`value` in units of 10^power with three significant digits and no exponent."""
    scaled = value / 10**power if power >= 0 else value * 10**-power
    if scaled == 0 or not math.isfinite(scaled):
        return f"{scaled:g}"
    decimals = max(0, 2 - math.floor(math.log10(float(f"{abs(scaled):.2e}"))))
    return f"{scaled:.{min(decimals, 6)}f}"
