"""A model of the package that learned on a chip of cores, measured."""

from __future__ import annotations

from typing import Any

from neurohw import api
from neurohw.experiments.measure import Measured, learn, measure


def measured(name: str, fixations: int, seed: int = 0, **chip: Any) -> Measured:
    """The network before and after learning on `loihi2`; `chip`: other settings of how it learns."""
    model = api.load_model(name)
    model = model.model_copy(update={"chip": model.chip.model_copy(update=chip)})
    target = api.load_target("loihi2")
    learned = learn(model, target, seed=seed, fixations=fixations)
    return measure(model, learned, target, seed=seed)
