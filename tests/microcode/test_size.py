"""Sizes of programs, counted by hand: R reads or writes memory, the others are the operations of Intel's brief."""

from __future__ import annotations

import numpy as np
import pytest
from support.programs import program_of

from neurohw.microcode.kind import kind_of
from neurohw.microcode.size import size_of
from neurohw.neurons.clapp import ClappLif
from neurohw.neurons.graded import Relu, Source
from neurohw.neurons.lif import Lif


@pytest.mark.parametrize(
    ("step", "operations"),
    [
        (["self.v = self.a"], 1 + 1),  # RDC, R
        (["self.v = self.v + 1"], 1 + 1 + 1),  # R, ADD, R
        (["self.v = self.v - self.u"], 2 + 2 + 1),  # R R, NEG ADD, R
        (["self.v = self.v * self.v"], 1 + 1 + 1),  # the second v is in a register
        (["self.u = self.v + 1", "self.v = self.v + 1"], 1 + 1 + 1 + 1),  # R ADD R, and R: the sum is there
        (["self.u = self.v + 1", "self.v = 0", "self.u = self.v + 1"], 3 + 1 + 1 + 1),  # v is another one now: ADD, R
        (["self.v = self.v > 3"], 1 + 1 + 1 + 1),  # R, LT, SEL, R
        (["self.out = self.a > 3"], 1 + 1 + 1 + 2),  # RDC, LT, SEL, SKP_C SPIKE
        (["self.v = 1 if self.a > 3 else 2"], 1 + 1 + 1 + 1),  # RDC, LT, SEL, R
        (["self.v = self.w + self.k"], 1 + 1),  # R: one number per neuron, found before; R
        (["self.v = 1 << self.k"], 1),  # a number in the instructions, R
        (["if self.a > 3:", "    self.v = 0"], 1 + 1 + 1 + 1),  # RDC, LT, JMP_C, R
        (
            ["if self.a > 3:", "    self.v = 0", "    self.u = 0", "else:", "    self.v = 1"],
            3 + 2 + 1,
        ),  # .., R R, JMP_C
        (["if self.a > 3:", "    self.v = 0", "else:", "    self.v = 1", "    self.u = self.v"], 3 + 2),  # ..., R R
        (["self.count('many', self.a > 9)", "self.v = 0"], 1),  # R: chips do not count
    ],
)
def test_operations_of_a_step_are_those_counted_by_hand(step, operations):
    program = program_of(step)
    assert size_of(program).per_step == (operations,)


def test_all_branches_are_in_memory_and_one_of_them_runs():
    found = size_of(program_of(["if self.a > 3:", "    self.v = 0", "    self.u = 0", "else:", "    self.v = 1"]))
    assert (found.program_words, found.worst) == (3 + 2 + 1 + 1, 3 + 2 + 1)


def test_a_phase_costs_a_counter_and_runs_in_its_step_alone():
    """R ADD EQ R, EQ, JMP_C in each step; in step 2 of 4: RDC, ADD and R for z, ADD and R for the bias, MIN ..."""
    relu = Relu(layer=1, period=4, shift=2, bias=np.arange(2))
    found = size_of(kind_of(relu).program(relu), relu)
    idle = 4 + 1 + 1
    busy = 1 + 1 + 1 + 2 + 1 + 1 + 2  # RDC, R of the bias, ADD, LT SEL, SHL, MIN, SKP_C SPIKE
    assert found.per_step == (idle, idle + busy, idle, idle)
    assert (found.mean, found.worst) == ((4 * idle + busy) / 4, idle + busy)
    assert (found.state_words, found.state_bits, found.parameter_words) == (1, 3, 1)


def test_what_is_equal_for_all_neurons_stands_in_the_program():
    same, own = Lif(vth=100), Lif(vth=np.array([100, 200]))
    program = kind_of(Lif).program(same)
    assert size_of(program, same).parameter_words == 0
    assert size_of(program, own).parameter_words == 1
    assert size_of(program, own).worst == size_of(program, same).worst + 1
    assert size_of(program).parameter_words == 2  # threshold and bias


def test_without_numbers_the_longest_step_bounds_all():
    neuron = ClappLif(1, 10, 3, 500, 100, 100, 2, 3, 4)
    program = kind_of(neuron).program(neuron)
    known = size_of(program, neuron)
    assert len(known.per_step) == 10
    assert known.worst <= size_of(program).worst
    assert known.mean < known.worst


def test_a_reset_that_never_comes_costs_nothing():
    never, often = Lif(100), Lif(100, reset_interval=5)
    program = kind_of(Lif).program(never)
    assert size_of(program, never).state_bits == 48
    assert size_of(program, often).per_step == (*[size_of(program, never).worst + 4 + 1] * 4,
                                                size_of(program, never).worst + 4 + 1 + 2)  # fmt: skip


def test_a_source_computes_nothing():
    assert size_of(kind_of(Source).program(Source())).per_step == (0,)
