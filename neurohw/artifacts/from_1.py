"""What programs of version 1 said in other ways: their model as a tree, layers and roles in names alone."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from neurohw.errors import NeurohwError, Problem
from neurohw.parsing import parse
from neurohw.spec import ModelSpec
from neurohw.spec.recipe import recipe_of

_LAYER = re.compile(r"(?:layer|hinge)(\d+)")
_ROLES = {"W": "feedforward", "Wpred": "prediction"}
Fields = dict[str, Any]


def program(fields: Fields) -> Fields:
    """The model as a recipe; if there is one, its layers and the roles of their weights, which were named by rule.

    What is damaged stays as it is, for `decode` to report.
    """
    if "settings" not in fields:
        raise NeurohwError(Problem(".settings", "is missing", fix="write the file again"))
    fields = dict(fields)
    settings = fields.pop("settings")
    if settings is None:
        return fields
    entries = settings.get("data") if isinstance(settings, dict) else settings
    fields["recipe"] = recipe_of(_model(entries))
    for population in _parts(fields, "populations"):
        match = _LAYER.fullmatch(str(population.get("name")))
        population["layer"] = int(match[1]) if match else 0
    for projection in _parts(fields, "projections"):
        projection["role"] = _role(str(projection.get("name")))
    return fields


def _model(entries: Any) -> ModelSpec:
    """The model; problems name the place in the file."""
    try:
        return parse(ModelSpec, entries, "")
    except NeurohwError as error:
        paths = [problem.where.removeprefix(": ") for problem in error.problems]
        places = [f".settings.{path}" if path else ".settings" for path in paths]
        raise NeurohwError(replace(p, where=place) for p, place in zip(error.problems, places)) from None


def _parts(fields: Fields, name: str) -> list[Fields]:
    """The fields of the network's populations or projections, as far as there are any."""
    try:
        parts = [part["fields"] for part in fields["network"]["fields"][name]]
    except (KeyError, TypeError):
        return []
    return [part for part in parts if isinstance(part, dict)]


def _role(name: str) -> str:
    owner, _, part = name.partition(".")
    if owner == "readout" and part == "W":
        return "readout"
    return _ROLES.get(part, "") if _LAYER.fullmatch(owner) else ""
