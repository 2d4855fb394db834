"""What a NIR graph means, and what it leaves open: biases, thresholds, time steps, paths, ports, weights of kernels."""

from itertools import pairwise

import numpy as np
import pytest

from neurohw import api, exchange
from neurohw.errors import NeurohwError
from neurohw.exchange.graph import flat
from neurohw.ir.network import Network

nir = pytest.importorskip("nir")
STEP = "dt: nothing in the graph says how long a time step is; "
PATHS = "make the paths equally long, or take them as they are with --accept-skew (accept_skew=True)"


def one(n, value):
    return np.full(n, float(value))


def lif(n, tau=1e-3, threshold=0.5, leak=0.0, r=1.0):
    return nir.LIF(one(n, tau), one(n, r), one(n, leak), one(n, threshold), one(n, 0))


def fires(n, threshold=1.0, r=1.0):
    return nir.IF(one(n, r), one(n, threshold), one(n, 0))


def ends(inputs, outputs):
    return {"input": nir.Input({"input": np.array([inputs])}), "output": nir.Output({"output": np.array([outputs])})}


def write(path, nodes, edges, **metadata):
    graph = nir.NIRGraph(nodes, edges, type_check=False, metadata=metadata)
    nir.write(path / "g.nir", graph)
    return path / "g.nir"


def chain(path, *nodes, inputs=1, outputs=1, **metadata):
    named = {f"n{k}": node for k, node in enumerate(nodes)}
    names = ["input", *named, "output"]
    return write(path, {**ends(inputs, outputs), **named}, [*pairwise(names)], **metadata)


def run(network, frames, steps=None):
    """Messages [steps, n] of every port, for one sample [steps, n] of the only source."""
    steps = steps or len(frames)
    network = Network(network.populations, network.projections, steps)
    ran = api.run_network(network, [{"input": frames[None]}], reset=True, traces=steps)
    return {name: trace.values for name, trace in ran.traces.items()}


def refused(path, **options):
    with pytest.raises(NeurohwError) as caught:
        exchange.read(path, **options)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("bias", "count"), [(0.05, 5), (0.12, 11), (0.2, 16), (0.3, 25), (0.5, 33), (0.9, 50), (1.5, 100), (-0.5, 0)]
)
def test_a_silent_neuron_fires_as_its_bias_says(tmp_path, bias, count):
    v, spikes = 0.0, 0
    for _ in range(100):
        v += bias
        spikes, v = (spikes + 1, 0.0) if v > 1 else (spikes, v)
    assert spikes == count
    found = exchange.read(chain(tmp_path, nir.Affine(np.full((1, 4), 0.3), one(1, bias)), fires(1), inputs=4), dt=1.0)
    assert run(found.network, np.zeros((100, 4), np.int8))["n1.out"].sum() == count


def test_a_bias_far_above_the_threshold_is_kept(tmp_path):
    """Inhibition that must outweigh a bias of 50 thresholds: clipped, one input would silence the neuron."""
    affine = nir.Affine(np.array([[-20.0, -20.0, -20.0]]), one(1, 50.0))
    network = exchange.read(chain(tmp_path, affine, fires(1), inputs=3), dt=1.0).network
    frames = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]], np.int8)
    for frame, spikes in zip(frames, (1, 1, 1, 0)):
        assert run(network, np.tile(frame, (3, 1)))["n1.out"][1, 0] == spikes


def test_a_resting_potential_above_the_threshold_fires(tmp_path):
    v, spikes = 0.0, 0
    for _ in range(100):
        v += (1.6 - v) / 4
        spikes, v = (spikes + 1, 0.0) if v > 1 else (spikes, v)
    neuron = lif(1, tau=4.0, threshold=1.0, leak=1.6)
    found = exchange.read(chain(tmp_path, nir.Linear(np.full((1, 4), 0.3)), neuron, inputs=4), dt=1.0)
    assert run(found.network, np.zeros((100, 4), np.int8))["n1.out"].sum() == spikes == 25


