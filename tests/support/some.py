"""Neurons of any kind that ships, with parameters from their ranges, most of them small enough to do something."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw import neurons
from neurohw.ir.neurons import is_source
from neurohw.neurons.adaptive import Alif
from neurohw.neurons.clapp import Clapp, ClappLif, Hinge
from neurohw.neurons.cuba import CubaLif
from neurohw.neurons.graded import Graded, Relu
from neurohw.neurons.izhikevich import Izhikevich
from neurohw.neurons.lif import Lif, TernaryLif
from neurohw.neurons.noise import NoisyLif, Poisson
from neurohw.neurons.readout import Critic, Readout
from neurohw.neurons.refractory import LifRefractory
from neurohw.neurons.resonate import Resonator
from neurohw.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from neurohw.neurons.winners import Contender, Referee

KINDS = tuple(kind for kind in neurons.kinds() if not is_source(kind))


def some(rng: np.random.Generator, size: int, kind: type) -> Any:
    """A neuron of a kind with parameters from their ranges, most of them small enough to do something."""

    def each(low: int, high: int) -> Any:
        return rng.integers(low, high, size) if rng.random() < 0.5 and size else int(rng.integers(low, high))

    decays = {"du": int(rng.choice([0, 100, 4095])), "dv": int(rng.choice([0, 60, 4095]))}
    biases = {"bias_mant": each(-200, 200), "bias_exp": each(-3, 7)}
    phases = {"layer": int(rng.integers(1, 4)), "period": int(rng.integers(8, 20))}
    shifts = {"prediction_shift": int(rng.integers(0, 8)), "score_shift": int(rng.integers(0, 8))}
    factors = {
        "mapping": str(rng.choice(["carry", "signed", "unsigned"])), "growth": float(rng.choice([0, 0.5, 3])),
        "rate": int(rng.integers(1, 128)),
    }  # fmt: skip
    if kind is Lif:
        interval = int(rng.choice([0, 1, 5]))
        return Lif(each(0, 3000), **decays, **biases, reset_interval=interval, reset_offset=int(rng.integers(-3, 9)))
    if kind is TernaryLif:
        return TernaryLif(each(0, 3000), each(-3000, 0), **decays, **biases)
    if kind is Graded:
        return Graded(each(0, 100), bool(rng.random() < 0.5))
    if kind is Relu:
        return Relu(**phases, shift=int(rng.integers(0, 12)), bias=each(-300, 300))
    if kind is Clapp:
        return Clapp(**phases, **shifts, **factors, shift=int(rng.integers(0, 12)))
    if kind is ClappLif:
        flags = {"window": bool(rng.random() < 0.5), "delayed": bool(rng.random() < 0.5)}
        spikes = {
            "steps": int(rng.integers(1, 6)),
            "vth": int(rng.integers(0, 500)),
            "count_shift": int(rng.integers(0, 8)),
        }
        return ClappLif(**phases, **spikes, **decays, **shifts, **factors, **flags)
    if kind is Hinge:
        return Hinge(**phases, theta=int(rng.integers(-500, 500)))
    if kind is Critic:
        return Critic(**phases, right=int(rng.integers(-128, 128)), wrong=int(rng.integers(-128, 128)))
    if kind is Readout:
        rounds = int(rng.integers(8, 12))
        return Readout(phases["layer"], 2 * rounds, int(rng.integers(0, 8)), rounds, bool(rng.random() < 0.5))
    return _published(rng, size, kind, each, decays, biases)


def _published(rng: np.random.Generator, size: int, kind: type, each: Any, decays: Any, biases: Any) -> Any:
    """A neuron of a kind that no hand-written reference has: those of `tests/neurons` are its published equations."""
    flags = {"cumulative": bool(rng.random() < 0.5)}
    if kind is LifRefractory:
        return LifRefractory(each(0, 3000), **decays, rest=each(0, 6), **biases)
    if kind is CubaLif:
        levels = {"bias": each(-9000, 9000), "v_leak": each(-500, 500), "v_reset": each(-900, 900)}
        chosen = {"reset": str(rng.choice(["value", "subtract"])), "current": bool(rng.random() < 0.5)}
        return CubaLif(each(0, 3000), each(0, 4097), each(0, 4097), **levels, rest=each(0, 6), **chosen)
    if kind is Alif:
        return Alif(each(0, 3000), **decays, db=int(rng.integers(0, 4097)), jump=each(0, 500), **biases)
    if kind is NoisyLif:
        return NoisyLif(each(0, 3000), each(0, 65536), **decays, **biases)
    if kind is Izhikevich:
        return Izhikevich(each(500, 8000), each(9000, 18000), each(-4500, -2900), each(0, 600))
    if kind is Resonator:
        sizes = {"decay_bits": int(rng.integers(9, 16)), "state_exp": int(rng.integers(0, 8))}
        return Resonator(each(0, 3000), each(-4096, 4096), each(-4096, 4096), **sizes)
    if kind is Poisson:
        return Poisson(each(0, 1 << 23))
    if kind is Delta:
        return Delta(each(0, 100), int(rng.integers(0, 4)), int(rng.integers(0, 4)), **flags)
    if kind is SigmaDelta:
        exponents = [int(rng.integers(0, 4)), int(rng.integers(0, 4))]
        return SigmaDelta(each(0, 100), each(-50, 50), *exponents, **flags, rectify=bool(rng.random() < 0.5))
    if kind is Contender:
        return Contender(period=20, window=4, bits=8, index_bits=max(0, size - 1).bit_length())
    return {Sigma: Sigma(), Referee: Referee(2, 18, 3, 6)}[kind]


def inputs_of(rng: np.random.Generator, kind: Any, size: int, magnitude: int) -> dict[str, NDArray[np.int64]]:
    """What arrives at each port in one step."""
    found = {port: rng.integers(-magnitude, magnitude + 1, size) for port in kind.inputs}
    if kind is Hinge:  # a sameness is a sign, a gate too
        found["sameness"] = rng.integers(-1, 2, size)
    if "gate" in found and rng.random() < 0.8:
        found["gate"] = rng.integers(-1, 2, size)
    return found
