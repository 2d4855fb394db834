"""The Brian2 backend around its equations: what it refuses, what it runs on, what it leaves behind, and `ideal`."""

import os
import subprocess
import sys

import numpy as np
import pytest
from support import toys
from support.generate_learning import random_learning_network
from support.generate_spiking import random_spiking_network
from support.runs import run_on

from neurohw.backends.brian2.available import unsupported, why_not
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Relu, Source

pytestmark = pytest.mark.skipif(why_not() is not None, reason=why_not() or "Brian2 runs here")


def chain(**lif):
    populations = (Population("input", 3, Source(0, 1)), Population("layer1", 3, Lif(10, **lif)))
    weight = Projection("layer1.W", "input", "layer1", 40 * np.eye(3, dtype=int), Format())
    return Network(populations, (weight,), 4)


def spikes(samples=2):
    return {"input": np.ones((samples, 3, 3), np.int8)}


def texts(network):
    return [str(problem) for problem in unsupported(network)]


def test_a_network_it_can_run_has_no_problems():
    assert texts(chain()) == []
    assert texts(random_spiking_network(2).network) == []


def test_what_it_cannot_run_is_named():
    populations = chain().populations
    floats = Network(populations, (Projection("W", "input", "layer1", np.eye(3)),))
    assert texts(floats) == ["W: has float weights; exact mode runs integers; quantise, or use ideal"]
    relu = Network((populations[0], Population("layer1", 3, Relu(1, 3))), chain().projections, 3)
    assert texts(relu) == ["layer1: has no shift yet; quantise the network first"]
    nobody = Network((*populations, Population("none", 0, Lif(10))), chain().projections)
    assert texts(nobody) == ["none: has no neurons; Brian2's groups have one or more; use the emulator"]


def test_learning_rules_beyond_it_are_named_before_it_runs():
    found = {text.split(": ", 1)[1] for seed in range(40) for text in texts(random_learning_network(seed).network)}
    expected = (
        "learns without third factors",
        "graded spikes impulse their trace",
        "has a presynaptic trace that decays",
        "reads the trace x2",
        "has a second tag",
        "has products that depend on y0",
        "has products of u with traces",
    )
    assert {f"{what}; not in Brian2; use the emulator or lava" for what in expected} <= found
    case = next(c for c in map(random_learning_network, range(40)) if texts(c.network))
    with pytest.raises(NeurohwError, match="not in Brian2"):
        run_on("brian2", case.network, [case.inputs], steps=case.steps)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"runtime": "gpu"}, "run.runtime: is 'gpu'; needs one of auto, numpy, cython, cpp"),
        ({"record": ["layer2.out"]}, "record: no port 'layer2.out'; did you mean 'layer1.out'?"),
    ],
)
def test_a_wrong_option_is_one_message(options, message):
    with pytest.raises(NeurohwError) as caught:
        run_on("brian2", chain(), [spikes()], steps=4, **options)
    assert str(caught.value) == message


def test_inputs_that_do_not_fit_are_named():
    with pytest.raises(NeurohwError, match=r"inputs.input: has shape \(2, 3, 2\)"):
        run_on("brian2", chain(), [{"input": np.ones((2, 3, 2), np.int8)}], steps=4)


def test_without_a_compiler_it_runs_in_numpy_and_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.warns(UserWarning, match=r"found no working C\+\+ compiler.*install g\+\+ and make"):
        result = run_on("brian2", chain(), [spikes()], steps=4, record=["layer1.out"], runtime="cpp")
    assert result.provenance["brian2"] == "numpy"
    assert result.totals["layer1.out"].sum() > 0


@pytest.mark.slow
def test_with_a_compiler_that_fails_it_runs_in_numpy(monkeypatch, tmp_path):
    broken = tmp_path / "g++"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.warns(UserWarning, match="found no working"):
        result = run_on("brian2", chain(), [spikes()], steps=4, record=["layer1.out"], runtime="cpp")
    assert result.provenance["brian2"] == "numpy"


def test_short_runs_take_numpy_and_long_ones_are_compiled():
    from neurohw.backends.brian2.engine import choose

    assert choose("auto", 999) == "numpy"
    assert choose("auto", 1000) == "cpp"
    assert choose("cython", 1) == "cython"


