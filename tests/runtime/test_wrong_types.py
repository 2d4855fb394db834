"""Values that are not meant are one message with their place, never a traceback or another meaning."""

import numpy as np
import pytest
from support import toys

import neurohw as nh
from neurohw import api
from neurohw.backends.lava.available import why_not
from neurohw.errors import NeurohwError, did_you_mean
from neurohw.experiments.study import study
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

X = np.ones((3, 4, 3), np.int64)
NEEDS_LAVA = [pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))]


def chain(source="input", layer="layer1", size=2):
    populations = (Population(source, 3, Source(-5, 5)), Population(layer, size, Lif(10, du=4095)))
    return Network(populations, (Projection("w", source, layer, np.full((size, 3), 20), Format()),), 4)


@pytest.mark.parametrize(
    ("option", "value", "text"),
    [
        ("traces", -1, r"run\.traces: is -1; needs an integer 0\.\."),
        ("traces", 1.5, r"run\.traces: is 1\.5"),
        ("window", "3", r"run\.window: is '3'"),
        ("accumulator_bits", -1, r"run\.accumulator_bits: is -1"),
        ("accumulator_bits", 0, r"run\.accumulator_bits: is 0"),
    ],
)
def test_numbers_of_a_run_of_a_network_are_integers_in_their_range(option, value, text):
    with pytest.raises(NeurohwError, match=text):
        nh.run_network(chain(), [{"input": X}], **{option: value})


def test_options_of_a_run_of_a_network_are_named_at_once():
    wrong = {"record": "layer1.out", "reset": "no", "arrays": 1, "runtime": "x", "probes": ["layer1.v"], "window": -1}
    with pytest.raises(NeurohwError) as error:
        nh.run_network(chain(), [{"input": X}], **wrong)
    assert sorted(problem.where for problem in error.value.problems) == sorted(f"run.{name}" for name in wrong)
    with pytest.raises(NeurohwError, match=r"inputs: is 5; needs \{source: payloads"):
        nh.run_network(chain(), 5)


RAGGED = [[[1, 0, 1], [1, 0]]]


@pytest.mark.parametrize(
    "run",
    [
        lambda network: nh.run_network(network, {"input": RAGGED}),
        lambda network: nh.simulate(nh.compile_network(network, nh.load_target("loihi2")), inputs={"input": RAGGED}),
        lambda network: nh.session(network).step({"input": [1, [0], 1]}),
        lambda network: nh.trace_neuron(network, "layer1", 0, inputs={"input": RAGGED}),
    ],
    ids=["run_network", "simulate", "session", "trace_neuron"],
)
def test_lists_of_unequal_length_are_one_message(run):
    with pytest.raises(NeurohwError, match=r"\.input: holds lists of unequal length; needs .*; pad the shorter ones"):
        run(chain())


@pytest.mark.parametrize("backend", ["emulator", "brian2", pytest.param("lava", marks=NEEDS_LAVA)])
def test_no_ports_are_recorded_when_none_are_asked_for(backend):
    assert nh.run_network(chain(), [{"input": X}], backend=backend, record=()).totals == {}


def test_a_session_names_what_it_cannot_record_or_resume():
    with pytest.raises(
        NeurohwError, match=r"session: record: is 5; needs ports.*\n.*session: resume: is True; needs a"
    ):
        nh.session(chain(), record=5, resume=True)


def test_many_runs_name_what_is_not_for_them():
    with pytest.raises(NeurohwError, match=r"simulate_each: programs: .*\n.*options: is 1; .*\n.*workers: is 0"):
        nh.simulate_each([1], 1, workers=0)


def test_inputs_that_are_no_arrays_and_names_that_are_no_texts_are_named():
    with pytest.raises(NeurohwError, match=r"inputs\.input: has shape \(\)"):
        nh.run_network(chain(), [{"input": None}])
    with pytest.raises(NeurohwError, match=r"inputs\.5: is not a source of the network; choose one of: input"):
        nh.run_network(chain(), [{"input": X, 5: X}])
    assert did_you_mean(5, ["a", "b"]) == "choose one of: a, b"


