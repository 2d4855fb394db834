"""One time step of each neuron kind as Brian2 code; the equations are the docstrings of `neurohw.ir.neurons`.

Brian2 has no shifts, so x >> k is written x // 2**k, which floors on all its targets. A population has variables
a_<port> (input, emptied in each step), m_<port> (message) and those named here; `now(t)` is the step within the sample,
from 1 (0: outside). Statements are kept simple: Cython cannot clip an expression, only a variable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.network import Population
from neurohw.ir.neurons import Clapp, ClappLif, Graded, Hinge, Lif, Relu, Source, TernaryLif

HALF_RANGE = 1 << 23


@dataclass(frozen=True)
class Code:
    """A step: statements, variables that start at 0, constants [n] of each neuron, and how to silence it.

    `rest`: variables that a sample that starts afresh sets to 0.
    """

    step: str
    variables: tuple[str, ...] = ()
    constants: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    rest: tuple[str, ...] = ()


def neuron_code(p: Population) -> Code:
    """The step of one population that is not a source."""
    return _KINDS[type(p.neuron)](p.neuron, p.size)


def _decay(x: str, keep: int) -> str:
    """dec(x, d) for keep = 4096 - d: toward zero."""
    return f"(2*int({x} > 0) - 1)*((abs({x})*{keep})//4096)" if keep else f"0*{x}"


def _current(a: str, du: int, u: str = "u") -> str:
    """The new current in `u`, from the old one."""
    return f"{u} = {_decay('u', 4095 - du)} + {a}*64\n" + (
        f"{u} = {u} - {2 * HALF_RANGE}*int({u} > {HALF_RANGE}) + {2 * HALF_RANGE}*int({u} <= -{HALF_RANGE})\n"
    )


def _voltage(dv: int, u: str, v: str = "v", bias: str = "") -> str:
    """The new voltage in `v`, from the old one."""
    return f"{v} = {_decay('v', 4096 - dv)} + {u}{bias}\n{v} = clip({v}, {1 - HALF_RANGE}, {HALF_RANGE - 1})\n"


def _spread(value: Any, size: int) -> NDArray[np.int64]:
    return np.broadcast_to(np.asarray(value, np.int64), (size,)).copy()


def _lif(n: Any, size: int) -> Code:
    mantissa, exponent = np.asarray(n.bias_mant, np.int64), np.asarray(n.bias_exp, np.int64)
    bias = np.where(exponent >= 0, mantissa << np.maximum(exponent, 0), mantissa >> np.maximum(-exponent, 0))
    constants = {"bias": _spread(bias, size)}
    step = ""
    if isinstance(n, Lif) and n.reset_interval > 0:
        awake = f"int(int(now(t)) % {n.reset_interval} != {n.reset_offset % n.reset_interval})"
        step = f"u = u*{awake}\nv = v*{awake}\n"
    step += _current("a_in", n.du) + _voltage(n.dv, "u", bias=" + bias")
    if isinstance(n, TernaryLif):
        constants |= {"high": _spread(n.vth_hi, size) << 6, "low": _spread(n.vth_lo, size) << 6}
        step += "m_out = int(v > high) - int(v < low)\nv = v*int(m_out == 0)\n"
    else:
        constants["high"] = _spread(n.vth, size) << 6
        step += "m_out = int(v > high)\nv = v*(1 - m_out)\n"
    return Code(step, ("u", "v"), constants, ("u", "v"))


def _graded(n: Graded, size: int) -> Code:
    height = "a_in" if n.rectify else "abs(a_in)"
    return Code(f"m_out = a_in*int({height} > high)\n", (), {"high": _spread(n.vth, size)})


def _relu(n: Relu, size: int) -> Code:
    assert n.shift is not None  # `unsupported` was asked before
    step = (
        f"m_out = ((a_in + bias)*int(a_in + bias > 0))//{2**n.shift}\nm_out = clip(m_out, 0, 254)\n"
        f"m_out = m_out*{_at(n.layer + 1, n.period)}\n"
    )
    return Code(step, (), {"bias": _spread(n.bias, size)})


def _hinge(n: Hinge, size: int) -> Code:
    decides = _at(n.layer + 2, n.period)
    return Code(
        f"y = y + (a_sameness - y)*{_at(2, n.period)}\n"
        f"margin = {n.theta} - y*a_score\n"
        f"m_gamma = y*int(margin > 0)*{decides}\n"
        f"m_loss = margin*int(margin > 0)*int(y != 0)*{decides}\n",
        ("y", "margin"),
    )


def _clapp(n: Clapp, size: int) -> Code:
    speaks = _at(n.layer + 1, n.period)
    step = _forget(n) + (
        f"m_context = z*{_at(n.layer, n.period)}\n"
        f"fresh = (a_in*int(a_in > 0))//{2**n.shift}\nfresh = clip(fresh, 0, 254)\nz = z + (fresh - z)*{speaks}\n"
        + _prediction(n, speaks)
        + f"m_out = z*{speaks}\nm_score = ((z*p)//{2**n.score_shift})*{speaks}\n"
        + f"half = z//2\nengaged = int(z > 0)\ntaught = {_at(n.layer + 3, n.period)}\n"
    )
    return Code(step + _post_factors(n), ("z", "p", "fresh", "half", "engaged", "taught", *_SENT))


def _clapp_lif(n: ClappLif, size: int) -> Code:
    last, ends = n.layer + n.steps, _at(n.layer + n.steps + 1, n.period)
    fresh = f"(1 - {_at(1, n.period)})"
    step = _forget(n) + (
        f"u = u*{fresh}\nv = v*{fresh}\ncount = count*{fresh}\nnear = near*{fresh}\np = p*{fresh}\n"
        f"m_context = 2*kept*{ends if n.delayed else _at(n.layer, n.period)}\n"
        + (_delayed_prediction(n, ends) if n.delayed else _prediction(n, _at(n.layer + 1, n.period)))
        + f"listens = int({_phase(n.period)} > {n.layer})*int({_phase(n.period)} <= {last})\n"
        + _current("a_in", n.du, "fresh")
        + "u = u + (fresh - u)*listens\n"
        + _voltage(n.dv, "u", "fresh")
        + f"near = near + (1 - near)*listens*int(fresh > {n.vth << 6 >> 1})\n"
        f"spike = listens*int(fresh > {n.vth << 6})\n"
        f"count = count + spike\n{'m_context = m_context + spike' if n.delayed else ''}\n"
        "v = v + (fresh*(1 - spike) - v)*listens\n"
        f"fresh = count*{2**n.count_shift}\nfresh = clip(fresh, 0, 127)\nkept = kept + (fresh - kept)*{ends}\n"
        f"m_out = spike + 2*kept*{ends}\nm_score = ((kept*p)//{2**n.score_shift})*{ends}\n"
        f"half = kept\nengaged = {'near' if n.window else 'int(count > 0)'}\ntaught = {_at(last + 3, n.period)}\n"
    )
    names = (
        "u",
        "v",
        "count",
        "near",
        "kept",
        "p",
        "listens",
        "spike",
        "fresh",
        "half",
        "engaged",
        "taught",
        *_SENT,
    )
    return Code(step + _post_factors(n), names)


_SENT = ("y1", "y2", "y3", "bap", "forward", "lateral")


def _phase(period: int) -> str:
    return f"((int(now(t)) - 1) % {period} + 1)"


def _at(phase: int, period: int) -> str:
    """1 in that phase of a fixation, else 0."""
    return f"int({_phase(period)} == {phase})"


def _forget(n: Clapp | ClappLif) -> str:
    """Phase 1: the traces of the last fixation are gone."""
    fresh = f"(1 - {_at(1, n.period)})"
    return "".join(f"{y} = {y}*{fresh}\n" for y in ("y1", "y2", "y3"))


def _prediction(n: Clapp | ClappLif, when: str) -> str:
    read = f"fresh = a_prediction//{2**n.prediction_shift}\nfresh = clip(fresh, -127, 127)\n"
    return read + f"p = p + (fresh - p)*{when}\n"


def _delayed_prediction(n: ClappLif, when: str) -> str:
    """Add up what arrives of the last fixation's spikes; the sum is the prediction at the end."""
    phase = _phase(n.period)
    arrives = f"int({phase} >= {n.layer + 2})*int({phase} <= {n.layer + n.steps + 1})"
    scaled = f"(p*{2 ** (n.count_shift + 1)})//{2**n.prediction_shift}"
    return (
        f"p = p + a_prediction*{arrives}\n"
        f"fresh = {scaled}\nfresh = clip(fresh, -127, 127)\np = p + (fresh - p)*{when}\n"
    )