def test_a_threshold_sends_zero_or_one_and_adds_its_bias(tmp_path):
    affine = nir.Affine(np.array([[0.5, 0.7], [0.2, 0.1]]), np.array([0.0, 0.25]))
    found = exchange.read(chain(tmp_path, affine, nir.Threshold(one(2, 0.4)), inputs=2, outputs=2))
    sent = run(found.network, np.array([[1, 0], [0, 1], [1, 1], [0, 0], [0, 0]], np.int8))["n1.out"]
    np.testing.assert_array_equal(sent[1:], [[1, 1], [1, 0], [1, 1], [0, 0]])


@pytest.mark.parametrize("level", [0.1, 0.3, 0.7, 1.9])
def test_a_threshold_that_its_bias_just_reaches_is_not_passed(tmp_path, level):
    for bias, sends in ((level, 0), (level * 1.001, 1)):
        affine = nir.Affine(np.full((1, 3), 0.3), one(1, bias))
        found = exchange.read(chain(tmp_path, affine, nir.Threshold(one(1, level)), inputs=3))
        sent = run(found.network, np.zeros((5, 3), np.int8))["n1.out"]
        np.testing.assert_array_equal(sent, np.full((5, 1), sends))


def test_sums_are_given_with_their_scale(tmp_path):
    weights = np.array([[0.5, -0.25]])
    found = exchange.read(chain(tmp_path, nir.Linear(weights), inputs=2))
    text, scale = found.notes[0].rsplit(" ", 1)
    assert text == "output: sends the sums of the graph times"
    sent = run(found.network, np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.int8))["output.out"]
    np.testing.assert_allclose(sent[1:, 0] / float(scale), [0.5, -0.25, 0.25], rtol=1e-2)


@pytest.mark.parametrize("neuron", [lif(1), fires(1)])
def test_a_time_step_that_nothing_says_must_be_given(tmp_path, neuron):
    path = chain(tmp_path, nir.Linear(np.ones((1, 1))), neuron)
    (line,) = refused(path)
    assert line.startswith(STEP)
    assert line.endswith("give the step of the tool that wrote it with --dt (dt= in Python)")
    assert refused(path, dt=0.0) == ["dt: 0 s; time steps are above 0"]
    assert exchange.read(path, dt=1e-3).network.population("n1").size == 1


def test_delays_need_a_time_step_and_thresholds_do_not(tmp_path):
    step = nir.Threshold(one(1, 0.5))
    assert refused(chain(tmp_path, nir.Delay(one(1, 2.0)), nir.Linear(np.ones((1, 1))), step))[0].startswith(STEP)
    assert exchange.read(chain(tmp_path, nir.Linear(np.ones((1, 1))), step)).network.population("n1").size == 1


def test_metadata_may_say_the_time_step(tmp_path):
    nodes = nir.Linear(np.ones((1, 1))), lif(1, tau=1e-3)
    path = chain(tmp_path, *nodes, dt=1e-4)
    assert exchange.read(path).network == exchange.read(path, dt=1e-4).network
    assert exchange.read(path).network.population("n1").neuron.dv == 410
    assert refused(path, dt=1e-3) == [
        "dt: 0.001 s; the metadata of the graph says 0.0001 s; omit dt, or correct the metadata"
    ]
    assert refused(chain(tmp_path, *nodes, dt="soon")) == ["metadata: dt is 'soon'; seconds, a number"]
    assert refused(chain(tmp_path, *nodes, dt={"s": 1.0})) == ["metadata: dt is of type dict; seconds, a number"]
    assert refused(chain(tmp_path, *nodes, dt=-1.0)) == ["dt: -1 s; time steps are above 0"]


def test_what_we_export_says_its_time_step(tmp_path):
    network = exchange.read(chain(tmp_path, nir.Delay(one(1, 2e-4)), nir.Linear(np.ones((1, 1))), lif(1)), dt=1e-4)
    exchange.write(tmp_path / "again.nir", network.network, 1e-4)
    again = exchange.read(tmp_path / "again.nir").network
    assert again.projections[0].delay == network.network.projections[0].delay == 2


def skip(path):
    """A -> C and A -> B -> C: in NIR both reach C in one step, and only together they make it fire."""
    one_to_one = {name: nir.Linear(np.ones((1, 1))) for name in ("wa", "wb", "wac", "wbc")}
    nodes = {**ends(1, 1), **one_to_one, "A": lif(1), "B": lif(1), "C": lif(1, threshold=1.5)}
    edges = [("input", "wa"), ("wa", "A"), ("A", "wb"), ("wb", "B"), ("A", "wac"), ("B", "wbc"), ("wac", "C"),
             ("wbc", "C"), ("C", "output")]  # fmt: skip
    return write(path, nodes, edges)


