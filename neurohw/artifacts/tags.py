"""The names that types and their fields have in files and fingerprints, whatever they are called in the code.

A class may move or be called otherwise: only its line in TYPES changes; kinds of neurons that ship are called as their
classes are. So with a field: RENAMED then says under which
name files hold it. A new type needs a line in TYPES. A new field with a default needs nothing for files of version 1;
once version 2 is released it needs a step in `upgrade`, as a field that is missing in a file of the same version is
damage.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from numpy.typing import NDArray
from scipy import sparse

from neurohw import neurons
from neurohw.ir import convolution, cost, mapping, network, plasticity, run, tiling, weights
from neurohw.microcode.kind import is_kind
from neurohw.microcode.language import Declared, Ints
from neurohw.spec import ModelSpec
from neurohw.targets.crossbar import CrossbarTarget
from neurohw.targets.crossbar_spec import CrossbarSpec
from neurohw.targets.digital import DigitalTarget
from neurohw.targets.digital_spec import DigitalSpec


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


class AnyNeuron:
    """What a population holds: a neuron of any kind."""


TYPES: dict[str, type] = {
    **{_kebab(kind.__name__): kind for kind in neurons.kinds()},
    "action-count": cost.ActionCount,
    "activity": run.Activity,
    "array-activity": run.ArrayActivity,
    "band": cost.Band,
    "block": mapping.Block,
    "convolution": convolution.Convolution,
    "cost-line": cost.CostLine,
    "cost-report": cost.CostReport,
    "crossbar-spec": CrossbarSpec,
    "crossbar-target": CrossbarTarget,
    "digital-spec": DigitalSpec,
    "digital-target": DigitalTarget,
    "factor": plasticity.Factor,
    "format": network.Format,
    "layer-weights": weights.LayerWeights,
    "learned": run.Learned,
    "learning-rule": plasticity.LearningRule,
    "model-spec": ModelSpec,
    "network": network.Network,
    "plasticity": plasticity.Plasticity,
    "population": network.Population,
    "population-activity": run.PopulationActivity,
    "price": cost.Price,
    "price-table": cost.PriceTable,
    "probe-record": run.ProbeRecord,
    "product": plasticity.Product,
    "program": mapping.Program,
    "projection": network.Projection,
    "projection-activity": run.ProjectionActivity,
    "recording": run.Trace,
    "rectangle": tiling.Rectangle,
    "route": mapping.Route,
    "run": run.Run,
    "scaling": cost.Scaling,
    "site": mapping.Site,
    "slice": mapping.Slice,
    "term": plasticity.Term,
    "trace": plasticity.Trace,
    "usage": mapping.Usage,
    "weights": weights.Weights,
    "window": weights.Window,
}
NEURON = "neuron"  # the tag of those whose kind does not ship, see `kinds`
# tag -> {name in files: attribute}, where the two differ
RENAMED: dict[str, dict[str, str]] = {}
# What a field holds, where its annotation says less: (tag, name in files) -> type.
HOLDS: dict[tuple[str, str], Any] = {
    ("population", "neuron"): AnyNeuron,
    ("program", "target"): Union[DigitalTarget, CrossbarTarget],
    ("projection", "weight"): Union[NDArray[Any], sparse.csr_array, convolution.Convolution],
    ("relu", "bias"): Union[int, NDArray[Any]],
}


class Field(NamedTuple):
    """One field: its name in files, its attribute, what it holds, and whether it has no default."""

    name: str
    attribute: str
    holds: Any
    required: bool


@cache
def _tags() -> dict[type, str]:
    return {kind: tag for tag, kind in TYPES.items()}


def tag_of(kind: type) -> str:
    """The tag of a type."""
    if kind not in _tags() and is_kind(kind):
        return NEURON
    if kind not in _tags():
        raise TypeError(f"{kind.__name__} has no tag: give it one in {__name__}.TYPES")
    return _tags()[kind]


@cache
def fields_of(kind: type) -> tuple[Field, ...]:
    """Fields of a registered dataclass, but for those that are not saved."""
    tag, hints = tag_of(kind), _hints(kind)
    names = {attribute: name for name, attribute in RENAMED.get(tag, {}).items()}
    found = []
    for field in _saved(kind):
        name = names.get(field.name, field.name)
        holds = HOLDS.get((tag, name), hints[field.name])
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        found.append(Field(name, field.name, holds, required))
    return tuple(found)


def _hints(kind: type) -> dict[str, Any]:
    """What each field holds: of a neuron what its program declares, of all else its annotation."""
    declared: Mapping[str, Declared] | None = vars(kind).get("declared")
    return get_type_hints(kind) if declared is None else {name: _held(d) for name, d in declared.items()}


def _held(d: Declared) -> Any:
    if d.role == "choice":
        return bool if isinstance(d.choices[0], bool) else Literal[d.choices]
    held: Any = Ints if d.role == "each" else int if d.unit == 1 else float
    return Union[held, None] if d.default is None else held


def _saved(kind: type) -> list[dataclasses.Field[Any]]:
    return [field for field in dataclasses.fields(kind) if field.metadata.get("saved", True)]


def unaliased(holds: Any) -> Any:
    """A type behind its alias: NDArray is one of its own since NumPy 2.5."""
    alias = getattr(get_origin(holds), "__value__", None)
    return holds if alias is None else alias[get_args(holds)]


@cache
def defaults_of(kind: type) -> dict[str, Any]:
    """Default values of a registered dataclass, by the name in files."""
    names = {field.attribute: field.name for field in fields_of(kind)}
    found = {}
    for field in _saved(kind):
        if field.default is not dataclasses.MISSING:
            found[names[field.name]] = field.default
        elif field.default_factory is not dataclasses.MISSING:
            found[names[field.name]] = field.default_factory()
    return found