def _post_factors(n: Clapp | ClappLif) -> str:
    """The traces y1..y3 and the back-propagated spike, from `half`, `engaged`, p and the gate, where `taught`."""
    step = "forward = a_gate*p*engaged\nlateral = a_gate*half\n"
    if n.mapping == "carry":
        step += f"forward = 2*forward + {int(2 * n.growth)}*abs(a_gate)*engaged\n"
        step += "forward = ((forward + 8 - int(forward < 0))//16)*8\n"
        step += "lateral = ((lateral + 4 - int(lateral < 0))//8)*8\n"
        step += "forward = clip(forward, -120, 120)\nlateral = clip(lateral, -120, 120)\n"
        values = {"y1": "forward", "y2": "lateral", "y3": "0"}
    elif n.mapping == "signed":
        values = {"y1": "forward", "y2": "lateral", "y3": str(n.rate)}
    else:
        scale = 2 ** (7 - n.rate.bit_length() + 1)
        values = {
            "y1": f"(forward*int(forward > 0))//{scale}",
            "y2": f"(-forward*int(forward < 0))//{scale}",
            "y3": f"(abs(a_gate)*half)//{scale}",
        }
    sent = "int(a_gate > 0)*taught" if n.mapping == "unsigned" else "0*taught"
    return step + "".join(f"{y} = {y} + ({new} - {y})*taught\n" for y, new in values.items()) + f"bap = {sent}\n"


_KINDS: Mapping[type, Callable[[Any, int], Code]] = {
    Lif: _lif,
    TernaryLif: _lif,
    Graded: _graded,
    Relu: _relu,
    Hinge: _hinge,
    Clapp: _clapp,
    ClappLif: _clapp_lif,
    Source: lambda n, size: Code("m_out = int(frames(t, i))\n"),
}