def test_paths_of_different_length_are_refused_or_accepted(tmp_path):
    path = skip(tmp_path)
    assert refused(path, dt=1e-3) == [
        "node 'C': hears paths of different length: input -> A -> C (2 steps) and input -> A -> B -> C (3 steps); "
        f"each projection takes a step on a chip, none in NIR; {PATHS}"
    ]
    frames = np.zeros((20, 1), np.int8)
    frames[[0, 4, 9]] = 1
    accepted = exchange.read(path, dt=1e-3, accept_skew=True).network
    assert not run(accepted, frames)["C.out"].any()  # what is accepted: they come one after the other
    exchange.write(tmp_path / "own.nir", accepted, accept_skew=True)
    assert repr(exchange.read(tmp_path / "own.nir").network) == repr(accepted)  # our own timing is what was meant


def test_a_residual_of_the_input_is_refused(tmp_path):
    nodes = {**ends(1, 1), **{n: nir.Linear(np.ones((1, 1))) for n in ("wa", "wac", "wic")}, "A": lif(1), "C": lif(1)}
    edges = [("input", "wa"), ("wa", "A"), ("A", "wac"), ("input", "wic"), ("wac", "C"), ("wic", "C"), ("C", "output")]
    (line,) = refused(write(tmp_path, nodes, edges), dt=1e-3)
    assert "node 'C': hears paths of different length: input -> C (1 step) and input -> A -> C (2 steps)" in line


def test_feedback_over_layers_is_refused_and_within_a_layer_is_not(tmp_path):
    names = ("wa", "wb", "back")
    nodes = {**ends(1, 1), **{n: nir.Linear(np.ones((1, 1))) for n in names}, "A": lif(1), "B": lif(1)}
    forth = [("input", "wa"), ("wa", "A"), ("A", "wb"), ("wb", "B"), ("B", "output")]
    (line,) = refused(write(tmp_path, nodes, [*forth, ("B", "back"), ("back", "A")]), dt=1e-3)
    assert "node 'A': hears itself through a loop of 2 steps: A -> B -> A; each projection" in line
    own = exchange.read(write(tmp_path, nodes, [*forth, ("B", "back"), ("back", "B")]), dt=1e-3).network
    assert ("B", "B") in [(p.pre, p.post) for p in own.projections]


def test_populations_that_hear_each_other_in_one_layer_are_taken(tmp_path):
    names = ("ia", "ib", "ab", "ba")
    nodes = {**ends(1, 1), **{n: nir.Linear(np.ones((1, 1))) for n in names}, "A": lif(1), "B": lif(1)}
    edges = [("input", "ia"), ("input", "ib"), ("ia", "A"), ("ib", "B"), ("A", "ab"), ("ab", "B"), ("B", "ba"),
             ("ba", "A"), ("A", "output")]  # fmt: skip
    assert len(exchange.read(write(tmp_path, nodes, edges), dt=1e-3).network.projections) == 4


def two_sided():
    """An inner graph of two layers side by side, each with its ends."""
    nodes = {f"{end}{k}": node for k in "12" for end, node in zip(("in", "out"), ends(2, 2).values())}
    nodes |= {f"w{k}": nir.Linear(int(k) * np.eye(2)) for k in "12"} | {f"n{k}": fires(2) for k in "12"}
    edges = [edge for k in "12" for edge in ((f"in{k}", f"w{k}"), (f"w{k}", f"n{k}"), (f"n{k}", f"out{k}"))]
    return nir.NIRGraph(nodes, edges, type_check=False)


def outer(path, *edges, inner=None):
    named = {"x": ends(2, 2)["input"], "y": ends(2, 2)["input"], "z": ends(2, 2)["output"]}
    return write(path, {**named, "g": inner or two_sided()}, list(edges))


