"""The methods that learn on the host, a row each: what tells them apart, and why a chip does not learn them.

A new objective is a row here and a module of its name in `learning.objectives`; if it has parameters, also a section of
its name in `spec.HostSpec`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Method:
    """kind: a `local` rule of every layer, a `two_factor` rule (one layer after the other, on single frames) or an
    `objective` (a loss of a batch). scope: how far an objective's gradient goes unless a model says so. compares: the
    samples of a batch with each other. signed: reads whether a pair is the same object. not_on_chip: completes '<name>
    ...'; empty for what chips learn."""

    kind: Literal["local", "two_factor", "objective"]
    not_on_chip: str = ""
    scope: Literal["network", "layer"] = "layer"
    compares: bool = False
    signed: bool = False


_ONE_AT_A_TIME = "compares all samples of a batch, and a chip sees one at a time"
METHODS: dict[str, Method] = {
    "clapp": Method("local", signed=True),
    "lpl": Method(
        "local",
        "needs the mean and variance of each unit and products of pairs of units, which no synapse sees",
        compares=True,
    ),
    "pca": Method(
        "two_factor", "gives each unit the weights of the units before it, which its own synapses do not hold"
    ),
    "ica": Method(
        "two_factor", "needs white inputs and orthonormal rows, so every unit needs the weights of all others"
    ),
    "kmeans": Method("two_factor", "must find one winner among all units before a synapse may change"),
    "cpc_hinge": Method("objective", "sends its gradient through the layers above", scope="network", signed=True),
    "infomax": Method("objective", _ONE_AT_A_TIME, compares=True),
    "simclr": Method("objective", _ONE_AT_A_TIME, scope="network", compares=True),
    "vicreg": Method(
        "objective",
        "needs variances and covariances over a batch, and a chip sees one sample at a time",
        scope="network",
        compares=True,
    ),
}


def names(**facts: object) -> list[str]:
    """The methods whose rows say so, such as names(kind="objective"), in the order of the table."""
    return [name for name, row in METHODS.items() if all(getattr(row, fact) == is_ for fact, is_ in facts.items())]
