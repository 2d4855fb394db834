"""Cells that learn: pulses by their law, shadows, crowded pairs, wires and checkpoints."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support import toys

from neurohw import api
from neurohw.backends.crossbar.irdrop import effective_conductance
from neurohw.backends.crossbar.learning import LearningMachine
from neurohw.backends.crossbar.plastic import MOVED
from neurohw.compiler.pipeline import compile_model
from neurohw.costs.price import estimate
from neurohw.errors import NeurohwError
from neurohw.ir.crossbar import IDEAL, Cells, Converters, Crossbar, Encoding, Imperfections, Law, Writing
from neurohw.ir.engine import OnArrays
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Clapp, Graded, Source
from neurohw.ir.plasticity import LearningRule, Plasticity
from neurohw.ir.plasticity import Trace as Tau
from neurohw.ir.rule_text import parse_rule

CELLS = Cells(0.0, 512e-6, None, 0.2, 1e-7)  # a weight step is 1 uS in offset arrays
PERIOD = 4
OFFSET = Encoding("offset")
UP, DOWN = "2^0*x0", "-2^0*x0"  # one unit for every input that speaks


def network(rule, inputs=3, outputs=2, start=0):
    """A CLAPP layer whose forward weights move by `rule` whatever the third factor says."""
    chip = LearningRule(dw=parse_rule(rule), epoch=PERIOD, x1=Tau(0, 2.0**60), rounding="lava")
    populations = (Population("x", inputs, Source()), Population("layer1", outputs, Clapp(1, PERIOD, 7, 7, 7)))
    weights = np.full((outputs, inputs), start)
    return Network(
        populations, (Projection("w", "x", "layer1", weights, Format(8, 0), True, 0, Plasticity("", (), chip)),), PERIOD
    )


def crossbar(encoding=OFFSET, flaws=IDEAL, **writing):
    return Crossbar(64, 64, CELLS, encoding, Converters(8, 8), flaws, Writing("pulses", **writing))


def machine(rule, design, **options):
    return LearningMachine(network(rule, **options), design=design, seed=0, steps=PERIOD)


def pulse(made, times, inputs=3):
    """So many fixations in which every input speaks."""
    made.advance({"x": np.full((times, 1, inputs), 2)})
    made._take_over()
    return made.parts[0].weights()


@pytest.mark.parametrize("asymmetry", [0.0, 0.4, -0.3])
@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("rule", "sign"), [(UP, 1), (DOWN, -1)])
def test_pulses_follow_their_law(rule, sign, slope, asymmetry):
    made = machine(rule, crossbar(step=0.8, asymmetry=asymmetry, slope=slope, every=10**6))
    expected = 0.0
    for _ in range(40):
        x = (expected + 256) / 512
        left = x if sign > 0 else 1 - x
        expected += sign * 0.8 * (1 + sign * asymmetry / 2) * (1 - slope * left)
    assert pulse(made, 40) == pytest.approx(np.full((3, 2), expected))
    assert made.activity().arrays["w"].pulses == 40 * 6


@pytest.mark.parametrize("rule", ["2^-5*x0", "2^-5*x0 + 2^-6*x0", "2^-5*x0*x1", UP])
@pytest.mark.parametrize("start", [0, 5])
def test_no_cell_is_without_a_weight(rule, start):
    """What a chip counts as operations is every cell of the rows that speak, whatever pulses still owe."""
    made = machine(rule, crossbar(step=0.8, every=10**6), start=start)
    rng = np.random.default_rng(0)
    made.advance({"x": rng.integers(0, 2, (20, 1, 3)) * rng.integers(1, 200, (20, 1, 3))})
    done = made.activity().projections["w"]
    assert done.synaptic_ops == done.dense_ops > 40


def test_cells_end_at_their_bounds():
    assert pulse(machine(UP, crossbar(step=100.0)), 20) == pytest.approx(np.full((3, 2), 256.0))
    assert pulse(machine(DOWN, crossbar(step=100.0)), 20) == pytest.approx(np.full((3, 2), -256.0))


def test_pulses_differ_from_one_to_the_next():
    """Mean and variance of n independent pulses; one false alarm in 10^6 runs."""
    made, n, alarm = machine(UP, crossbar(step=1.0, spread=0.3), inputs=60, outputs=40), 50, 1e-6
    moved = pulse(made, n, 60).ravel()
    sigma = 0.3 * np.sqrt(n)
    assert abs(moved.mean() - n) < stats.norm.isf(alarm / 4) * sigma / np.sqrt(len(moved))
    chi2 = moved.var(ddof=1) * (len(moved) - 1) / sigma**2
    assert stats.chi2.ppf(alarm / 4, len(moved) - 1) < chi2 < stats.chi2.isf(alarm / 4, len(moved) - 1)


def test_pulses_up_and_down_lead_to_the_symmetric_point():
    """Soft bounds: from the middle, equally many of both drift to where they are equal; from there they do not."""
    for zero, ends in (("middle", 0.125 * 512), ("symmetric", 0.0)):
        design = crossbar(step=4.0, asymmetry=0.5, slope=1.0, zero=zero, every=10**6)
        made = LearningMachine(alternating(), design=design, seed=0, steps=PERIOD)
        assert pulse(made, 2000) == pytest.approx(np.full((3, 2), ends), abs=6)


def alternating():
    """One unit up in every epoch, and two down in every second one."""
    rule = LearningRule(
        dw=(*parse_rule("2^0*x0"), *parse_rule("-2^1*u1*x0")), epoch=PERIOD, decimate=1,
        x1=Tau(0, 2.0**60), rounding="lava",
    )  # fmt: skip
    base = network(UP)
    (w,) = base.projections
    return replace(base, projections=(replace(w, plasticity=Plasticity("", (), rule)),))


def test_devices_differ_in_their_steps_and_stuck_ones_stay():
    flaws = Imperfections(device_spread=0.2, stuck_low=0.1)
    made = machine(UP, crossbar(flaws=flaws), inputs=60, outputs=40)
    before = made.parts[0].weights()
    moved = pulse(made, 10, 60) - before
    stuck = moved == 0
    assert 0.02 < stuck.mean() < 0.25
    assert moved[~stuck].std() == pytest.approx(2.0, rel=0.1)


def test_pairs_take_pulses_up_and_crowded_ones_are_written_anew():
    for rule, change in ((UP, 100), (DOWN, -100)):
        other = machine(rule, crossbar(Encoding("pair"), every=1000))
        assert pulse(other, 100) == pytest.approx(np.full((3, 2), change))
        assert other.parts[0].g.min() == 0
    # up and down in turn: both cells fill up, the weight stays, and now and then the pair is written anew
    made = LearningMachine(alternating(), design=crossbar(Encoding("pair"), every=10), seed=0, steps=PERIOD)
    weights = pulse(made, 400)
    assert weights == pytest.approx(np.zeros((3, 2)))
    done = made.activity().arrays["w"]
    assert done.pulses == 6 * (200 + 200)
    assert 0 < done.written <= 6 * 2 * 4
    assert made.parts[0].g.max() < 0.6 * CELLS.g_max


def test_shadow_cells_are_written_where_a_digit_changes():
    """Base 4: from 0 to 5 the offset weight 512 + k changes one digit a step, but at 4, where two do."""
    cells, encoding = Cells(0.0, 1e-4, 4, 0.2, 1e-7), Encoding("offset", slices=5)
    for flaws in (Imperfections(), Imperfections(device_spread=1e-12)):  # in the compiled call, and between calls
        design = Crossbar(64, 64, cells, encoding, Converters(8, 8), flaws, Writing("shadow", every=1))
        made = machine(UP, design)
        made.advance({"x": np.full((5, 1, 3), 2)})
        assert made.activity().arrays["w"].written == 6 * (5 + 1)
        assert np.array_equal(made.learned()["w"].weight, np.full((2, 3), 5))


def test_a_shadow_is_written_every_so_many_fixations():
    cells = Cells(0.0, 1e-4, None, 0.2, 1e-7)
    design = Crossbar(64, 64, cells, Encoding("pair"), Converters(8, 8), Imperfections(), Writing("shadow", every=4))
    made = machine("2^6*x0", design)
    record = LearningMachine(made.network, design=design, seed=0, steps=PERIOD, record=("layer1.out",))
    sums = record.advance({"x": np.full((10, 1, 3), 2)})["layer1.out"][:, 0]
    assert np.array_equal(sums, np.minimum(254, np.maximum(0, [0] * 4 + [3 * 2 * 255 >> 7] * 6)))


@pytest.mark.parametrize("wire", [0.35, 1.0, 3.0])
@pytest.mark.parametrize(("encoding", "most"), [(Encoding("pair"), 0.004), (OFFSET, 0.02)], ids=str)
def test_between_exact_solutions_changes_take_their_share_of_the_drop(encoding, most, wire):
    """Cells off by just less than what calls for a new solution: rms error of sums, relative to the exact circuit."""
    rng = np.random.default_rng(0)
    flaws = Imperfections(row_wire=wire, column_wire=wire)
    design = replace(crossbar(encoding, flaws), rows=256, columns=256, cells=Cells(0.0, 25e-6, None, 0.2, 1e-7))
    made = machine(UP, design, inputs=128, outputs=100, start=rng.integers(-127, 128, (100, 128)) * 2).parts[0]
    before, x = made.g, rng.random((50, 128))
    allowed = MOVED / (1 - made.transfer.sum() / before.sum()) * np.linalg.norm(before)
    drawn = 3 * np.sqrt(np.mean(before**2)) * rng.standard_normal(before.shape) * (before > 0)
    moved = np.abs(before + drawn) - before
    moved *= allowed / np.linalg.norm(moved)  # less than drawn, so that no cell falls below 0
    made.pulsed((before + 0.99 * moved) / made.one)
    made.sense()
    assert made.solved is before
    exact = effective_conductance(made.g, wire, wire) / made.one
    sums = x @ (exact[:, made.levels.plus] - exact[:, made.levels.minus])
    error = np.sqrt(np.mean((x @ made.matrix - sums) ** 2) / np.mean(sums**2))
    assert 0 < error < most
    made.pulsed((before + 1.01 * moved) / made.one)
    made.sense()
    assert made.solved is not before


NOISY = {"imperfections.read": "pcm", "imperfections.programming": "pcm"}


@pytest.mark.parametrize(
    ("chip", "changes"),
    [
        ("xbar_template", {}), ("xbar_sram", {}), ("xbar_rram_isaac", {}), ("xbar_pcm_hermes", {}),
        ("xbar_template", NOISY), ("xbar_pcm_hermes", {"writing.method": "pulses"}),
    ],
)  # fmt: skip
def test_a_resumed_run_is_the_run_in_one(chip, changes, tmp_path):
    model = toys.model((12, 8), data=toys.FEW_DIGITS, chip={"fixations": 300})
    target = api.load_target(chip, changes={"writing.every": "70", **changes})
    program = api.compile(model, target)
    whole = api.simulate(program, fixations=300)
    api.simulate(program, fixations=150, checkpoint=tmp_path / "c.npz", every=50)
    resumed = api.simulate(program, fixations=300, checkpoint=tmp_path / "c.npz", every=50, resume=True)
    for name, learned in whole.learned.items():
        assert np.array_equal(resumed.learned[name].weight, learned.weight), name
        assert np.array_equal(resumed.learned[name].tag, learned.tag), name
    assert resumed.activity.arrays == whole.activity.arrays
    for name, totals in whole.totals.items():
        assert np.array_equal(resumed.totals[name], totals)


def test_seeds_decide_devices_and_noise():
    model = toys.model((12, 8))
    program = api.compile(model, api.load_target("xbar_pcm_hermes"), seed=1)
    first, again, other = (
        LearningMachine(program.network, design=program.target.design, seed=seed, steps=5) for seed in (1, 1, 2)
    )
    rng = np.random.default_rng(0)
    frames = {"input": rng.integers(0, 255, (200, 1, 144)), "sameness": rng.choice([-1, 1], (200, 1, 1))}
    for made in (first, again, other):
        made.advance(frames)
    weights = [made.learned()["layer1.W"].weight for made in (first, again, other)]
    assert np.array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_a_checkpoint_belongs_to_its_backend(tmp_path):
    program = api.compile(toys.model((12, 8)), api.load_target("xbar_template"))
    for first, second in (("crossbar", "emulator"), ("emulator", "crossbar")):
        path = tmp_path / f"{first}.npz"
        api.simulate(program, fixations=50, checkpoint=path, every=50, backend=first)
        with pytest.raises(NeurohwError, match="resume with the program, backend, schedule and probes that wrote it"):
            api.simulate(program, fixations=90, checkpoint=path, every=50, backend=second, resume=True)


@pytest.mark.parametrize(
    ("rule", "text"), [("2^0*x0*w", "w: its rule reads weights"), ("2^0*x0", "w: its weights are excitatory")]
)
def test_what_pulses_cannot_learn_is_named(rule, text):
    made = network(rule)
    if "excitatory" in text:
        (w,) = made.projections
        made = replace(made, projections=(replace(w, format=Format(8, 0, "excitatory")),))
    with pytest.raises(NeurohwError) as error:
        LearningMachine(made, design=crossbar(), seed=0, steps=PERIOD)
    assert text in str(error.value)
    assert "writing.method: shadow" in str(error.value)


def test_drift_is_compensated_after_the_converters_while_layers_learn(tmp_path):
    """Lossless converters see a third of the current: sums are three times the whole codes without compensation."""
    weights = np.random.default_rng(0).integers(-60, 60, (8, 20)) * 2
    populations = Population("x", 20, Source()), Population("y", 8, Graded(-1))
    made = Network(populations, (Projection("w", "x", "y", weights, Format()),), PERIOD)
    x = np.random.default_rng(1).integers(0, 255, (50, 1, 20))
    flaws = Imperfections(drift=Law("constant", 0.5), time=9.0)
    found = {}
    for compensate in (False, True):
        design = crossbar(Encoding("pair"), replace(flaws, compensate=compensate))
        learning = LearningMachine(made, design=design, seed=0, steps=PERIOD, record=["y.out"])
        found[compensate] = learning.advance({"x": x})["y.out"]
        frozen = api.run_network(made, [{"x": x}], backend="crossbar", arrays=OnArrays(design), reset=True)
        assert np.array_equal(frozen.totals["y.out"], found[compensate])
    assert np.array_equal(found[True], 3 * found[False])
    saved = learning.checkpoint()
    saved["factor"] = saved.pop("compensation")
    with pytest.raises(NeurohwError, match="checkpoint: its drift was compensated before the converters"):
        learning.restore(saved)


def test_delays_of_single_synapses_are_refused():
    made = network("2^0*x0")
    (w,) = made.projections
    delay = np.zeros(w.weight.shape, int)
    delay[0, 0] = 2
    made = replace(made, projections=(replace(w, delay=delay),))
    with pytest.raises(NeurohwError, match="w: its synapses have delays of their own, but rows are read at once"):
        LearningMachine(made, design=crossbar(), seed=0, steps=PERIOD)


def test_learning_is_counted_and_priced():
    model = toys.model((12, 8))
    program = compile_model(model, toys.weights((12, 8), 144), api.load_target("xbar_template"), mode="learn")
    machine = LearningMachine(program.network, design=program.target.design, seed=0, steps=program.network.period)
    rng = np.random.default_rng(0)
    frames = {"input": rng.integers(0, 255, (400, 1, 144)), "sameness": rng.choice([-1, 1], (400, 1, 1))}
    machine.advance(frames)
    report = estimate(program, machine.activity())
    lines = {(line.component, line.action): line for line in report.lines}
    pulses = lines["layer1.W", "pulse"]
    assert pulses.learning
    assert pulses.count == machine.activity().arrays["layer1.W"].pulses > 0
    assert pulses.energy.nominal == pytest.approx(pulses.count * 10e-12)
    assert lines["layer1.Wpred", "adc_conversion"].learning
    assert not lines["layer1.W", "adc_conversion"].learning
    assert lines["layer1.W", "synaptic_update"].count > 0
