"""Tiny models with their weights, and chips cut down so that a tiny network needs several cores."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neurohw.compiler.verify import verify_partition, verify_tiles
from neurohw.data import diphones, moved_fashion
from neurohw.ir.mapping import Program, Target
from neurohw.ir.weights import LayerWeights, Weights
from neurohw.parsing import parse
from neurohw.spec import ModelSpec
from neurohw.targets.crossbar import build as crossbar_chip
from neurohw.targets.digital import build as digital_chip
from neurohw.targets.load import load_prices, read_chip

ROOT = Path(__file__).parents[2]
NEEDS_FASHION = pytest.mark.skipif(
    not Path(moved_fashion.FOLDER).is_dir(), reason="needs apt-get install dataset-fashion-mnist"
)
NEEDS_DIPHONES = pytest.mark.skipif(
    not all(Path(diphones.FOLDER, f"{s}_diphone/group/{s}lpc16k.group").is_file() for s in ("kal", "ked")),
    reason="needs apt-get install festvox-kallpc16k festvox-kdlpc16k",
)
MODELS = sorted((ROOT / "models").glob("*.yaml"))
CHIPS = sorted((ROOT / "hw_configs").glob("*.yaml"))
PRICES = sorted((ROOT / "hw_configs" / "prices").glob("*.yaml"))
SWEEPS = sorted((ROOT / "hw_configs" / "sweeps").glob("*.yaml"))
TINY_INPUTS = 6
FEW_DIGITS = {"name": "moved_digits", "views": 2, "images": {"train": 300, "test": 100}}


def model(sizes: tuple[int, ...] = (4, 3), **sections: Any) -> ModelSpec:
    """A model of layers of these sizes; `sections` such as quantise={'bits': 4}."""
    data = {
        "schema": "neurohw.model/1",
        "name": "toy",
        "data": FEW_DIGITS,
        "layers": [{"size": size} for size in sizes],
        **sections,
    }
    return parse(ModelSpec, data, "toy")


def weights(sizes: tuple[int, ...] = (4, 3), inputs: int = TINY_INPUTS, seed: int = 0, **changes: Any) -> Weights:
    """Random float weights with biases for `model(sizes)`; the same on every machine."""
    rng = np.random.default_rng(seed)
    layers = []
    for m, n in zip((inputs, *sizes), sizes):
        w, b, p = (rng.integers(-256, 257, shape) / 256 for shape in ((n, m), n, (n, n)))
        layers.append(LayerWeights(w, b, p))
    return Weights(**{"model": "toy", "origin": "host", "layers": tuple(layers), **changes})


def integer_weights(
    sizes: tuple[int, ...] = (4, 3), inputs: int = TINY_INPUTS, exponent: int = 8, thresholds: tuple[int, ...] = ()
) -> Weights:
    """The weights of `weights` as a chip learned them."""
    layers = tuple(
        LayerWeights(
            np.rint(layer.feedforward * 255).astype(np.int32),
            prediction=np.rint(layer.prediction * 255).astype(np.int32),
            threshold=thresholds[k] if thresholds else None,
        )
        for k, layer in enumerate(weights(sizes, inputs).layers)
    )
    return Weights("toy", "chip", layers, exponent)


def calibration(samples: int = 20, inputs: int = TINY_INPUTS, seed: int = 1) -> np.ndarray:
    """Input payloads [samples, inputs] in 0..254."""
    return np.random.default_rng(seed).integers(0, 255, (samples, inputs))


def chip(name: str = "loihi2", **limits: int) -> Target:
    """A chip that ships with neurohw, with other numbers of its mesh (columns), cores (compartments), arrays (rows)."""
    data = copy.deepcopy(_read(name))
    digital = data["kind"] == "digital"
    for key, value in limits.items():
        section = ("mesh" if key in data["mesh"] else "core") if digital else "array"
        data[section][key]["value"] = value
    build = digital_chip if digital else crossbar_chip
    return build(data, load_prices(ROOT / "hw_configs" / "prices" / f"{data['price_table']}.yaml"), name)


def verify_blocks(program: Program) -> None:
    """Check the blocks of a program as its kind of chip asks for."""
    verify = verify_partition if program.target.design is None else verify_tiles
    verify(program.network, program.blocks, program.target)


@cache
def _read(name: str) -> dict[str, Any]:
    return read_chip(ROOT / "hw_configs" / f"{name}.yaml", ROOT / "hw_configs" / "prices").data


TINY = """
schema: neurohw.model/1
name: tiny
data: {name: moved_digits, views: 2, images: {train: 300, test: 100}}
layers: [{size: 16}, {size: 8}]
chip: {fixations: 300}
host: {steps: 20}
"""
SPIKING = """
schema: neurohw.model/1
name: spiking
data: {name: moved_digits, views: 2, images: {train: 300, test: 100}}
input: {coding: rate, steps: 4}
neuron: lif
layers: [{size: 12}, {size: 8}]
chip: {fixations: 60, prediction_shift: 8}
host: {steps: 20}
"""
