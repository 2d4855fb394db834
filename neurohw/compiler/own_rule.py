"""A program that learns by another rule: the text of one matrix's rule, in the grammar of `ir.rule_text`."""

from __future__ import annotations

from dataclasses import replace

from neurohw.compiler.pipeline import compile_network
from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.ir.mapping import Program
from neurohw.ir.network import Projection
from neurohw.ir.rule_text import decimate_of, parse_rule


def with_rule(program: Program, projection: str, *, dw: str = "", dt: str = "") -> Program:
    """Compile a learning program again with other changes of the weights and tags of `projection`, such as 'layer1.W'.

    `dw`, `dt`: sums of products as text; left out, that variable never changes. Epoch, traces and rounding stay.
    A NeurohwError for a projection that does not learn, and for a rule that cannot be read or that the chip lacks.
    """
    plastic = [p.name for p in program.network.projections if p.plasticity]
    if projection not in plastic:
        fix = did_you_mean(projection, plastic) if plastic else "compile with mode learn"
        raise NeurohwError(Problem("with_rule", f"no projection '{projection}' that learns", fix=fix))
    projections = tuple(_changed(p, dw, dt) if p.name == projection else p for p in program.network.projections)
    again = compile_network(
        replace(program.network, projections=projections), program.target, model=program.model, mode="learn",
        placement="traffic" if program.placement == "traffic" else "greedy", seed=program.seed,
    )  # fmt: skip
    return replace(again, recipe=program.recipe)


def _changed(p: Projection, dw: str, dt: str) -> Projection:
    """The projection with the products of these texts in place of its own."""
    if p.plasticity is None or p.plasticity.chip is None:
        raise NeurohwError(Problem(p.name, "has no rule in integers yet", fix="compile it for a chip"))
    w, t = (parse_rule(text, f"{p.name}: {name}") if text else () for name, text in (("dw", dw), ("dt", dt)))
    rule = replace(p.plasticity.chip, dw=w, dt=t, decimate=decimate_of(f"{dw} {dt}", p.name))
    return replace(p, plasticity=replace(p.plasticity, chip=rule))
