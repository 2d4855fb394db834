"""The run loop: where chunks end, what is done between samples, and in which order inputs come."""

import numpy as np
import pytest
from support import toys
from support.generate import random_network
from support.runs import run_on

import neurohw as nh
from neurohw.errors import NeurohwError
from neurohw.ir.engine import Setting
from neurohw.ir.run import Activity, Run
from neurohw.runtime.backends import backend_names, capabilities, make_engine, make_resumable
from neurohw.runtime.loop import At, Every, drive
from neurohw.runtime.stimulus import Given


class Listener:
    """An engine that notes how many samples each call brings."""

    backend, chunk, record = "listener", 7, ("x",)

    def __init__(self):
        self.samples, self.calls, self.seen = 0, [], []

    def advance(self, inputs):
        self.calls.append(len(inputs["x"]))
        self.samples += len(inputs["x"])
        self.seen.append(inputs["x"])
        return {"x": inputs["x"][:, 0]}

    def overflows(self):
        return {"x: sum": 2} if self.samples >= 10 else {}

    def finish(self, progress=None):
        return Run("listener", {}, Activity(self.samples, self.samples, {}, {}))


def numbers(*counts):
    """Chunks of numbered samples."""
    ends = np.cumsum(counts)
    return [{"x": np.arange(end - n, end)[:, None, None]} for n, end in zip(counts, ends)]


def test_samples_come_in_order_in_chunks_that_an_engine_takes_at_most():
    engine = Listener()
    run = drive(engine, Given(numbers(3, 16, 0, 2)))
    assert engine.calls == [3, 7, 7, 2, 0, 2]
    assert run.totals["x"].ravel().tolist() == list(range(21))


def test_a_call_ends_where_something_is_to_be_done():
    engine, done = Listener(), []
    stops = [Every(5, lambda n: done.append(("every", n))), At((2, 10, 50), lambda n: done.append(("at", n)))]
    drive(engine, Given(numbers(12)), stops=stops)
    assert engine.calls == [2, 3, 5, 2]
    assert done == [("at", 2), ("every", 5), ("every", 10), ("at", 10)]


def test_strictness_ends_a_run_after_the_first_chunk_with_an_overflow():
    engine = Listener()
    with pytest.raises(NeurohwError, match="x: sum: 2 times; none in strict mode"):
        drive(engine, Given(numbers(30)), strict=True)
    assert engine.samples == 14


def test_a_chunk_that_is_none_does_not_end_a_run_in_silence():
    with pytest.raises(NeurohwError, match="inputs"):
        drive(Listener(), Given([*numbers(2), None, *numbers(2)]))


def test_no_chunk_is_asked_for_before_the_one_before_it_has_run():
    engine = Listener()

    def chunks():
        for k in range(3):
            assert engine.samples == 2 * k
            yield {"x": np.zeros((2, 1, 1), int)}

    drive(engine, Given(chunks()))
    assert engine.samples == 6


@pytest.mark.parametrize("cut", [1, 3, 4])
def test_results_do_not_depend_on_how_inputs_are_cut(cut):
    case = random_network(1)
    ports = [f"{p.name}.out" for p in case.network.populations if "out" in p.neuron.outputs]
    whole = run_on("emulator", case.network, [case.inputs], steps=case.steps, record=ports)
    pieces = [{name: x[k : k + cut] for name, x in case.inputs.items()} for k in range(0, case.samples, cut)]
    parts = run_on("emulator", case.network, pieces, steps=case.steps, record=ports)
    for name, values in whole.totals.items():
        np.testing.assert_array_equal(parts.totals[name], values)


def test_backends_are_found_by_their_folders():
    assert backend_names() == ("emulator", "brian2", "crossbar", "lava")
    assert [name for name in backend_names() if capabilities(name).counts] == ["emulator", "crossbar"]
    with pytest.raises(NeurohwError, match="no backend 'emulater'; did you mean 'emulator'"):
        capabilities("emulater")


SILENT = """
from neurohw.ir.engine import Capabilities
from neurohw.ir.run import Activity, Run
from neurohw.ir.together import Together

CAPABILITIES = Capabilities()


def engine(setting):
    return Together("silent", setting, lambda setting, chunks, progress: Run("silent", {}, Activity(0, 0, {}, {})))
"""


