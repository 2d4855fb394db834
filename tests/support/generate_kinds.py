"""Every kind that has no hand-written cells in the reference, side by side in one network."""

from __future__ import annotations

from dataclasses import replace

from neurohw.ir.network import Network, Population, Projection
from support.generate import Case
from support.reference.neurons import CELLS
from support.sizes import STEPS, population_of
from support.some import KINDS


def random_kinds(seed: int) -> Case:
    """A population of each such kind, of 1 to 9 neurons, with sources at its inputs, named after it."""
    populations: list[Population] = []
    projections: list[Projection] = []
    inputs = {}
    for number, kind in enumerate(k for k in KINDS if k not in CELLS):
        case = population_of(kind, 1 + (5 * seed + number) % 9)
        name = f"{kind.__name__} {{}}".format
        populations += [replace(p, name=name(p.name)) for p in case.network.populations]
        projections += [
            replace(p, name=name(p.name), pre=name(p.pre), post=name(p.post)) for p in case.network.projections
        ]
        inputs.update({name(source): values for source, values in case.inputs.items()})
    return Case(Network(tuple(populations), tuple(projections)), inputs, STEPS)
