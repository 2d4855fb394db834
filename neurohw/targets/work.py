"""How much work a neuron's update is, as no chip has published a price of one operation of a neuron's program.

The operations of a program (`microcode.size`, an estimate of grade U) against those of a LIF neuron, whose update is
what price tables know.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from neurohw.ir.neurons import Lif, Neuron
from neurohw.microcode.kind import is_shipped, program_of
from neurohw.microcode.size import Size, size_of


def size(neuron: Neuron) -> Size:
    """Words, bits and operations of a neuron's program."""
    return size_of(program_of(neuron), neuron)


def of_update(neuron: Neuron) -> float:
    """Operations of an update, on average over a period, as a multiple of those of a LIF neuron."""
    return size(neuron).mean / _lif()


@cache
def _lif() -> float:
    plain: Any = Lif(vth=1)
    return size(plain).mean


def longest_update(neuron: Neuron) -> float:
    """How many updates of a LIF neuron the dearest reading of an update counts: of a kind of one's own as many as it
    has times a LIF's operations, and one at least; of kinds that ship, one, as they have always been priced."""
    return 1.0 if is_shipped(neuron) else max(1.0, of_update(neuron))
