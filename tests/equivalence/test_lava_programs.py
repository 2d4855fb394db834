"""Generated programs as Lava models: every message, state and trace is that of the program on numpy's arrays."""

import pytest
from support.alike import assert_kinds_agree, assert_programs_agree
from support.reference.neurons import CELLS
from support.some import KINDS

from neurohw.backends.lava.available import why_not
from neurohw.backends.lava.run import prepare_import

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]

QUICK, ALL, BATCH = 12, 300, 24


def assert_lava_agrees(seeds):
    prepare_import()
    from support.on_lava import run_on_lava

    assert_programs_agree(run_on_lava, seeds)


def test_generated_programs_run_alike():
    assert_lava_agrees(range(QUICK))


def test_kinds_that_lava_does_not_have_run_alike():
    prepare_import()
    from support.on_lava import run_on_lava

    assert_kinds_agree(run_on_lava, [kind for kind in KINDS if kind not in CELLS])


@pytest.mark.slow
@pytest.mark.parametrize("start", range(QUICK, ALL, BATCH))
def test_three_hundred_generated_programs_run_alike(start):
    assert_lava_agrees(range(start, min(start + BATCH, ALL)))
