"""Programs as equations: every statement on a line of its own, in symbols that say what the program computes."""

from __future__ import annotations

import pytest
from support.programs import program_of

from neurohw.microcode.equations import equations, latex
from neurohw.microcode.kind import kind_of
from neurohw.neurons import clapp, graded, lif, readout

SHIPPED = [
    lif.Lif(1),
    lif.TernaryLif(1, -1),
    graded.Source(),
    graded.Graded(),
    graded.Relu(1, 4, 2),
    clapp.Clapp(1, 8, 3, 4, 5),
    clapp.Clapp(1, 8, 3, 4, 5, "unsigned"),
    clapp.ClappLif(1, 9, 3, 100, 1, 1, 1, 4, 5, delayed=True),
    clapp.Hinge(1, 8, 3),
    readout.Readout(1, 20, 3, 8),
    readout.Critic(1, 8, 1, 0),
]


def lines(*step):
    """The statements of a step as equations."""
    text = equations(program_of(step))
    return [line[4:] for line in text.split("in each step, from messages of 0\n")[1].split("\n")]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("self.v = self.a + 1 - (self.u - 2)", "v = a + 1 - (u - 2)"),
        ("self.v = 3 * (self.a + self.u)", "v = 3 (a + u)"),
        ("self.v = -(self.a + self.u)", "v = -(a + u)"),
        ("self.v = self.a * -2", "v = a (-2)"),
        ("self.v = (self.a & 3) + 1", "v = (a & 3) + 1"),
        ("self.v = self.a & (self.u | 3)", "v = a & (u | 3)"),
        ("self.v = self.a << 6", "v = 64 a"),
        ("self.v = self.a << self.k", "v = 2^k a"),
        ("self.v = 1 << self.k", "v = 2^k"),
        ("self.v = self.a + 1 >> 3", "v = floor((a + 1) / 8)"),
        ("self.v = self.a >> 31 - self.k", "v = floor(a / 2^(31 - k))"),
        ("self.v = max(-5, min(5, self.a))", "v = clip(a, -5, 5)"),
        ("self.v = clip(self.a, 0, self.w)", "v = clip(a, 0, w)"),
        ("self.v = max(abs(self.a), self.u)", "v = max(|a|, u)"),
        ("self.v = self.a > 2", "v = [a > 2]"),
        ("self.v = (self.a > 2) - (self.a < 2)", "v = [a > 2] - [a < 2]"),
        ("self.v = 1 if self.a and not self.u else 2", "v = 1 if a != 0 and not u != 0 else 2"),
        ("self.v = 2 + (1 if (t or self.u) and self.v else 3)", "v = 2 + (1 if (t != 0 or u != 0) and v != 0 else 3)"),
        ("self.v = t % 3 + 1 == 2", "v = [t mod 3 + 1 = 2]"),
        ("self.v = self.index * self.w", "v = index w"),
    ],
)  # fmt: skip
def test_a_statement_reads_as_an_equation(statement, expected):
    assert lines(statement) == [expected]


def test_conditions_have_their_statements_below_them():
    step = ["if self.a > 1:", "    self.v = 1", "elif self.a < 0:", "    self.v = 2", "else:", "    self.u = 3"]
    assert lines(*step) == ["if a > 1:", "    v = 1", "else if a < 0:", "    v = 2", "else:", "    u = 3"]


def test_what_is_only_counted_is_not_an_equation():
    assert lines("self.v = 1", "if self.a:", "    self.count('many', self.a > 9)") == ["v = 1"]


def test_a_local_that_has_the_name_of_a_state_gets_a_prime():
    assert lines("u = self.a", "self.u = u + self.u") == ["u' = a", "u = u' + u"]


def test_declarations_say_ranges_and_what_is_checked_while_running():
    text = equations(program_of(["self.out = self.a", "self.u = clip(self.a, -5, 5)", "self.v = 0"]))
    assert "    k  0..31\n    w  -100..100, of each neuron\n" in text
    assert "    u  24 bits, -8388608..8388607 (proven)\n" in text
    assert "    a  sum of what arrives at port 'in'\n" in text
    assert "    out  0..1 (checked while running)\n" in text


def test_the_lif_of_loihi_is_what_its_docstring_says():
    text = equations(kind_of(lif.Lif).program(lif.Lif(1)))
    assert text.endswith(
        "    v' = trunc(x' (4096 - dv) / 4096) + u + floor(2^bias_exp bias_mant)\n"
        "    v = clip(v', -8388607, 8388607)\n"
        "    out = [v > 64 vth]\n"
        "    if out != 0:\n"
        "        v = 0"
    )


def test_branches_that_set_one_name_are_cases_in_latex():
    text = latex(program_of(["if self.a > 1:", "    self.v = self.k << 2", "else:", "    self.v = self.a >> self.k"]))
    assert text.endswith(
        r"v &\leftarrow \begin{cases} 4\,k & \text{if } a > 1 \\ "
        r"\left\lfloor a\,/\,2^{k} \right\rfloor & \text{otherwise} \end{cases}" + "\n\\end{aligned}"
    )
    assert r"w &\in \{-100, \ldots, 100\} \\" in text


def test_a_condition_on_one_name_keeps_what_it_was_in_latex():
    text = latex(program_of(["if self.a:", "    self.v = 1"]))
    assert r"v &\leftarrow \begin{cases} 1 & \text{if } a \ne 0 \\ v & \text{otherwise} \end{cases}" in text


@pytest.mark.parametrize("neuron", SHIPPED, ids=lambda n: type(n).__name__)
def test_latex_of_all_that_ships_is_balanced(neuron):
    text = latex(kind_of(neuron).program(neuron))
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    for environment in ("aligned", "cases"):
        assert text.count(f"\\begin{{{environment}}}") == text.count(f"\\end{{{environment}}}")
    assert text.count(r"\left") - text.count(r"\leftarrow") == text.count(r"\right")
    assert "_" not in text.replace(r"\_", "").replace("_{", "")
