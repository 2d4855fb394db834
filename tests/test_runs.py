"""What a run knows of itself: its program and diagnosis, wherever it comes from, without a byte more in its file."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from support import toys

import neurohw as nh
from neurohw import artifacts
from neurohw.artifacts.run_folder import PROGRAM, RUN
from neurohw.experiments.batch import simulate_each
from neurohw.ir.run import without_times

INPUTS = {"input": np.ones((2, 20, 4), np.int8)}


def network(vth=131_000):
    """A layer that never sends, as its threshold is out of reach."""
    return nh.Network(
        (nh.Population("input", 4, nh.Source()), nh.Population("layer1", 3, nh.Lif(vth=vth, dv=400))),
        (nh.Projection("layer1.W", "input", "layer1", np.full((3, 4), 2), nh.Format()),),
        period=20,
    )


def program():
    return nh.compile_network(network(), nh.load_target("loihi2"))


def learning():
    return nh.compile(toys.model(), nh.load_target("loihi2"), mode="learn")


def by_session():
    with nh.session(program()) as chip:
        for _ in range(20):
            chip.step({"input": np.ones(4, int)})
        return chip.run()


def resumed(tmp_path):
    made, path = learning(), tmp_path / "checkpoint.npz"
    nh.simulate(made, fixations=10, checkpoint=path)
    return nh.simulate(made, fixations=20, checkpoint=path, resume=True)


@pytest.fixture
def work(tmp_path):
    return tmp_path


@pytest.fixture
def folder(tmp_path):
    """A run folder as simulate writes it."""
    made = program()
    artifacts.save(tmp_path / "run" / PROGRAM, made)
    artifacts.save(tmp_path / "run" / RUN, without_times(nh.simulate(made, inputs=INPUTS)))
    return tmp_path / "run"


RUNS = {
    "simulate": lambda _: nh.simulate(program(), inputs=INPUTS),
    "simulate_each": lambda _: simulate_each([program()], nh.RunOptions(inputs=INPUTS))[0],
    "run_network": lambda _: nh.run_network(network(), INPUTS),
    "session": lambda _: by_session(),
    "resumed": resumed,
}


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_diagnosed_without_its_program_being_named(name, tmp_path):
    run = RUNS[name](tmp_path)
    assert run.diagnose() == nh.diagnose(run.program, run)
    assert name == "resumed" or "layer1" in {finding.place for finding in run.diagnose().findings}


@pytest.mark.parametrize("part", ["", RUN])
def test_a_run_folder_is_read_with_its_program(folder, part):
    run = nh.load_run(str(folder / part))
    assert run.diagnose() == nh.simulate(program(), inputs=INPUTS).diagnose()
    assert nh.estimate(run.program, run).per_sample().nominal > 0


def test_a_run_whose_program_is_not_known_says_what_to_call(folder, tmp_path):
    (folder / RUN).rename(tmp_path / "alone.npz")
    run = nh.load_run(tmp_path / "alone.npz")
    assert run.program is None
    text = r"run.diagnose: the program of this run is not known; call nh.diagnose\(program, run\)"
    with pytest.raises(nh.NeurohwError, match=text):
        run.diagnose()
    assert nh.diagnose(program(), run).findings


def test_runs_that_cannot_be_read_are_the_messages_of_the_command_line(folder, tmp_path, refused):
    artifacts.save(tmp_path / "mixed" / PROGRAM, replace(program(), seed=1))
    (tmp_path / "mixed" / RUN).write_bytes((folder / RUN).read_bytes())
    (tmp_path / "empty").mkdir()
    for wrong in ("nowhere", "empty", "mixed"):
        with pytest.raises(nh.NeurohwError) as caught:
            nh.load_run(tmp_path / wrong)
        assert str(caught.value) == refused("estimate", tmp_path / wrong)
    with pytest.raises(nh.NeurohwError, match=r"is not a run of program\.nhw"):
        nh.load_run(tmp_path / "mixed" / RUN)
    with pytest.raises(nh.NeurohwError, match="load_run: path: is of type int; needs Path, str"):
        nh.load_run(3)


def test_a_file_that_is_not_of_a_run_is_named(folder):
    with pytest.raises(nh.NeurohwError, match=PROGRAM):
        nh.load_run(folder / PROGRAM)


def test_what_a_run_knows_is_no_part_of_its_file_or_fingerprint(tmp_path):
    run = nh.simulate(program(), inputs=INPUTS)
    unknown = replace(run, origin=None)
    assert run.notes
    for name, value in (("known", run), ("unknown", unknown)):
        artifacts.save(tmp_path / name, value)
    assert (tmp_path / "known").read_bytes() == (tmp_path / "unknown").read_bytes()
    assert artifacts.fingerprint(run) == artifacts.fingerprint(unknown)
    assert artifacts.fingerprint_of_version_1(run) == artifacts.fingerprint_of_version_1(unknown)


def test_a_run_prints_what_was_probed():
    run = nh.run_network(network(), INPUTS, probes=[nh.Probe("layer1", "v", neurons=[0, 2], every=2)])
    assert "  layer1.v       probed 20x2" in repr(run).splitlines()


def test_a_program_is_hashed_once_with_a_checkpoint_and_in_a_session(tmp_path, monkeypatch):
    fingerprints = sys.modules["neurohw.artifacts.fingerprint"]  # hidden by its function in `artifacts`
    made, hashed, hash_of = learning(), [], fingerprints._hash_of_array
    monkeypatch.setattr(fingerprints, "_hash_of_array", lambda array: hashed.append(array.shape) or hash_of(array))
    counts = []
    for run in (
        lambda: artifacts.fingerprint(made),
        lambda: nh.simulate(made, fixations=5, checkpoint=tmp_path / "checkpoint.npz"),
        lambda: nh.session(made).close(),
    ):
        hashed.clear()
        run()
        counts.append(len(hashed))
    assert counts[0] > 0
    assert counts == [counts[0]] * 3
