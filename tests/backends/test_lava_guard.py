"""A failing Lava run ends soon, says why, and leaves no process and no shared memory behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from neurohw.backends.lava.available import why_not
from neurohw.backends.lava.run import prepare_import, run_lava
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Relu, Source

pytestmark = [
    pytest.mark.lava,
    pytest.mark.skipif(why_not() is not None, reason=why_not() or "Lava runs here"),
    pytest.mark.timeout(60),  # a hang is what these tests are about
]

POPULATIONS = (Population("source", 3, Source()), Population("relu", 2, Relu(1, 2, 0)))
WEIGHT = np.array([[1, 2, 3], [4, 5, 6]])
NETWORK = Network(POPULATIONS, (Projection("w", "source", "relu", WEIGHT, Format(8, 0, "excitatory")),))
INPUTS = {"source": np.ones((5, 1, 3), int)}
OPTIONS = {"steps_per_sample": 4, "samples": 5}


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch):
    """Shared memory and system processes that a run makes are gone after it."""
    prepare_import()  # another test of this process may have asked how processes start
    from lava.magma.runtime.message_infrastructure.shared_memory_manager import SharedMemoryManager

    made = []
    create = SharedMemoryManager.create_shared_memory

    def remember(self, size):
        made.append(create(self, size))
        return made[-1]

    monkeypatch.setattr(SharedMemoryManager, "create_shared_memory", remember)
    others = set(multiprocessing.active_children())
    yield
    assert [memory.name for memory in made if Path("/dev/shm", memory.name).exists()] == []
    assert set(multiprocessing.active_children()) <= others


def break_relu(monkeypatch, method, behaviour):
    """Replace a method of the Relu model; Lava's processes are forks of this one and inherit it."""
    from neurohw.backends.lava.processes.program import PyPopulation

    monkeypatch.setattr(PyPopulation, method, behaviour)


def test_a_good_run_leaves_nothing():
    run = run_lava(NETWORK, INPUTS, **OPTIONS)
    assert run.totals["relu.out"].tolist() == [[6, 15]] * 5


def test_an_exception_in_a_model_is_raised_with_its_traceback(monkeypatch):
    def run_spk(self):
        if self.time_step == 7:
            raise ZeroDivisionError("seven is not allowed")
        self.s_out.send(self.a_in.recv()[:2])

    break_relu(monkeypatch, "run_spk", run_spk)
    start = time.monotonic()
    with pytest.raises(NeurohwError, match="lava process 'relu': ZeroDivisionError: seven is not allowed") as caught:
        run_lava(NETWORK, INPUTS, **OPTIONS)
    assert time.monotonic() - start < 20
    assert "in run_spk" in str(caught.value)
    assert type(caught.value).__name__ == "BackendError"


def test_an_exception_that_cannot_be_pickled_is_an_error(monkeypatch, capfd):
    class Local(Exception):
        pass

    def run_spk(self):
        raise Local(lambda: None)

    break_relu(monkeypatch, "run_spk", run_spk)
    with pytest.raises(NeurohwError, match="lava process 'relu'"):
        run_lava(NETWORK, INPUTS, **OPTIONS)


def test_a_killed_model_is_an_error(monkeypatch):
    break_relu(monkeypatch, "run_spk", lambda self: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(NeurohwError, match="lava process 'relu': ended with exit code -9"):
        run_lava(NETWORK, INPUTS, **OPTIONS)


def test_a_model_that_never_answers_is_given_up(monkeypatch):
    break_relu(monkeypatch, "run_spk", lambda self: time.sleep(1000))
    with pytest.raises(NeurohwError, match=r"lava: the run does not go on; waited 1.5 s; .* longer timeout"):
        run_lava(NETWORK, INPUTS, **OPTIONS, timeout=1.5)


def test_a_run_that_stalls_is_tried_once_more(monkeypatch):
    import neurohw.backends.lava.guard as guard

    wanted, stalls, wait = run_lava(NETWORK, INPUTS, **OPTIONS).totals, [], guard._await

    def stall_once(runtime, timeout):
        wait(runtime, timeout if stalls else stalls.append(1) or 0.0)

    monkeypatch.setattr(guard, "_await", stall_once)
    again = run_lava(NETWORK, INPUTS, **OPTIONS, timeout=30).totals
    assert stalls
    assert all(np.array_equal(again[port], wanted[port]) for port in wanted)


def test_a_model_that_cannot_be_made_is_an_error(monkeypatch, capfd):
    def fail(self, parameters):
        raise MemoryError("no room for this model")

    break_relu(monkeypatch, "__init__", fail)
    with pytest.raises(NeurohwError, match="lava: cannot build the network: no room for this model\nTraceback"):
        run_lava(NETWORK, INPUTS, **OPTIONS)
    assert capfd.readouterr().out == ""


def test_an_interrupted_run_leaves_nothing():
    def interrupt(done, steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_lava(NETWORK, INPUTS, **OPTIONS, progress=interrupt)


def test_progress_is_reported():
    seen = []
    run_lava(NETWORK, INPUTS, **OPTIONS, progress=lambda done, steps: seen.append((done, steps)))
    assert seen == [(k, 20) for k in range(1, 21)]


def test_runs_follow_each_other_without_leaks():
    descriptors = Path("/proc/self/fd")
    run_lava(NETWORK, INPUTS, **OPTIONS)
    before = len(list(descriptors.iterdir()))
    for _ in range(5):
        run_lava(NETWORK, INPUTS, **OPTIONS)
    assert len(list(descriptors.iterdir())) <= before + 5


@pytest.mark.parametrize("before", ["", "import lava.magma.core.learning.random\n"])  # a part that sets none
def test_lava_runs_after_a_program_has_chosen_another_start_method(tmp_path, before):
    script = tmp_path / "script.py"
    script.write_text(
        f"{before}import multiprocessing, numpy as np\n"
        "multiprocessing.set_start_method('spawn')\n"
        "from neurohw.backends.lava.run import run_lava\n"
        "from neurohw.ir.network import Network, Population\n"
        "from neurohw.ir.neurons import Source\n"
        "network = Network((Population('source', 2, Source()),), ())\n"
        "run = run_lava(network, {'source': np.ones((1, 1, 2), int)}, steps_per_sample=2, samples=1)\n"
        "print(run.totals['source.out'])\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[[1 1]]\n", "")