def test_an_inner_graph_with_several_ports_needs_their_names(tmp_path):
    assert refused(outer(tmp_path, ("x", "g"), ("y", "g.in2"), ("g", "z")), dt=1.0) == [
        "edge x -> g: 'g' has 2 inputs: g.in1, g.in2; name the one that is meant, such as 'g.in1'",
        "edge g -> z: 'g' has 2 outputs: g.out1, g.out2; name the one that is meant, such as 'g.out1'",
    ]
    named = exchange.read(outer(tmp_path, ("x", "g.in1"), ("y", "g.in2"), ("g.out1", "z"), ("g.out2", "z")), dt=1.0)
    assert {(p.pre, p.post) for p in named.network.projections} == {("x", "g.n1"), ("y", "g.n2")}


def test_an_inner_graph_without_ports_is_refused():
    nodes = {"w": nir.Linear(np.eye(2)), "n": fires(2), "v": nir.Linear(np.eye(2)), "m": fires(2)}
    shut = nir.NIRGraph(nodes, [*pairwise(nodes)], type_check=False)
    with pytest.raises(NeurohwError, match="edge input -> g: 'g' has 0 inputs; add an Input node to it"):
        flat(nir.NIRGraph({**ends(2, 2), "g": shut}, [("input", "g")], type_check=False))


def test_a_port_of_an_inner_graph_may_have_a_dot_in_its_name(tmp_path):
    dotted = nir.NIRGraph(
        {"a.in": ends(2, 2)["input"], "w": nir.Linear(np.eye(2)), "n": fires(2), "a.out": ends(2, 2)["output"]},
        [("a.in", "w"), ("w", "n"), ("n", "a.out")], type_check=False,
    )  # fmt: skip
    found = exchange.read(outer(tmp_path, ("x", "g"), ("g", "z"), inner=dotted), dt=1.0).network
    assert [(p.pre, p.post) for p in found.projections] == [("x", "g.n")]


def test_two_nodes_of_one_name_are_refused(tmp_path):
    nodes = {**ends(2, 2), "g": two_sided(), "g.w1": nir.Linear(np.eye(2)), "n": fires(2)}
    edges = [("input", "g.in1"), ("g.out1", "g.w1"), ("g.w1", "n"), ("n", "output")]
    assert "node 'g.w1': is there twice; rename one" in refused(write(tmp_path, nodes, edges), dt=1.0)


def test_kernels_of_small_weights_keep_their_precision(tmp_path):
    kernel = np.random.default_rng(0).normal(0, 1e-3, (2, 1, 3, 3))
    conv = nir.Conv2d((4, 4), kernel, 1, 1, 1, 1, np.zeros(2))
    nodes = {"input": nir.Input({"input": np.array([1, 4, 4])}), "c": conv, "n": nir.Threshold(np.ones((2, 4, 4))),
             "output": nir.Output({"output": np.array([2, 4, 4])})}  # fmt: skip
    found = exchange.read(write(tmp_path, nodes, [("input", "c"), ("c", "n"), ("n", "output")]))
    (projection,) = found.network.projections
    assert max(e.worst for e in found.errors if e.parameter == "weights") <= 1 / 254 + 1e-9
    assert (projection.shared, projection.format.exponent < 0) == (False, True)
    assert found.notes == ("c: each synapse stores its weight; shared weights cannot be scaled like these",)


def test_a_batch_of_one_is_dropped_before_a_pool_as_before_a_convolution(tmp_path):
    pool = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    networks = []
    for batch in ((), (1,)):
        shape = np.array([*batch, 2, 4, 4])
        nodes = {"input": nir.Input({"input": shape}), "p": pool, "n": nir.Threshold(np.ones((*batch, 2, 2, 2))),
                 "output": nir.Output({"output": np.array([*batch, 2, 2, 2])})}  # fmt: skip
        networks.append(exchange.read(write(tmp_path, nodes, [*pairwise(nodes)])).network)
    assert repr(networks[0]) == repr(networks[1])


def test_what_nir_leaves_to_the_tools_is_said(tmp_path):
    path = chain(tmp_path, nir.Linear(np.ones((1, 1))), fires(1))
    (note,) = exchange.read(path, dt=0.5).notes
    assert note.startswith("a step is 0.5 s; as NIR says, neurons are reset to v_reset and decay by 1 - dt / tau")


