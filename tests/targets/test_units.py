from __future__ import annotations

import pytest

from neurohw.targets.units import si_unit, to_si


@pytest.mark.parametrize(
    ("value", "unit", "si", "base"),
    [
        (23.6, "pJ", 2.36e-11, "J"),
        (14.3, "us", 1.43e-5, "s"),
        (104, "mW", 0.104, "W"),
        (2, "m", 2.0, "m"),
        (25, "um2", 2.5e-11, "m2"),
        (2, "kOhm", 2000.0, "Ohm"),
        (40, "uS", 4e-5, "S"),
        (1024, "compartments", 1024.0, "compartments"),
    ],
)
def test_units_become_si_without_rounding_errors(value, unit, si, base):
    assert (to_si(value, unit), si_unit(unit)) == (si, base)


@pytest.mark.parametrize(
    ("unit", "fix"),
    [
        ("pj", "did you mean 'pJ'?"),
        ("erg", "use J s W V A S Ohm F Hz m m2 with a prefix such as p or u, or a count: bits, axons"),
    ],
)
def test_an_unknown_unit_is_named_with_a_fix(unit, fix):
    with pytest.raises(ValueError, match="is unknown") as error:
        to_si(1, unit)
    assert str(error.value) == f"unit '{unit}' is unknown; {fix}"
