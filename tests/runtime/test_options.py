"""Numbers of a run are integers in their range, all problems at once."""

import pytest

from neurohw.errors import NeurohwError
from neurohw.runtime.options import RunOptions


@pytest.mark.parametrize("value", [0.5, -1, float("nan"), True, "3"])
def test_numbers_of_a_run_are_integers(value):
    with pytest.raises(NeurohwError) as error:
        RunOptions(fixations=value, steps=value, traces=value, every=value)
    wrong = [problem.where for problem in error.value.problems]
    assert wrong == ["simulate.fixations", "simulate.steps", "simulate.traces", "simulate.every"]


def test_no_fixations_are_not_taken_for_the_default():
    with pytest.raises(NeurohwError, match=r"simulate\.fixations: is 0; needs an integer 1"):
        RunOptions(fixations=0)
    RunOptions(fixations=5, traces=0, steps=3)
