"""Lava-DL `.net` files: layers, neurons, resets, and files that are broken."""

import numpy as np
import pytest
from support.compare import assert_same
from support.emulate import emulate
from support.generate import Case
from support.reference import run_reference

from neurohw import api
from neurohw.errors import NeurohwError
from neurohw.exchange import read
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format
from neurohw.ir.neurons import Lif

h5py = pytest.importorskip("h5py")
RNG = np.random.default_rng(0)
CUBA = {"type": "CUBA", "iDecay": 1024, "vDecay": 128, "vThMant": 80, "refDelay": 1}


def even(*shape):
    return RNG.integers(-60, 90, shape) * 2


def dense(n, m, **changes):
    return {"type": "dense", "shape": np.array([n]), "weight": even(n, m), "neuron": CUBA, **changes}


def write(path, layers):
    """A file as Lava-DL's export_hdf5 writes it: types as fixed strings of one element."""
    with h5py.File(path, "w") as file:
        for number, layer in enumerate(layers):
            _group(file.create_group(f"layer/{number}"), layer)
    return path


def _group(group, content):
    for key, value in content.items():
        if isinstance(value, dict):
            _group(group.create_group(key), value)
        elif isinstance(value, str):
            group.create_dataset(key, (1,), "S10", [value.encode()])
        else:
            group.create_dataset(key, data=np.asarray(value))


def convolutional():
    return [
        {"type": "input", "shape": np.array([2, 6, 8]), "neuron": CUBA, "weight": 64, "bias": 0},
        {"type": "conv", "shape": np.array([3, 3, 8]), "weight": even(3, 2, 3, 3, 1), "stride": np.array([2, 1]),
         "padding": np.array([1, 1]), "dilation": np.array([1, 1]), "groups": 1, "bias": np.array([5, -3, 7]),
         "neuron": CUBA},
        {"type": "pool", "shape": np.array([3, 1, 4]), "kernelSize": np.array([3, 2]), "stride": np.array([3, 2]),
         "padding": np.array([0, 0]), "weight": np.full((1, 1, 3, 2, 1), 64), "neuron": CUBA},
        {"type": "flatten"},
        dense(5, 12, bias=np.arange(5), neuron={**CUBA, "type": "LOIHI", "vThMant": 300}),
    ]  # fmt: skip


def test_dense_layers_are_our_integers(tmp_path):
    layers = [dense(7, 5), dense(3, 7, delay=RNG.integers(0, 5, (3, 7)))]
    network = read(write(tmp_path / "d.net", layers)).network
    assert [(p.name, p.size) for p in network.populations] == [("input", 5), ("layer0", 7), ("layer1", 3)]
    for layer, projection in zip(layers, network.projections):
        np.testing.assert_array_equal(projection.weight, layer["weight"])
        assert (projection.format.bits, projection.format.exponent, projection.format.sign) == (8, 0, "mixed")
    np.testing.assert_array_equal(network.projections[1].delay, layers[1]["delay"])
    assert network.populations[1].neuron == Lif(80, 1023, 128)


def test_convolutions_pool_and_flatten_channels_first(tmp_path):
    layers = convolutional()
    network = read(write(tmp_path / "c.net", layers)).network
    first, conv, pool, last = network.projections
    assert np.array_equal(first.weight.toarray(), np.eye(96))
    np.testing.assert_array_equal(conv.weight.kernel, layers[1]["weight"][..., 0])
    assert (conv.weight.output_shape, pool.weight.output_shape) == ((3, 3, 8), (3, 1, 4))
    assert (pool.weight.groups, set(pool.weight.kernel.ravel())) == (3, {64})
    np.testing.assert_array_equal(last.weight, layers[4]["weight"])
    bias = network.population("layer1").neuron.bias_mant
    np.testing.assert_array_equal(bias.reshape(3, -1), np.tile([[5], [-3], [7]], (1, 24)))
    assert network.population("layer1").neuron.bias_exp == 6


