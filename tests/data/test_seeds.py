"""One generator a purpose."""

from __future__ import annotations

import numpy as np

from neurohw.data.seeds import generator


def test_same_seed_and_purpose_give_the_same_numbers():
    np.testing.assert_array_equal(generator(3, "noise").random(5), generator(3, "noise").random(5))


def test_another_seed_or_purpose_gives_other_numbers():
    draws = {generator(seed, purpose).random() for seed in range(20) for purpose in ("a", "b", "ab", "ba")}
    assert len(draws) == 80
