"""Lava-DL networks (`.net`, HDF5 as `export_hdf5` of lava.lib.dl.slayer writes it) as networks of ours.

They are integers already: neuron/iDecay = du + 1, vDecay = dv, vThMant = vth, bias = bias_mant with bias_exp 6; shapes
are (channels, rows, columns), kernels (out, in / groups, rows, columns, 1). Source of these facts: lava-dl,
netx/hdf5.py and netx/blocks. An input layer turns x into 2 w x - w + b before it reaches its neurons: do that to the
input.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.exchange.linear import pair
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection, Sign
from neurohw.ir.neurons import Lif, Source

NEURONS = ("CUBA", "LOIHI")
INPUT_MAX = 1 << 15
DECAY_MAX = 4095


@dataclass
class _Stack:
    """The network so far: shape of the last layer, and all that was found wrong."""

    path: str
    reset_interval: int
    reset_offset: int
    shape: tuple[int, ...] | None = None
    populations: list[Population] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, number: int, what: str, limit: str = "", fix: str = "") -> NeurohwError:
        """An error about one layer."""
        return NeurohwError(Problem(f"{self.path}: layer/{number}", what, limit, fix))


def read_net(path: Path, reset_interval: int = 0, reset_offset: int = 0) -> Network:
    """The network of a `.net` file; a NeurohwError lists all that is wrong with it.

    `reset_interval` > 0: layer k is reset before each step t with (t - reset_offset - k) % reset_interval = 0.
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
        stack = _Stack(str(path), reset_interval, reset_offset)
        for number in range(len(layers)):
            try:
                _add(stack, number, layers)
            except NeurohwError as error:
                stack.problems += error.problems
                if stack.shape is None:
                    break  # what follows has nothing to stand on
    raise_if_any(stack.problems)
    return Network(tuple(stack.populations), tuple(stack.projections))


def _add(stack: _Stack, number: int, layers: Any) -> None:
    if str(number) not in layers:
        raise stack.wrong(number, "is missing", f"layers are numbered 0..{len(layers) - 1}")
    layer = layers[str(number)]
    kind = _text(_dataset(stack, number, layer, "type"))
    if kind not in _KINDS:
        raise stack.wrong(number, f"is a '{kind}' layer", fix=did_you_mean(kind, _KINDS))
    _KINDS[kind](stack, number, layer)


def _dataset(stack: _Stack, number: int, layer: Any, name: str) -> Any:
    """The content of a dataset that must be there."""
    if name not in layer:
        raise stack.wrong(number, f"has no dataset '{name}'", f"it has {', '.join(sorted(layer)) or 'none'}")
    return layer[name][()]


def _text(value: Any) -> str:
    item = np.asarray(value).ravel()[0]
    return item.decode() if isinstance(item, bytes) else str(item)


def _input(stack: _Stack, number: int, layer: Any) -> None:
    """Neurons that an input from outside drives."""
    shape = tuple(int(n) for n in np.ravel(_dataset(stack, number, layer, "shape")))
    size = int(np.prod(shape))
    stack.populations.append(Population("input", size, Source(-INPUT_MAX, INPUT_MAX)))
    stack.shape = shape
    ones = sparse.csr_array(sparse.eye(size, dtype=np.int32))
    _grow(stack, number, layer, ones, shape, Format(8, 0, "excitatory"))


def _dense(stack: _Stack, number: int, layer: Any) -> None:
    size = int(np.prod(_dataset(stack, number, layer, "shape")))
    weight = np.asarray(_dataset(stack, number, layer, "weight"))
    weight = weight.reshape(size, -1) if weight.ndim == 1 and weight.size % size == 0 else weight
    if weight.ndim != 2 or weight.shape[0] != size:
        raise stack.wrong(number, f"weights of shape {weight.shape}", f"{size} neurons need (neurons, inputs)")
    below = _below(stack, weight.shape[1])
    if int(np.prod(below)) != weight.shape[1]:
        raise stack.wrong(number, f"weights for {weight.shape[1]} inputs", f"the layer below has {int(np.prod(below))}")
    _grow(stack, number, layer, weight, (size,))


def _conv(stack: _Stack, number: int, layer: Any) -> None:
    weight = np.asarray(_dataset(stack, number, layer, "weight"))
    kernel = weight.reshape(weight.shape[:4]) if weight.ndim == 5 and weight.shape[4] == 1 else weight
    _convolve(stack, number, layer, kernel, int(np.ravel(layer["groups"][()])[0]) if "groups" in layer else 1)


def _pool(stack: _Stack, number: int, layer: Any) -> None:
    """A convolution of each channel with a kernel of one weight."""
    weight = np.ravel(_dataset(stack, number, layer, "weight"))
    size = pair(_dataset(stack, number, layer, "kernelSize"))
    if np.ptp(weight):
        raise stack.wrong(number, f"pools with weights {weight.min()}..{weight.max()}", "they must be all the same")
    channels = stack.shape[0] if stack.shape else 1
    _convolve(stack, number, layer, np.full((channels, 1, *size), weight[0]), channels)


