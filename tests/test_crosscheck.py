"""The models that ship learn on Lava what they learn on the emulator: messages, weights and tags."""

import pytest

from neurohw import api
from neurohw.backends.lava.available import why_not
from neurohw.crosscheck import crosscheck

pytestmark = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clapp_spiking_digits", "clapp_spiking_reset"])
def test_spiking_layers_learn_alike_on_lava(name):
    lines = crosscheck(api.load_model(name), api.load_target("loihi1"), 60)
    assert lines[0] == "60 fixations on Lava (rounding: lava): messages, W, Wpred and tags identical"
    assert len(lines) == 5
    for line in lines[1:]:
        moved, tagged = (int(part.rpartition(" ")[2]) for part in line.split("%")[:2])
        assert tagged > 20
        assert moved > 0 or line.strip().startswith(("layer1.W:", "layer2.W:"))
