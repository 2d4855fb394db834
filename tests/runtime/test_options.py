"""Numbers of a run are integers in their range, all problems at once."""

import numpy as np
import pytest

from neurohw.errors import NeurohwError
from neurohw.ir.engine import Setting
from neurohw.ir.network import Network
from neurohw.runtime.options import RunOptions


@pytest.mark.parametrize("value", [0.5, -1, float("nan"), True, "3"])
def test_numbers_of_a_run_are_integers(value):
    with pytest.raises(NeurohwError) as error:
        RunOptions(fixations=value, steps=value, traces=value, every=value)
    wrong = [problem.where for problem in error.value.problems]
    assert wrong == ["simulate.fixations", "simulate.steps", "simulate.traces", "simulate.every"]


WRONG = {
    "backend": 0, "record": "layer1.out", "strict": "no", "inputs": [1], "checkpoint": 5, "resume": "yes",
    "runtime": "x", "schedule": ["theta"], "probes": "layer1.v", "progress": 1,
}  # fmt: skip


def test_what_is_not_an_option_of_a_run_is_named_with_all_others():
    with pytest.raises(NeurohwError) as error:
        RunOptions(**WRONG)
    assert sorted(problem.where for problem in error.value.problems) == sorted(f"simulate.{name}" for name in WRONG)


@pytest.mark.parametrize("value", [0, 1, "", "yes", None, []])
def test_nothing_is_taken_by_its_truth_value(value):
    with pytest.raises(NeurohwError, match=r"simulate\.strict: is .*; needs True or False"):
        RunOptions(strict=value)
    RunOptions(strict=np.True_)


def test_no_fixations_are_not_taken_for_the_default():
    with pytest.raises(NeurohwError, match=r"simulate\.fixations: is 0; needs an integer 1"):
        RunOptions(fixations=0)
    RunOptions(fixations=5, traces=0, steps=3)


def test_numpy_integers_are_those_of_python():
    options = RunOptions(fixations=np.int64(5), traces=np.uint8(3), every=np.int16(2))
    assert [type(n) for n in (options.fixations, options.traces, options.every)] == [int] * 3
    setting = Setting(Network((), ()), np.uint8(3), window=np.uint8(3), traces=np.uint8(3))
    assert [type(n) for n in (setting.steps, setting.window, setting.traces)] == [int] * 3
