"""Not a bit of what generated networks and programs do has changed since golden/digests.json was made."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support import digests

QUICK = digests.cases(quick=True)
GOLDEN = digests.golden()
TESTS = Path(digests.__file__).parents[1]


def slow_unless_quick(case):
    return case if case in QUICK else pytest.param(case, marks=pytest.mark.slow)


@pytest.mark.parametrize("case", [slow_unless_quick(case) for case in digests.cases()])
def test_nothing_has_changed(case):
    if found := digests.changes(case, digests.digests_of(case), GOLDEN[case]):
        pytest.fail(f"{found}\nIf it was meant: `cd tests && python -m support.digests --write`, and say why.", False)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_nothing_changes_on_a_processor_with_narrow_vectors(tmp_path):
    """Kernels are compiled anew for Haswell, in a cache of their own; its name alone would keep AVX-512 in use.

    numpy and BLAS still see the processor that is there.
    """
    narrow = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "support.digests", *QUICK]
    done = subprocess.run(command, cwd=TESTS, env={**os.environ, **narrow}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(QUICK)} cases: no digest has changed" in done.stdout


def test_all_that_is_committed_is_checked_a_fifth_of_every_kind_at_once():
    assert list(GOLDEN) == digests.cases()
    assert (len(GOLDEN), len(QUICK)) == (300, 60)
    kinds = {case.rpartition(" ")[0] for case in QUICK}
    assert kinds == {case.rpartition(" ")[0] for case in GOLDEN}


def test_every_part_is_there_in_many_cases_with_a_value_of_its_own():
    for part, least in (("messages", 300), ("counters", 300), ("states", 150), ("tags", 140), ("weights", 140)):
        found = [got[part] for got in GOLDEN.values() if part in got]
        assert len(found) >= least
        assert len(set(found)) >= 0.8 * least, part


def test_a_digest_is_of_values_and_shapes_not_of_how_they_are_stored():
    values = np.arange(-3, 9, dtype=np.int32).reshape(3, 4)
    first = digests.digest({"w": values, "n": 5})
    assert first == digests.digest({"n": np.int64(5), "w": np.asfortranarray(values.astype(np.int64))})
    others = ({"w": values.T, "n": 5}, {"v": values, "n": 5}, {"w": values, "n": 6}, {"w": values.ravel(), "n": 5})
    assert first not in {digests.digest(other) for other in others}
    with pytest.raises(TypeError, match="integers"):
        digests.digest({"w": values / 2})


def test_the_message_says_which_part_of_which_case_changed():
    case, before = next(iter(GOLDEN.items()))
    after = {**before, "messages": "0" * digests.HEX}
    text = digests.changes(case, after, before)
    assert text.startswith(f"{case}: messages changed; the same: counters, ")
    assert f"messages: was {before['messages']}, is 0000" in text
    assert digests.changes(case, before, before) == ""
    assert "states: was not there" in digests.changes(case, {**before, "states": "1"}, {"counters": before["counters"]})
