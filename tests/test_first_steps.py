"""What a newcomer does in Python: a network of one's own, and arguments of the wrong kind, each one message."""

import numpy as np
import pytest
from support import toys

import neurohw as nh

RNG = np.random.default_rng(0)
WEIGHTS = 2 * RNG.integers(-10, 30, (8, 16))
SPIKES = RNG.random((3, 50, 16)) < 0.2


def network(vth=60_000, **projection):
    return nh.Network(
        (nh.Population("input", 16, nh.Source(0, 1)), nh.Population("layer1", 8, nh.Lif(vth=vth, dv=400))),
        (nh.Projection("layer1.W", "input", "layer1", WEIGHTS, projection.get("format", nh.Format())),),
        period=50,
    )


@pytest.fixture(scope="module")
def run():
    return nh.run_network(network(), {"input": SPIKES})


def test_one_mapping_runs_like_a_list_of_it(run):
    listed = nh.run_network(network(), [{"input": SPIKES}])
    assert np.array_equal(run.totals["layer1.out"], listed.totals["layer1.out"])


def test_a_silent_network_is_diagnosed_without_a_chip(run):
    silent = nh.run_network(network(vth=130_000), {"input": SPIKES[:1]})
    found = nh.diagnose(network(vth=130_000), silent).findings
    assert {finding.place for finding in found} == {"layer1"}
    assert sum(finding.affected for finding in found if "never sent" in finding.what) == 8
    assert run.totals["layer1.out"].any()


def test_a_run_prints_as_its_shapes(run):
    total = run.totals["layer1.out"].sum()
    assert repr(run) == f"Run(emulator, 3 samples, 150 steps)\n  layer1.out     messages 3x8, {total} in sum"


def test_a_network_of_ones_own_is_priced_on_a_chip(run):
    program = nh.compile_network(network(), nh.load_target("loihi2"))
    assert nh.estimate(program, nh.simulate(program, inputs={"input": SPIKES})).per_sample().nominal > 0


def program():
    return nh.compile_network(network(), nh.load_target("loihi2"))


WRONG = {
    "run_network: an array": (lambda: nh.run_network(network(), SPIKES), "inputs: is of type ndarray; needs {source"),
    "run_network: a program": (lambda: nh.run_network(program(), []), "run_network: network: is of type Program"),
    "run_network: floats": (
        lambda: nh.run_network(network(format=None), {"input": SPIKES}),
        "layer1.W: has float weights; give it a Format",
    ),
    "simulate: a network": (lambda: nh.simulate(network()), "simulate: program: is of type Network; needs Program"),
    "simulate: no inputs": (lambda: nh.simulate(program()), "program: was compiled from a network, .*give inputs"),
    "simulate: an array": (lambda: nh.simulate(program(), inputs=SPIKES), "simulate.inputs: is of type ndarray"),
    "simulate: one port": (lambda: nh.RunOptions(record="layer1.out"), r"simulate.record: .*give \['layer1.out'\]"),
    "simulate: one schedule": (
        lambda: nh.RunOptions(schedule=nh.Schedule("hinge1.theta", {0: 1})),
        "simulate.schedule: is of type Schedule",
    ),
    "simulate: a mapping": (lambda: nh.RunOptions(schedule={"hinge1.theta": {0: 1}}), "schedule: is of type dict"),
    "estimate: a network": (lambda: nh.estimate(network(), None), "estimate: program: .*nh.compile_network"),
    "diagnose: a model": (lambda: nh.diagnose(toys.model(), None), "diagnose: program: is of type ModelSpec"),
    "trace_neuron: an array": (lambda: nh.trace_neuron(network(), "layer1", 0, inputs=SPIKES), "inputs: is of type nd"),
    "session: a model": (lambda: nh.session(toys.model()), "session: program: is of type ModelSpec; needs Program"),
    "session: one port": (lambda: nh.session(network(), record="layer1.out"), r"session: record: .*\['layer1.out'\]"),
    "session: an array": (lambda: nh.session(network()).step(np.zeros(16)), "session: messages: is of type ndarray"),
    "compile: a name": (lambda: nh.compile("clapp_s", "loihi2"), r"compile: model: is of type str; .*load_model\('cl"),
    "compile: a chip's name": (lambda: nh.compile(toys.model(), "loihi2"), r"compile: target: .*load_target\('loihi2"),
    "compile: a network": (lambda: nh.compile(network(), None), "compile: model: .*compile_network places a network"),
    "compile: a mode": (
        lambda: nh.compile(toys.model(), nh.load_target("loihi2"), mode="train"),
        "compile: mode: is 'train'; needs one of learn, infer, readout",
    ),
    "train: a name": (lambda: nh.train("clapp_s"), r"train: model: is of type str; needs ModelSpec; nh.load_model"),
    "compare: a name": (lambda: nh.compare("clapp_s", ["loihi2"]), "compare: models: is of type str"),
    "compare: a chip's name": (lambda: nh.compare(toys.model(), ["loihi2"]), "compare: targets: is of type str"),
    "compare: one chip": (lambda: nh.compare(toys.model(), nh.load_target("loihi2")), "compare: targets: is of type"),
    "a neuron's name": (lambda: nh.Population("a", 1, "lif"), "a.neuron: is of type str; needs a neuron; such as"),
    "a neuron's class": (lambda: nh.Population("a", 1, nh.Lif), r"a.neuron: is the class Lif; .*make one: Lif\("),
    "bits": (lambda: network(format=8), r"layer1.W.format: is of type int; needs Format, None; such as Format"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_argument_of_another_kind_is_one_message(case):
    call, message = WRONG[case]
    with pytest.raises(nh.NeurohwError, match=message):
        call()


def test_a_checkpoint_may_be_a_text(tmp_path):
    spec = toys.model()
    learns = nh.compile(spec, nh.load_target("loihi2"), mode="learn")
    path = str(tmp_path / "run.ckpt")
    half = nh.simulate(learns, fixations=40, checkpoint=path, every=16)
    assert nh.simulate(learns, fixations=40, checkpoint=path, resume=True).totals.keys() == half.totals.keys()
