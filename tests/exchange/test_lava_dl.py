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
            [dense(3, 5, weight=np.array([[1, -1, 2, 4, 6]] * 3))],
            ["layer/0: 6 weights of -1..6 cannot be stored; mixed weights are -256..255, even"],
        ),
        (
            [dense(3, 5), {**convolutional()[1]}],
            ["layer/1: convolves a layer of shape (3,); needs (channels, rows, columns); "
             "let the network begin with an input layer"],
        ),
        ([dense(3, 5, delay=np.arange(4))], ["layer/0: 4 delays; one, one for each of 5 inputs or one a synapse"]),
        ([dense(3, 5, bias=np.arange(2))], ["layer/0: 2 biases; one, one a channel or one a neuron of (3,)"]),
    ],
)  # fmt: skip
def test_a_broken_file_is_explained(tmp_path, layers, lines):
    path = write(tmp_path / "b.net", layers)
    with pytest.raises(NeurohwError) as caught:
        read(path)
    assert str(caught.value).splitlines() == [f"{path}: {line}" for line in lines]


def test_a_file_without_layers_is_explained(tmp_path):
    path = tmp_path / "b.net"
    with h5py.File(path, "w") as file:
        file["simulation"] = 1
    with pytest.raises(NeurohwError, match="has no group 'layer'; write it with export_hdf5 of Lava-DL"):
        read(path)
    path.write_bytes(b"nothing")
    with pytest.raises(NeurohwError, match="is not an HDF5 file"):
        read(path)