@pytest.mark.parametrize("runtime", ["numpy", pytest.param("cpp", marks=pytest.mark.slow)])
def test_nothing_is_left_in_the_temporary_folder_and_no_hook_and_any_thread_may_run_it(tmp_path, runtime):
    script = (
        "import signal, sys, threading; sys.path.insert(0, 'tests'); sys.path.insert(0, 'tests/backends')\n"
        "import test_brian2 as t\n"
        "hooks = lambda: (sys.excepthook, signal.signal, signal.getsignal(signal.SIGINT))\n"
        "before, runs = hooks(), []\n"
        f"run = lambda: runs.append(t.run_on('brian2', t.chain(), [t.spikes()], steps=4, runtime='{runtime}'))\n"
        "thread = threading.Thread(target=run); thread.start(); thread.join()\n"
        "assert runs and hooks() == before\n"
    )
    settings = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=toys.ROOT, env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == []


def test_messages_are_summed_by_sample_and_idle_ones_left_out():
    frames = np.zeros((3, 2, 3), np.int8)
    frames[1, 0, 2], frames[2, :, 1] = 1, 1
    result = run_on("brian2", chain(du=4095, dv=4095), [{"input": frames}], steps=4, record=["layer1.out"], reset=True)
    assert result.totals["layer1.out"].tolist() == [[0, 0, 0], [0, 0, 1], [0, 2, 0]]


class TestIdeal:
    """Continuous time against closed forms."""

    def layer(self, weight, threshold, **decays):
        from neurohw.backends.brian2.ideal import IdealLayer

        weight = np.asarray(weight, float)
        bias = np.full(len(weight), decays.pop("bias", 0.0))
        return IdealLayer(weight, bias, threshold, **{"du": 4095, "dv": 0, **decays})

    def counts(self, layers, frames, **options):
        from neurohw.backends.brian2.ideal import ideal_counts

        return [c.tolist() for c in ideal_counts(layers, np.asarray(frames, np.int8), runtime="numpy", **options)]

    def test_without_leak_a_neuron_spikes_each_time_the_sum_passes_the_threshold(self):
        frames = np.ones((2, 12, 1), int)
        assert self.counts([self.layer([[1.0], [0.4]], 2.5)], frames) == [[[4, 1], [4, 1]]]

    def test_a_bias_is_a_current(self):
        frames = np.zeros((1, 19, 1), int)
        assert self.counts([self.layer([[1.0]], 1.99, bias=0.25)], frames) == [[[2]]]

    def test_a_leak_forgets_with_its_time_constant(self):
        # two spikes 8 ms apart: 1 + exp(-8 / tau) is left at the second
        from neurohw.backends.brian2.ideal import time_constant

        tau = time_constant(409)
        assert tau == pytest.approx(-1 / np.log(1 - 409 / 4096))
        left = 1 + np.exp(-8 / tau)
        frames = np.zeros((1, 16, 1), int)
        frames[0, [3, 11]] = 1
        # the threshold is looked at one step of 0.1 ms after a spike has arrived: 1 % less
        low, high = (self.layer([[1.0]], left * share, dv=409) for share in (0.985, 1.0))
        assert self.counts([low], frames) == [[[1]]]
        assert self.counts([high], frames) == [[[0]]]

    def test_a_current_that_decays_adds_up_to_its_integral(self):
        # u = w exp(-t / tau_u) without leak of v: v -> w tau_u (1 - exp(-t / tau_u))
        from neurohw.backends.brian2.ideal import time_constant

        tau = time_constant(2049)
        frames = np.zeros((1, 30, 1), int)
        frames[0, 0] = 1
        low, high = (self.layer([[1.0]], tau * share, du=2048) for share in (0.97, 1.03))
        assert self.counts([low], frames, evenly=False) == [[[1]]]
        assert self.counts([high], frames, evenly=False) == [[[0]]]

    def test_inputs_spike_evenly_or_at_their_steps(self):
        from neurohw.backends.brian2.ideal import input_times

        frames = np.zeros((2, 4, 2), np.int8)
        frames[0, 0, 1], frames[1, 1:3, 0] = 1, 1
        source, times = input_times(frames, 6, evenly=True)
        assert (source.tolist(), times.tolist()) == ([1, 0, 0], [2.0, 7.0, 9.0])
        source, times = input_times(frames, 6, evenly=False)
        assert (source.tolist(), times.tolist()) == ([1, 0, 0], [0.5, 7.5, 8.5])

    def test_every_sample_starts_from_rest(self):
        frames = np.ones((3, 5, 1), int)
        assert self.counts([self.layer([[1.0]], 3.5)], frames) == [[[1], [1], [1]]]

    def test_layers_hear_each_other(self):
        frames = np.ones((1, 12, 1), int)
        first, second = self.layer([[1.0]], 1.5), self.layer([[1.0]], 2.5)
        assert self.counts([first, second], frames) == [[[6]], [[2]]]
