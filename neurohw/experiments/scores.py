"""What a linear classifier finds in the input and in each layer of a frozen network, with all labels and with a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from neurohw.api import features
from neurohw.compiler.pipeline import integer_network
from neurohw.data.dataset import Dataset, payload
from neurohw.ir.mapping import Target
from neurohw.ir.network import Network
from neurohw.ir.weights import Weights
from neurohw.learning.score import score
from neurohw.spec import ModelSpec, ProbeSpec


@dataclass(frozen=True)
class Scores:
    """Accuracies on the test images as fractions, by layer: with all labels, and with a few a class."""

    all: tuple[float, ...]
    few: tuple[float, ...]


def frozen_network(model: ModelSpec, weights: Weights, data: Dataset) -> Network:
    """The network in integers that does not learn, its scales set on the training images."""
    return integer_network(model, weights, "infer", payload(data.train_x))


def linear(
    data: Dataset, train: NDArray[Any], test: NDArray[Any], how: ProbeSpec, labels_per_class: int | None = None
) -> float:
    """Accuracy of the model's linear classifier on a representation of the training and test images."""
    return score(
        train, data.train_y, test, data.test_y, labels_per_class=labels_per_class, draws=how.draws,
        inverse_penalty=how.inverse_penalty,
    ).accuracy  # fmt: skip


def input_scores(data: Dataset, few: ProbeSpec) -> tuple[float, float]:
    """Accuracy on the input itself with all labels, and with a few."""
    return _both(data, few, payload(data.train_x), payload(data.test_x))


def layer_scores(
    model: ModelSpec, data: Dataset, network: Network, seed: int = 0, target: Target | None = None
) -> Scores:
    """Accuracy on each layer of a frozen network; on the arrays of `target`, if it has any."""
    seen = [
        features(model, network, x, seed=seed, target=target, calibration=data.train_x)
        for x in (data.train_x, data.test_x)
    ]
    found = [_both(data, model.probe, a, b) for a, b in zip(*seen)]
    return Scores(tuple(s[0] for s in found), tuple(s[1] for s in found))


def top_score(model: ModelSpec, data: Dataset, network: Network, seed: int = 0) -> float:
    """Accuracy on the top layer of a frozen network with all labels."""
    train_z, test_z = (features(model, network, x, seed=seed)[-1] for x in (data.train_x, data.test_x))
    return linear(data, train_z, test_z, model.probe)


def _both(data: Dataset, few: ProbeSpec, train: NDArray[Any], test: NDArray[Any]) -> tuple[float, float]:
    """Accuracy on a representation of the training and test images, with all labels and with a few."""
    return linear(data, train, test, few), linear(data, train, test, few, few.few)
