"""The oracles are worth something: small faults in the emulator's equations are each found by them alone."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from support import mutants
from support.compare import signals
from support.reference import run_reference

from neurohw.backends.lava.available import why_not

TESTS = Path(mutants.__file__).parents[1]


def by_reference(case):
    return signals(run_reference(case.network, case.inputs, case.steps, case.samples))


def by_lava(case):
    from neurohw.backends.lava.run import run_lava

    record = list(run_reference(case.network, case.inputs, case.steps, case.samples).messages)
    how = {"steps_per_sample": case.steps, "samples": case.samples, "record": record, "states": True}
    return signals(run_lava(case.network, case.inputs, **how, timeout=120))


def by_oracle():
    """Oracle -> case -> what it says: the reference all, Lava, where it runs, some."""
    cases = mutants.cases()
    said = {"reference": {name: by_reference(case) for name, case in cases.items()}}
    return said if why_not() else {**said, "lava": {name: by_lava(cases[name]) for name in mutants.LAVA_CASES}}


def differences(folder):
    """For no mutant and for each: oracle -> cases in which it differs from the emulator of a mutated copy."""
    mutants.mutated_copy(folder)
    expected = folder / "expected"
    expected.write_bytes(pickle.dumps(by_oracle()))
    paths = {"PYTHONPATH": os.pathsep.join([str(folder), str(TESTS)]), "NUMBA_CACHE_DIR": str(folder / "cache")}
    paths["XDG_CACHE_HOME"] = str(folder / "code")
    command = [sys.executable, "-m", "support.mutant_worker", str(expected)]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **paths}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_mutant_has_one_place_in_the_package(tmp_path):
    assert len(mutants.MUTANTS) >= 40
    assert sum(mutant.file in (mutants.LIF, mutants.CLAPP) for mutant in mutants.MUTANTS) >= 20
    for number, mutant in enumerate(mutants.MUTANTS, 1):
        assert mutant.wrong != mutant.right
        assert str(number) in mutant.built_in(number)
    texts = [path.read_text() for path in mutants.mutated_copy(tmp_path).rglob("*.py")]
    mutated = [text for text in texts if mutants.IMPORT in text]
    assert len(mutated) >= 4
    for text in mutated:
        compile(text, "a mutated module", "exec")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_each_oracle_finds_each_fault_that_it_can_know_and_no_other(tmp_path):
    sound, *faulty = differences(tmp_path)
    assert sound == {oracle: [] for oracle in sound}
    survivors = [
        f"{oracle} does not find: {mutant.fault}"
        for mutant, found in zip(mutants.MUTANTS, faulty, strict=True)
        for oracle, cases in found.items()
        if not cases and (mutant.lava or oracle != "lava")
    ]
    assert survivors == []
