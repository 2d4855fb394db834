"""Probes that do not fit are refused before the run, all together; the memory that they take is known."""

import numpy as np
import pytest
from scipy import sparse
from support.generate_learning import random_learning_network
from support.toys import model

import neurohw as nh
from neurohw import api
from neurohw.cli.probes import probes
from neurohw.errors import NeurohwError
from neurohw.ir import probe as rules
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.probe import Probe, probe_bytes, probed, quantities
from neurohw.machine.machine import Machine


@pytest.fixture(scope="module")
def network():
    return api.compile(model((6, 4)), api.load_target("loihi2"), mode="learn").network


def problems(network, *wrong):
    with pytest.raises(NeurohwError) as error:
        probed(network, wrong)
    return [str(problem) for problem in error.value.problems]


def test_everything_that_does_not_exist_is_named_with_what_does(network):
    found = problems(
        network, Probe("layer3", "z"), Probe("layer1", "zz"), Probe("layer1.W", "wieght"), Probe("layer1.W", "y1")
    )
    assert found == [
        "probe layer3.z: no population or projection 'layer3'; did you mean 'layer2'?",
        "probe layer1.zz: layer1 has no 'zz'; it has z, p, y1, y2, y3, y0, out, context, score; did you mean 'z'?",
        "probe layer1.W.wieght: layer1.W has no 'wieght'; it has weight, tag, tag2, x1; did you mean 'weight'?",
        "probe layer1.W.y1: layer1.W has no 'y1'; it has weight, tag, tag2, x1; "
        "its rule takes 'y1' from the neurons: probe layer1",
    ]


def test_neurons_and_synapses_that_do_not_exist_are_named(network):
    inputs = network.population("input").size
    assert problems(
        network,
        Probe("layer1", "z", neurons=[0, 6, -1]),
        Probe("layer1", "z", neurons=[0.5], name="b"),
        Probe("layer1", "z", neurons=[], name="c"),
        Probe("layer1.W", "tag", neurons=[(0, 0), (6, 1)]),
        Probe("layer1.W", "tag", neurons=[3], name="e"),
    ) == [
        "probe layer1.z: neurons -1, 6; there are neurons 0 to 5",
        "probe b: neurons=[0.5]; neurons are a sequence of integers; give at least one",
        "probe c: neurons=[]; neurons are a sequence of integers; give at least one",
        f"probe layer1.W.tag: synapses (6, 1); post is 0 to 5, pre 0 to {inputs - 1}",
        "probe e: neurons=[3]; synapses are pairs of integers, (post, pre); give at least one",
    ]


def test_two_records_of_one_name_are_refused(network):
    twice = [Probe("layer1", "z"), Probe("layer1", "z", every=2)]
    assert problems(network, *twice) == ["probes: 2 are called 'layer1.z'; give each a `name`"]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"every": 2.5}, {"start": -1}, {"stop": True}, {"start": "1"}])
