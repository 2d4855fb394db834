"""What the fields of an object in a file must fulfil together, where the object itself does not say."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

from neurohw.artifacts.archive import AGAIN
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.axons import OUTSIDE
from neurohw.ir.mapping import Block, Program
from neurohw.spec.recipe import model_of

# Objects that count and number things: no whole number in them is below 0.
COUNTS = (
    "activity", "array-activity", "cost-report", "population-activity", "projection-activity", "rectangle",
    "site", "slice", "window",
)  # fmt: skip
MODES = ("learn", "infer", "readout")


def _counts(value: Any) -> Iterator[Problem]:
    for name, held in vars(value).items():
        if type(held) is int and held < 0:
            yield Problem(f".{name}", f"{held} is not possible", "must be at least 0", AGAIN)


def _program(program: Program) -> Iterator[Problem]:
    """Blocks on sites, slices of populations, rectangles of projections, and routes between blocks are there."""
    if program.mode not in MODES:
        yield Problem(".mode", f"'{program.mode}' is not possible", f"needs one of {', '.join(MODES)}", AGAIN)
    if program.recipe:
        try:
            model_of(program.recipe)
        except NeurohwError as error:
            yield from (dataclasses.replace(problem, where=".recipe") for problem in error.problems)
    if program.seed < 0:
        yield Problem(".seed", f"{program.seed} is not possible", "must be at least 0", AGAIN)
    if len(program.blocks) != len(program.sites) and program.blocks:
        yield Problem(".sites", f"{len(program.sites)} sites for {len(program.blocks)} blocks", fix=AGAIN)
    sizes = {p.name: p.size for p in program.network.populations}
    known = {p.name for p in program.network.projections}
    for k, block in enumerate(program.blocks):
        yield from _block(f".blocks[{k}]", block, sizes, known)
        if program.target.design is not None and len(block.weights) != 1:
            yield Problem(f".blocks[{k}].weights", f"{len(block.weights)} rectangles", "an array holds one", AGAIN)
    for k, route in enumerate(program.routes):
        if route.projection not in known:
            yield Problem(f".routes[{k}].projection", f"no projection '{route.projection}'", fix=AGAIN)
        if not (OUTSIDE <= route.source < len(program.blocks) and 0 <= route.target < len(program.blocks)):
            limit = f"there are {len(program.blocks)}"
            yield Problem(f".routes[{k}]", f"between blocks {route.source} and {route.target}", limit, AGAIN)
        if min(route.axons, route.hops_x, route.hops_y, route.links) < 0:
            yield Problem(f".routes[{k}]", "counts below 0", fix=AGAIN)


def _block(at: str, block: Block, sizes: dict[str, int], known: set[str]) -> Iterator[Problem]:
    for k, part in enumerate(block.slices):
        if part.population not in sizes:
            yield Problem(f"{at}.slices[{k}].population", f"no population '{part.population}'", fix=AGAIN)
        elif not part.start <= part.stop <= sizes[part.population]:
            yield Problem(f"{at}.slices[{k}]", f"{part}", f"there are {sizes[part.population]} neurons", AGAIN)
    for k, weights in enumerate(block.weights):
        if weights.projection not in known:
            yield Problem(f"{at}.weights[{k}].projection", f"no projection '{weights.projection}'", fix=AGAIN)
        if any(not 0 <= start < stop for start, stop in (weights.inputs, weights.outputs)):
            yield Problem(f"{at}.weights[{k}]", f"{weights}", "ranges go up from 0", AGAIN)


# tag -> everything that is wrong with an object whose fields are each possible
CHECKS: dict[str, Callable[[Any], Iterator[Problem]]] = {
    **dict.fromkeys(COUNTS, _counts), "program": _program,
}  # fmt: skip
