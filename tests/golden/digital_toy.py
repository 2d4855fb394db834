"""Two tiny programs on a digital chip, placed and run by hand, and the JSON reports about them.

`python tests/golden/digital_toy.py` writes the reports again; read the diff before you commit it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np

from neurohw.costs.price import estimate
from neurohw.ir.comparison import Accuracy, Comparison, ComparisonRow
from neurohw.ir.mapping import Block, Program, Route, Slice
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Hinge, Relu, Source
from neurohw.ir.plasticity import Factor, LearningRule, Plasticity, Product
from neurohw.ir.run import Activity, PopulationActivity, ProjectionActivity
from neurohw.reports.document import comparison_json, report_json
from neurohw.targets.load import load_target

HERE = Path(__file__).parent
CONFIGS = HERE.parents[1] / "hw_configs"
TABLES = ("davies2018_presilicon", "sanafe_nahuku_fit")
W = np.array([[2, 0, 4, -6, 0, 8], [0, 2, 2, 4, 0, 0], [-2, -4, 0, 0, 6, 2], [8, 0, 0, 2, 2, 0]])
RULE = LearningRule(
    dt=(Product(1, -4, "x0", (Factor("x1"), Factor("y1"))),),
    dw=(Product(1, 0, "u", (Factor("t"),)),),
    epoch=4,
    decimate=4,
)


def _population(p, steps, messages):
    """Half of the updates are active; as many send as the busiest port has messages."""
    active = p.size * steps // 2
    sending = min(active, max((int(sent.sum()) for sent in messages.values()), default=0))
    return PopulationActivity(p.size * steps, active, sending, messages)


@cache
def target(chip="loihi2", table=None):
    return load_target(CONFIGS / f"{chip}.yaml", CONFIGS / "prices", table)


def inference_network():
    """6 inputs -> 4 -> 2, ReLU; layer 2 sees neurons 0..2 of layer 1 only."""
    second = np.array([[2, -2, 4, 0], [0, 2, 2, 0]])
    populations = (
        Population("input", 6, Source()),
        Population("layer1", 4, Relu(1, 3, 2)),
        Population("layer2", 2, Relu(2, 3, 2)),
    )
    projections = (
        Projection("layer1.W", "input", "layer1", W, Format()),
        Projection("layer2.W", "layer1", "layer2", second, Format()),
    )
    return Network(populations, projections, 3)


def learning_network():
    """6 inputs -> 4 CLAPP neurons with their hinge."""
    ones, plain = np.ones((1, 4), np.int64), Format(8, 0, "excitatory")
    plastic = Plasticity("gamma p x", (), RULE)
    populations = (
        Population("input", 6, Source()),
        Population("sameness", 1, Source(-1, 1)),
        Population("layer1", 4, Clapp(1, 4, 2, 2, 2)),
        Population("hinge1", 1, Hinge(1, 4, 50)),
    )
    projections = (
        Projection("layer1.W", "input", "layer1", W, Format(), plasticity=plastic),
        Projection(
            "layer1.Wpred",
            "layer1",
            "layer1",
            np.zeros((4, 4), np.int64),
            Format(),
            plasticity=plastic,
            pre_port="context",
            post_port="prediction",
        ),
        Projection("layer1.score", "layer1", "hinge1", ones, plain, pre_port="score", post_port="score"),
        Projection("layer1.gate", "hinge1", "layer1", ones.T, plain, pre_port="gamma", post_port="gate"),
        Projection("layer1.sameness", "sameness", "hinge1", np.ones((1, 1), np.int64), plain, post_port="sameness"),
    )
    return Network(populations, projections, 4)


def program(network, chip, mode):
    """Layer 1 in two blocks on cores 0 and 1 of one tile, the rest on core 40: tile (2, 1)."""
    last = "hinge1" if mode == "learn" else "layer2"
    size = network.population(last).size
    blocks = (Block((Slice("layer1", 0, 3),)), Block((Slice("layer1", 3, 4),)), Block((Slice(last, 0, size),)))
    sites = tuple(chip.sites[i] for i in (0, 1, 40))
    ends = {
        ("layer1", "layer1"): [(0, 0), (0, 1), (1, 0), (1, 1)],
        ("layer1", last): [(0, 2), (1, 2)],
        (last, "layer1"): [(2, 0), (2, 1)],
    }
    routes = []
    for p in network.projections:
        for source, goal in ends.get((p.pre, p.post), []):
            axons = sum(s.size for s in blocks[source].slices)
            routes.append(Route(p.name, source, goal, axons, *chip.hops(sites[source], sites[goal])))
    departures = tuple(chip.check(network)[1])
    return Program(network, chip, blocks, sites, tuple(routes), "toy", mode, 0, departures)


def activity(network, rasters, samples, learned=None):
    """Counts of the messages in `rasters` (name -> bool [steps, n_pre]); `learned`: name -> (visited, written)."""
    steps = len(next(iter(rasters.values())))
    projections, messages = {}, {}
    for p in network.projections:
        events = rasters[p.name].sum(axis=0)
        visited, written = (learned or {}).get(p.name, (0, 0))
        ops = int(events @ (p.weight != 0).sum(axis=0))
        dense = int(events.sum()) * p.weight.shape[0]
        projections[p.name] = ProjectionActivity(
            events, ops, dense, int(p.plasticity is not None) * samples, visited, written
        )
        messages.setdefault(p.pre, {})[p.pre_port] = events
    populations = {p.name: _population(p, steps, messages.get(p.name, {})) for p in network.populations}
    return Activity(samples, steps, projections, populations, rasters)


def inference(chip, rate=1):
    """Two samples of three steps; rate 0: silence."""
    network = inference_network()
    rasters = {"layer1.W": np.zeros((6, 6), bool), "layer2.W": np.zeros((6, 4), bool)}
    if rate:
        rasters["layer1.W"][[0, 3]] = [[1, 1, 0, 1, 0, 1], [0, 1, 1, 0, 1, 1]]
        rasters["layer2.W"][[1, 4]] = [[1, 0, 1, 1], [0, 1, 1, 0]]
    return program(network, chip, "infer"), activity(network, rasters, 2)


def learning(chip):
    """Two fixations of four steps; half of the visited synapses change."""
    network = learning_network()
    rasters = {p.name: np.zeros((8, p.weight.shape[1]), bool) for p in network.projections}
    rasters["layer1.W"][[0, 4]] = [[1, 1, 0, 1, 0, 1], [0, 1, 1, 0, 1, 1]]
    rasters["layer1.Wpred"][[0, 4]] = [[0, 0, 0, 0], [1, 0, 1, 1]]
    rasters["layer1.score"][[1, 5]] = [[0, 0, 0, 0], [1, 0, 0, 1]]
    rasters["layer1.gate"][[2, 6]] = [[1], [1]]
    rasters["layer1.sameness"][[1, 5]] = [[1], [1]]
    learned = {"layer1.W": (32, 16), "layer1.Wpred": (12, 6)}
    return program(network, chip, "learn"), activity(network, rasters, 2, learned)


def comparison():
    """Loihi 1 and 2 with either price table."""
    accuracy = Accuracy(0.85, (0.446,), (0.711,), 0.503, (0.25,), (0.46,))
    rows = []
    for name, table in (("loihi1", TABLES[0]), ("loihi1", TABLES[1]), ("loihi2", TABLES[0])):
        chip = target(name, table)
        rows.append(ComparisonRow(name, "emulator", accuracy, estimate(*inference(chip)), estimate(*learning(chip))))
    return Comparison(tuple(rows))


def documents():
    """Golden file -> content."""
    chip = target()
    return {
        "digital_cost.json": report_json(estimate(*learning(chip))),
        "digital_comparison.json": comparison_json(comparison()),
    }


def text(document):
    """JSON with 12 digits a number: the last ones may differ between machines."""

    def rounded(node):
        if isinstance(node, dict):
            return {key: rounded(value) for key, value in node.items()}
        if isinstance(node, list):
            return [rounded(value) for value in node]
        return float(f"{node:.12g}") if isinstance(node, float) else node

    return json.dumps(rounded(document), indent=1) + "\n"


if __name__ == "__main__":
    for name, document in documents().items():
        (HERE / name).write_text(text(document), encoding="utf-8")