def test_a_current_that_lasts_is_said_to_differ_between_tools(tmp_path):
    ones = np.ones(1)
    for tau_syn, count in ((5e-3, 1), (1e-3, 0)):  # 5 steps; one step, which is no memory
        cuba = nir.CubaLIF(tau_syn * ones, 20e-3 * ones, ones, 0 * ones, ones, 0 * ones, ones)
        notes = exchange.read(chain(tmp_path, nir.Linear(np.ones((1, 1))), cuba), dt=1e-3).notes
        assert sum(note.startswith("the current of a CubaLIF") for note in notes) == count


def test_resets_come_a_step_later_in_each_layer(tmp_path):
    one_to_one = nir.Linear(np.ones((1, 1)))
    path = chain(tmp_path, one_to_one, lif(1), one_to_one, lif(1), one_to_one, lif(1))
    network = exchange.read(path, dt=1e-3, reset_interval=4, reset_offset=2).network
    assert [p.neuron.reset_offset for p in network.populations[1:]] == [2, 3, 0]


def test_a_tolerance_accepts_what_is_further_off(tmp_path):
    path = chain(tmp_path, nir.Linear(np.ones((1, 1))), lif(1, tau=3.0))
    assert refused(path, dt=1e-3) == [
        "n1: voltage decay 0.0003333..0.0003333 cannot be represented: off by 27%; up to 5% is accepted; "
        "rescale the node, or accept it with --tolerance (tolerance=)"
    ]
    assert exchange.read(path, dt=1e-3, tolerance=0.3).network.population("n1").neuron.dv == 1


def change_threshold(nodes):
    nodes["n1"].v_threshold = nodes["n1"].v_threshold * 2


def change_weights(nodes):
    nodes["n0"].weight = nodes["n0"].weight * 1.001


def damage(nodes):
    nodes["n1"].metadata["neurohw"] = "{"


def forget(nodes):
    nodes["n1"].metadata["neurohw"] = "{}"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (change_threshold, "n1: the numbers of the node are not those that were exported"),
        (change_weights, "n0: the numbers of the node are not those that were exported"),
        (damage, "node 'n1': 'neurohw' in its metadata is damaged"),
        (forget, "n1: 'neurohw' in its metadata is damaged"),
    ],
)
def test_an_export_that_was_changed_is_not_taken_for_ours(tmp_path, change, text):
    network = exchange.read(chain(tmp_path, nir.Linear(np.ones((1, 1))), lif(1)), dt=1e-3).network
    exchange.write(tmp_path / "own.nir", network)
    graph = nir.read(tmp_path / "own.nir")
    change(graph.nodes)
    nir.write(tmp_path / "changed.nir", graph)
    fix = "; give the dt of the export, or delete 'neurohw' from the metadata of what was changed"
    assert refused(tmp_path / "changed.nir") == [text + fix]
    for name in ("n0", "n1"):
        graph.nodes[name].metadata.clear()
    change_threshold(graph.nodes)
    nir.write(tmp_path / "changed.nir", graph)
    assert exchange.read(tmp_path / "changed.nir").errors


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["IF", "LIF"])
def test_biases_up_to_twice_the_threshold_count_as_in_floats(tmp_path, kind, seed):
    rng = np.random.default_rng(seed)
    leak = 0.0 if kind == "IF" else 1 / int(rng.integers(2, 30))
    weights, bias = rng.normal(0, rng.uniform(0.1, 2), (12, 8)), rng.uniform(-0.5, 2, 12)
    neuron = fires(12) if kind == "IF" else lif(12, tau=1 / leak, threshold=1.0, r=1 / leak)
    frames = (rng.random((200, 8)) < 0.3).astype(np.int8)
    v, right = np.zeros(12), np.zeros(12)
    for frame in np.vstack([np.zeros((1, 8)), frames[:-1]]):  # a projection takes a step
        v = v + leak * -v + weights @ frame + bias
        right += v > 1
        v = np.where(v > 1, 0.0, v)
    network = exchange.read(chain(tmp_path, nir.Affine(weights, bias), neuron, inputs=8, outputs=12), dt=1.0).network
    found = run(network, frames)["n1.out"].sum(axis=0)
    assert right.sum() > 200
    np.testing.assert_allclose(found, right, atol=2, rtol=0.03)
