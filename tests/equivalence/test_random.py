"""Random numbers of neurons are the same on every backend, however a run is cut into chunks, blocks and steps."""

import numpy as np
import pytest
from support.own_kinds import BACKENDS, kind_in, own_network, run_on, spikes

from neurohw.ir.engine import Setting
from neurohw.ir.network import Network, Population
from neurohw.ir.neurons import Source
from neurohw.machine.machine import Machine
from neurohw.microcode.reference import Reference
from neurohw.runtime.backends import make_stepper
from neurohw.runtime.run import run_network

DRAWS = """
@neuron
class Draws:
    level: int = each(0, 255, default=128)
    held: int = state(16)
    a: int = receives("in")
    out: int = sends(0, 31)
    coin: int = sends(0, 1)
    slow: int = sends(0, 255)

    def step(self, t):
        self.out = random(5)
        self.coin = random(8) < self.level
        if self.a > 0:
            self.held = random(15) - random(15)
        if t % 3 == 1:
            self.slow = random(8)
"""
STATELESS = DRAWS.replace("    held: int = state(16)\n", "").replace("self.held = ", "x = ")
PORTS = ("out", "coin", "slow")
SAMPLES, STEPS, SIZE, SEED = 4, 13, 70, 9


def network_of(text=DRAWS):
    return own_network(kind_in(text)(np.arange(SIZE) * 3), SIZE)


def expected(network, frames, reset, seed=SEED):
    """Messages of every step, [samples, steps, n] by port, of the reference, which runs neuron by neuron."""
    reference, weight = (
        Reference(network.population("x").neuron, SIZE, seed=seed, population=1),
        network.projections[0].weight,
    )
    found, before, t = {port: [] for port in PORTS}, np.zeros(5, np.int64), 0
    for s, sample in enumerate(frames.astype(np.int64)):
        if reset:
            reference.reset()
            before, t = np.zeros(5, np.int64), 0
        for frame in sample:
            t += 1
            messages = reference.step(t, {"in": weight @ before}, sample=s if reset else 0)
            before = frame
            for port in PORTS:
                found[port].append(messages[port])
    return {port: np.array(values).reshape(len(frames), -1, SIZE) for port, values in found.items()}


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_draws_what_the_reference_draws(backend, reset):
    network = network_of(STATELESS if backend == "lava" else DRAWS)
    inputs = spikes(SAMPLES, STEPS)
    run = run_on(backend, network, inputs, reset=reset, seed=SEED)
    for port, values in expected(network, inputs["source"], reset).items():
        np.testing.assert_array_equal(run.totals[f"x.{port}"], values.sum(axis=1), err_msg=port)


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("chunk", [1, 3])
def test_chunks_and_blocks_of_the_emulator_do_not_matter(reset, chunk, monkeypatch):
    network, inputs = network_of(), spikes(SAMPLES, STEPS)["source"]
    record = [f"x.{port}" for port in PORTS]
    whole = Machine(network, steps=STEPS, reset=reset, record=record, seed=SEED).advance({"source": inputs})
    monkeypatch.setattr("neurohw.machine.layout.schedule.HISTORY", chunk * 5)
    parts = Machine(network, steps=STEPS, reset=reset, record=record, seed=SEED)
    found = [parts.advance({"source": inputs[i : i + chunk]}) for i in range(0, SAMPLES, chunk)]
    values = expected(network, inputs, reset)
    for port in PORTS:
        np.testing.assert_array_equal(whole[f"x.{port}"], values[port].sum(axis=1))
        np.testing.assert_array_equal(np.concatenate([part[f"x.{port}"] for part in found]), whole[f"x.{port}"])


@pytest.mark.parametrize("reset", [False, True])
def test_a_run_that_is_left_and_gone_on_with_draws_as_a_whole_one(reset):
    network, inputs = network_of(), spikes(SAMPLES, STEPS)["source"]
    options = {"steps": STEPS, "reset": reset, "record": [f"x.{port}" for port in PORTS], "seed": SEED}
    first, then = Machine(network, **options), Machine(network, **options)
    before = first.advance({"source": inputs[:1]})
    then.restore(first.checkpoint())
    after = then.advance({"source": inputs[1:]})
    for port, values in expected(network, inputs, reset).items():
        joined = np.concatenate([before[f"x.{port}"], after[f"x.{port}"]])
        np.testing.assert_array_equal(joined, values.sum(axis=1))


@pytest.mark.parametrize("backend", ["emulator", BACKENDS[2]])
def test_steps_of_a_session_draw_what_a_run_draws(backend):
    network, frames = network_of(), spikes(1, STEPS)["source"]
    values = expected(network, frames, False)
    chip = make_stepper(backend, Setting(network, 1, record=[f"x.{port}" for port in PORTS], seed=SEED))
    for t, frame in enumerate(frames[0]):
        sent = chip.step({"source": frame})
        for port in PORTS:
            np.testing.assert_array_equal(sent[f"x.{port}"], values[port][0, t])
    chip.close()


def test_seeds_populations_and_samples_draw_different_numbers_and_each_equally_often():
    population = Population("x", 1000, kind_in(DRAWS)())
    network = Network((Population("source", 5, Source(0, 1)), population, Population("y", 1000, population.neuron)), ())
    sums = {}
    for seed in (0, 1):
        machine = Machine(network, steps=8, reset=True, window=16, seed=seed)
        machine.advance({"source": np.zeros((2, 8, 5), np.int8)})
        for name in "xy":
            messages = machine.raster()[:, machine.layout.outputs[f"{name}.out"]]
            for sample in range(2):
                part = messages[8 * sample :][:8]
                sums[seed, name, sample] = part.tobytes()
                counts = np.bincount(part.ravel(), minlength=32)
                assert abs(((counts - 250) ** 2 / 250).sum() - 31) < 5 * np.sqrt(62)
    assert len(set(sums.values())) == 8


def test_the_seed_of_a_run_is_kept_with_it_if_neurons_draw():
    frames = spikes(3, 1)
    run = run_network(network_of(), frames, seed=5, record=["x.out"])
    assert run.provenance["random_seed"] == 5
    other = run_network(network_of(), frames, seed=6, record=["x.out"])
    assert (run.totals["x.out"] != other.totals["x.out"]).mean() > 0.9
    calm = own_network(kind_in(DRAWS.replace("random(", "self.level & (1 << "))(), 3)
    assert "random_seed" not in run_network(calm, frames, seed=5).provenance