def test_steps_are_integers(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(NeurohwError, match=f"probe l.v: {name} is {value!r}; it is an integer of [01] or more"):
        Probe("l", "v", **wrong)


@pytest.mark.parametrize("name", ["every", "start", "stop"])
def test_steps_are_no_more_than_a_run_can_have(name):
    with pytest.raises(NeurohwError, match=f"{name} is {1 << 63}; it is an integer of [01] or more, at most 2.62 - 1"):
        Probe("l", "v", **{name: 1 << 63})


def test_numpy_integers_are_those_of_python():
    probe = Probe("l", "v", neurons=np.uint8([3, 1]), every=np.int64(2), start=np.uint8(1), stop=np.int16(9))
    assert probe == Probe("l", "v", neurons=[3, 1], every=2, start=1, stop=9)
    assert {type(number) for number in (probe.every, probe.start, probe.stop, *probe.neurons)} == {int}


def test_an_iterator_of_neurons_can_be_looked_at_many_times(network):
    probe = Probe("layer1", "z", neurons=(i for i in (2, 0)))
    assert probe_bytes(network, [probe], 10) == probe_bytes(network, [probe], 10) == 10 * (2 * 4 + 8)


@pytest.mark.parametrize(
    ("neurons", "text"),
    [
        ([0, True], "neurons=[0, True]; neurons are a sequence of integers"),
        (np.arange(6) > 3, "give np.flatnonzero(mask)"),
        (slice(0, 2), "neurons=slice(0, 2, None); neurons are a sequence of integers; give a range"),
        (3, "neurons=3; neurons are a sequence of integers; give [3]"),
        ({0: 1}, "neurons={0: 1}; neurons are a sequence of integers"),
        ([1 << 70], f"neurons {1 << 70}; there are neurons 0 to 5"),
        (np.array([1 << 63], np.uint64), f"neurons {1 << 63}; there are neurons 0 to 5"),
        (range(10**12), "neurons 6, 7, 8, 9, 10, ...; there are neurons 0 to 5"),
        ([0.5] * 10**6, "neurons=[0.5, 0.5, 0.5, 0.5, 0.5, 0.5, ...]; neurons are a sequence of integers"),
    ],
)
def test_what_is_no_sequence_of_integers_is_said_in_short(network, neurons, text):
    (problem,) = problems(network, Probe("layer1", "z", neurons=neurons))
    assert problem.startswith("probe layer1.z: neurons")
    assert text in problem


def test_pairs_of_synapses_hold_no_truth_values(network):
    (problem,) = problems(network, Probe("layer1.W", "tag", neurons=[(0, True)]))
    assert problem.startswith("probe layer1.W.tag: neurons=[(0, True)]; synapses are pairs of integers")


@pytest.mark.parametrize("name", ["of", "what", "name"])
def test_names_are_texts(name):
    with pytest.raises(NeurohwError, match=f"^probe.{name}: is 1; needs "):
        Probe(**{"of": "layer1", "what": "v", name: 1})


def test_weights_that_never_change_need_no_probe():
    weight = sparse.csr_array(np.array([[0, 3], [2, 0]]))
    populations = (Population("in", 2, Source(0, 1)), Population("out", 2, Lif(10)))
    static = Network(populations, (Projection("w", "in", "out", weight, Format()),))
    assert problems(static, Probe("w", "weight")) == [
        "probe w.weight: w is not plastic: its weights stay what the network says; "
        "probe a population or a plastic projection"
    ]


def test_synapses_of_a_sparse_projection_are_those_that_it_has():
    cases = (random_learning_network(seed).network for seed in range(20))
    p, network = next((p, n) for n in cases for p in n.projections if p.sparse and p.plasticity)
    (all_of_them,) = probed(network, [Probe(p.name, "weight")])
    assert len(all_of_them.items) == p.weight.nnz
    absent = tuple(map(int, np.argwhere(p.weight.toarray() == 0)[0]))
    assert problems(network, Probe(p.name, "weight", neurons=[absent]))[0].endswith(
        f"no synapses {absent}; the projection is sparse"
    )


def test_every_quantity_has_a_unit_and_a_meaning(network):
    for part in (*network.populations, *network.projections):
        assert all(unit and meaning for unit, meaning in quantities(part).values())


def test_the_memory_that_is_needed_is_the_memory_that_is_taken(network):
    asked = [Probe("layer1", "z", every=3), Probe("layer1.W", "tag", start=10, stop=40)]
    machine = Machine(network, steps=network.period, probes=asked, total=20 * network.period)
    frames = np.zeros((20, 1, network.population("input").size), np.int8)
    machine.advance({"input": frames, "sameness": np.ones((20, 1, 1), np.int8)})
    taken = sum(record.values.nbytes + record.steps.nbytes for record in machine.records().values())
    assert probe_bytes(network, asked, 20 * network.period) == taken


@pytest.mark.parametrize("total", [None, 1 << 40])
def test_more_memory_than_a_run_has_is_refused(network, total, monkeypatch):
    monkeypatch.setattr(rules, "LIMIT", 100)
    inputs = {"input": np.zeros((20, 1, network.population("input").size), np.int8)}
    inputs["sameness"] = np.ones((20, 1, 1), np.int8)
    with pytest.raises(NeurohwError, match=r"probes: need .* MiB; a run has 0 MiB for them; record fewer neurons"):
        Machine(network, steps=network.period, probes=[Probe("layer1", "z")], total=total).advance(inputs)


def test_a_run_with_probes_is_resumed_saved_and_loaded(tmp_path):
    from neurohw import artifacts
    from neurohw.ir.run import Run

    program = api.compile(model((6, 4)), api.load_target("loihi2"), mode="learn")
    asked = [nh.Probe("layer1", "z", neurons=[5, 0], every=7), nh.Probe("layer1.W", "weight", name="w", stop=90)]
    whole = api.simulate(program, fixations=60, probes=asked)
    options = {"checkpoint": tmp_path / "c.npz", "every": 20, "probes": asked}
    api.simulate(program, fixations=40, **options)
    resumed = api.simulate(program, fixations=60, resume=True, **options)
    artifacts.save(tmp_path / "run.npz", resumed)
    loaded = artifacts.load(tmp_path / "run.npz", Run)
    assert whole.probes.keys() == {"layer1.z", "w"}
    assert whole.probes["layer1.z"].values.any()
    for name, record in whole.probes.items():
        for other in (resumed.probes[name], loaded.probes[name]):
            assert np.array_equal(other.values, record.values)
            assert np.array_equal(other.steps, record.steps)
    with pytest.raises(NeurohwError, match="belongs to other probes, or another program or schedule"):
        api.simulate(program, fixations=60, resume=True, **options | {"probes": asked[:1]})


def test_probes_on_the_command_line():
    assert probes(["layer1.v", "layer1.W.tag@5", "a.b.v:0-2,7@10"]) == (
        Probe("layer1", "v"), Probe("layer1.W", "tag", every=5), Probe("a.b", "v", neurons=[0, 1, 2, 7], every=10),
    )  # fmt: skip
    with pytest.raises(NeurohwError, match=r"--probe: 'layer1:v'; is NAME.WHAT.*\nprobe a.b: every is 0"):
        probes(["layer1:v", "a.b@0"])


def test_spans_of_neurons_beyond_all_memory_are_refused_at_once(network):
    (probe,) = probes(["layer1.z:0-999999999999999"])
    assert problems(network, probe) == ["probe layer1.z: neurons 6, 7, 8, 9, 10, ...; there are neurons 0 to 5"]
    (problem,) = problems(network, Probe("layer1.W", "tag", neurons=range(10**15)))
    assert problem.startswith("probe layer1.W.tag: neurons=range(0, 1000000000000000); synapses are pairs of integers")
    with pytest.raises(NeurohwError, match="--probe: '1,0-999999999' are 1,000,000,001 neurons; a run has no room for"):
        probes(["layer1.z:1,0-999999999"])


def test_a_chip_that_pulses_cells_has_no_weights_to_record():
    program = api.compile(model((6, 4)), api.load_target("xbar_template"), mode="learn")
    with pytest.raises(NeurohwError, match=r"probe layer1.W.weight: its weights are conductances of cells"):
        api.simulate(program, fixations=2, probes=[Probe("layer1.W", "weight")])
