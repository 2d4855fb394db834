"""Write the files of version 1 to a folder: at commit 469657a, `python tests/golden/v1/make.py tests/golden/v1`."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
import zipfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.contents import contents

from neurohw import api, artifacts, sweep
from neurohw.compiler.pipeline import compile_network
from neurohw.compiler.readout import WEIGHTS
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Relu, Source, TernaryLif
from neurohw.parsing import parse
from neurohw.spec import ModelSpec

SETTINGS = {
    "schema": "neurohw.model/1", "name": "tiny",
    "data": {"name": "moved_digits", "views": 2, "images": {"train": 300, "test": 100}},
    "layers": [{"size": 5}, {"size": 4}], "chip": {"fixations": 60}, "host": {"steps": 20},
}  # fmt: skip
SPIKING = SETTINGS | {
    "neuron": "lif", "input": {"coding": "rate", "steps": 4}, "lif": {"du": 4095, "dv": 128, "rate": 0.1},
    "layers": [{"size": 4}],
}  # fmt: skip
EACH = np.arange(12).reshape(3, 4) % 4
GRID = """schema: neurohw.sweep/1
name: small
model: tiny.yaml
learning: chip
axes: {chip: [cores.yaml, arrays.yaml], seed: [0, 1]}
"""
TINY = """schema: neurohw.model/1
name: tiny
data: {name: moved_digits, views: 2, images: {train: 300, test: 100}}
layers: [{size: 5}]
chip: {fixations: 40}
probe: {few: 5, draws: 1}
"""


def outside(delay: Any) -> Network:
    """A network from elsewhere with every form of weights, and delays: one a synapse, or one for all on arrays."""
    ternary = TernaryLif(np.array([3, 4, 5, 6]), -4, 100, 200, bias_mant=np.array([0, 1, -1, 2]))
    populations = (
        Population("input", 16, Source()),
        Population("image", 8, Graded(vth=2, rectify=True)),
        Population("wide", 4, ternary),
        Population("lif", 3, Lif(np.array([40, 50, 60]), du=2000, dv=100, bias_exp=1, bias_mant=np.array([3, 0, 9]))),
        Population("out", 2, Relu(2, 4, 3, bias=np.array([5, -5]))),
    )
    kernel = (np.arange(8).reshape(2, 1, 2, 2) - 3) * 2
    shared = Convolution(kernel, (1, 4, 4), stride=(2, 2))
    listed = sparse.csr_array(np.arange(-28, 36, 4).reshape(4, 4) @ np.eye(4, 8, 2, dtype=int))
    dense = np.arange(-12, 12, 2).reshape(3, 4)
    projections = (
        Projection("image.W", "input", "image", shared, Format(8, 0)),
        Projection("wide.W", "image", "wide", listed, Format(7, 1), True, 1),
        Projection("lif.W", "wide", "lif", dense, Format(8, 2), True, delay),
        Projection("out.W", "lif", "out", np.array([[9, 8, 7], [1, 2, 3]]), Format(8, 0, "excitatory"), False),
    )
    return Network(populations, projections)


def frames() -> np.ndarray:
    """Inputs of `outside`: [samples, frames, neurons]."""
    return (np.arange(5 * 6 * 16) * 7919 % 255).reshape(5, 6, 16)


def half(program, path: Path, **options) -> None:
    """Run a program until its checkpoint half way and no further."""

    def stop(done: int, total: int) -> None:
        if done * 2 >= total:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        api.simulate(program, checkpoint=path, every=30, progress=stop, **options)


def main(folder: Path) -> None:
    configs = Path(__file__).parents[3] / "hw_configs"
    copies = {
        "loihi2": "cores", "xbar_rram_neurram": "arrays",
        "prices/davies2018_presilicon": "davies2018_presilicon", "prices/neurram_2022": "neurram_2022",
    }  # fmt: skip
    for name, copy in copies.items():
        shutil.copy(configs / f"{name}.yaml", folder / f"{copy}.yaml")
    cores, arrays = (api.load_target(str(folder / f"{name}.yaml")) for name in ("cores", "arrays"))
    model, spiking = (parse(ModelSpec, settings, "tiny") for settings in (SETTINGS, SPIKING))
    host = api.train(model).weights
    learn = api.compile(model, cores, seed=3)
    learned = api.simulate(learn)
    chip = api.learned_weights(learn, learned)
    delta = model.model_copy(update={"readout": model.readout.model_copy(update={"rule": "delta"})})
    programs = {
        "learn_cores": learn,
        "learn_arrays": api.compile(model, arrays, seed=3),
        "learn_spiking": api.compile(spiking, cores, seed=3),
        "infer_cores": api.compile(model, cores, chip, mode="infer", seed=3),
        "infer_arrays": api.compile(model, arrays, host, mode="infer", seed=3),
        "readout_cores": api.compile(model, cores, chip, mode="readout", seed=3),
        "delta_cores": api.compile(delta, cores, chip, mode="readout", seed=3),
        "network_cores": compile_network(outside(EACH), cores, model="outside"),
        "network_arrays": compile_network(outside(2), arrays, model="outside"),
    }
    artifacts.save(folder / "host.weights.npz", host)
    artifacts.save(folder / "chip.weights.npz", chip)
    artifacts.save(folder / "network.npz", outside(EACH))
    expected = {}
    for name, program in programs.items():
        artifacts.save(folder / f"{name}.nhw", program)
        options = {"inputs": {"input": frames()}, "steps": 12} if name.startswith("network") else {}
        if name.startswith(("readout", "delta")):
            options = {"fixations": 60}
        run = api.simulate(program, traces=12, **options)
        expected[name] = {
            "run": contents(run), "text": repr(program), "energy": api.estimate(program, run).energy().nominal,
        }  # fmt: skip
        if program.mode != "infer" and name != "delta_cores":
            half(program, folder / f"{name}.checkpoint.npz", **options)
        if name == "learn_cores":
            saved = replace(run, provenance={**run.provenance, "nested": {"seeds": (1, 2)}, "none": None, "yes": True})
            artifacts.save(folder / "run.npz", saved)
            artifacts.save(folder / "report.npz", api.estimate(program, run))
        if name == "readout_cores":
            artifacts.save(folder / "readout.npz", run.learned[WEIGHTS])
    for path in (*folder.glob("*.npz"), *folder.glob("*.nhw")):
        pack(path)
    expected["sweep"] = rows(folder)
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def pack(path: Path) -> None:
    """Compress the parts of an archive, each of which keeps its bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def rows(folder: Path) -> list:
    """A sweep half way in `sweep.db`; returns the rows of the whole one."""
    (folder / "tiny.yaml").write_text(TINY)
    (folder / "grid.yaml").write_text(GRID)
    found = sweep(folder / "grid.yaml", folder / "sweep.db", executor="serial")
    with sqlite3.connect(folder / "sweep.db") as database:
        for point in found.points[::2]:
            database.execute("DELETE FROM points WHERE key = ?", (point.key,))
    sqlite3.connect(folder / "sweep.db").execute("VACUUM")
    (folder / ".sweep.db.lock").unlink(missing_ok=True)
    return [[point.key, list(point.values), dict(point.outcome.row)] for point in found.points]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
