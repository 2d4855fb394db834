"""Parameters that the host writes between samples: what they do, what is refused, what a checkpoint keeps."""

from dataclasses import replace

import numpy as np
import pytest
from support import toys
from support.generate_learning import random_learning_network
from support.generate_spiking import random_spiking_network
from support.reference.machine import Machine as Reference

import neurohw as nh
from neurohw.errors import NeurohwError
from neurohw.ir.engine import Setting
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import ClappLif, Graded, Hinge, Lif, TernaryLif
from neurohw.ir.schedule import Schedule, parameters, with_parameters
from neurohw.runtime.backends import make_engine
from neurohw.runtime.host import Host
from neurohw.runtime.loop import drive
from neurohw.runtime.stimulus import Given


def random_schedules(network: Network, samples: int, seed: int) -> list[Schedule]:
    """Up to three values for every parameter, not far from where they are."""
    rng, found = np.random.default_rng(seed), []
    for name, (low, high) in parameters(network).items():
        at = sorted(int(k) for k in rng.choice(samples, min(3, samples), replace=False))
        if name.endswith(".step"):
            values = rng.integers(max(low, -2), min(high, 2) + 1, len(at))
        else:
            owner = network.population(name.rpartition(".")[0]).neuron
            now = int(np.mean(getattr(owner, name.rpartition(".")[2])))
            values = np.clip(now + rng.integers(-abs(now) // 2 - 2, abs(now) + 3, len(at)), low, high)
        found.append(Schedule(name, {k: int(v) for k, v in zip(at, values)}))
    return found


def reference(case, network, schedules):
    """The hand-written machine, whose neurons and rules are exchanged between samples."""
    machine = Reference(network, case.inputs, case.steps)
    for t in range(1, case.steps * case.samples + 1):
        if (t - 1) % case.steps == 0:
            sample = (t - 1) // case.steps
            values = {s.parameter: s.values[sample] for s in schedules if sample in s.values}
            for p in network.populations:
                for name in [n for n in values if n.rpartition(".")[0] == p.name and not n.endswith(".step")]:
                    cells = machine.cells[p.name]
                    cells.neuron = replace(cells.neuron, **{name.rpartition(".")[2]: values[name]})
            for name in [n for n in values if n.endswith(".step")]:
                q = next(
                    q for q in with_parameters(network, {name: values[name]}).projections if f"{q.name}.step" == name
                )
                machine.learning[q.name].rule = q.plasticity.chip
        machine.step(t)
    return machine.result()


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("make", [random_spiking_network, random_learning_network])
def test_scheduled_parameters_are_those_of_the_reference_from_that_sample_on(make, seed, pieces):
    case = make(seed)
    network = replace(case.network, period=case.steps)
    schedules = random_schedules(network, case.samples, seed)
    if any(case.steps % q.plasticity.chip.epoch for q in network.projections if q.plasticity):
        pytest.skip("samples do not begin with an epoch")
    machine = make_engine("emulator", Setting(network, case.steps, traces=case.steps * case.samples))
    host = Host(network, machine, schedules, case.samples)
    host.write(0)
    cuts = np.array_split(np.arange(case.samples), pieces)
    chunks = [{name: x[cut] for name, x in case.inputs.items()} for cut in cuts]
    run = drive(machine, Given(chunks), stops=host.stops())
    expected = reference(case, network, schedules)
    for port, values in expected.messages.items():
        np.testing.assert_array_equal(run.traces[port].values, values, err_msg=port)
    for name, learned in expected.learned.items():
        np.testing.assert_array_equal(run.learned[name].weight, learned.weight, err_msg=name)
        np.testing.assert_array_equal(run.learned[name].tag, learned.tag, err_msg=name)


@pytest.fixture(scope="module")
def program():
    return nh.compile(toys.model((6, 4), chip={"fixations": 120}), nh.load_target("loihi2"), mode="learn")


WRITES = (Schedule("hinge1.theta", {0: 500, 70: 2}), Schedule("layer1.Wpred.step", {40: 1, 90: -1}))


def test_a_schedule_changes_what_is_learned_and_is_counted(program):
    plain, run = nh.simulate(program), nh.simulate(program, schedule=WRITES)
    assert np.any(run.learned["layer1.Wpred"].weight != plain.learned["layer1.Wpred"].weight)
    np.testing.assert_array_equal(run.totals["hinge2.gamma"][:1], plain.totals["hinge2.gamma"][:1])
    assert run.activity.host_writes == {"hinge1": 2, "layer1.Wpred": 2}
    report = nh.estimate(program, run)
    lines = {line.component: line.count for line in report.lines if line.action == "host_write"}
    assert lines == {"hinge1": 2, "layer1.Wpred": 2}
    assert "host_write" in " ".join(report.unpriced)
    assert not any(line.action == "host_write" for line in nh.estimate(program, plain).lines)


@pytest.mark.parametrize("chip", ["loihi2", "xbar_rram_isaac"])
@pytest.mark.parametrize("stop_at", [40, 60])
def test_a_scheduled_run_goes_on_from_its_checkpoint(tmp_path, chip, stop_at):
    program = nh.compile(toys.model((6, 4), chip={"fixations": 120}), nh.load_target(chip), mode="learn")
    path = tmp_path / "checkpoint.npz"

    def stop(done, total):
        if done >= stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nh.simulate(program, schedule=WRITES, checkpoint=path, every=20, progress=stop)
    with pytest.raises(NeurohwError, match="another program or schedule"):
        nh.simulate(program, checkpoint=path, every=20, resume=True)
    resumed = nh.simulate(program, schedule=WRITES, checkpoint=path, every=20, resume=True)
    whole = nh.simulate(program, schedule=WRITES)
    assert nh.estimate(program, resumed) == nh.estimate(program, whole)
    for name, learned in whole.learned.items():
        np.testing.assert_array_equal(resumed.learned[name].weight, learned.weight)
    for port, values in whole.totals.items():
        np.testing.assert_array_equal(resumed.totals[port], values)


@pytest.mark.parametrize(
    ("schedule", "text"),
    [
        (
            Schedule("hinge1.thetta", {0: 1}),
            r"hinge1\.thetta: is not a parameter .*did you mean 'hinge1\.theta'",
        ),
        (Schedule("hinge1.theta", {0: 1 << 31}), r"value 2147483648; allowed -2147483648\.\.2147483647"),
        (Schedule("hinge1.theta", {0: 1.5}), r"value 1\.5; allowed"),
        (Schedule("hinge1.theta", {0: True}), r"value True; allowed"),
        (Schedule("hinge1.theta", {120: 1}), r"writes before sample 120; the run has samples 0\.\.119"),
        (Schedule("hinge1.theta", {-1: 1}), r"writes before sample -1"),
        (Schedule("layer1.Wpred.step", {0: 20}), r"layer1\.Wpred\.step: value 20; allowed"),
    ],
)
def test_a_schedule_that_cannot_be_is_one_message(program, schedule, text):
    with pytest.raises(NeurohwError, match=text):
        nh.simulate(program, schedule=[schedule])


KINDS = (Lif(1), TernaryLif(3, -3), Graded(1), ClappLif(1, 9, 4, 100, 0, 0, 1, 7, 7), Hinge(1, 4, 50))


@pytest.mark.parametrize("neuron", KINDS, ids=lambda n: type(n).__name__)
def test_a_schedule_may_write_what_a_neuron_may_hold(neuron):
    network = Network((Population("a", 1, neuron),), ())
    assert parameters(network)
    for name, (low, high) in parameters(network).items():
        for value, step in ((low, -1), (high, 1)):
            with_parameters(network, {name: value})
            with pytest.raises(NeurohwError, match=r"; needs (an integer|integers) -"):
                with_parameters(network, {name: value + step})


def test_a_schedule_may_write_what_the_chip_takes(tmp_path):
    (tmp_path / "spiking.yaml").write_text(toys.SPIKING)
    spiking = nh.load_model(str(tmp_path / "spiking.yaml"))
    program = nh.compile(spiking, nh.load_target("loihi2"), mode="learn")
    name = next(name for name in parameters(program.network) if name.endswith(".vth"))
    with pytest.raises(NeurohwError, match=r"schedule: layer1: vth 200000; loihi2 takes 0\.\.131071: 68929 too high"):
        nh.simulate(program, schedule=[Schedule(name, {0: 200000, 1: 5})], fixations=3)


def test_all_problems_of_schedules_are_named_at_once(program):
    wrong = [Schedule("hinge1.theta", {0: 1 << 31}), Schedule("hinge1.theta", {500: 0}), Schedule("nothing", {})]
    with pytest.raises(NeurohwError) as caught:
        nh.simulate(program, schedule=wrong)
    assert len(caught.value.problems) == 4


def test_backends_and_programs_that_nobody_writes_to_are_refused(program):
    with pytest.raises(NeurohwError, match="schedule: brian2 runs all samples at once; the host writes"):
        nh.simulate(program, backend="brian2", schedule=WRITES)
    frozen = nh.compile(toys.model((5,)), nh.load_target("loihi2"), mode="infer")
    with pytest.raises(NeurohwError, match="schedule: a frozen program does not learn; omit schedule"):
        nh.simulate(frozen, schedule=WRITES)


@pytest.fixture
def work(tmp_path):
    return tmp_path


def test_the_command_line_takes_a_schedule(neurohw, refused, work, program):
    from neurohw import artifacts

    artifacts.save(work / "p.nhw", program)
    theta, step = ("hinge1.theta@0=500", "hinge1.theta@70=2"), ("layer1.Wpred.step@40=1", "layer1.Wpred.step@90=-1")
    assert neurohw("simulate", "p.nhw", "-o", "run", "--schedule", *theta, *step)[0] == 0
    run = artifacts.load(work / "run" / "run.npz", nh.Run)
    np.testing.assert_array_equal(
        run.learned["layer1.Wpred"].weight, nh.simulate(program, schedule=WRITES).learned["layer1.Wpred"].weight
    )
    assert "--schedule: 'hinge1.theta=3'; is PARAMETER@SAMPLE=VALUE" in refused(
        "simulate", "p.nhw", "-o", "other", "--schedule", "hinge1.theta=3"
    )


def test_numpy_integers_are_those_of_python():
    schedule = Schedule("hinge1.theta", {np.int64(0): np.int16(7), np.uint8(2): 9})
    assert schedule == Schedule("hinge1.theta", {0: 7, 2: 9})
    assert {type(number) for pair in schedule.values.items() for number in pair} == {int}


@pytest.mark.parametrize("values", [[(0, 1)], None, 5, "a"])
def test_values_are_a_mapping(values):
    with pytest.raises(NeurohwError, match=r"^schedule.values: is .*; needs \{sample: value\}; such as \{0: 1200, "):
        Schedule("hinge1.theta", values)


def test_a_parameter_is_a_text():
    with pytest.raises(NeurohwError, match=r"^schedule.parameter: is \[\]; needs 'population.name' or"):
        Schedule([], {0: 1})
