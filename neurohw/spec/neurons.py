"""Neurons of one's own in a model: kinds in files, which stand in for those that the compiler makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Union

from pydantic import AfterValidator, Field

from neurohw.microcode.kind import read_text
from neurohw.parsing import Strict, read_yaml

SPIKING, GRADED = ("Lif", "ClappLif", "Hinge"), ("Relu", "Clapp", "Hinge", "Readout", "Critic")


class Named(dict[str, Any]):
    """A section with names of one's own; it can be hashed, as models are, so nothing of it is changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


class NeuronSpec(Strict):
    """A kind of neuron in a file (`nh.neuron`). It has the ports and parameters of the kind that it stands in for, as
    it has when it inherits from it, and may have more.

    file: its path, from where the model's file is. kind: which one, if the file has several. parameters: of those that
    only this kind has, the same for all neurons. text: of the file; a model that is read has it already, so that what
    is compiled from it needs no file.
    """

    file: str = Field(min_length=1)
    kind: str = ""
    parameters: Annotated[dict[str, Union[bool, int, str]], AfterValidator(Named)] = Named()
    text: str = ""


def read_model(path: Path) -> Any:
    """What the file of a model holds, with the texts of the neurons that it names."""
    data = read_yaml(path)
    neurons = data.get("neurons") if isinstance(data, dict) else None
    for entry in neurons.values() if isinstance(neurons, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("file"), str) and not entry.get("text"):
            entry["text"] = read_text(path.parent / entry["file"]).content
    return data
