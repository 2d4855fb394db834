"""Lava-DL networks (`.net`, HDF5 as `export_hdf5` of lava.lib.dl.slayer writes it) as networks of ours.

They are integers already: neuron/iDecay = du + 1, vDecay = dv, vThMant = vth, bias = bias_mant with bias_exp 6; shapes
are (channels, rows, columns), kernels (out, in / groups, rows, columns, 1). `delay` holds the axonal delays of the
layer's own neurons; as netx does, all that such a neuron hears is late by as much. Source of these facts: lava-dl
slayer/block/base.py, netx/hdf5.py and netx/blocks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.exchange.net_group import Group
from neurohw.ir.convolution import Convolution
from neurohw.ir.exchange import Imported
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.network_checks import Sign
from neurohw.ir.neurons import Lif, Source

NEURONS = ("CUBA", "LOIHI")
INPUT_MAX = 1 << 15
DECAY_MAX = 4095
EXPONENTS = (0, *range(1, 8), *range(-1, -9, -1))  # 0 first: most files are stored as they are
LAYER_READ = ("type", "shape", "weight", "bias", "neuron", "delay", "stride", "padding", "dilation", "groups")
LAYER_HARMLESS: dict[str, tuple[int, ...]] = dict.fromkeys(
    ("kernelSize", "inFeatures", "outFeatures", "inChannels", "outChannels"), ()
)
NEURON_READ = ("type", "iDecay", "vDecay", "vThMant")
NEURON_HARMLESS = {"refDelay": (0, 1), "gradedSpike": (0,), "messageBits": (0,), "wgtExp": (0,), "weight_exp": (0,)}


@dataclass
class _Stack:
    """The network so far: shape of the last layer, notes, and all that was found wrong."""

    reset_interval: int
    reset_offset: int
    shape: tuple[int, ...] | None = None
    populations: list[Population] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_net(path: Path, reset_interval: int = 0, reset_offset: int = 0) -> Imported:
    """The network of a `.net` file; a NeurohwError lists all that is wrong with it.

    `reset_interval` > 0: the k-th layer of neurons, k = 0 for the first, is reset before each step t with
    (t - reset_offset - k) % reset_interval = 0.
    """
    import h5py

    if not path.is_file():
        raise NeurohwError(Problem(str(path), "no such file", fix="check the path"))
    if not h5py.is_hdf5(path):
        raise NeurohwError(Problem(str(path), "is not an HDF5 file", fix="write it with export_hdf5 of Lava-DL"))
    with h5py.File(path, "r") as file:
        layers = file.get("layer")
        if not isinstance(layers, h5py.Group) or not len(layers):
            raise NeurohwError(Problem(str(path), "has no group 'layer'", fix="write it with export_hdf5 of Lava-DL"))
        stack = _Stack(reset_interval, reset_offset)
        for number in range(len(layers)):
            try:
                _add(stack, f"{path}: layer/{number}", number, layers)
            except NeurohwError as error:
                stack.problems += error.problems
                if stack.shape is None:
                    break  # what follows has nothing to stand on
    if not stack.problems and not stack.projections:
        stack.problems.append(Problem(str(path), "has no layer of neurons", fix="export a network with neurons"))
    raise_if_any(stack.problems)
    return Imported(Network(tuple(stack.populations), tuple(stack.projections)), (), tuple(stack.notes))


def _add(stack: _Stack, where: str, number: int, layers: Any) -> None:
    if str(number) not in layers:
        raise NeurohwError(Problem(where, "is missing", f"layers are numbered 0..{len(layers) - 1}"))
    layer = Group(where, layers[str(number)])
    kind = layer.text("type")
    if kind not in _KINDS:
        raise layer.wrong(f"is a '{kind}' layer", fix=did_you_mean(kind, _KINDS))
    stack.problems += layer.unread(LAYER_READ, LAYER_HARMLESS)
    _KINDS[kind](stack, f"layer{number}", layer)


def _input(stack: _Stack, name: str, layer: Group) -> None:
    """Neurons that an input from outside drives: netx gives them 2 w x - w + b for an input x."""
    shape = tuple(int(n) for n in layer.whole("shape"))
    size = int(np.prod(shape))
    stack.populations.append(Population("input", size, Source(-INPUT_MAX, INPUT_MAX)))
    stack.shape = shape
    w, b = (layer.one(key) if key in layer else value for key, value in (("weight", 64), ("bias", 0)))
    stack.notes.append(f"input: give {2 * w} x + ({b - w}) in every step for an input x of the trained network")
    ones = sparse.csr_array(sparse.eye(size, dtype=np.int32))
    _grow(stack, name, layer, ones, shape, Format(8, 0, "excitatory"))


def _dense(stack: _Stack, name: str, layer: Group) -> None:
    size = int(np.prod(layer.whole("shape")))
    weight = layer.array("weight")
    weight = weight.reshape(size, -1) if weight.ndim == 1 and weight.size % size == 0 else weight
    if weight.ndim != 2 or weight.shape[0] != size:
        raise layer.wrong(f"weights of shape {weight.shape}", f"{size} neurons need (neurons, inputs)")
    below = _below(stack, weight.shape[1])
    if int(np.prod(below)) != weight.shape[1]:
        raise layer.wrong(f"weights for {weight.shape[1]} inputs", f"the layer below has {int(np.prod(below))}")
    _grow(stack, name, layer, weight, (size,))


def _conv(stack: _Stack, name: str, layer: Group) -> None:
    weight = layer.array("weight")
    kernel = weight.reshape(weight.shape[:4]) if weight.ndim == 5 and weight.shape[4] == 1 else weight
    _convolve(stack, name, layer, kernel, layer.one("groups") if "groups" in layer else 1)


def _pool(stack: _Stack, name: str, layer: Group) -> None:
    """A convolution of each channel with a kernel of one weight."""
    weight = layer.array("weight").ravel()
    if np.ptp(weight):
        raise layer.wrong(f"pools with weights {weight.min()}..{weight.max()}", "they must be all the same")
    channels = stack.shape[0] if stack.shape else 1
    _convolve(stack, name, layer, np.full((channels, 1, *layer.pair("kernelSize")), weight[0]), channels)


def _convolve(stack: _Stack, name: str, layer: Group, kernel: Any, groups: int) -> None:
    if stack.shape is None or len(stack.shape) != 3:
        what = f"convolves a layer of shape {stack.shape}" if stack.shape else "convolves an input of unknown shape"
        raise layer.wrong(what, "needs (channels, rows, columns)", "let the network begin with an input layer")
    options = {key: layer.pair(key) for key in ("stride", "padding", "dilation") if key in layer}
    image = (stack.shape[0], stack.shape[1], stack.shape[2])
    made = Convolution(np.asarray(kernel), image, groups=groups, **options)
    raise_if_any(made.problems(layer.where))
    said = tuple(int(n) for n in layer.whole("shape"))
    if said != made.output_shape:
        raise layer.wrong(f"says that its shape is {said}", f"its kernel makes {made.output_shape}")
    _grow(stack, name, layer, made, made.output_shape)


def _flatten(stack: _Stack, name: str, layer: Group) -> None:
    if stack.shape is not None:
        stack.shape = (int(np.prod(stack.shape)),)


def _below(stack: _Stack, inputs: int) -> tuple[int, ...]:
    """Shape of the layer below; without one, the network's input in spikes."""
    if stack.shape is None:
        stack.populations.append(Population("input", inputs, Source(0, 1)))
        stack.shape = (inputs,)
    return stack.shape


