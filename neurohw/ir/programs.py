"""Neurons of a network as neurons in the language of `neurohw.microcode`, whose kinds have the same names."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from neurohw.microcode.kind import is_neuron
from neurohw.neurons import clapp, graded, lif, readout

SHIPPED = {
    cls.__name__: cls
    for cls in (
        graded.Source, lif.Lif, lif.TernaryLif, graded.Graded, graded.Relu, clapp.Clapp, clapp.ClappLif, clapp.Hinge,
        readout.Readout, readout.Critic,
    )
}  # fmt: skip


def programmed(neuron: Any) -> Any:
    """The neuron of the same kind and parameters that has a program."""
    if is_neuron(neuron):
        return neuron
    return SHIPPED[type(neuron).__name__](**{f.name: getattr(neuron, f.name) for f in fields(neuron)})