@pytest.mark.parametrize("chunks", [[], [{"input": X[:0]}]])
def test_backends_that_run_all_samples_at_once_need_one(chunks):
    with pytest.raises(NeurohwError, match="brian2: has no samples to run; give inputs of at least one"):
        nh.run_network(chain(), chunks, backend="brian2")


@pytest.mark.parametrize("name", ["a/b", "../x", "x" * 300, "a\0b"])
@pytest.mark.parametrize("way", ["session", "run"])
@pytest.mark.parametrize("backend", [pytest.param("lava", marks=NEEDS_LAVA)])
def test_names_are_not_those_of_files(backend, way, name):
    network = chain(name, f"layer {name}")
    if way == "run":
        ran = [nh.run_network(network, [{name: X}], backend=b, traces=12) for b in ("emulator", backend)]
        for signal in ran[0].traces:
            np.testing.assert_array_equal(ran[1].traces[signal].values, ran[0].traces[signal].values)
        return
    with nh.session(network, backend=backend) as chip:
        sent = [chip.step({name: [1, 1, 1]})[f"layer {name}.out"].tolist() for _ in range(2)]
    assert sent == [[0, 0], [1, 1]]


@pytest.mark.parametrize("backend", [pytest.param("lava", marks=NEEDS_LAVA)])
def test_a_population_without_neurons_is_named(backend):
    with pytest.raises(NeurohwError, match="layer1: has no neurons; Lava's processes have one or more"):
        nh.session(chain(size=0), backend=backend)


SEEDED = {
    "compile": lambda seed: nh.compile(MODEL, nh.load_target("loihi2"), seed=seed),
    "compile_network": lambda seed: nh.compile_network(chain(), nh.load_target("loihi2"), seed=seed),
    "train": lambda seed: nh.train(MODEL, seed),
    "compare": lambda seed: nh.compare(MODEL, [], seed=seed),
    "features": lambda seed: api.features(MODEL, chain(), np.ones((1, 9)), seed=seed),
    "study": lambda seed: study(MODEL, "loihi2", ["core.axons"], ["3"], seeds=[0, seed]),
    "score": lambda seed: nh.score(*(np.arange(9.0).reshape(-1, 1), np.arange(9) % 3) * 2, seed=seed),
}
MODEL = toys.model((5,))


@pytest.mark.parametrize("seed", [-1, 0.5, True, float("nan"), 1 << 70, "1", None])
@pytest.mark.parametrize("name", SEEDED)
def test_seeds_are_integers(name, seed):
    with pytest.raises(NeurohwError, match=r"seeds?: (is|holds) .*; needs (an integer|integers|seeds)"):
        SEEDED[name](seed)


def test_seeds_may_be_large():
    program = nh.compile(MODEL, nh.load_target("loihi2"), seed=(1 << 63) - 1, mode="learn")
    assert nh.simulate(program, fixations=2).activity.samples == 2


def test_what_is_not_for_a_comparison_or_a_study_is_named_at_once():
    with pytest.raises(NeurohwError) as error:
        nh.compare(MODEL, [], backends="lava", steps=8, fixations=0.5, placement="best")
    assert [p.where for p in error.value.problems] == [
        f"compare: {name}" for name in ("backends", "steps", "fixations", "placement")
    ]
    with pytest.raises(NeurohwError, match=r"study: seeds: is 5; needs seeds 0..* in a list.*\n.*fixations: is 0;"):
        study(MODEL, "loihi2", ["core.axons"], ["3"], seeds=5, fixations=0)


def test_flags_of_compilation_and_prices_are_truth_values():
    chip = nh.load_target("loihi2")
    with pytest.raises(NeurohwError, match=r"compile_network: mode: is .*\n.*placement: is .*\n.*strict: is 'no'"):
        nh.compile_network(chain(), chip, strict="no", placement="best", mode="train")
    with pytest.raises(NeurohwError, match="compile: strict: is 1; needs True or False"):
        nh.compile(MODEL, chip, strict=1)
    program = nh.compile_network(chain(), chip)
    with pytest.raises(NeurohwError, match="estimate: strict: is 'no'; needs True or False"):
        nh.estimate(program, nh.simulate(program, inputs={"input": X}), strict="no")