def test_an_imported_network_runs_as_the_reference_and_spikes(tmp_path):
    network = read(write(tmp_path / "c.net", convolutional())).network
    frames = {"input": RNG.integers(-64, 129, (2, 60, 96))}
    case = Case(network, frames, 60)
    emulated = emulate(case)
    assert_same(run_reference(network, frames, 60, 2), emulated)
    assert all(emulated.traces[f"layer{k}.out"].values.any() for k in (0, 1, 2, 4))


def test_resets_come_a_step_later_in_each_layer(tmp_path):
    path = write(tmp_path / "d.net", [dense(7, 5), dense(3, 7)])
    neurons = [p.neuron for p in read(path, reset_interval=16, reset_offset=15).network.populations[1:]]
    assert [(n.reset_interval, n.reset_offset) for n in neurons] == [(16, 15), (16, 0)]


def test_a_network_on_a_chip_is_priced(tmp_path):
    from neurohw.compiler.pipeline import compile_network

    program = compile_network(read(write(tmp_path / "c.net", convolutional())).network, api.load_target("loihi1"))
    run = api.simulate(program, inputs={"input": RNG.integers(-64, 129, (2, 40, 96))})
    assert api.estimate(program, run).energy().nominal > 0


WITHOUT = {k: v for k, v in dense(3, 5).items() if k != "weight"}
NAMELESS = {k: v for k, v in CUBA.items() if k != "vDecay"}


@pytest.mark.parametrize(
    ("layers", "lines"),
    [
        ([WITHOUT], ["layer/0: has no dataset 'weight'; it has neuron, shape, type"]),
        ([dense(3, 5, neuron=NAMELESS)], ["layer/0: has no dataset 'vDecay'; it has iDecay, refDelay, type, vThMant"]),
        (
            [dense(3, 5, neuron={**CUBA, "type": "RF"})],
            ["layer/0: has neurons of type 'RF'; supported are CUBA, LOIHI"],
        ),
        (
            [dense(3, 5), dense(2, 4), dense(2, 2, neuron={**CUBA, "vDecay": 5000})],
            [
                "layer/1: weights for 4 inputs; the layer below has 3",
                "layer/2: weights for 2 inputs; the layer below has 3",
            ],
        ),
        ([dense(3, 5, type="dens")], ["layer/0: is a 'dens' layer; did you mean 'dense'?"]),
        (
            [dense(3, 5, weight=np.array([[1, -1, 2, 4, 200]] * 3))],
            ["layer/0: 6 weights of -1..200 cannot be stored; mixed weights are -256..255, even"],
        ),
        (
            [dense(3, 5), {**convolutional()[1]}],
            ["layer/1: convolves a layer of shape (3,); needs (channels, rows, columns); "
             "let the network begin with an input layer"],
        ),
        ([dense(3, 5, delay=np.arange(4))], ["layer/0: 4 delays; one, one for each of 3 neurons or one a synapse"]),
        ([dense(3, 5, bias=np.arange(2))], ["layer/0: 2 values of bias; one, one a channel or one a neuron of (3,)"]),
        (
            [dense(3, 5, neuron={**CUBA, "iDecay": np.array([4096, 2048, 1024])})],
            ["layer/0: has several values of iDecay (1024..4096); one a layer is supported so far; "
             "train with shared parameters"],
        ),
        (
            [dense(3, 5, neuron={**CUBA, "vDecay": np.array([128, 2, 1])})],
            ["layer/0: has several values of vDecay (1..128); one a layer is supported so far; "
             "train with shared parameters"],
        ),
        ([dense(3, 5, neuron={**CUBA, "vThMant": np.arange(2)})],
         ["layer/0: 2 values of vThMant; one, one a channel or one a neuron of (3,)"]),
        ([dense(3, 5, neuron={**CUBA, "iDecay": 1024.5})], ["layer/0: iDecay holds values that are not whole numbers"]),
        (
            [dense(3, 5, neuron={**CUBA, "refDelay": 4, "gradedSpike": True, "wgtExp": -3, "messageBits": 8,
                                 "thDecay": 7})],
            [
                "layer/0: gradedSpike is True; only 0 is supported so far; train the network without it",
                "layer/0: messageBits is 8; only 0 is supported so far; train the network without it",
                "layer/0: refDelay is 4; only 0 or 1 is supported so far; train the network without it",
                "layer/0: thDecay is 7; it is not supported yet; train the network without it",
                "layer/0: wgtExp is -3; only 0 is supported so far; train the network without it",
            ],
        ),
        ([dense(3, 5, weight_rec=np.full((3, 3), 4))],
         ["layer/0: weight_rec is 4; it is not supported yet; train the network without it"]),
        ([dense(3, 5, weight={"real": even(3, 5), "imag": even(3, 5)})],
         ["layer/0: 'weight' is a group of imag, real; complex weights are not supported yet"]),
        ([dense(3, 5, weight=np.zeros((0, 5)))], ["layer/0: 'weight' is empty"]),
        (
            [*convolutional()[:1], {**convolutional()[1], "groups": np.array([1, 2])}],
            ["layer/1: has several values of groups (1..2); one a layer is supported so far; "
             "train with shared parameters"],
        ),
        ([*convolutional()[:1], {**convolutional()[1], "stride": np.array([2, 1, 1])}],
         ["layer/1: stride has 3 values; one, or one for rows and one for columns"]),
        (
            [*convolutional()[:1], {k: v for k, v in convolutional()[1].items() if k != "bias"}
             | {"delay": np.arange(3)}],
            ["layer/1: has different delays; convolutions take one delay for all so far; train without delays"],
        ),
        ([dense(3, 5, delay=np.arange(3), bias=np.arange(3))],
         ["layer/0: has delays and biases; biases would not be late; train without one of them"]),
    ],
)  # fmt: skip
def test_a_broken_file_is_explained(tmp_path, layers, lines):
    path = write(tmp_path / "b.net", layers)
    with pytest.raises(NeurohwError) as caught:
        read(path)
    assert str(caught.value).splitlines() == [f"{path}: {line}" for line in lines]


