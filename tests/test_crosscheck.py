"""The models that ship learn on Lava what they learn on the emulator: messages, weights and tags."""

import pytest

from neurohw import api
from neurohw.backends.lava.available import why_not
from neurohw.experiments.crosscheck import crosscheck

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "chip", "learned"),
    [
        ("clapp_spiking_digits", "loihi1", "W, Wpred"),
        ("clapp_spiking_reset", "loihi1", "W, Wpred"),
        ("clapp_identity_chip", "loihi2", "W"),
    ],
)
def test_models_that_ship_learn_alike_on_lava(name, chip, learned):
    lines = crosscheck(api.load_model(name), api.load_target(chip), 60)
    assert lines[0] == f"60 fixations on Lava (rounding: lava): messages, {learned} and tags identical"
    assert len(lines) == 1 + 2 * len(learned.split())
    for line in lines[1:]:
        moved, tagged = (int(part.rpartition(" ")[2]) for part in line.split("%")[:2])
        assert tagged > 20
        assert moved > 0 or line.strip().startswith(("layer1.W:", "layer2.W:"))
