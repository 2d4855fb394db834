"""Rules as text: what is read is what the text says, what is written is read back, what cannot be read is explained."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from neurohw.errors import NeurohwError
from neurohw.ir.plasticity import Factor, Product
from neurohw.ir.rule_text import decimate_of, parse_rule, rule_text

TRACES, SYNAPTIC = ("x1", "x2", "y1", "y2", "y3"), ("w", "d", "t")
constants = st.integers(-255, 255)
factors = st.one_of(
    st.builds(Factor, st.sampled_from((*TRACES, *SYNAPTIC, "x0", "y0")), constants),
    st.builds(Factor, st.sampled_from(SYNAPTIC), constants, st.just(True)),
)
products = st.builds(
    Product,
    st.integers(-7, 7).filter(bool),
    st.integers(-7, 8),
    st.sampled_from(("x0", "y0", "u")),
    st.lists(factors, max_size=4).map(tuple),
)
rules = st.lists(products, min_size=1, max_size=4).map(tuple)


@given(rules, st.integers(0, 9))
@settings(deadline=None)
def test_written_products_are_read_back(rule, decimate):
    text = rule_text(rule, decimate)
    assert parse_rule(text) == rule
    assert decimate_of(text) == (decimate if any(p.dependency == "u" for p in rule) else None)


@given(rules)
@settings(deadline=None)
def test_spaces_do_not_matter(rule):
    text = rule_text(rule, 3)
    assert parse_rule(text.replace(" ", "")) == parse_rule(re.sub(r"([*+^()-])", r" \1 ", text)) == rule


def value(product, values):
    """A product in numbers."""
    total = product.mantissa * 2.0**product.exponent * values[product.dependency]
    for f in product.factors:
        inside = values[f.var] + f.const
        total *= np.sign(inside) if f.sign else inside
    return total


literals = st.one_of(
    st.integers(-2, 2).map(lambda n: f"({n})"), st.integers(0, 2).map(str), st.integers(-2, 2).map(lambda n: f"2^{n}")
)
variables = st.sampled_from(("x1", "(y1-3)", "(w)", "sgn(t+64)", "x0", "2^(-1)"))
texts = st.lists(
    st.tuples(
        st.sampled_from("+-"),
        st.sampled_from(("x0", "y0", "u4")),
        st.lists(
            st.one_of(literals, st.sampled_from(("x1", "(y1-3)", "(w)", "sgn(t+64)", "x0", "2^(-1)"))), max_size=3
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
)


@given(texts, st.lists(st.integers(-5, 5), min_size=12, max_size=12))
@example([("-", "u4", ["2^(-1)", "(-2)", "2"], True)], list(range(1, 13)))
@settings(deadline=None)
def test_what_is_read_has_the_value_of_the_text(parts, numbers):
    text = "".join(
        sign + "*".join([*items, dependency] if last and not {"x0"} & set(items) else [dependency, *items])
        for sign, dependency, items, last in parts
    )
    values = dict(zip((*TRACES, *SYNAPTIC, "x0", "y0", "u4", "u"), numbers))
    values["u"] = values["u4"]
    expected = eval(text.replace("^", "**"), {"sgn": np.sign, **values})
    assert sum(value(p, values) for p in parse_rule(text)) == expected


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ("x0", Product(1, 0, "x0")),
        ("-x0*x1*y1", Product(-1, 0, "x0", (Factor("x1"), Factor("y1")))),
        ("2*3*x0", Product(6, 0, "x0")),
        ("24*y0", Product(6, 2, "y0")),
        ("-2^-4*2^2*x0", Product(-1, -2, "x0")),
        ("u7*x0*y0", Product(1, 0, "u", (Factor("x0"), Factor("y0")))),
        ("x0*x0", Product(1, 0, "x0", (Factor("x0"),))),
        ("x0*(y0-1)", Product(1, 0, "x0", (Factor("y0", -1),))),
        ("u0*sgn(w)", Product(1, 0, "u", (Factor("w", 0, True),))),
    ],
)
def test_one_product(text, product):
    assert parse_rule(text) == (product,)


def test_the_first_dependency_gates_the_product():
    assert parse_rule("y0*x0")[0].dependency == "y0"
    assert parse_rule("x0*y0")[0].dependency == "x0"


@pytest.mark.parametrize("exponent", range(-7, 8))
def test_a_mantissa_of_minus_8_comes_back_as_minus_4_times_twice_the_power(exponent):
    assert parse_rule(rule_text((Product(-8, exponent, "x0"),))) == (Product(-4, exponent + 1, "x0"),)


UNREADABLE = "cannot be read; see neurohw.ir.rule_text for the grammar"
LIMITS = "mantissas are -8..7, exponents -7..8"
VARIABLES = "variables are x1 x2 y1 y2 y3 w d t"
DEPENDENCY = "depends on none of x0, y0, u<k>; multiply by x0, y0 or u0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not a sum of products"),
        ("x0*(x1", "'x0*(x1' is not a sum of products"),
        ("x0 + + x1*x0", "'x0 + + x1*x0' is not a sum of products"),
        ("x0*foo", f"'x0*foo' 'foo' {UNREADABLE}"),
        ("x0*X1", f"'x0*X1' 'X1' {UNREADABLE}"),
        ("u12*t", f"'u12*t' 'u12' {UNREADABLE}"),
        ("x0**x1", f"'x0**x1' '' {UNREADABLE}"),
        ("x0*x1/2", f"'x0*x1/2' 'x1/2' {UNREADABLE}"),
        ("x0*z1", f"'x0*z1' unknown variable 'z1'; {VARIABLES}"),
        ("x0*(x3-1)", f"'x0*(x3-1)' unknown variable 'x3'; {VARIABLES}"),
        ("u0*sgn(x1)", "'u0*sgn(x1)' sgn(x1); sgn takes w, d or t"),
        ("x1*y1", f"'x1*y1' {DEPENDENCY}"),
        ("x0*x1 - 2^3*w", f"'2^3*w' {DEPENDENCY}"),
        ("x0*u4*t", "'x0*u4*t' u is not the only dependency; write u first and x0 or y0 as factors after it"),
        ("9*x0", f"'9*x0' scale 9*2^0; {LIMITS}"),
        ("2^9*x0", f"'2^9*x0' scale 1*2^9; {LIMITS}"),
        ("-2^-8*x0", f"'2^-8*x0' scale -1*2^-8; {LIMITS}"),
        ("16*2^8*x0", f"'16*2^8*x0' scale 16*2^8; {LIMITS}"),
    ],
)
def test_a_rule_that_cannot_be_read_is_explained(text, message):
    with pytest.raises(NeurohwError) as error:
        parse_rule(text, "layer1.W")
    assert str(error.value) == f"layer1.W: {message}"


def test_a_rule_has_one_decimation():
    with pytest.raises(NeurohwError) as error:
        decimate_of("u4*t + u2*w + u4*w", "layer1.W")
    assert str(error.value) == "layer1.W: 'u4*t + u2*w + u4*w' uses u2, u4; a rule has one decimation"


def test_a_rule_without_u_has_no_decimation():
    assert decimate_of("2^-4*x0*x1*y1") is None


@given(st.text("xyuwtsgn0123+-*^() 2", max_size=12))
@settings(max_examples=300, deadline=None)
def test_any_other_text_is_a_rule_or_an_error_of_the_user(text):
    try:
        rule = parse_rule(text)
    except NeurohwError:
        return
    assert parse_rule(rule_text(rule, 2)) == rule