def test_resets_with_delays_are_refused(tmp_path):
    with pytest.raises(NeurohwError, match="has delays; resets would not wait for what is late; omit the resets"):
        read(write(tmp_path / "d.net", [dense(3, 5, delay=np.arange(3))]), reset_interval=8)


def test_delays_of_synapses_take_biases_and_resets(tmp_path):
    late = RNG.integers(0, 9, (3, 5))
    path = write(tmp_path / "d.net", [dense(3, 5, delay=late, bias=np.arange(3))])
    np.testing.assert_array_equal(read(path, reset_interval=8).network.projections[0].delay, late)


def test_a_layer_without_neurons_is_explained(tmp_path):
    bare = {k: v for k, v in dense(3, 5).items() if k != "neuron"}
    with pytest.raises(NeurohwError, match="without neurons are not supported yet; export the network without this"):
        read(write(tmp_path / "d.net", [bare]))


@pytest.mark.parametrize("inputs", [4, 5])
def test_axonal_delays_are_those_of_the_layers_own_neurons(tmp_path, inputs):
    """The first input alone spikes, in the first step: neuron k answers as many steps later as its delay."""
    weight, late = np.zeros((4, inputs), int), np.array([0, 3, 5, 9])
    weight[:, 0] = 2
    neuron = {**CUBA, "iDecay": 4096, "vDecay": 0, "vThMant": 1}
    network = read(write(tmp_path / "d.net", [dense(4, inputs, weight=weight, delay=late, neuron=neuron)])).network
    frames = np.zeros((1, 16, inputs), np.int8)
    frames[0, 0, 0] = 1
    spikes = emulate(Case(network, {"input": frames}, 16)).traces["layer0.out"].values
    when, who = np.nonzero(spikes)
    assert who[np.argsort(when)].tolist() == [0, 1, 2, 3]
    assert (np.sort(when) - when.min()).tolist() == late.tolist()


