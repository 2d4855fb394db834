"""Neurons of kinds that do not ship: files and fingerprints hold the text of such a kind with the parameters.

The text is read and checked again when a file is loaded, and nothing of it is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurohw.artifacts.archive import AGAIN
from neurohw.artifacts.plain import refuse, shown
from neurohw.errors import NeurohwError, Problem
from neurohw.microcode.kind import kind_of, kinds_in
from neurohw.microcode.text import Text


def written(kind: type) -> dict[str, str]:
    """A kind as files have it: its name, its text, and what the file of the text is called."""
    found = kind_of(kind)
    return {"kind": found.name, "text": found.text.content, "file": Path(found.text.name).name}


def read(data: dict[str, Any]) -> type:
    """The class of the neurons whose kind `written` has put down; a NeurohwError with what is wrong with the text."""
    name, content, file = (data.get(key) for key in ("kind", "text", "file"))
    if not (isinstance(name, str) and isinstance(content, str) and isinstance(file, str)):
        raise refuse(f"holds {shown(data)}", "needs the name, the text and the file of a kind of neuron")
    kinds = kinds_in(Text(file, content))
    if name not in kinds:
        raise NeurohwError(Problem("", f"the text has no neuron '{name}'", fix=AGAIN))
    return kinds[name].neuron
