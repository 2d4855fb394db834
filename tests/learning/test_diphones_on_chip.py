"""Speech, frame by frame, on the emulated chip: a little growth helps where sameness is what follows in time too."""

from __future__ import annotations

import pytest
from support.toys import NEEDS_DIPHONES

from neurohw import api
from neurohw.data.registry import load_data
from neurohw.experiments.measure import learn
from neurohw.learning.score import score

pytestmark = [pytest.mark.slow, NEEDS_DIPHONES]
EVERY = 4  # only the fourth frame: the logistic readout of all takes minutes


def held_out(growth: float) -> float:
    """Accuracy of the top layer on diphones that were held out, the same speaker's."""
    model, chip = api.load_model("clapp_diphones"), api.load_target("loihi2")
    model = model.model_copy(update={"chip": model.chip.model_copy(update={"growth": growth})})
    learned = learn(model, chip, fixations=160_000).weights
    frozen, data = api.compile(model, chip, learned, mode="infer").network, load_data(model.data, 0, "validation")
    train, test = (api.features(model, frozen, x[::EVERY])[-1] for x in (data.train_x, data.test_x))
    return score(train, data.train_y[::EVERY], test, data.test_y[::EVERY], inverse_penalty=1.0).accuracy


def test_growth_helps_there_too():
    assert held_out(0.5) >= held_out(0.0) + 0.02  # 0.488 and 0.448 were measured