def test_thresholds_of_their_own_reach_each_neuron(tmp_path):
    thresholds = np.array([10, 20, 30])
    network = read(write(tmp_path / "t.net", [dense(3, 5, neuron={**CUBA, "vThMant": thresholds})])).network
    np.testing.assert_array_equal(network.population("layer0").neuron.vth, thresholds)


def test_a_flatten_layer_does_not_move_resets(tmp_path):
    image, conv, _, flatten, _ = convolutional()
    last = dense(5, 72)
    for layers in ([image, conv, last], [image, conv, flatten, last]):
        network = read(write(tmp_path / "r.net", layers), reset_interval=8, reset_offset=2).network
        assert [p.neuron.reset_offset for p in network.populations[1:]] == [2, 3, 4]


@pytest.mark.parametrize(
    ("weights", "form"),
    [
        ([1, -1, 0], Format(8, -1, "mixed")),
        ([-256, -4, 0], Format(8, 1, "inhibitory")),
        ([-255, -3, 0], Format(8, 0, "inhibitory")),
        ([508, -4, 0], Format(8, 1, "mixed")),
        ([0, 0, 0], Format(8, 0, "excitatory")),
    ],
)
def test_weights_are_stored_without_loss(tmp_path, weights, form):
    found = read(write(tmp_path / "w.net", [dense(1, 3, weight=np.array([weights]))]))
    (projection,) = found.network.projections
    assert (projection.format, found.notes) == (form, ())
    np.testing.assert_array_equal(projection.weight * 2.0**form.exponent, [weights])


def test_weights_at_the_rail_become_what_mixed_weights_hold_and_it_is_said(tmp_path):
    path = write(tmp_path / "w.net", [dense(1, 3, weight=np.array([[255, -4, 6]]))])
    found = read(path)
    np.testing.assert_array_equal(found.network.projections[0].weight, [[254, -4, 6]])
    assert found.notes == (f"{path}: layer/0: 1 weights of 255 are stored as 254",)


def test_kernels_that_need_a_negative_exponent_are_written_out(tmp_path):
    image, conv, *_ = convolutional()
    kernel = RNG.choice([-1, 0, 1], conv["weight"].shape)
    projection = read(write(tmp_path / "c.net", [image, {**conv, "weight": kernel}])).network.projections[1]
    exact = Convolution(kernel[..., 0], (2, 6, 8), (2, 1), (1, 1))
    assert not projection.shared
    np.testing.assert_array_equal(projection.matrix.toarray() / 2, exact.unrolled.toarray())


def test_the_input_of_a_trained_network_is_said(tmp_path):
    first = {**convolutional()[0], "weight": 38, "bias": 32}
    assert read(write(tmp_path / "i.net", [first])).notes == (
        "input: give 76 x + (-6) in every step for an input x of the trained network",
    )


@pytest.mark.parametrize("name", ["NET.NET", "net.hdf5", "net.h5", "net"])
def test_a_file_is_known_by_its_content(tmp_path, name):
    assert read(write(tmp_path / name, [dense(3, 5)])).network.population("layer0").size == 3


def test_a_missing_file_is_known_by_its_suffix(tmp_path):
    (tmp_path / "NET.NET").write_bytes(b"nothing")
    with pytest.raises(NeurohwError, match="write it with export_hdf5 of Lava-DL"):
        read(tmp_path / "NET.NET")


def test_a_file_without_neurons_is_explained(tmp_path):
    path = write(tmp_path / "f.net", [{"type": "flatten"}])
    with pytest.raises(NeurohwError, match="has no layer of neurons; export a network with neurons"):
        read(path)


def test_a_file_without_layers_is_explained(tmp_path):
    path = tmp_path / "b.net"
    with h5py.File(path, "w") as file:
        file["simulation"] = 1
    with pytest.raises(NeurohwError, match="has no group 'layer'; write it with export_hdf5 of Lava-DL"):
        read(path)
    path.write_bytes(b"nothing")
    with pytest.raises(NeurohwError, match="is not an HDF5 file"):
        read(path)