def _convolve(stack: _Stack, number: int, layer: Any, kernel: Any, groups: int) -> None:
    if stack.shape is None or len(stack.shape) != 3:
        what = f"convolves a layer of shape {stack.shape}" if stack.shape else "convolves an input of unknown shape"
        raise stack.wrong(number, what, "needs (channels, rows, columns)", "let the network begin with an input layer")
    options = {name: pair(layer[name][()]) for name in ("stride", "padding", "dilation") if name in layer}
    image = (stack.shape[0], stack.shape[1], stack.shape[2])
    made = Convolution(np.asarray(kernel), image, groups=groups, **options)
    raise_if_any(made.problems(f"{stack.path}: layer/{number}"))
    said = tuple(int(n) for n in np.ravel(_dataset(stack, number, layer, "shape")))
    if said != made.output_shape:
        raise stack.wrong(number, f"says that its shape is {said}", f"its kernel makes {made.output_shape}")
    _grow(stack, number, layer, made, made.output_shape)


def _flatten(stack: _Stack, number: int, layer: Any) -> None:
    if stack.shape is not None:
        stack.shape = (int(np.prod(stack.shape)),)


def _below(stack: _Stack, inputs: int) -> tuple[int, ...]:
    """Shape of the layer below; without one, the network's input in spikes."""
    if stack.shape is None:
        stack.populations.append(Population("input", inputs, Source(0, 1)))
        stack.shape = (inputs,)
    return stack.shape


def _grow(
    stack: _Stack, number: int, layer: Any, weight: Any, shape: tuple[int, ...], form: Format | None = None
) -> None:
    """Add a layer of neurons and the weights into it."""
    below, name = stack.populations[-1], f"layer{number}"
    stack.shape = shape
    size = int(np.prod(shape))
    values = weight.kernel if isinstance(weight, Convolution) else weight.data if sparse.issparse(weight) else weight
    form = form or _format(stack, number, values)
    delay = _delay(stack, number, layer, (size, below.size))
    neuron = _neuron(stack, number, layer, shape)
    if isinstance(weight, Convolution):
        weight = replace(weight, kernel=weight.kernel.astype(np.int32))
    else:
        weight = weight.astype(np.int32)
    stack.projections.append(Projection(f"{name}.W", below.name, name, weight, form, True, delay))
    stack.populations.append(Population(name, size, neuron))


def _format(stack: _Stack, number: int, values: Any) -> Format:
    """Mixed or one-signed 8-bit weights, which must be stored without loss."""
    low, high = int(np.min(values, initial=0)), int(np.max(values, initial=0))
    sign: Sign = "mixed" if low < 0 < high else "inhibitory" if low < 0 else "excitatory"
    form = Format(8, 0, sign)
    lost = int(np.count_nonzero(form.stored(values) != values))
    if lost:
        limit = f"{sign} weights are {form.range[0]}..{form.range[1]}" + (", even" if sign == "mixed" else "")
        stack.problems += stack.wrong(number, f"{lost} weights of {low}..{high} cannot be stored", limit).problems
    return form


def _neuron(stack: _Stack, number: int, layer: Any, shape: tuple[int, ...]) -> Lif:
    """The LIF neurons of a layer."""
    if "neuron" not in layer:
        raise stack.wrong(number, "has no group 'neuron'", fix="export a block with neurons")
    neuron = layer["neuron"]
    kind = _text(_dataset(stack, number, neuron, "type"))
    if kind not in NEURONS:
        raise stack.wrong(number, f"has neurons of type '{kind}'", f"supported are {', '.join(NEURONS)}")
    keys = ("iDecay", "vDecay", "vThMant")
    i_decay, v_decay, vth = (int(np.ravel(_dataset(stack, number, neuron, key))[0]) for key in keys)
    for key, value, low, high in (("iDecay", i_decay, 1, DECAY_MAX + 1), ("vDecay", v_decay, 0, DECAY_MAX)):
        if not low <= value <= high:
            raise stack.wrong(number, f"{key} is {value}", f"{low}..{high}")
    bias: dict[str, Any] = {}
    if "bias" in layer and _text(layer["type"][()]) != "input":  # there it belongs to what the input goes through
        given = np.ravel(layer["bias"][()]).astype(np.int64)
        each = int(np.prod(shape[1:])) if given.size == shape[0] else 1
        if given.size not in (1, shape[0], int(np.prod(shape))):
            raise stack.wrong(number, f"{given.size} biases", f"one, one a channel or one a neuron of {shape}")
        bias = {"bias_mant": np.repeat(given, each) if given.size > 1 else int(given[0]), "bias_exp": 6}
    offset = (stack.reset_offset + number) % stack.reset_interval if stack.reset_interval else 0
    return Lif(vth, i_decay - 1, v_decay, **bias, reset_interval=stack.reset_interval, reset_offset=offset)


def _delay(stack: _Stack, number: int, layer: Any, shape: tuple[int, int]) -> Any:
    """Steps of delay: none, one for all, one an input, or one a synapse."""
    if "delay" not in layer:
        return 0
    delay = np.rint(np.asarray(layer["delay"][()], np.float64)).astype(np.int64)
    if delay.size == 1 or not np.ptp(delay):
        return int(delay.ravel()[0])
    if delay.size == shape[1]:
        return np.broadcast_to(delay.ravel(), shape).copy()
    if delay.size == shape[0] * shape[1]:
        return delay.reshape(shape)
    raise stack.wrong(number, f"{delay.size} delays", f"one, one for each of {shape[1]} inputs or one a synapse")


_KINDS: dict[str, Callable[[_Stack, int, Any], None]] = {
    "input": _input,
    "dense": _dense,
    "conv": _conv,
    "pool": _pool,
    "flatten": _flatten,
}
