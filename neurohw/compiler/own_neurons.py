"""Neurons of one's own in the network of a model, in place of those that the compiler made."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import parameters_of
from neurohw.microcode.kind import kind_called, kinds_in, read_text
from neurohw.microcode.text import Text
from neurohw.spec import ModelSpec, NeuronSpec


def with_own_neurons(network: Network, model: ModelSpec) -> Network:
    """The integer network of a model with the kinds that its `neurons` name; a NeurohwError with all that is wrong."""
    if not model.neurons:
        return network
    kinds = {name: _kind(f"neurons.{name}", spec) for name, spec in model.neurons.items()}
    populations, problems = list[Population](), dict[Problem, None]()
    for population in network.populations:
        name = type(population.neuron).__name__
        if name in kinds:
            spec, where = model.neurons[name], f"neurons.{name}"
            found = _differences(where, population.neuron, kinds[name], spec)
            problems |= dict.fromkeys(found)
            if not found:
                given = {f.name: getattr(population.neuron, f.name) for f in fields(population.neuron)}
                population = replace(population, neuron=kinds[name](**{**given, **spec.parameters}))
        populations.append(population)
    raise_if_any(list(problems))
    return replace(network, populations=tuple(populations))


def _kind(where: str, spec: NeuronSpec) -> Any:
    text = Text(spec.file, spec.text) if spec.text else read_text(spec.file)
    try:
        return kind_called(spec.kind, kinds_in(text), spec.file).neuron
    except NeurohwError as error:
        raise NeurohwError(replace(p, where=f"{where}: {p.where}") for p in error.problems) from None


def _differences(where: str, ours: Any, kind: Any, spec: NeuronSpec) -> list[Problem]:
    """What keeps a kind from standing in for ours."""
    name, fix = type(ours).__name__, f"inherit from {type(ours).__name__}, or declare them"
    own, found = parameters_of(kind), list[Problem]()
    for what, needed, has in (
        ("parameters", parameters_of(ours), own),
        ("inputs", ours.inputs, kind.inputs),
        ("outputs", ours.outputs, kind.outputs),
    ):
        if missing := [part for part in needed if part not in has]:
            limit = f"{name}, which it stands in for, has them"
            found.append(Problem(f"{where}: {kind.__name__}", f"lacks the {what} {', '.join(missing)}", limit, fix))
    for given in spec.parameters:
        if given in parameters_of(ours):
            what = "is what the compiler gives"
            found.append(Problem(f"{where}.parameters.{given}", what, fix="set it where the model has it, or omit it"))
        elif given not in own:
            found.append(Problem(f"{where}.parameters.{given}", "is not declared", fix=did_you_mean(given, own)))
    return found
