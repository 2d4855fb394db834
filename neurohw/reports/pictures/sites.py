"""The map of a program on its chip: which tiles and sites it takes, what they hold, and how full they are."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from neurohw.ir.mapping import Block, Program, serves_learning
from neurohw.reports.pictures.style import COLOURS, DPI, FAINT, WIDTH

TILES = 24  # that are shown


def site_map(program: Program, title: str) -> Figure:
    """One square a tile in use, in it its sites: an array filled by the rows and columns it uses, a core from below.

    Colours tell projections (or populations) apart; what serves learning only is hatched.
    """
    used = dict.fromkeys((s.y, s.x) for s in program.sites)
    shown, names = sorted(used)[:TILES] or [(0, 0)], _names(program)
    across = min(6, len(shown))
    down = -(-len(shown) // across)
    side = WIDTH / max(3, across)
    made = Figure(figsize=(WIDTH, down * side + 1.3), dpi=DPI, layout="constrained")
    more = f" ({len(used) - len(shown)} more tiles in use)" if len(used) > len(shown) else ""
    made.suptitle(title + more, fontsize=11)
    axes = made.subplots(down, across, squeeze=False).ravel()
    per_tile = [s for s in program.target.sites if (s.y, s.x) == shown[0]]
    grid = int(np.ceil(np.sqrt(len(per_tile))))
    held = {site.index: block for site, block in zip(program.sites, program.blocks)}
    for axis in axes:
        axis.set_axis_off()
    for axis, place in zip(axes, shown):
        axis.set(xlim=(-0.1, grid + 0.1), ylim=(grid + 0.1, -0.1), aspect="equal")
        axis.set_title(f"tile ({place[1]}, {place[0]})", fontsize=8)
        for k, site in enumerate(s for s in program.target.sites if (s.y, s.x) == place):
            x, y = k % grid + 0.06, k // grid + 0.06
            axis.add_patch(Rectangle((x, y), 0.88, 0.88, fill=False, edgecolor=FAINT, linewidth=0.5))
            if site.index in held:
                _fill(axis, program, held[site.index], x, y, names)
    if names:
        made.legend(handles=_legend(program, names), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return made


def _names(program: Program) -> dict[str, int]:
    """What sites hold, in order: projections on arrays, populations on cores."""
    found = [r.projection for b in program.blocks for r in b.weights] or [
        s.population for b in program.blocks for s in b.slices
    ]
    return {name: k for k, name in enumerate(dict.fromkeys(found))}


def _fill(axis: Any, program: Program, block: Block, x: float, y: float, names: dict[str, int]) -> None:
    """The part of a site that is in use."""
    design = program.target.design
    if design is not None:
        (part,) = block.weights
        rows = part.shape[0] * design.rows_per_input / design.rows
        columns = (part.shape[1] * design.columns_per_output + design.shared_columns) / design.columns
        axis.add_patch(_patch(program, part.projection, names, (x, y), 0.88 * columns, 0.88 * rows))
        return
    fill, left = program.target.usage(program.network, block).fill, x
    for piece in block.slices:
        width = 0.88 * piece.size / block.neurons
        at = (left, y + 0.88 * (1 - fill))
        axis.add_patch(_patch(program, piece.population, names, at, width, 0.88 * fill))
        left += width


def _patch(program: Program, name: str, names: dict[str, int], at: Any, width: float, height: float) -> Rectangle:
    return Rectangle(at, width, height, **_look(program, name, names))


def _look(program: Program, name: str, names: dict[str, int]) -> dict[str, Any]:
    """Colour and hatching of a projection or population."""
    hatch = "///" if _only_learns(program, name) else None
    return {"facecolor": COLOURS[names[name] % len(COLOURS)], "edgecolor": "white", "linewidth": 0.3, "hatch": hatch}


def _legend(program: Program, names: dict[str, int]) -> list[Patch]:
    labels = {name: f"{name} (learning only)" if _only_learns(program, name) else name for name in names}
    return [Patch(label=label, **_look(program, name, names)) for name, label in labels.items()]


def _only_learns(program: Program, name: str) -> bool:
    return any(p.name == name and serves_learning(p) for p in program.network.projections)
