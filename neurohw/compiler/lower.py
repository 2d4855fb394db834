"""Lower: a model and its weights as a Network of populations and projections, still in floats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.data.coding import count_shift
from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, ClappLif, Hinge, Lif, Relu, Source
from neurohw.ir.plasticity import Plasticity
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.learning.rules import clapp
from neurohw.learning.rules.clapp_chip import MAPPING
from neurohw.spec import ChipSpec, LayerSpec, ModelSpec

INPUT, SAMENESS = "input", "sameness"
ONES = Format(8, 0, "excitatory")  # of ones and the identity: mixed weights would lose their last bit


def lower_inference(model: ModelSpec, weights: Weights) -> Network:
    """Frozen feed-forward network: source 'input', populations 'layer1', ...

    ReLU: layer l speaks at step l + 1 of L + 1. Spiking: T steps of input and L more, all at rest before each sample.
    """
    _check(model, weights)
    period = len(weights.layers) + (model.input.steps if model.spiking else 1)
    populations = [Population(INPUT, weights.layers[0].inputs, _source(model))]
    projections = []
    for number, layer in enumerate(weights.layers, 1):
        neuron = _lif(model, layer, period) if model.spiking else _relu(layer, number, period)
        name, below = f"layer{number}", populations[-1].name
        populations.append(Population(name, layer.units, neuron, number))
        projections.append(Projection(f"{name}.W", below, name, _matrix(layer), role="feedforward"))
    return Network(tuple(populations), tuple(projections), period)


def lower_learning(model: ModelSpec, weights: Weights) -> Network:
    """CLAPP network that learns: besides the layers, one hinge neuron a layer and the sameness signal.

    A fixation takes L + 3 steps, with spikes as many more as the input lasts. Initial Wpred is zero unless the weights
    were learned on a chip, or static and the identity if the model says so. A NeurohwError for what learns on the host
    only.
    """
    if model.not_on_chip:
        raise NeurohwError(Problem(f"{model.name}: mode learn", model.not_on_chip))
    _check(model, weights)
    steps = model.input.steps if model.spiking else 0
    period = steps + len(weights.layers) + 3
    populations = [
        Population(INPUT, weights.layers[0].feedforward.shape[1], Source()),
        Population(SAMENESS, 1, Source(-1, 1)),
    ]
    projections: list[Projection] = []
    below = INPUT
    for number, layer in enumerate(weights.layers, 1):
        name, size = f"layer{number}", layer.feedforward.shape[0]
        neuron = _clapp_lif(model, layer, number, period) if model.spiking else _clapp(model.chip, number, period)
        populations += [
            Population(name, size, neuron, number),
            Population(f"hinge{number}", 1, Hinge(number + steps, period, model.chip.theta), number),
        ]
        delay = period if model.spiking and model.lif.prediction == "spikes" else 0
        start = _first_prediction(model.chip, layer, weights.origin == "chip")
        projections += _layer(name, below, f"hinge{number}", layer, start, delay)
        below = name
    return Network(tuple(populations), tuple(projections), period)


def _matrix(layer: LayerWeights) -> Any:
    """W, or the convolution that shares it."""
    if layer.window is None:
        return layer.feedforward
    window = layer.window
    kernel = layer.feedforward.reshape(-1, window.input_shape[0], window.kernel, window.kernel)
    return Convolution(kernel, window.input_shape, (window.stride, window.stride))


def _source(model: ModelSpec) -> Source:
    return Source(0, 1) if model.spiking else Source()


def _relu(layer: LayerWeights, number: int, period: int) -> Relu:
    bias = np.zeros(len(layer.feedforward)) if layer.bias is None else layer.bias
    return Relu(number, period, bias=np.repeat(bias, layer.units // len(bias)))


def _lif(model: ModelSpec, layer: LayerWeights, period: int) -> Lif:
    """Threshold 0 until it is balanced; a float bias as it is until it is quantised."""
    bias: Any = 0 if layer.bias is None else layer.bias
    vth = layer.threshold or 0
    return Lif(vth, model.lif.du, model.lif.dv, bias, reset_interval=period, reset_offset=1)


def _clapp(chip: ChipSpec, layer: int, period: int) -> Clapp:
    return Clapp(
        layer,
        period,
        chip.activity_shift,
        chip.prediction_shift,
        chip.score_shift,
        MAPPING[chip.rule],
        chip.growth,
        chip.rate,
    )


def _clapp_lif(model: ModelSpec, layer: LayerWeights, number: int, period: int) -> ClappLif:
    chip, lif, steps = model.chip, model.lif, model.input.steps
    return ClappLif(
        number,
        period,
        steps,
        layer.threshold or 0,
        lif.du,
        lif.dv,
        count_shift(steps),
        chip.prediction_shift,
        chip.score_shift,
        lif.surrogate == "window",
        MAPPING[chip.rule],
        chip.growth,
        chip.rate,
        lif.prediction == "spikes",
    )


def _first_prediction(chip: ChipSpec, layer: LayerWeights, resumed: bool) -> Any:
    """Wpred at the start; a csr_array where it stays what it is."""
    size = len(layer.feedforward)
    if chip.prediction == "identity":
        return sparse.csr_array(sparse.eye(size, dtype=np.int32) * (1 << chip.prediction_shift))
    return layer.prediction if resumed and layer.prediction is not None else np.zeros((size, size))


def _layer(name: str, below: str, hinge: str, layer: LayerWeights, start: Any, delay: int) -> list[Projection]:
    """Projections of one CLAPP layer: W, Wpred, the score sum, the gate broadcast, the sameness signal."""
    feedforward, prediction = (Plasticity(r.equation, r.terms) for r in (clapp.FEEDFORWARD["none"], clapp.PREDICTION))
    ones, static = np.ones((1, len(layer.feedforward)), np.int32), sparse.issparse(start)
    return [
        Projection(f"{name}.W", below, name, layer.feedforward, plasticity=feedforward, role="feedforward"),
        Projection(
            f"{name}.Wpred",
            name,
            name,
            start,
            ONES if static else None,
            delay=delay,
            plasticity=None if static else prediction,
            pre_port="context",
            post_port="prediction",
            role="prediction",
        ),
        Projection(f"{name}.score", name, hinge, ones, ONES, pre_port="score", post_port="score"),
        Projection(f"{name}.gate", hinge, name, ones.T, ONES, pre_port="gamma", post_port="gate"),
        Projection(f"{name}.sameness", SAMENESS, hinge, np.ones((1, 1), np.int32), ONES, post_port="sameness"),
    ]


def _check(model: ModelSpec, weights: Weights) -> None:
    """Weights must be those of this model: its layers, its scale, shapes that fit, finite numbers."""
    where = f"weights of '{weights.model}'"
    shapes = {f"{where}: layer{n}.feedforward": w.feedforward.shape for n, w in enumerate(weights.layers, 1)}
    raise_if_any([Problem(p, f"has shape {s}", "needs (neurons, inputs)") for p, s in shapes.items() if len(s) != 2])
    sizes = [layer.feedforward.shape[0] for layer in weights.layers]
    wanted = [layer.size for layer in model.layers]
    if sizes != wanted:
        raise NeurohwError(
            Problem(
                where,
                f"have layers of {sizes} neurons",
                f"model '{model.name}' has {wanted}",
                f"train this model: neurohw train {model.name}",
            )
        )
    found = []
    if weights.exponent not in (None, model.chip.weight_exponent):
        what = f"are integers w 2^{weights.exponent}"
        limit = f"chip.weight_exponent of '{model.name}' is {model.chip.weight_exponent}"
        found.append(Problem(where, what, limit, "learn again"))
    for number, (layer, below) in enumerate(zip(weights.layers, [None, *weights.layers]), 1):
        size, inputs = layer.feedforward.shape
        if below is not None and layer.inputs != below.units:
            what = f"takes {layer.inputs} inputs"
            found.append(Problem(f"layer{number}.W", what, f"the layer below has {below.units}"))
        found += _window_problems(f"{where}: layer{number}", model.layers[number - 1], layer)
        square = layer.scored, layer.scored
        for part, shape in (("feedforward", (size, inputs)), ("bias", (size,)), ("prediction", square)):
            found += _array_problems(f"{where}: layer{number}.{part}", getattr(layer, part), shape)
    raise_if_any(found)


def _window_problems(where: str, spec: LayerSpec, layer: LayerWeights) -> list[Problem]:
    """Whether the layer looks where the model says, and its weights are as many as it sees."""
    window = layer.window
    looks = _looks(window.kernel, window.stride) if window else _looks(None, 1)
    wanted = _looks(spec.kernel, spec.stride)
    if looks != wanted:
        return [Problem(where, f"looks {looks}", f"the model's looks {wanted}", "train this model")]
    sees = layer.feedforward.shape[1] if window is None else window.input_shape[0] * window.kernel**2
    if layer.feedforward.shape[1] != sees:
        return [Problem(where, f"has {layer.feedforward.shape[1]} weights a unit", f"each sees {sees}")]
    return []


def _looks(kernel: int | None, stride: int) -> str:
    """Where a layer looks, in words."""
    return "at all inputs" if kernel is None else f"through {kernel} x {kernel}, stride {stride}"


def _array_problems(where: str, array: NDArray[Any] | None, shape: tuple[int, ...]) -> list[Problem]:
    """What is wrong with one array of a layer, if it has it."""
    if array is None:
        return []
    if array.shape != shape:
        return [Problem(where, f"has shape {array.shape}", f"needs {shape}")]
    bad = int(np.sum(~np.isfinite(array)))
    fix = "train again with a smaller rate"
    return [Problem(where, f"{bad} of {array.size} values are NaN or infinite", fix=fix)] if bad else []
