"""Small programs of neurons from the lines of their step."""

from __future__ import annotations

from neurohw.microcode.kind import kind_of, kinds_in
from neurohw.microcode.text import Text

HEAD = "from neurohw.microcode import choice, clip, each, neuron, one, part, receives, sends, state"


def program_of(step):
    """A program with two parameters, two states, an input and a message."""
    body = "\n".join(f"        {line}" for line in step)
    text = f"""{HEAD}

@neuron
class X:
    k: int = one(0, 31)
    w: int = each(-100, 100)
    u: int = state(24)
    v: int = state(24)
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
{body}
"""
    cls = kinds_in(Text("x.py", text))["X"].neuron
    return kind_of(cls).program(cls(1, 1))
