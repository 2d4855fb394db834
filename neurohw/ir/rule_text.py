"""Learning rules as text, in the grammar of Loihi's learning engine (Lava 0.10.0 `magma/core/learning`).

    rule     = product (("+" | "-") product)*          product = item ("*" item)*
    item     = integer | 2^integer | x0 | y0 | u<k> | variable | (variable +- integer) | sgn(variable +- integer)
    variable = x1 x2 y1 y2 y3 w d t (and x0, y0 after the first dependency); sgn takes w, d or t

Example: `2^-4*x0*x1*y1 - 2^6*u4*sgn(t+64)`. The first of x0, y0, u<k> in a product is its dependency.
"""

from __future__ import annotations

import re

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.plasticity import FACTOR_BITS, POST_TRACES, PRE_TRACES, SYNAPTIC, Factor, Product

_VARIABLES = (*PRE_TRACES, *POST_TRACES, *SYNAPTIC)
_ITEM = re.compile(
    r"(?P<power>2\^\(?[+-]?\d+\)?)"
    r"|(?P<integer>\d+|\([+-]?\d+\))"
    r"|(?P<u>u(?P<k>\d))"
    r"|(?P<sgn>sgn)?\((?P<inner>[a-z]\d?)(?P<const>[+-]\d+)?\)"
    r"|(?P<variable>[a-z]\d?)"
)
EXPONENTS = (-7, 8)
MANTISSAS = (-8, 7)


def parse_rule(text: str, where: str = "rule") -> tuple[Product, ...]:
    """Read one rule (the change of w, t or d); a NeurohwError names the product that cannot be read."""
    compact = text.replace(" ", "")
    parts = re.findall(r"([+-]?)((?:[^+\-(^]|\([^)]*\)|\^\(?[+-]?)+)", compact)
    if not compact or "".join(sign + body for sign, body in parts) != compact:
        raise _error(where, text, "is not a sum of products")
    return tuple(_product(sign, body, where) for sign, body in parts)


def decimate_of(text: str, where: str = "rule") -> int | None:
    """The k of u<k> in a rule, None without one; a rule may use one k only."""
    ks = {int(k) for k in re.findall(r"\bu(\d)", text)}
    if len(ks) > 1:
        raise _error(where, text, f"uses u{', u'.join(map(str, sorted(ks)))}", "a rule has one decimation")
    return ks.pop() if ks else None


def rule_text(products: tuple[Product, ...], decimate: int | None = None) -> str:
    """Write products in the grammar above; parse_rule reads the same products back."""
    out = ""
    for p in products:
        dependency = f"u{decimate or 0}" if p.dependency == "u" else p.dependency
        size = "" if abs(p.mantissa) == 1 else f"{abs(p.mantissa)}*"
        body = "*".join([f"{size}2^{p.exponent}", dependency, *map(_factor_text, p.factors)])
        out += (" - " if p.mantissa < 0 else " + ") + body
    return out.removeprefix(" + ").replace(" - ", "-", 1) if out.startswith(" - ") else out.removeprefix(" + ")


def _factor_text(f: Factor) -> str:
    inside = f.var + (f"{f.const:+d}" if f.const else "")
    if f.sign:
        return f"sgn({inside})"
    return f"({inside})" if f.const else inside


def _product(sign: str, body: str, where: str) -> Product:
    """Read one product; literals multiply into mantissa and exponent."""
    mantissa, exponent, dependency = (-1 if sign == "-" else 1), 0, ""
    factors: list[Factor] = []
    for item in re.split(r"\*", body):
        match = _ITEM.fullmatch(item)
        if match is None:
            raise _error(where, body, f"'{item}' cannot be read", "see neurohw.ir.rule_text for the grammar")
        if match["power"]:
            exponent += int(match["power"][2:].strip("()"))
        elif match["integer"]:
            mantissa *= int(match["integer"].strip("()"))
        elif match["u"] or match["variable"] in ("x0", "y0"):
            name = "u" if match["u"] else match["variable"]
            if dependency and name == "u":
                raise _error(
                    where, body, "u is not the only dependency", "write u first and x0 or y0 as factors after it"
                )
            if dependency:
                factors.append(Factor(name))
            dependency = dependency or name
        else:
            factors.append(_factor(match, body, where))
    if not dependency:
        raise _error(where, body, "depends on none of x0, y0, u<k>", "multiply by x0, y0 or u0")
    while abs(mantissa) > MANTISSAS[1] and mantissa % 2 == 0 and exponent < EXPONENTS[1]:
        mantissa, exponent = mantissa // 2, exponent + 1
    if not (MANTISSAS[0] <= mantissa <= MANTISSAS[1] and EXPONENTS[0] <= exponent <= EXPONENTS[1]):
        limits = f"mantissas are {MANTISSAS[0]}..{MANTISSAS[1]}, exponents {EXPONENTS[0]}..{EXPONENTS[1]}"
        raise _error(where, body, f"scale {mantissa}*2^{exponent}", limits)
    return Product(mantissa, exponent, dependency, tuple(factors))


def _factor(match: re.Match[str], body: str, where: str) -> Factor:
    name = match["variable"] or match["inner"]
    if name not in _VARIABLES and not (match["inner"] and name in FACTOR_BITS):
        raise _error(where, body, f"unknown variable '{name}'", "variables are " + " ".join(_VARIABLES))
    if match["sgn"] and name not in SYNAPTIC:
        raise _error(where, body, f"sgn({name})", "sgn takes w, d or t")
    return Factor(name, int(match["const"] or 0), bool(match["sgn"]))


def _error(where: str, text: str, what: str, fix: str = "") -> NeurohwError:
    return NeurohwError(Problem(where, f"'{text}' {what}", fix=fix))
