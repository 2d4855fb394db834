"""What Lava has models for runs on these: their arithmetic is Lava's, so that they stay an oracle."""

import numpy as np
import pytest

from neurohw.backends.lava.available import why_not
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Source, TernaryLif

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]

NEURONS = {
    "LIF": Lif(10), "LIFReset": Lif(10, reset_interval=4), "TernaryLIF": TernaryLif(10, -10), "GradedVec": Graded(10),
    "GradedReluVec": Graded(10, rectify=True),
}  # fmt: skip
OURS = {"__init__", "run_spk"}  # which keep states beside what Lava does


@pytest.fixture
def built(tmp_path):
    """One population a kind, built for Lava."""
    from neurohw.backends.lava.build import Setting, build

    populations = [Population("source", 2, Source(0, 1))]
    populations += [Population(name, 2, neuron) for name, neuron in NEURONS.items()]
    projections = [Projection(f"w {name}", "source", name, np.eye(2, dtype=int), Format()) for name in NEURONS]
    frames = {"source": np.zeros((1, 1, 2), np.int32)}
    network = Network(tuple(populations), tuple(projections))
    return build(network, Setting(frames, steps_per_sample=1, steps=1, folder=tmp_path, states=True))


@pytest.mark.parametrize("name", NEURONS)
def test_neurons_that_lava_has_are_lavas_own(built, name):
    from lava.proc.graded.process import GradedReluVec, GradedVec
    from lava.proc.lif.models import PyLifModelBitAcc, PyLifResetModelBitAcc, PyTernLifModelFixed
    from lava.proc.lif.process import LIF, LIFReset, TernaryLIF

    own = {
        "LIF": LIF,
        "LIFReset": LIFReset,
        "TernaryLIF": TernaryLIF,
        "GradedVec": GradedVec,
        "GradedReluVec": GradedReluVec,
    }
    models = {"LIF": PyLifModelBitAcc, "LIFReset": PyLifResetModelBitAcc, "TernaryLIF": PyTernLifModelFixed}
    port = getattr(built.recorder, f"in_{built.ports.index(f'{name}.out')}")
    (source,) = port.get_src_ports()
    assert type(source.process) is own[name]
    used = built.run_config.exception_proc_model_map.get(own[name])
    assert (used is not None) == (name in models)  # Lava finds the other models itself
    if used is not None:
        lavas = models[name]
        assert issubclass(used, lavas)
        changed = {
            key for key in dir(lavas) if callable(getattr(lavas, key)) and getattr(used, key) != getattr(lavas, key)
        }
        assert {key for key in changed if not key.startswith("__") or key == "__init__"} == OURS
