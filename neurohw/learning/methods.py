"""From what a model says of its training to the rule or objective that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from neurohw.data.sampling import Pairs
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.plasticity import Plasticity
from neurohw.learning.local import Step, clapp_steps, isolated_steps, learned_rules, lpl_steps
from neurohw.learning.objectives.cpc_hinge import CpcHinge
from neurohw.learning.objectives.infomax import InfoMax
from neurohw.learning.objectives.loss import Objective
from neurohw.learning.objectives.simclr import SimClr
from neurohw.learning.objectives.vicreg import VicReg
from neurohw.learning.rules.clapp import Floats
from neurohw.learning.rules.hebbian import HebbianRule, Ica, KMeans, Pca
from neurohw.spec import HostSpec

TWO_FACTOR = ("pca", "ica", "kmeans")


def objective_of(host: HostSpec) -> Objective:
    """The objective of a model that names one."""
    if host.method == "cpc_hinge":
        return CpcHinge(host.cpc_hinge.pairs)
    if host.method == "infomax":
        return InfoMax()
    if host.method == "simclr":
        return SimClr(host.simclr.temperature)
    return VicReg(host.vicreg.invariance, host.vicreg.variance, host.vicreg.covariance)


def head_of(host: HostSpec) -> int:
    """Units of the projection head, 0 for none."""
    return {"simclr": host.simclr.head, "vicreg": host.vicreg.head}.get(host.method, 0)


def layer_steps(host: HostSpec, rules: Mapping[str, Plasticity]) -> Step:
    """What layers that learn apart do in a step; `rules`: of arrays, in place of CLAPP's."""
    if host.method == "clapp":
        return clapp_steps(host.clapp, rules)
    return lpl_steps(host.lpl) if host.method == "lpl" else isolated_steps(objective_of(host))


def hebbian_of(host: HostSpec, sample: Floats) -> HebbianRule:
    """The two-factor rule of a model that names one, for inputs like those of `sample` [S, m]."""
    if host.method == "pca":
        return Pca(sample)
    return Ica(sample) if host.method == "ica" else KMeans(sample, host.kmeans.active)


def check_rules(host: HostSpec, rules: Mapping[str, Plasticity]) -> None:
    """A NeurohwError unless the rules are of arrays that CLAPP learns."""
    if rules and host.method != "clapp":
        what = f"have no place in {host.method}"
        raise NeurohwError(Problem("rules", what, fix="set host.method to clapp, whose rules they replace"))
    arrays = learned_rules(host.clapp)
    for name in rules:
        if name not in arrays:
            raise NeurohwError(Problem("rules", f"no array '{name}' that learns", fix=did_you_mean(name, arrays)))


def pairs_of(host: HostSpec) -> Pairs:
    """How batches are drawn."""
    if host.method == "clapp":
        return host.clapp.pairs
    return "same" if host.method == "lpl" else objective_of(host).pairs


def learned_arrays(host: HostSpec) -> frozenset[Literal["prediction", "retro"]]:
    """Which arrays, besides W and b, a layer keeps after training."""
    if host.method == "clapp":
        return frozenset(("prediction", "retro")) if host.clapp.retro == "own" else frozenset(("prediction",))
    return frozenset(("prediction",)) if host.method in ("cpc_hinge", "infomax") else frozenset()
