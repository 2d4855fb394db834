"""Fingerprints: of the content alone, the same when code is renamed or grows, and those of version 1 are recognised."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from neurohw import Network, Program, Run, Weights, artifacts, neurons
from neurohw.artifacts import tags, version1
from neurohw.experiments.sweeps.plan import plan
from neurohw.ir.cost import Band
from neurohw.ir.network import Format

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "golden" / "v1"
EXPECTED = json.loads((FOLDER / "expected.json").read_text())
PINNED = {  # a change of these is a new version of the files
    "network.npz": (Network, "5893d32d83b53fe16c72babfd055b6c2bbe0c32f538f76b1866b8980dd6b080c"),
    "host.weights.npz": (Weights, "1127a81dd925dca1a01bf9607dd00def196c94e5ee59fd485e534e3fa6482723"),
}


@pytest.mark.parametrize("name", PINNED)
def test_a_fingerprint_stays(name):
    kind, expected = PINNED[name]
    assert artifacts.fingerprint(artifacts.load(FOLDER / name, kind)) == expected


def test_values_that_differ_in_kind_alone_have_fingerprints_of_their_own():
    values = [
        1,
        1.0,
        True,
        "1",
        None,
        (1,),
        ((1,),),
        {1: 1},
        np.array(1),
        np.array([1]),
        np.array([1], np.int8),
        Band(1, 1, 1),
    ]
    assert len({artifacts.fingerprint(value) for value in values}) == len(values)
    assert len({artifacts.fingerprint(Format(bits)) for bits in (8, 8.0, 7, True)}) == 4


def test_a_type_without_a_tag_says_where_to_give_it_one():
    with pytest.raises(TypeError, match=r"Path has no tag: give it one in neurohw\.artifacts\.tags\.TYPES"):
        tags.tag_of(Path)


# version 1


@pytest.mark.parametrize("name", ["learn_cores", "learn_arrays", "learn_spiking", "readout_cores"])
def test_the_identity_in_a_checkpoint_of_version_1_is_recognised(name):
    program = artifacts.load(FOLDER / f"{name}.nhw", Program)
    body, arrays = artifacts.load_arrays(FOLDER / f"{name}.checkpoint.npz", "checkpoint")
    record = [key.removeprefix("totals.") for key in arrays if key.startswith("totals.")]
    backend = "crossbar" if "arrays" in name else "emulator"
    assert artifacts.matches(body["identity"], program, backend, record)
    assert not artifacts.matches(body["identity"], program, backend, record[1:])


def test_the_program_of_a_run_of_version_1_is_recognised():
    recorded = artifacts.load(FOLDER / "run.npz", Run).provenance["program"]
    programs = {name: artifacts.load(FOLDER / f"{name}.nhw", Program) for name in ("learn_cores", "learn_arrays")}
    assert {name: artifacts.matches(recorded, program) for name, program in programs.items()} == {
        "learn_cores": True, "learn_arrays": False,
    }  # fmt: skip
    assert artifacts.matches(artifacts.fingerprint(programs["learn_arrays"]), programs["learn_arrays"])


def test_the_points_of_a_sweep_of_version_1_are_recognised():
    points = plan(FOLDER / "grid.yaml").points
    assert [p.point.former_key for p in points] == [key for key, _, _ in EXPECTED["sweep"]]


# renamed and grown code

SCRIPT = """
import sys
from pathlib import Path
from neurohw import Program, api, artifacts
folder = Path(sys.argv[1])
program = artifacts.load(folder / "learn_cores.nhw", Program)
body, arrays = artifacts.load_arrays(folder / "learn_cores.checkpoint.npz", "checkpoint")
record = [key[7:] for key in arrays if key.startswith("totals.")]
again = folder / "again.nhw"
artifacts.save(again, program)
print(artifacts.fingerprint(program), artifacts.fingerprint(artifacts.load(again, Program)))
print(artifacts.matches(body["identity"], program, "emulator", record), type(program.routes[0]).__name__)
"""


def test_renaming_and_growing_code_leaves_fingerprints_and_files_as_they_are(tmp_path):
    """A class, a module and a field get other names, types get new fields: in a copy of the package."""
    for name in ("neurohw", "models", "hw_configs"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(FOLDER, tmp_path / "v1")
    package = tmp_path / "neurohw"
    (package / "ir" / "tiling.py").rename(package / "ir" / "cutting.py")
    renames = {r"\bRoute\b": "Wire", r"\bhops_x\b": "crossed", r"\btiling\b": "cutting"}
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for old, new in renames.items():
            text = re.sub(old, new, text)
        path.write_text(text, encoding="utf-8")
    _replace(package / "artifacts" / "tags.py", "RENAMED: dict[str, dict[str, str]] = {",
             'RENAMED: dict[str, dict[str, str]] = {"route": {"hops_x": "crossed"},')  # fmt: skip
    _replace(package / "ir" / "mapping.py", "    links: int = 0\n", "    links: int = 0\n    colour: str = 'red'\n")
    _replace(
        package / "spec" / "model.py", "class LayerSpec(Strict):\n", "class LayerSpec(Strict):\n    taste: int = 3\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "v1")], capture_output=True, text=True, timeout=300,
        cwd=tmp_path, env={"PYTHONPATH": str(tmp_path), "PATH": ""},
    )  # fmt: skip
    expected = artifacts.fingerprint(artifacts.load(FOLDER / "learn_cores.nhw", Program))
    assert done.stdout.split() == [expected, expected, "True", "Wire"], done.stderr


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_new_key_of_a_yaml_that_says_something_is_not_taken_for_version_1():
    keys = {"name": None, "layers": [{"size": None}]}
    full = {"name": "a", "layers": [{"taste": 4, "size": 1}], "new": 3}
    known = {"name": "a", "layers": [{"size": 1}]}
    assert version1._known(full, {"name": "a"}, keys) == known
    assert version1._known(full, {"name": "a", "new": 3}, keys) == {**known, "new": 3}
    assert version1._known(full, {"layers": [{"taste": 4}]}, keys) == {"name": "a", "layers": [{"size": 1, "taste": 4}]}


def test_no_kind_of_neuron_takes_the_tag_of_something_else():
    shipped = neurons.kinds()
    assert [tags.TYPES[tags.tag_of(kind)] for kind in shipped] == list(shipped)
    assert all(name in tags.TYPES and tags.TYPES[name] not in shipped for name in ("band", "trace", "program", "run"))
