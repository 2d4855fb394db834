"""neurohw: compile, emulate and price networks with layer-local learning on neuromorphic and in-memory hardware.

The verbs are `load_model`, `load_target`, `train`, `compile`, `simulate`, `estimate` (`neurohw.api`), `compare` and
`sweep` (`neurohw.experiments`). `simulate_each` runs many chips at once; `load_run` reads a run that was saved;
`run.diagnose()`, or `diagnose(program, run)`, says why it is silent; `trace_neuron` shows one neuron step by step.
`Network`, `run_network` and `compile_network` are for networks of one's own, `new_target` and `with_rule` for chips and
rules.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neurohw.errors import NeurohwError, Problem

if TYPE_CHECKING:
    from neurohw.api import compile, estimate, load_model, load_run, load_target, simulate, train
    from neurohw.cli.cite import cite
    from neurohw.cli.reproduce import reproduce
    from neurohw.compiler.own_rule import with_rule
    from neurohw.compiler.pipeline import compile_network
    from neurohw.diagnosis.diagnose import diagnose
    from neurohw.experiments.batch import simulate_each
    from neurohw.experiments.comparison import compare
    from neurohw.experiments.sweeps.run import sweep
    from neurohw.ir.diagnosis import Diagnosis, Finding
    from neurohw.ir.mapping import Program
    from neurohw.ir.network import Format, Network, Population, Projection
    from neurohw.ir.neurons import Graded, Lif, Relu, Source, TernaryLif
    from neurohw.ir.plasticity import LearningRule, Plasticity, Term
    from neurohw.ir.probe import Probe
    from neurohw.ir.run import Activity, Run
    from neurohw.ir.schedule import Schedule
    from neurohw.ir.weights import Weights
    from neurohw.ir.winners import k_winners
    from neurohw.learning.score import Score, score
    from neurohw.microcode.kind import neuron
    from neurohw.neurons.adaptive import Alif
    from neurohw.neurons.cuba import CubaLif
    from neurohw.neurons.izhikevich import Izhikevich
    from neurohw.neurons.noise import NoisyLif, Poisson
    from neurohw.neurons.refractory import LifRefractory
    from neurohw.neurons.resonate import Resonator
    from neurohw.neurons.sigma_delta import Delta, Sigma, SigmaDelta
    from neurohw.own_files import new_target
    from neurohw.runtime.neuron import NeuronTrace, trace_neuron
    from neurohw.runtime.options import RunOptions
    from neurohw.runtime.run import run_network
    from neurohw.runtime.session import Session, session

_HOMES = {
    "neurohw.cli.cite": ("cite",),
    "neurohw.cli.reproduce": ("reproduce",),
    "neurohw.api": ("compile", "estimate", "load_model", "load_run", "load_target", "simulate", "train"),
    "neurohw.compiler.own_rule": ("with_rule",),
    "neurohw.compiler.pipeline": ("compile_network",),
    "neurohw.diagnosis.diagnose": ("diagnose",),
    "neurohw.experiments.batch": ("simulate_each",),
    "neurohw.experiments.comparison": ("compare",),
    "neurohw.experiments.sweeps.run": ("sweep",),
    "neurohw.ir.diagnosis": ("Diagnosis", "Finding"),
    "neurohw.ir.mapping": ("Program",),
    "neurohw.ir.network": ("Format", "Network", "Population", "Projection"),
    "neurohw.ir.neurons": ("Graded", "Lif", "Relu", "Source", "TernaryLif"),
    "neurohw.ir.plasticity": ("LearningRule", "Plasticity", "Term"),
    "neurohw.ir.probe": ("Probe",),
    "neurohw.ir.run": ("Activity", "Run"),
    "neurohw.ir.schedule": ("Schedule",),
    "neurohw.ir.weights": ("Weights",),
    "neurohw.ir.winners": ("k_winners",),
    "neurohw.microcode.kind": ("neuron",),
    "neurohw.neurons.adaptive": ("Alif",),
    "neurohw.neurons.cuba": ("CubaLif",),
    "neurohw.neurons.izhikevich": ("Izhikevich",),
    "neurohw.neurons.noise": ("NoisyLif", "Poisson"),
    "neurohw.neurons.refractory": ("LifRefractory",),
    "neurohw.neurons.resonate": ("Resonator",),
    "neurohw.neurons.sigma_delta": ("Delta", "Sigma", "SigmaDelta"),
    "neurohw.learning.score": ("Score", "score"),
    "neurohw.own_files": ("new_target",),
    "neurohw.runtime.neuron": ("NeuronTrace", "trace_neuron"),
    "neurohw.runtime.options": ("RunOptions",),
    "neurohw.runtime.run": ("run_network",),
    "neurohw.runtime.session": ("Session", "session"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
__all__ = [
    "Activity",
    "Alif",
    "CubaLif",
    "Delta",
    "Diagnosis",
    "Finding",
    "Format",
    "Graded",
    "Izhikevich",
    "LearningRule",
    "Lif",
    "LifRefractory",
    "Network",
    "NeurohwError",
    "NeuronTrace",
    "NoisyLif",
    "Plasticity",
    "Poisson",
    "Population",
    "Probe",
    "Problem",
    "Program",
    "Projection",
    "Relu",
    "Resonator",
    "Run",
    "RunOptions",
    "Schedule",
    "Score",
    "Session",
    "Sigma",
    "SigmaDelta",
    "Source",
    "Term",
    "TernaryLif",
    "Weights",
    "cite",
    "compare",
    "compile",
    "compile_network",
    "diagnose",
    "estimate",
    "k_winners",
    "load_model",
    "load_run",
    "load_target",
    "neuron",
    "new_target",
    "reproduce",
    "run_network",
    "score",
    "session",
    "simulate",
    "simulate_each",
    "sweep",
    "trace_neuron",
    "train",
    "with_rule",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `import neurohw` stays fast."""
    if name not in _HOME:
        raise AttributeError(f"module 'neurohw' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
