"""Study: the accuracy of a model on a chip while something about the chip is varied, over several seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from neurohw.api import load_target
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.experiments.sweeps.evaluate import evaluate
from neurohw.experiments.sweeps.points import DIGITAL, Point, learning_problems
from neurohw.experiments.sweeps.spec import Learning
from neurohw.ir.checks import SEED, Several, require_values
from neurohw.ir.engine import FIXATIONS, Progress
from neurohw.ir.mapping import Target
from neurohw.ir.study import Study, StudyPoint
from neurohw.ir.sweep import ENERGY, Plain
from neurohw.spec import ModelSpec

SEEDS = Several(SEED, f"seeds 0..{SEED.high} in a list", "such as [0, 1, 2]")


def study(
    model: ModelSpec, chip: str, varied: Sequence[str], values: Sequence[str], *, seeds: Sequence[int] = (0, 1, 2),
    learning: Learning = "once", settings: Mapping[str, str] | None = None, fixations: int | None = None,
    progress: Progress | None = None,
) -> Study:  # fmt: skip
    """Measure `model` on `chip` with each of `values` in the entries `varied` of its file, once a seed.

    `learning`: `once` (in integers or on the host; the arrays are then written with the result) or `chip` (anew on each
    chip that comes out). `settings`: entries of the file that are different throughout. Every chip is read before
    anything is run, so that a wrong value costs no time.
    """
    require_values("study", seeds=(seeds, SEEDS), fixations=(fixations, FIXATIONS))
    raise_if_any(learning_problems(model, learning, varied))
    fixed = dict(settings or {})
    if both := set(fixed) & set(varied):
        raise NeurohwError(Problem("set", f"{', '.join(sorted(both))} is varied", fix="leave it out of one of them"))
    targets = {value: load_target(chip, changes={**fixed, **dict.fromkeys(varied, value)}) for value in values}
    points: list[StudyPoint] = []
    for seed in seeds:
        for point in _points(model, targets, seed, learning, fixations):
            points.append(point)
            if progress:
                progress(len(points), len(seeds) * len(targets))
    order = {value: k for k, value in enumerate(targets)}
    points.sort(key=lambda point: (order[point.value], point.seed))
    first = next(iter(targets.values()))
    others = tuple(f"{entry} = {value}" for entry, value in fixed.items())
    return Study(model.name, first.name, tuple(varied), learning, fixations, tuple(points), others)


def _points(
    model: ModelSpec, targets: Mapping[str, Target], seed: int, learning: Learning, fixations: int | None
) -> Iterator[StudyPoint]:
    """All values for one seed."""
    where = load_target(DIGITAL) if learning == "once" and model.learns == "chip" else None
    for value, target in targets.items():
        row = evaluate(Point(model, target, where, seed, learning, fixations))
        random, learned = (_layers(row, name) for name in ("random", "learned"))
        clipped, conversions = (int(row[name] or 0) for name in ("clipped", "conversions"))
        energy = row[ENERGY]
        yield StudyPoint(
            value, seed, random, learned, None if energy is None else float(energy), clipped, conversions
        )  # fmt: skip


def _layers(row: Mapping[str, Plain], which: str) -> tuple[float, ...]:
    """Accuracy of each layer with all labels."""
    return tuple(float(value or 0) for name, value in row.items() if name.startswith(f"{which}_all_"))
