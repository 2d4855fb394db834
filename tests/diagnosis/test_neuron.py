"""One neuron step by step: its terms are those of the plain numpy machine, and add up to what it sent."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from support import toys
from support.generate import random_network
from support.generate_conv import random_conv_network
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network
from support.reference import run_reference

import neurohw as nh
from neurohw import api, artifacts
from neurohw.artifacts import run_folder
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, ClappLif, Graded, Hinge, Lif, Relu, Source, TernaryLif

LEARNING = [
    *(random_learning_network(seed) for seed in range(2)),
    *(random_spiking_network(seed, delayed=seed > 0) for seed in range(2)),
    random_readout(0),
]
FROZEN = [*(random_network(seed) for seed in range(5)), *(random_conv_network(seed) for seed in range(2))]


def traced(case, population, neuron):
    network = replace(case.network, period=case.steps)
    return nh.trace_neuron(network, population.name, neuron, inputs=case.inputs, steps=case.steps * case.samples)


def adds_up(trace, neuron) -> bool:
    """Whether the terms of a trace give what was recorded of u and v, and the message that was sent."""
    t = trace.terms
    if isinstance(neuron, (Lif, TernaryLif, ClappLif)):
        wrapped = (t["dec(u)"] + t["a << 6"] - t["u"]) % 2**24 == 0
        spikes = (t["v"] > t["vth << 6"]).astype(int)
        if isinstance(neuron, TernaryLif):
            spikes -= t["v"] < t["vth_lo << 6"]
        same = np.array_equal(spikes, trace.sent["out"])
        return wrapped.all() and (same or isinstance(neuron, ClappLif))  # which sends its count, too
    if isinstance(neuron, Graded):
        size = t["a"] if neuron.rectify else abs(t["a"])
        return np.array_equal(np.where(size > t["vth"], t["a"], 0), trace.sent["out"])
    if isinstance(neuron, Relu):
        return np.array_equal(t["z"], trace.sent["out"])
    if isinstance(neuron, Hinge):
        return np.array_equal(np.where(t["margin"] > 0, t["y"], 0), trace.sent["gamma"])
    if isinstance(neuron, Clapp):
        sends = (trace.step - 1) % neuron.period == neuron.layer
        z, score = t["z"] * sends, ((t["z"] * t["p"]) >> neuron.score_shift) * sends
        return np.array_equal(z, trace.sent["out"]) and np.array_equal(score, trace.sent["score"])
    return True


@pytest.mark.parametrize("case", [*FROZEN, *LEARNING], ids=lambda case: case.network.populations[-1].name)
def test_the_terms_of_every_kind_of_neuron_are_those_of_the_reference_and_add_up(case):
    learns = any(p.plasticity for p in case.network.projections)
    reference = run_reference(case.network, case.inputs, case.steps, case.samples, reset=not learns)
    for population in case.network.populations:
        neuron = population.size - 1
        trace = traced(case, population, neuron)
        assert adds_up(trace, population.neuron), population.name
        for port, sent in trace.sent.items():
            assert np.array_equal(sent, reference.messages[f"{population.name}.{port}"][:, neuron])
        for name in ("y1", "y2", "y3") if "y1" in trace.terms else ():
            assert np.array_equal(trace.terms[name], reference.traces[f"{population.name}.{name}"][:, neuron])


TOY = Network(
    (Population("input", 2, Source(0, 1)), Population("lif", 1, Lif(vth=300, du=4095, dv=2048))),
    (Projection("W", "input", "lif", np.array([[200, -100]]), Format()),),
)
INPUTS = {"input": np.array([[[1, 0], [1, 1], [1, 0], [1, 0]]])}


def test_a_trace_is_a_table_with_the_equation_below():
    lines = nh.trace_neuron(TOY, "lif", 0, inputs=INPUTS).text().splitlines()
    assert lines[:6] == [
        "lif[0]",
        "sample  t    W  dec(u)  a << 6      u  dec(v)  bias      v  vth << 6  -> out",
        "     0  1    0       0       0      0       0     0      0     19200       0",
        "     0  2  200       0   12800  12800       0     0  12800     19200       0",
        "     0  3  100       0    6400   6400    6400     0  12800     19200       0",
        "     0  4  200       0   12800  12800    6400     0  19200     19200       0",
    ]
    assert "    spike = v > vth << 6, and then v = 0" in lines


def test_a_delay_moves_what_arrives_and_the_end_of_a_sample_loses_it():
    late = replace(TOY, projections=(replace(TOY.projections[0], delay=2),))
    two = {"input": np.concatenate([INPUTS["input"]] * 2)}
    trace = nh.trace_neuron(late, "lif", 0, inputs=two)
    assert trace.arrived["W"].tolist() == [0, 0, 0, 200] * 2
    assert trace.sample.tolist() == [0] * 4 + [1] * 4
    assert trace.step.tolist() == [1, 2, 3, 4] * 2


def test_numpy_integers_trace_as_those_of_python():
    plain = nh.trace_neuron(TOY, "lif", 0, inputs=INPUTS, steps=7)
    small = nh.trace_neuron(TOY, "lif", np.uint8(0), inputs=INPUTS, steps=np.uint8(7))
    assert json.dumps(small.document()) == json.dumps(plain.document())


def test_what_does_not_exist_is_refused_with_what_does():
    with pytest.raises(NeurohwError, match=r"no population 'lfi'; did you mean 'lif'\?"):
        nh.trace_neuron(TOY, "lfi", 0, inputs=INPUTS)
    with pytest.raises(NeurohwError, match=r"neuron of 'lif': is 1; needs an integer 0\.\.0"):
        nh.trace_neuron(TOY, "lif", 1, inputs=INPUTS)
    with pytest.raises(NeurohwError, match=r"no population '\[\]'; choose one of"):
        nh.trace_neuron(TOY, [], 0, inputs=INPUTS)
    with pytest.raises(NeurohwError, match=r"steps: is 0; needs an integer 1\.\.10000"):
        nh.trace_neuron(TOY, "lif", 0, inputs=INPUTS, steps=0)
    with pytest.raises(NeurohwError, match="a network has none of its own"):
        nh.trace_neuron(TOY, "lif", 0)
    with pytest.raises(NeurohwError, match=r"inputs\.inptu: is not a source"):
        nh.trace_neuron(TOY, "lif", 0, inputs={"inptu": INPUTS["input"]})


# the command line


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a tiny model's program and a run of it that ended with the sign of its first weights turned."""
    folder = tmp_path_factory.mktemp("trace")
    (folder / "tiny.yaml").write_text(toys.TINY)
    program = api.compile(api.load_model(str(folder / "tiny.yaml")), api.load_target("loihi2"))
    artifacts.save(folder / "tiny.nhw", program)
    artifacts.save(folder / "run" / run_folder.PROGRAM, program)
    run = api.simulate(program, fixations=5)
    learned = run.learned["layer1.W"]
    turned = {**run.learned, "layer1.W": replace(learned, weight=-learned.weight)}
    artifacts.save(folder / "run" / run_folder.RUN, replace(run, learned=turned))
    return folder


def test_the_command_line_shows_a_neuron_of_a_program_and_of_a_run_as_it_ended(neurohw, work):
    code, out, err = neurohw("trace", "tiny.nhw", "layer1", "2", "--steps", "25", "--json", "t.json")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].split()[:5] == ["sample", "t", "layer1.W", "layer1.Wpred", "layer1.gate"]
    before = json.loads((work / "t.json").read_text())
    assert before["schema"] == "neurohw.neuron_trace/1"
    assert len(before["t"]) == 25
    assert neurohw("trace", "run", "layer1", "2", "--steps", "25", "--json", "t.json")[0] == 0
    after = json.loads((work / "t.json").read_text())
    assert after["arrived"]["layer1.W"][1] == -before["arrived"]["layer1.W"][1] != 0


def test_a_mistake_on_the_command_line_is_one_message(refused):
    assert refused("trace", "tiny.nhw", "layr1", "0") == "population: no population 'layr1'; did you mean 'layer1'?"
    assert "no such file" in refused("trace", "no.nhw", "layer1", "0")
