"""A kind of neuron that ships is one file: in the package, it is found, run, learned with, saved, priced and shown."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import neurohw
from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.lava.available import why_not as no_lava

PACKAGE = Path(neurohw.__file__).parent
KIND = '''
"""Neurons that tire."""

from neurohw.microcode import Ints, clip, each, neuron, receives, sends, state, trace
from neurohw.neurons.lif import decay


@neuron
class Tired:
    """Its threshold rises by 40 with each spike and decays; y1 is 8 after a spike.

    Source: Lava 0.10.0, fixed point models.
    """

    vth: Ints = each(0, 1000, default=100)
    v: int = state(24)
    tired: int = state(12, 0, 1000)
    y1: int = trace()
    a: int = receives("in")
    out: int = sends(0, 1)

    def step(self, t):
        self.tired = clip(decay(self.tired, 200), 0, 1000)
        self.v = clip(decay(self.v, 500) + self.a, -9999, 9999)
        self.out = self.v > self.vth + self.tired
        self.y1 = 8 if self.out else 0
        if self.out:
            self.v = 0
            self.tired = min(1000, self.tired + 40)
'''
USE = """
import json, sys
from dataclasses import replace
from pathlib import Path
import numpy as np
import neurohw as nh
from neurohw import artifacts, neurons
from neurohw.artifacts.fingerprint import fingerprint
from neurohw.ir.engine import OnArrays
from neurohw.ir.rule_text import parse_rule
from support.crossbars import ideal_crossbar
from support.generate_learning import plasticity

def main():
    (kind,) = (kind for kind in neurons.kinds() if kind.__name__ == "Tired")
    rng = np.random.default_rng(0)
    populations = (nh.Population("input", 6, nh.Source(0, 1)), nh.Population("own", 5, kind(np.arange(5) * 30), 1))
    weight = 2 * rng.integers(0, 60, (5, 6))
    network = nh.Network(populations, (nh.Projection("w", "input", "own", weight, nh.Format(8)),), 40)
    program = nh.compile_network(network, nh.load_target("loihi2"))
    artifacts.save(Path("p.nhw"), program)
    loaded = artifacts.load(Path("p.nhw"), nh.Program)
    assert fingerprint(loaded) == fingerprint(program)
    inputs, found = {"input": (rng.random((1, 40, 6)) < 0.4).astype(np.int8)}, {}
    for backend in sys.argv[1:]:
        arrays = OnArrays(ideal_crossbar(0)) if backend == "crossbar" else None
        how = {"backend": backend, "reset": backend != "lava", "arrays": arrays}  # of one sample, from rest
        run = nh.run_network(network, [inputs], record=["own.out"], **how)
        found[backend] = run.totals["own.out"].tolist()
    rule = plasticity(dw=parse_rule("2^0*x0*y1"), epoch=4, third_factor=True)
    plastic = replace(network.projections[0], plasticity=rule)
    learned = nh.run_network(replace(network, projections=(plastic,)), [inputs]).learned["w"].weight
    run = nh.simulate(loaded, inputs=inputs, steps=40)
    report = nh.estimate(program, run)
    print(json.dumps({
        "sent": found, "moved": int((learned != weight).sum()), "price": report.per_sample().nominal,
        "shown": [str(loaded.network.population("own").neuron), str(report)],
    }))

if __name__ == "__main__":
    main()
"""


def test_a_kind_that_ships_is_one_file(tmp_path):
    copy = shutil.copytree(PACKAGE, tmp_path / "neurohw")
    for beside in ("hw_configs", "models"):
        (tmp_path / beside).symlink_to(PACKAGE.parent / beside)
    (copy / "neurons" / "tired.py").write_text(KIND)
    (tmp_path / "use.py").write_text(USE)
    backends = ["emulator", "crossbar", *["brian2"] * (no_brian2() is None), *["lava"] * (no_lava() is None)]
    paths = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    command = [sys.executable, "use.py", *backends]
    where = {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": paths}}
    done = subprocess.run(command, **where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert list(said["sent"]) == backends
    assert all(sent == said["sent"]["emulator"] for sent in said["sent"].values())
    assert sum(map(sum, said["sent"]["emulator"])) > 20
    assert said["moved"] > 10
    assert said["price"] > 0
    assert "Tired" in said["shown"][0]
    assert "own" in said["shown"][1]
    touched = [path for path in copy.rglob("*.py") if not same(path, PACKAGE / path.relative_to(copy))]
    print(f"{len(touched)} file touched by a new kind: {', '.join(str(p.relative_to(copy)) for p in touched)}")
    assert [path.name for path in touched] == ["tired.py"]


def same(path, before):
    return before.exists() and filecmp.cmp(path, before, shallow=False)
