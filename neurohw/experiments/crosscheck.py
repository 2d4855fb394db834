"""Part of the learning repeated on Lava, where every message, weight and tag must be that of the emulator."""

from __future__ import annotations

import numpy as np

from neurohw import api
from neurohw.experiments.measure import learn
from neurohw.ir.mapping import Target
from neurohw.runtime.counted import counted
from neurohw.spec import ModelSpec

WARM_UP = 4000  # fixations learned before: from zero, Wpred makes no products and most of the rule would stay idle


def crosscheck(model: ModelSpec, target: Target, fixations: int, seed: int = 0) -> list[str]:
    """Run `fixations` fixations on both with Lava's rounding; return one line a matrix, or raise on a difference.

    Both start from weights that the emulator has learned for `WARM_UP` fixations, so that all matrices change.
    """
    model = model.model_copy(update={"chip": model.chip.model_copy(update={"rounding": "lava"})})
    weights = learn(model, target, seed=seed, fixations=WARM_UP).weights
    program = api.compile(model, target, weights, mode="learn", seed=seed)
    run = api.simulate(program, backend="lava", fixations=fixations, record=program.network.ports)
    counted(program, run)  # raises if the emulator differs
    kinds = dict.fromkeys(name.rpartition(".")[2] for name in run.learned)
    lines = [f"{fixations} fixations on Lava (rounding: lava): messages, {', '.join(kinds)} and tags identical"]
    for name, learned in run.learned.items():
        start = next(p.weight for p in program.network.projections if p.name == name)
        moved, tagged = np.mean(learned.weight != start), np.mean(learned.tag != 0)
        lines.append(f"  {name}: {moved:.0%} of the weights moved, {tagged:.0%} of the tags are not zero")
    return lines
