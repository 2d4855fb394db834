"""From what a model says of its training to the rule or objective that does it; `spec.methods` says what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from neurohw.data.sampling import Pairs
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.plasticity import Plasticity
from neurohw.learning.local import Step, clapp_steps, isolated_steps, learned_rules, lpl_steps
from neurohw.learning.objectives.loss import Objective
from neurohw.learning.rules.clapp import Floats
from neurohw.learning.rules.hebbian import HebbianRule, Ica, KMeans, Pca
from neurohw.spec import HostSpec

Arrays = frozenset[Literal["prediction", "retro"]]
Rules = Mapping[str, Plasticity]


@dataclass(frozen=True)
class Learning:
    """How a method learns from pairs of frames.

    pairs: how its batches are drawn; arrays: which, besides W and b, a layer keeps after training; steps: what layers
    that learn apart do.
    """

    pairs: Pairs
    arrays: Arrays
    steps: Step


def _clapp(host: HostSpec, rules: Rules) -> Learning:
    arrays: Arrays = frozenset(("prediction", "retro")) if host.clapp.retro == "own" else frozenset(("prediction",))
    return Learning(host.clapp.pairs, arrays, clapp_steps(host.clapp, rules))


def _lpl(host: HostSpec, rules: Rules) -> Learning:
    return Learning("same", frozenset(), lpl_steps(host.lpl))


LOCAL: dict[str, Callable[[HostSpec, Rules], Learning]] = {"clapp": _clapp, "lpl": _lpl}
TWO_FACTOR: dict[str, Callable[[HostSpec, Floats], HebbianRule]] = {
    "pca": lambda host, sample: Pca(sample),
    "ica": lambda host, sample: Ica(sample),
    "kmeans": lambda host, sample: KMeans(sample, host.kmeans.active),
}
"""Two-factor rules, for inputs like those of a sample [S, m]."""
SOURCES = {  # of what a model learns by on the host, by method
    "clapp": ("Illing et al. 2021",),
    "lpl": ("Halvagal & Zenke 2023",),
    "ica": ("Hyvärinen et al. 2001",),
    "cpc_hinge": ("Illing et al. 2021",),
    "infomax": ("van den Oord et al. 2018", "Löwe et al. 2019"),
    "simclr": ("Chen et al. 2020",),
    "vicreg": ("Bardes et al. 2022",),
}


def objective_of(host: HostSpec) -> Objective:
    """The objective of a model, from the module of its name."""
    made: Objective = import_module(f"neurohw.learning.objectives.{host.method}").objective(host)
    return made


def learning_of(host: HostSpec, rules: Rules | None = None) -> Learning:
    """How a local rule, or an objective in every layer, learns; `rules`: of arrays, in place of CLAPP's."""
    if host.method in LOCAL:
        return LOCAL[host.method](host, rules or {})
    objective = objective_of(host)
    arrays: Arrays = frozenset(("prediction",)) if objective.predicts else frozenset()
    return Learning(objective.pairs, arrays, isolated_steps(objective))


def learned_arrays(host: HostSpec) -> Arrays:
    """Which arrays, besides W and b, a layer keeps after training."""
    return frozenset() if host.method in TWO_FACTOR else learning_of(host).arrays


def check_rules(host: HostSpec, rules: Rules) -> None:
    """A NeurohwError unless the rules are of arrays that CLAPP learns."""
    if rules and host.method != "clapp":
        what = f"have no place in {host.method}"
        raise NeurohwError(Problem("rules", what, fix="set host.method to clapp, whose rules they replace"))
    arrays = learned_rules(host.clapp)
    for name in rules:
        if name not in arrays:
            raise NeurohwError(Problem("rules", f"no array '{name}' that learns", fix=did_you_mean(name, arrays)))
