"""The language of neuron programs: one neuron's step on 32-bit integers, read from text and never imported.

`language` has its words, `grammar`, `read` and `translate` make a checked tree of a text, `prove` its ranges, and every
other module makes something of the tree. Loihi 2 calls such a program the neuron's microcode.
"""

from neurohw.microcode.language import (
    Ints,
    bit_length,
    choice,
    clip,
    due,
    each,
    given,
    mul_shift,
    neuron,
    one,
    part,
    phase,
    random,
    receives,
    scale,
    sends,
    shift,
    sign,
    spikes_back,
    state,
    trace,
)

__all__ = [
    "Ints",
    "bit_length",
    "choice",
    "clip",
    "due",
    "each",
    "given",
    "mul_shift",
    "neuron",
    "one",
    "part",
    "phase",
    "random",
    "receives",
    "scale",
    "sends",
    "shift",
    "sign",
    "spikes_back",
    "state",
    "trace",
]
