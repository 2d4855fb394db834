"""Programs and states of neurons in the memory of cores, for chips that say how much there is; and their work."""

import numpy as np
import pytest
import yaml
from support import toys

import neurohw as nh
from neurohw.neurons.izhikevich import Izhikevich
from neurohw.targets import work

MINE = """
from neurohw.microcode import neuron
from neurohw.neurons.izhikevich import Izhikevich

@neuron
class Mine(Izhikevich):
    pass
"""


def chip(tmp_path, **limits):
    """Loihi 2 with more limits of a core, in a file of one's own."""
    data = yaml.safe_load((toys.ROOT / "hw_configs" / "loihi2.yaml").read_text())
    for name, (value, unit) in limits.items():
        data["core"][name] = {"value": value, "unit": unit, "grade": "U", "source": "a test", "conditions": "per core"}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(data))
    return nh.load_target(str(tmp_path / "own.yaml"))


def network(*neurons, size=10):
    populations = [nh.Population(f"n{k}", size, neuron) for k, neuron in enumerate(neurons)]
    weights = np.full((size, 2), 4)
    projections = [nh.Projection(f"{p.name}.W", "input", p.name, weights, nh.Format()) for p in populations]
    return nh.Network((nh.Population("input", 2, nh.Source()), *populations), tuple(projections), 4)


def test_states_share_the_memory_of_a_core(tmp_path):
    bits = work.size(nh.Lif(vth=1)).state_bits
    target = chip(tmp_path, state_bits=(4 * bits, "bits"))
    program = nh.compile_network(network(nh.Lif(vth=1)), target)
    assert sorted(sum(s.size for s in block.slices) for block in program.blocks) == [3, 3, 4]
    used = {name: (used, limit) for name, used, limit in target.usage(program.network, program.blocks[-1]).amounts}
    assert used["state bits"] == (4 * bits, 4 * bits)


def test_kinds_share_the_instructions_of_a_core_and_populations_of_a_kind_have_them_once(tmp_path):
    lif, other = nh.Lif(vth=1), Izhikevich()
    words = work.size(lif).program_words, work.size(other).program_words
    together = chip(tmp_path, program_words=(sum(words), "words"))
    assert len(nh.compile_network(network(lif, lif, other), together).blocks) == 1
    apart = chip(tmp_path, program_words=(sum(words) - 1, "words"))
    assert len(nh.compile_network(network(lif, lif), apart).blocks) == 1
    assert len(nh.compile_network(network(lif, lif, other), apart).blocks) == 2


def test_a_neuron_that_no_core_can_hold_is_one_message_with_both_numbers(tmp_path):
    size = work.size(Izhikevich())
    target = chip(tmp_path, program_words=(size.program_words - 2, "words"), state_bits=(size.state_bits - 1, "bits"))
    with pytest.raises(nh.NeurohwError) as error:
        nh.compile_network(network(Izhikevich()), target)
    assert [p.what for p in error.value.problems] == [
        f"one neuron needs {size.program_words} program words",
        f"one neuron needs {size.state_bits} bits of state",
    ]
    assert "2 too many" in error.value.problems[0].limit


def test_the_dearest_reading_of_an_update_has_the_operations_of_a_program_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    mine, x = nh.neuron(tmp_path / "mine.py"), {"input": np.ones((1, 4, 2), np.int8)}
    target, dearest, said = toys.chip("loihi2"), {}, {}
    for neuron in (nh.Lif(vth=1), mine(), nh.Graded(vth=1), Izhikevich()):
        program = nh.compile_network(network(neuron), target)
        actions = target.actions(program, nh.simulate(program, inputs=x, steps=4).activity)
        name = type(neuron).__name__
        dearest[name] = next(a.high for a in actions if a.action == "soma_active")
        said[name] = [text for text in program.departures if "no price of one operation" in text]
    more = work.size(mine()).mean / work.size(nh.Lif(vth=1)).mean
    assert more > 1.2
    assert dearest == {"Lif": 40, "Mine": round(40 * more), "Graded": 40, "Izhikevich": 40}
    assert [name for name, texts in said.items() if texts] == ["Mine"]
    assert f"n0 at most as {more:.2g}" in said["Mine"][0]
