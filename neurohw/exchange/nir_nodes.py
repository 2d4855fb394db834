"""What each NIR primitive does: its shape, its linear map, or its neuron in discrete time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.exchange.linear import LinearMap, diagonal, pair, plain, pooling
from neurohw.ir.convolution import Convolution

Shape = tuple[int, ...]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """One linear node: a matrix (None: the identity), a bias and a delay in steps."""

    matrix: Any = None
    bias: Any = 0.0
    delay: Any = 0

    def of(self, before: LinearMap, name: str, exact: Any) -> LinearMap:
        """The map before, and then this node."""
        if self.matrix is not None:
            return before.then(name, self.matrix, exact)
        return before.delayed(name, self.delay) if np.any(self.delay) else before

    def constant(self, values: Any) -> Any:
        """What constant inputs become."""
        if self.matrix is None or not np.any(values):
            return values + self.bias
        matrix = plain(self.matrix)
        return matrix @ np.broadcast_to(values, (matrix.shape[1],)) + self.bias


@dataclass(frozen=True)
class Discrete:
    """A neuron node in discrete time; the fields are those of `floats.FloatPopulation`."""

    kind: Literal["lif", "threshold"]
    leak_u: Floats
    leak_v: Floats
    gain: Floats
    threshold: Floats
    bias: Floats


def shape_after(name: str, node: Any, into: Callable[[], Shape]) -> Shape:
    """Shape of what a node sends; `into` gives that of what it receives, for nodes that do not say it themselves."""
    kind = type(node).__name__
    if kind in ("Input", "Output"):
        return tuple(int(n) for n in np.ravel(next(iter(node.input_type.values()))))
    if kind in ("Affine", "Linear"):
        return (int(np.shape(node.weight)[0]),)
    if kind == "Conv2d":
        return _convolution(name, node, into()).output_shape
    if kind in ("SumPool2d", "AvgPool2d"):
        return _pool(name, node, into()).output_shape
    if kind == "Flatten":
        return (int(np.prod(into())),)
    if kind in ("Scale", "Delay"):
        return into()
    parameter = node.threshold if kind == "Threshold" else node.v_threshold
    return tuple(int(n) for n in np.shape(parameter)) if np.size(parameter) > 1 else into()


def takes(node: Any) -> Shape | None:
    """Shape of what a node can receive; None if it takes any."""
    kind = type(node).__name__
    if kind in ("Affine", "Linear"):
        return (int(np.shape(node.weight)[-1]),)
    if kind == "Output":
        return shape_after("", node, tuple)
    if kind in ("Scale", "Delay"):
        values = node.scale if kind == "Scale" else node.delay
        return tuple(np.shape(values)) if np.size(values) > 1 else None
    if kind in ("LIF", "CubaLIF", "IF", "Threshold"):
        values = node.threshold if kind == "Threshold" else node.v_threshold
        return tuple(np.shape(values)) if np.size(values) > 1 else None
    return None


def node_map(name: str, node: Any, shape: Shape, dt: float) -> Step:
    """The linear map of a node that receives `shape`."""
    kind = type(node).__name__
    if kind in ("Affine", "Linear"):
        weight = np.asarray(node.weight, np.float64)
        if weight.ndim != 2:
            raise NeurohwError(Problem(f"node '{name}'", f"weights of shape {weight.shape}", "needs (outputs, inputs)"))
        return Step(weight, np.asarray(node.bias, np.float64).ravel() if kind == "Affine" else 0.0)
    if kind == "Scale":
        return Step(diagonal(np.broadcast_to(np.asarray(node.scale, np.float64).ravel(), (int(np.prod(shape)),))))
    if kind == "Conv2d":
        convolution = _convolution(name, node, shape)
        bias = np.broadcast_to(np.asarray(node.bias, np.float64).ravel(), (convolution.output_shape[0],))
        return Step(convolution, np.repeat(bias, int(np.prod(convolution.output_shape[1:]))))
    if kind in ("SumPool2d", "AvgPool2d"):
        return Step(_pool(name, node, shape))
    if kind == "Delay":
        steps = np.asarray(node.delay, np.float64).ravel() / dt
        if np.any(steps < 0):
            raise NeurohwError(Problem(f"node '{name}'", f"a delay of {np.min(node.delay):g} s", "delays are 0 and up"))
        return Step(delay=np.rint(steps).astype(np.int64))
    return Step()  # Flatten: populations are flat, channels first


def discretise(name: str, node: Any, size: int, dt: float) -> Discrete:
    """A neuron node in steps of `dt`; the equations are those of `nir_import`."""
    kind = type(node).__name__

    def spread(key: str) -> Floats:
        return np.broadcast_to(np.asarray(getattr(node, key), np.float64).ravel(), (size,))

    one, zero = np.ones(size), np.zeros(size)
    if kind == "Threshold":
        return Discrete("threshold", one, one, one, spread("threshold"), zero)
    if kind == "IF":
        return Discrete("lif", one, zero, dt * spread("r"), *_reset(name, spread, zero, zero))
    leak = dt / spread("tau_mem" if kind == "CubaLIF" else "tau")
    leak_u = dt / spread("tau_syn") if kind == "CubaLIF" else one
    steps = (("its membrane time constant", leak), ("tau_syn", leak_u))
    fix = "take a smaller dt"
    raise_if_any(
        [
            Problem(f"node '{name}'", f"{key} goes down to {dt / np.max(value):g} s", f"dt is {dt:g} s", fix)
            for key, value in steps
            if np.max(value) > 1
        ]
    )
    gain = leak * spread("r")
    if kind == "CubaLIF":
        gain = gain * leak_u * spread("w_in")
    return Discrete("lif", leak_u, leak, gain, *_reset(name, spread, spread("v_leak"), leak))


def _reset(name: str, spread: Callable[[str], Floats], rest: Floats, leak: Floats) -> tuple[Floats, Floats]:
    """Threshold and bias of a neuron that is reset to 0, or to its rest, from which it is then measured."""
    reset, threshold = spread("v_reset"), spread("v_threshold")
    if np.array_equal(reset, rest):
        return threshold - rest, np.zeros(len(rest))
    if np.any(reset):
        what = f"v_reset {reset.min():g}..{reset.max():g} with v_leak {rest.min():g}..{rest.max():g}"
        raise NeurohwError(Problem(f"node '{name}'", what, "the chips reset to 0 or to v_leak"))
    return threshold, leak * rest


def _image(name: str, shape: Shape, what: str) -> tuple[int, int, int]:
    """(channels, rows, columns) of what a node receives; a leading batch of one is dropped."""
    kept = shape[1:] if len(shape) == 4 and shape[0] == 1 else shape
    if len(kept) != 3:
        raise NeurohwError(Problem(f"node '{name}'", f"receives {shape}", f"{what} needs (channels, rows, columns)"))
    return kept[0], kept[1], kept[2]


def _convolution(name: str, node: Any, shape: Shape) -> Convolution:
    """The convolution of a Conv2d node that receives `shape`."""
    kernel = np.asarray(node.weight, np.float64)
    if len(shape) != 3 and node.input_shape is not None:  # flat populations, as our own export has them
        image_shape = (kernel.shape[1] * int(node.groups), *pair(node.input_shape))
        shape = image_shape if np.prod(image_shape) == np.prod(shape) else shape
    image = _image(name, shape, "a convolution")
    stride, dilation = pair(node.stride), pair(node.dilation)
    padding = (0, 0)
    if isinstance(node.padding, (str, bytes)):
        word = node.padding.decode() if isinstance(node.padding, bytes) else node.padding
        if word == "same":
            reach = [d * (k - 1) for d, k in zip(dilation, kernel.shape[2:])]
            if stride != (1, 1) or any(r % 2 for r in reach):
                what = f"padding 'same' with stride {stride} and a kernel of {kernel.shape[2:]}"
                raise NeurohwError(
                    Problem(f"node '{name}'", what, "pads both sides alike", "give the padding in numbers")
                )
            padding = (reach[0] // 2, reach[1] // 2)
    else:
        padding = pair(node.padding)
    made = Convolution(kernel, image, stride, padding, dilation, int(node.groups))
    raise_if_any(made.problems(f"node '{name}'"))
    return made


def _pool(name: str, node: Any, shape: Shape) -> Convolution:
    made = pooling(
        _image(name, shape, "pooling"), node.kernel_size, node.stride, node.padding, type(node).__name__ == "AvgPool2d"
    )
    raise_if_any(made.problems(f"node '{name}'"))
    return made
