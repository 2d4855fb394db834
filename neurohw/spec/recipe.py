"""A model as text that a program carries, so that what runs it knows its data and what reads it where it came from."""

from __future__ import annotations

import json
from functools import lru_cache

from neurohw.errors import NeurohwError, Problem
from neurohw.parsing import parse
from neurohw.spec.model import ModelSpec

WHERE = "program.recipe"


def recipe_of(model: ModelSpec) -> str:
    """The model as JSON, without what is as by default: new entries with defaults leave it as it is."""
    return model.model_dump_json(by_alias=True, exclude_defaults=True)


@lru_cache(maxsize=64)
def model_of(recipe: str) -> ModelSpec:
    """The model that a recipe is of; a NeurohwError for the empty one of a network, and for a damaged one."""
    if not recipe:
        raise NeurohwError(Problem("program", "was compiled from a network, not from a model", fix="use run_network"))
    try:
        entries = json.loads(recipe)
    except ValueError as error:
        raise NeurohwError(Problem(WHERE, f"is damaged ({error})", fix="compile the model again")) from None
    return parse(ModelSpec, entries, WHERE)
