"""Generated programs on Brian2: every message, state and trace is that of the program on numpy's arrays."""

from functools import partial

import pytest
from support.alike import assert_kinds_agree, assert_programs_agree
from support.some import KINDS

from neurohw.backends.brian2.available import why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "Brian2 runs here")

QUICK, ALL, BATCH = 12, 300, 24


def assert_brian2_agrees(seeds, target="numpy"):
    from support.on_brian2 import run_on_brian2

    assert_programs_agree(partial(run_on_brian2, target=target), seeds)


def test_generated_programs_run_alike():
    assert_brian2_agrees(range(QUICK))


def test_kinds_that_ship_run_alike():
    from support.on_brian2 import run_on_brian2

    assert_kinds_agree(partial(run_on_brian2, target="numpy"), KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(QUICK, ALL, BATCH))
def test_three_hundred_generated_programs_run_alike(start):
    assert_brian2_agrees(range(start, min(start + BATCH, ALL)))


@pytest.mark.slow
@pytest.mark.parametrize("target", ["cpp", "cython"])
def test_compiled_programs_run_alike(target, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert_brian2_agrees(range(ALL, ALL + 6), target)