def _grow(
    stack: _Stack, name: str, layer: Group, weight: Any, shape: tuple[int, ...], form: Format | None = None
) -> None:
    """Add a layer of neurons and the weights into it."""
    below, size = stack.populations[-1], int(np.prod(shape))
    stack.shape = shape
    if form is None:
        weight, form = _stored(stack, layer, weight)
    neuron = _neuron(stack, layer, shape)
    delay = _delay(layer, (size, below.size), neuron, isinstance(weight, Convolution))
    stack.projections.append(Projection(f"{name}.W", below.name, name, weight, form, True, delay))
    stack.populations.append(Population(name, size, neuron))


def _stored(stack: _Stack, layer: Group, weight: Any) -> tuple[Any, Format]:
    """8-bit weights and their format: the first sign and exponent that hold them without loss.

    Training clips at 255, which mixed weights do not hold: it becomes 254, as in netx, and a note says so.
    """
    shared = isinstance(weight, Convolution)
    values = np.asarray(weight.kernel if shared else weight, np.float64)
    low, high = float(values.min()), float(values.max())
    sign: Sign = "mixed" if low < 0 < high else "inhibitory" if low < 0 else "excitatory"
    if sign == "mixed" and high == 255:
        stack.notes.append(f"{layer.where}: {np.count_nonzero(values == 255)} weights of 255 are stored as 254")
        values = np.minimum(values, 254)
    forms = [Format(8, exponent, s) for s in dict.fromkeys((sign, "mixed")) for exponent in EXPONENTS]
    lossless = (f for f in forms if np.array_equal(f.stored(values / 2.0**f.exponent) * 2.0**f.exponent, values))
    form = next(lossless, None)
    if form is None:
        lost = int(np.count_nonzero(Format(8, 0, sign).stored(values) != values))
        bounds = Format(8, 0, sign).range
        limit = f"{sign} weights are {bounds[0]}..{bounds[1]}" + (", even" if sign == "mixed" else "")
        raise layer.wrong(f"{lost} weights of {low:g}..{high:g} cannot be stored", limit)
    mantissas = np.asarray(values / 2.0**form.exponent, np.int32)
    if not shared:
        return mantissas, form
    made = replace(weight, kernel=mantissas)
    return (made.unrolled if form.exponent < 0 else made), form  # shared weights take no negative exponent


