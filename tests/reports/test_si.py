from __future__ import annotations

import pytest

from neurohw.ir.cost import Band
from neurohw.reports.si import band_text, percent_text, si_text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (23.6e-12, "J", "23.6 pJ"),
        (1e-12, "J", "1.00 pJ"),
        (999.9e-12, "J", "1.00 nJ"),
        (999.4e-12, "J", "999 pJ"),
        (0.1044, "W", "104 mW"),
        (1.0, "s", "1.00 s"),
        (0, "J", "0 J"),
        (-3.2e-9, "J", "-3.20 nJ"),
        (2e-20, "J", "0.0200 aJ"),
        (3, "", "3"),
        (2.5, "", "2.5"),
        (9999, "", "9999"),
        (131072, "", "131 k"),
    ],
)
def test_numbers_have_three_digits_and_a_prefix(value, unit, text):
    assert si_text(value, unit) == text


@pytest.mark.parametrize(
    ("band", "text"),
    [
        (Band(1.2e-9, 1.35e-9, 21e-9), "1.20 - 1.35 - 21.0 nJ"),
        (Band(5e-12, 5e-12, 5e-12), "5.00 pJ"),
        (Band(0, 0, 2e-12), "0 - 0 - 2.00 pJ"),
        (Band(0, 0, 0), "0 J"),
        (Band(9e-10, 1e-9, 2e-6), "0.900 - 1.00 - 2000 nJ"),
        (None, "no price"),
    ],
)
def test_bands_share_the_prefix_of_their_nominal(band, text):
    assert band_text(band, "J") == text


def test_percentages_have_one_decimal():
    assert percent_text(0.7106) == "71.1 %"
