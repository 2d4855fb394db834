"""In-memory chips of hw_configs, with changes, and one layer to put on them."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import yaml

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Relu, Source
from neurohw.targets.load import load_target

CONFIGS = Path(__file__).parents[2] / "hw_configs"
PRICES = CONFIGS / "prices"
CHIPS = ("xbar_rram_isaac", "xbar_pcm_hermes", "xbar_rram_neurram", "xbar_sram")


def chip(name, change=None, tmp_path=None):
    if change is None:
        return load_target(CONFIGS / f"{name}.yaml", PRICES)
    data = copy.deepcopy(yaml.safe_load((CONFIGS / f"{name}.yaml").read_text()))
    change(data)
    path = tmp_path / "chip.yaml"
    path.write_text(yaml.safe_dump(data))
    return load_target(path, PRICES)


def layer(inputs, outputs, bits=8, top=None, high=254):
    form = Format(bits, 0, "mixed")
    rng = np.random.default_rng(0)
    weights = rng.integers(-100, 101, (outputs, inputs)) * (1 << form.truncated)
    if top is not None:
        weights[0, 0] = top
    populations = (Population("input", inputs, Source(0, high)), Population("layer1", outputs, Relu(1, 2, 8)))
    return Network(populations, (Projection("layer1.W", "input", "layer1", weights, form),), 2)