def _neuron(stack: _Stack, layer: Group, shape: tuple[int, ...]) -> Lif:
    """The LIF neurons of a layer."""
    if "neuron" not in layer:
        limit = "readouts and inputs without neurons are not supported yet"
        raise layer.wrong("has no group 'neuron'", limit, "export the network without this layer")
    neuron = Group(layer.where, layer.content["neuron"])
    kind = neuron.text("type")
    if kind not in NEURONS:
        raise layer.wrong(f"has neurons of type '{kind}'", f"supported are {', '.join(NEURONS)}")
    stack.problems += neuron.unread(NEURON_READ, NEURON_HARMLESS)
    i_decay, v_decay, vth = neuron.one("iDecay"), neuron.one("vDecay"), neuron.spread("vThMant", shape)
    for key, value, low, high in (("iDecay", i_decay, 1, DECAY_MAX + 1), ("vDecay", v_decay, 0, DECAY_MAX)):
        if not low <= value <= high:
            raise layer.wrong(f"{key} is {value}", f"{low}..{high}")
    bias: dict[str, Any] = {}
    if "bias" in layer and layer.text("type") != "input":  # there it belongs to what the input goes through
        bias = {"bias_mant": layer.spread("bias", shape), "bias_exp": 6}
    depth = len(stack.projections)
    offset = (stack.reset_offset + depth) % stack.reset_interval if stack.reset_interval else 0
    return Lif(vth, i_decay - 1, v_decay, **bias, reset_interval=stack.reset_interval, reset_offset=offset)


def _delay(layer: Group, shape: tuple[int, int], neuron: Lif, shared: bool) -> Any:
    """Steps of delay [neurons, inputs], or one number: from one, one a neuron, one an input or one a synapse."""
    if "delay" not in layer:
        return 0
    given = np.rint(np.asarray(layer.array("delay"), np.float64)).astype(np.int64)
    neurons, inputs = shape
    alike = not np.ptp(given)
    if shared and not alike:
        raise layer.wrong("has different delays", "convolutions take one delay for all so far", "train without delays")
    if given.size == neurons * inputs and given.ndim == 2:  # of synapses
        delay = given
    elif given.size == inputs and given.size != neurons and not alike:
        delay = np.broadcast_to(given.reshape(1, -1), shape)
    elif given.size == neurons or alike:  # axonal: what a neuron sends is as late as what it hears
        if np.any(given) and np.any(neuron.bias_mant):
            raise layer.wrong("has delays and biases", "biases would not be late", "train without one of them")
        if np.any(given) and neuron.reset_interval:
            raise layer.wrong("has delays", "resets would not wait for what is late", "omit the resets")
        delay = np.broadcast_to(given.reshape(-1, 1), shape) if not alike else given
    else:
        raise layer.wrong(f"{given.size} delays", f"one, one for each of {neurons} neurons or one a synapse")
    return int(given.flat[0]) if alike else delay.copy()


_KINDS: dict[str, Callable[[_Stack, str, Group], None]] = {
    "input": _input,
    "dense": _dense,
    "conv": _conv,
    "pool": _pool,
    "flatten": _flatten,
}
