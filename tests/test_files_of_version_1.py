"""What version 1 wrote is read, resumed and finished with the result of an uninterrupted run of that time."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.contents import contents, digest

from neurohw import Network, Program, Run, Weights, api, artifacts, sweep
from neurohw.ir.cost import CostReport
from neurohw.ir.run import Learned

FOLDER = Path(__file__).parent / "golden" / "v1"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
PROGRAMS = sorted(path.stem for path in FOLDER.glob("*.nhw"))
CHECKPOINTS = sorted(path.name.removesuffix(".checkpoint.npz") for path in FOLDER.glob("*.checkpoint.npz"))


def program(name: str) -> Program:
    return artifacts.load(FOLDER / f"{name}.nhw", Program)


def options(name: str) -> dict[str, Any]:
    """How a program was run: one from elsewhere on made-up frames, readouts on few presentations."""
    if name.startswith("network"):
        return {"inputs": {"input": (np.arange(5 * 6 * 16) * 7919 % 255).reshape(5, 6, 16)}, "steps": 12}
    return {"fixations": 60} if name.startswith(("readout", "delta")) else {}


def as_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_there_is_a_program_of_every_mode_for_cores_and_for_arrays():
    assert {f"{mode}_{chip}" for mode in ("learn", "infer", "network") for chip in ("cores", "arrays")} < set(PROGRAMS)
    assert {program(name).mode for name in PROGRAMS} == {"learn", "infer", "readout"}
    assert {"learn_cores", "learn_arrays", "learn_spiking", "readout_cores"} == set(CHECKPOINTS)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_read_and_runs_as_it_did(name):
    found = program(name)
    run = api.simulate(found, traces=12, **options(name))
    assert repr(found) == EXPECTED[name]["text"]
    assert as_json(contents(run)) == EXPECTED[name]["run"]
    assert api.estimate(found, run).energy().nominal == EXPECTED[name]["energy"]


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_a_checkpoint_half_way_is_resumed_and_ends_as_an_uninterrupted_run(tmp_path, name):
    path = tmp_path / "checkpoint.npz"
    shutil.copy(FOLDER / f"{name}.checkpoint.npz", path)
    told: list[int] = []
    run = api.simulate(
        program(name), checkpoint=path, resume=True, every=30, traces=12,
        progress=lambda done, _: told.append(done), **options(name),
    )  # fmt: skip
    assert told == [60]
    assert as_json(contents(run)) == EXPECTED[name]["run"]


def test_a_run_is_read_and_belongs_to_its_program():
    run = artifacts.load(FOLDER / "run.npz", Run)
    assert as_json(contents(run)) == EXPECTED["learn_cores"]["run"]
    assert run.provenance["nested"] == {"seeds": (1, 2)}
    assert (run.provenance["none"], run.provenance["yes"], run.provenance["fixations"]) == (None, True, 60)


def test_weights_are_read():
    host, chip = (artifacts.load(FOLDER / f"{origin}.weights.npz", Weights) for origin in ("host", "chip"))
    assert [layer.feedforward.dtype.kind for layer in (*host.layers, *chip.layers)] == ["f", "f", "i", "i"]
    assert [layer.feedforward.shape for layer in chip.layers] == [(5, 144), (4, 5)]
    learned = EXPECTED["learn_cores"]["run"]
    for number, layer in enumerate(chip.layers, 1):
        assert digest(layer.feedforward) == learned[f"learned layer{number}.W"][0]
        assert digest(layer.prediction) == learned[f"learned layer{number}.Wpred"][0]


def test_a_readout_a_network_and_a_report_are_read():
    readout = artifacts.load(FOLDER / "readout.npz", Learned)
    found = [digest(part) for part in (readout.weight, readout.tag, readout.tag2)]
    assert found == EXPECTED["readout_cores"]["run"]["learned readout.W"]
    assert repr(artifacts.load(FOLDER / "network.npz", Network)) == repr(program("network_cores").network)
    report = artifacts.load(FOLDER / "report.npz", CostReport)
    assert report.energy().nominal == EXPECTED["learn_cores"]["energy"]


def test_a_sweep_half_way_goes_on_without_running_a_point_again(tmp_path):
    for path in (*FOLDER.glob("*.yaml"), FOLDER / "sweep.db"):
        shutil.copy(path, tmp_path)
    found = sweep(tmp_path / "grid.yaml", tmp_path / "sweep.db", executor="serial")
    assert (found.before, found.now) == (2, 2)
    for point, (_, values, row) in zip(found.points, EXPECTED["sweep"], strict=True):
        assert list(point.values) == values
        close = {name: pytest.approx(v, rel=1e-12) if isinstance(v, float) else v for name, v in row.items()}
        assert point.outcome.row == close
    with sqlite3.connect(tmp_path / "sweep.db") as database:
        assert database.execute("SELECT count(*) FROM points").fetchone() == (4,)
