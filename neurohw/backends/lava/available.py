"""What the Lava backend can do here: whether Lava is there, and which networks it runs. Never imports Lava."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable

import numpy as np

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import is_unscaled, parameters_of
from neurohw.ir.plasticity import LearningRule
from neurohw.ir.rule_text import parse_rule, rule_text
from neurohw.microcode.kind import has_traces

LAVA_VERSION = "0.10.0"  # the guard reads private attributes of this release
PYTHON = (3, 10)
TAU_LIMIT = 2.0**63  # Lava keeps time constants in int64 variables


def why_not() -> str | None:
    """Return why Lava cannot run here and what to do about it; None when it can."""
    remedy = "pip install neurohw in Python 3.10 brings it; every other backend runs here"
    if sys.version_info[:2] != PYTHON:
        return f"Lava {LAVA_VERSION} needs Python 3.10, this is {sys.version_info[0]}.{sys.version_info[1]}: {remedy}"
    try:
        installed = importlib.metadata.version("lava-nc")
    except importlib.metadata.PackageNotFoundError:
        return f"Lava is not installed: {remedy}"
    if installed != LAVA_VERSION:
        return f'this backend is for Lava {LAVA_VERSION}, not {installed}: pip install "lava-nc=={LAVA_VERSION}"'
    return None


def unsupported(network: Network) -> list[Problem]:
    """Return everything in `network` that Lava cannot run; empty when it can run all of it."""
    problems = [problem for p in network.populations for problem in _population_problems(p)]
    for projection in network.projections:
        problems += _projection_problems(network, projection)
    return problems


def _population_problems(p: Population) -> list[Problem]:
    neuron = p.neuron
    if not p.size:
        return [Problem(p.name, "has no neurons", "Lava's processes have one or more", "use the emulator")]
    if is_unscaled(neuron):
        return [Problem(p.name, "has no shift yet", fix="quantise the network first")]
    if "vth_lo" in parameters_of(neuron) and np.any(np.asarray(neuron.vth_lo) > np.asarray(neuron.vth_hi)):
        return [Problem(p.name, f"vth_lo {neuron.vth_lo} is above vth_hi {neuron.vth_hi}", fix="exchange them")]
    return []


def _projection_problems(network: Network, p: Projection) -> list[Problem]:
    if p.format is None:
        return [Problem(p.name, "has float weights", "Lava runs integers", "quantise the network first")]
    if p.shared and p.max_delay:
        return [Problem(p.name, f"convolves with a delay of {p.max_delay}", "Lava's Conv has none", "use the emulator")]
    if p.plasticity is None:
        return []
    rule = p.plasticity.chip
    if rule is None:
        return [Problem(p.name, "has a learning rule without its integer form", fix="quantise the network first")]
    found = [problem for check in _RULE_CHECKS if (problem := check(p.name, rule))]
    if p.max_delay:
        found.append(
            Problem(p.name, f"learns with a delay of {p.max_delay}", "in Lava only static weights have delays")
        )
    if rule.third_factor and not has_traces(network.population(p.post).neuron):
        what = f"has a three-factor rule, but '{p.post}' sends no traces"
        found.append(Problem(p.name, what, "only clapp and readout neurons do", "use a two-factor rule"))
    return found


def _rounding(where: str, rule: LearningRule) -> Problem | None:
    if rule.rounding == "lava":
        return None
    what = f"rounding '{rule.rounding}'"
    return Problem(where, what, "Lava has one random number for all synapses", "use rounding 'lava' or the emulator")


def _empty(where: str, rule: LearningRule) -> Problem | None:
    return None if rule.products() else Problem(where, "the learning rule has no products", fix="drop the plasticity")


def _decimation(where: str, rule: LearningRule) -> Problem | None:
    if rule.decimate is not None and not 0 <= rule.decimate <= 9:
        return Problem(where, f"u{rule.decimate}", "Lava reads one digit: u0 to u9")
    if rule.decimate is None and any(p.dependency == "u" for p in rule.products()):
        return Problem(where, "a product depends on u<k> without a k", fix="set decimate")
    return None


def _grammar(where: str, rule: LearningRule) -> Problem | None:
    """Lava takes rules as text: refuse what its grammar cannot say, or would read as another rule."""
    for products in (rule.dw, rule.dd, rule.dt):
        try:
            text = rule_text(products, rule.decimate)
            same = not products or parse_rule(text, where) == products
        except NeurohwError as error:
            return Problem(where, f"Lava cannot read the rule: {error}")
        if not same:
            return Problem(where, f"'{text}'", "Lava halves a mantissa of -8, or any above 7", "use mantissas -7..7")
    return None


def _time_constants(where: str, rule: LearningRule) -> Problem | None:
    long = [name for name in ("x1", "x2", "y1", "y2", "y3") if getattr(rule, name).tau >= TAU_LIMIT]
    if not long:
        return None
    return Problem(where, f"tau of {', '.join(long)}", "Lava takes 0 to 2^63", "2^60 never decays")


_RULE_CHECKS: tuple[Callable[[str, LearningRule], Problem | None], ...] = (
    _rounding,
    _empty,
    _decimation,
    _grammar,
    _time_constants,
)