def test_a_backend_is_added_by_one_folder(tmp_path, monkeypatch):
    import neurohw.backends

    (tmp_path / "silent").mkdir()
    (tmp_path / "silent" / "__init__.py").touch()
    (tmp_path / "silent" / "backend.py").write_text(SILENT)
    monkeypatch.setattr(neurohw.backends, "__path__", [*neurohw.backends.__path__, str(tmp_path)])
    assert "silent" in backend_names()
    case = random_network(2)
    assert run_on("silent", case.network, [case.inputs], steps=case.steps).backend == "silent"


def test_a_backend_that_runs_all_at_once_cannot_be_looked_into():
    case = random_network(2)
    with pytest.raises(NeurohwError, match="brian2 runs all samples at once; choose emulator, crossbar"):
        make_resumable("brian2", Setting(case.network, case.steps))


@pytest.mark.parametrize("backend", backend_names())
def test_a_port_that_does_not_exist_is_one_message_on_every_backend(backend):
    case = random_network(2)
    with pytest.raises(NeurohwError, match=r"record: no port 'source0\.oot'; did you mean 'source0\.out'"):
        make_engine(backend, Setting(case.network, case.steps, record=("source0.oot",)))


@pytest.fixture(scope="module")
def program():
    return nh.compile(toys.model((5,), chip={"fixations": 30}), nh.load_target("loihi2"), mode="learn")


def test_what_was_not_counted_is_not_priced(program):
    run = nh.simulate(program, backend="brian2", fixations=3)
    with pytest.raises(
        NeurohwError, match="estimate: brian2 counts nothing that has a price; simulate on the emulator"
    ):
        nh.estimate(program, run)


def test_counts_of_the_emulator_stand_in_only_for_the_same_integers(program):
    from dataclasses import replace

    from neurohw.runtime.counted import counted

    run = nh.simulate(program, backend="brian2", fixations=30)
    assert nh.estimate(program, counted(program, run)) == nh.estimate(program, nh.simulate(program, fixations=30))
    name = next(iter(run.totals))
    wrong = replace(run, totals={**run.totals, name: run.totals[name] + 1})
    with pytest.raises(NeurohwError, match=f"brian2 against the emulator: messages of {name}; please report it"):
        counted(program, wrong)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"resume": True}, "resume: needs a checkpoint"),
        ({"resume": True, "backend": "brian2", "checkpoint": "c.npz"}, "resume: brian2 runs all samples at once"),
        ({"checkpoint": "c.npz", "backend": "brian2"}, "checkpoint: brian2 runs all samples at once; omit checkpoint"),
        (
            {"strict": True, "backend": "brian2"},
            "strict: brian2 does not count all overflows; omit strict, or use the emulator",
        ),
        ({"steps": 3}, "steps: are those of the model's input; omit steps"),
        ({"inputs": {}}, "inputs: are for frozen programs"),
    ],
)
def test_options_that_have_no_effect_are_refused(program, tmp_path, options, text):
    if "checkpoint" in options:
        options = {**options, "checkpoint": tmp_path / options["checkpoint"]}
    with pytest.raises(NeurohwError, match=text):
        nh.simulate(program, **options)


def test_options_of_streams_are_refused_for_given_inputs():
    frozen = nh.compile(toys.model((5,)), nh.load_target("loihi2"), mode="infer")
    x = np.zeros((1, 1, frozen.network.population("input").size), np.int64)
    with pytest.raises(NeurohwError, match=r"fixations: has no effect on given inputs.*\n.*resume: has no effect"):
        nh.simulate(frozen, inputs={"input": x}, fixations=3, resume=True)
    with pytest.raises(NeurohwError, match=r"checkpoint: has no effect on given inputs"):
        nh.simulate(frozen, inputs={"input": x}, checkpoint="c.npz")
    with pytest.raises(NeurohwError, match=r"steps: are those of the model's input; omit steps"):
        nh.simulate(frozen, inputs={"input": x}, steps=3)
    with pytest.raises(NeurohwError, match=r"checkpoint: a frozen program sees every test image once"):
        nh.simulate(frozen, checkpoint="c.npz")


def test_a_run_records_no_ports_when_none_are_asked_for(program, tmp_path):
    run = nh.simulate(program, fixations=3, record=(), checkpoint=tmp_path / "c.npz")
    assert run.totals == {}
    again = nh.simulate(program, fixations=5, record=(), checkpoint=tmp_path / "c.npz", resume=True)
    assert again.activity.samples == 5
