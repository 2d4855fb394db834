"""Generated programs, which draw random numbers, on every backend: messages, counts, what is beyond its range."""

import re
from collections import Counter

import numpy as np
import pytest
from support.generate_programs import random_neuron, random_program
from support.own_kinds import BACKENDS, own_networks, run_on, spikes
from support.tiers import parts

from neurohw.errors import NeurohwError
from neurohw.ir.engine import Setting
from neurohw.microcode.kind import program_of
from neurohw.microcode.reference import Reference
from neurohw.runtime.backends import make_stepper

SIZE, SAMPLES, STEPS, SEED = 4, 2, 7, 3
PROGRAMS = range(8)
ANY, FEW = "sends(-2147483648, 2147483647)", "sends(-1, 3)"


def network_of(programs, promises):
    """A population of each of these generated programs; without `promises` they may send any number, else a few."""
    neurons, rng = {}, np.random.default_rng([programs[0], 41])
    for k in programs:
        text = random_program(np.random.default_rng([k, 29]), 20)
        text = re.sub(r"sends\(.*\)", FEW if promises else ANY, text)
        neurons[f"x{k}"] = random_neuron(rng, text, SIZE)
    return own_networks(neurons, SIZE, range(-1, 7))


def expected(network, frames, reset):
    """Of the reference: what there is to count, '<population>: <what>', broken promises by port, and the messages of
    each sample, summed."""
    counted, broken, totals = Counter(), Counter(), {}
    for number, p in enumerate(network.populations[1:], 1):
        program, reference = program_of(p.neuron), Reference(p.neuron, SIZE, seed=SEED, population=number)
        limits = {d.name: (d.low, d.high) for d in program.declared if d.name in program.unproven}
        ports = {d.name for d in program.of_role("sends")}
        totals.update({f"{p.name}.{port}": np.zeros((len(frames), SIZE), np.int64) for port in ports})
        t, heard = 0, np.zeros(frames.shape[2], np.int64)
        for s, sample in enumerate(frames.astype(np.int64)):
            if reset:
                counted.update({f"{p.name}: {what}": n for what, n in reference.counts().items()})
                reference.reset()
                t, heard = 0, np.zeros(frames.shape[2], np.int64)
            for frame in sample:
                t += 1
                arrived = {q.post_port: _arriving(q, heard) for q in network.into(p.name)}
                found = reference.step(t, arrived, sample=s if reset else 0)
                for port, values in found.items():
                    totals[f"{p.name}.{port}"][s] += values
                for name, values in {**found, **reference.states()}.items():
                    if name in limits:
                        times = int(np.sum((values < limits[name][0]) | (values > limits[name][1])))
                        if name in ports:
                            broken[f"{p.name}.{name}"] += times
                        else:
                            counted[f"{p.name}: {name} beyond its range"] += times
                heard = frame
        counted.update({f"{p.name}: {what}": n for what, n in reference.counts().items()})
    return +counted, +broken, totals


def _arriving(projection, heard):
    sums, exponent = projection.weight.astype(np.int64) @ heard, projection.format.exponent
    return sums << exponent if exponent >= 0 else sums >> -exponent


def assert_alike(backend, reset, programs):
    inputs = spikes(SAMPLES, STEPS)
    network = network_of(programs, promises=False)
    counted, broken, totals = expected(network, inputs["source"], reset)
    run = run_on(backend, network, inputs, reset=reset, seed=SEED)
    assert len(counted) > 2
    assert not broken
    own = {p.name for p in network.populations}
    assert {k: n for k, n in run.activity.overflows.items() if k.partition(":")[0] in own} == counted
    for port, values in totals.items():
        np.testing.assert_array_equal(run.totals[port], values.astype(np.int32), err_msg=port)
    network = network_of(programs, promises=True)
    _, broken, _ = expected(network, inputs["source"], reset)
    with pytest.raises(NeurohwError) as error:
        run_on(backend, network, inputs, reset=reset, seed=SEED)
    said = re.findall(r"^(\S+): sent ([\d,]+) messages? beyond .*\.\..*; declared with sends", str(error.value), re.M)
    assert {port: int(times.replace(",", "")) for port, times in said} == broken
    assert len(broken) > 2


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("backend", BACKENDS)
def test_generated_programs_count_alike(backend, reset):
    if reset and backend == "lava":
        pytest.skip("Lava cannot reset neurons between samples")
    assert_alike(backend, reset, PROGRAMS)


@pytest.mark.parametrize("backend", [BACKENDS[0], BACKENDS[2]])
def test_a_session_counts_what_a_run_counts(backend):
    network, frames = network_of(PROGRAMS, promises=False), spikes(1, STEPS)["source"]
    chip = make_stepper(backend, Setting(network, 1, seed=SEED))
    for frame in frames[0]:
        chip.step({"source": frame})
    own = {p.name for p in network.populations}
    found = {k: n for k, n in chip.finish().activity.overflows.items() if k.partition(":")[0] in own}
    chip.close()
    assert found == expected(network, frames, False)[0]


@pytest.mark.parametrize("backend", ["emulator", "crossbar"])
def test_what_is_counted_is_an_error_when_strict(backend):
    network, inputs = network_of(PROGRAMS, promises=False), spikes(SAMPLES, STEPS)
    counted, _, _ = expected(network, inputs["source"], True)
    with pytest.raises(NeurohwError) as error:
        run_on(backend, network, inputs, reset=True, seed=SEED, strict=True)
    said = str(error.value).splitlines()
    for what, times in counted.items():
        assert any(line.startswith(f"{what}: {times} times; none in strict mode") for line in said), what


@pytest.mark.parametrize("first", parts(range(8, 104, 16), 24))
@pytest.mark.parametrize("backend", BACKENDS)
def test_ninety_six_more_generated_programs_count_alike(backend, first):
    assert_alike(backend, backend == "crossbar", range(first, first + 16))
