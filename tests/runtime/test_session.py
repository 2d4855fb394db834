"""A closed loop: equal on the emulator and on Lava, killed and resumed, and what a mistake says."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from support import toys
from support.generate_learning import random_learning_network
from support.generate_spiking import random_spiking_network
from support.runs import on_grid, run_on

import neurohw as nh
from neurohw import artifacts
from neurohw.backends.lava.available import why_not
from neurohw.errors import NeurohwError
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source

LAVA = pytest.param("lava", marks=[pytest.mark.lava, pytest.mark.skipif(why_not() is not None, reason=str(why_not()))])
STEPS = 1000


class Room:
    """A world: a position on a line that spikes push to and fro; what is seen and the reward depend on it."""

    def __init__(self, sources, state=None):
        self.sources, self.position = sources, 0
        if state is not None:
            self.position = state

    def look(self):
        """A message for every source, from a hash of the position, within its range."""
        seen = {}
        for k, p in enumerate(self.sources):
            low, high = max(p.neuron.low, -100), min(p.neuron.high, 100)
            mixed = (np.arange(p.size) * 2654435761 + (self.position + 7 * k) * 40503) % 65536
            seen[p.name] = np.where(mixed % 3 == 0, low + mixed % (high - low + 1), 0)
        return seen

    def act(self, sent):
        """Move by what was sent."""
        total = sum(int(values.sum()) * (k + 1) for k, values in enumerate(sent.values()))
        self.position = (self.position * 31 + total + 1) % 9973


def loop(chip, steps, world):
    """Everything that was sent in so many steps, port -> [steps, n]."""
    sent = []
    for _ in range(steps):
        sent.append(chip.step(world.look()))
        world.act(sent[-1])
    return {port: np.array([step[port] for step in sent]) for port in chip.record}


def plastic():
    """Two spiking layers that learn with a third factor."""
    return on_grid(random_spiking_network(0).network)


@pytest.fixture(scope="module")
def expected():
    network = plastic()
    with nh.session(network) as chip:
        sent = loop(chip, STEPS, Room(network.sources))
        return sent, chip.learned()


@pytest.mark.parametrize("backend", [LAVA])
def test_a_closed_loop_of_1000_steps_is_the_same_on_lava(expected, backend):
    network = plastic()
    with nh.session(network, backend=backend) as chip:
        sent, learned = loop(chip, STEPS, Room(network.sources)), chip.learned()
    for port, values in expected[0].items():
        np.testing.assert_array_equal(sent[port], values, err_msg=port)
    for name, synapses in expected[1].items():
        for part in ("weight", "tag", "tag2"):
            np.testing.assert_array_equal(getattr(learned[name], part), getattr(synapses, part), err_msg=name)


def test_the_loop_is_alive_and_learns(expected):
    sent, learned = expected
    assert all(np.any(values) for values in sent.values())
    before = {p.name: p.weight for p in plastic().projections if p.plasticity}
    assert all(np.any(synapses.weight != before[name]) for name, synapses in learned.items())


@pytest.mark.parametrize("seed", range(12))
def test_step_by_step_is_what_samples_give(seed):
    case = random_learning_network(seed)
    ports = [f"{p.name}.{port}" for p in case.network.populations for port in p.neuron.outputs]
    steps = case.steps * case.samples
    whole = run_on("emulator", case.network, [case.inputs], steps=case.steps, traces=steps)
    frames = {}
    for name, x in case.inputs.items():
        padded = np.zeros((case.samples, case.steps, x.shape[2]), np.int64)
        padded[:, : x.shape[1]] = x
        frames[name] = padded.reshape(steps, -1)
    with nh.session(on_grid(case.network), record=ports) as chip:
        sent = [chip.step({name: x[t] for name, x in frames.items()}) for t in range(steps)]
        learned = chip.learned()
    for port in ports:
        np.testing.assert_array_equal([step[port] for step in sent], whole.traces[port].values)
    for name, synapses in whole.learned.items():
        np.testing.assert_array_equal(learned[name].weight, synapses.weight)


KILLED = """
import json, os, signal, sys
sys.path[:0] = ["tests", "tests/runtime"]
import neurohw as nh
from neurohw import artifacts
from test_session import Room, plastic

network, (backend, path) = plastic(), sys.argv[1:]
chip, world = nh.session(network, backend=backend), Room(network.sources)
for step in range(60):
    if step == 40:
        chip.save(path, world=world.position)
    world.act(chip.step(world.look()))
chip.close() if backend == "lava" else None
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("backend", ["emulator", pytest.param(*LAVA.values, marks=[*LAVA.marks, pytest.mark.slow])])
def test_a_session_that_was_killed_goes_on_with_the_same_bytes(expected, tmp_path, backend):
    path, network = tmp_path / "session.npz", plastic()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, backend, path], cwd=toys.ROOT, capture_output=True, timeout=300
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with nh.session(network, backend=backend, resume=path) as chip:
        assert chip.steps == 40
        sent = loop(chip, 80, Room(network.sources, chip.world))
        for port, values in sent.items():
            np.testing.assert_array_equal(values, expected[0][port][40:120])
    with nh.session(network) as chip:  # an uninterrupted one leaves the same file as one that was resumed
        loop(chip, 120, Room(network.sources))
        chip.save(tmp_path / "whole.npz")
    with nh.session(network, resume=tmp_path / "whole.npz") as chip:
        assert (chip.steps, chip.world) == (120, None)


def test_resumed_and_uninterrupted_sessions_write_the_same_bytes(tmp_path):
    network, first, second = plastic(), tmp_path / "first.npz", tmp_path / "second.npz"
    with nh.session(network) as chip:
        world = Room(network.sources)
        loop(chip, 50, world)
        chip.save(tmp_path / "half.npz", world=world.position)
        loop(chip, 50, world)
        chip.save(first, world=world.position)
    with nh.session(network, resume=tmp_path / "half.npz") as chip:
        world = Room(network.sources, chip.world)
        loop(chip, 50, world)
        chip.save(second, world=world.position)
    assert first.read_bytes() == second.read_bytes()


def test_a_program_on_arrays_runs_step_by_step_and_is_priced():
    program = nh.compile(toys.model((5,)), nh.load_target("xbar_rram_isaac"), mode="learn")
    with nh.session(program) as chip:
        assert chip.backend == "crossbar"
        loop(chip, 50, Room(program.network.sources))
        report = nh.estimate(program, chip.run())
    assert (report.samples, report.steps) == (50, 50)
    assert any(line.count > 0 for line in report.lines)


def chain():
    populations = (Population("input", 3, Source(0, 1)), Population("layer1", 2, Lif(10, du=4095)))
    return Network(populations, (Projection("w", "input", "layer1", np.full((2, 3), 20), Format()),), 4)


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ({"imput": [1, 1, 1]}, "session: imput: is not a source of the network; did you mean 'input'"),
        ({"input": [1, 1]}, r"session: input: has shape \(2,\); needs \(3,\), one message per neuron"),
        ({"input": [1, 2, 1]}, r"inputs\.input: payloads 1\.\.2; allowed 0\.\.1"),
    ],
)
def test_messages_that_do_not_fit_are_one_message_and_no_step(messages, text):
    with nh.session(chain()) as chip:
        with pytest.raises(NeurohwError, match=text):
            chip.step(messages)
        assert chip.steps == 0


def test_sources_that_are_left_out_are_silent():
    with nh.session(chain()) as chip:
        sent = [chip.step(messages)["layer1.out"].tolist() for messages in (None, {"input": [1, 1, 1]}, None, {})]
    assert sent == [[0, 0], [0, 0], [1, 1], [0, 0]]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"backend": "brian2"}, "backend: brian2 does not run step by step; choose emulator, crossbar, lava"),
        ({"backend": "emulater"}, "backend: no backend 'emulater'; did you mean 'emulator'"),
        ({"record": ["layer1.oot"]}, r"record: no port 'layer1\.oot'; did you mean 'layer1\.out'"),
        ({"resume": "none.npz"}, r"none\.npz: no session to resume from; omit resume"),
    ],
)
def test_a_session_that_cannot_be_is_refused(options, text):
    with pytest.raises(NeurohwError, match=text):
        nh.session(chain(), **options)


def test_a_closed_session_and_a_world_that_cannot_be_saved_are_refused(tmp_path):
    chip = nh.session(chain())
    with pytest.raises(NeurohwError, match="world: cannot be written"):
        chip.save(tmp_path / "x.npz", world=object())
    assert not list(tmp_path.iterdir())
    chip.close()
    chip.close()
    for ask in (chip.step, chip.learned, chip.run):
        with pytest.raises(NeurohwError, match="session: is closed"):
            ask()


def test_a_session_of_another_network_is_refused(tmp_path):
    with nh.session(chain()) as chip:
        chip.save(tmp_path / "x.npz")
    with pytest.raises(NeurohwError, match="belongs to another session"):
        nh.session(plastic(), resume=tmp_path / "x.npz")


def test_a_damaged_session_is_one_message(tmp_path):
    path = tmp_path / "x.npz"
    with nh.session(chain()) as chip:
        chip.save(path)
    body, arrays = artifacts.load_arrays(path, "session")
    for other, held in (({}, arrays), (None, arrays), ({**body, "identity": 3}, arrays), (body, {})):
        artifacts.save_arrays(path, "session", other, held)
        with pytest.raises(NeurohwError, match=r"is damaged|belongs to another session") as error:
            nh.session(chain(), resume=path)
        assert len(error.value.problems) == 1


@pytest.mark.parametrize(
    ("world", "text"),
    [
        ({1: 2}, "key 1 is not a text"),
        ([{"a": {None: 1}}], "key None is not"),
        ({"at": (1, 2)}, r"\(1, 2\) is a tuple"),
    ],
)
def test_a_world_that_would_come_back_as_another_is_refused(tmp_path, world, text):
    with nh.session(chain()) as chip, pytest.raises(NeurohwError, match=f"world: cannot be written: {text}"):
        chip.save(tmp_path / "x.npz", world=world)


def test_paths_of_the_wrong_kind_are_one_message():
    with nh.session(chain()) as chip:
        for ask in (chip.save, chip.restore):
            with pytest.raises(NeurohwError, match="is of type int; needs str, PathLike"):
                ask(3)


@pytest.mark.parametrize("backend", ["emulator", LAVA])
def test_what_is_restored_replaces_what_was_run(tmp_path, backend):
    path, messages = tmp_path / "x.npz", {"input": [1, 1, 1]}
    with nh.session(chain(), backend=backend) as chip:
        chip.step(messages)
        chip.save(path)
        expected = [chip.step()["layer1.out"].tolist() for _ in range(3)]
        chip.restore(path)
        assert chip.steps == 1
        assert [chip.step()["layer1.out"].tolist() for _ in range(3)] == expected
        assert any(map(any, expected))
        assert chip.run().activity.steps == 4


VARY = ("raster", "membrane", "generators")  # may be longer or shorter


def changes(name, values):
    """An array with one more dimension, of another type, and, if it has to have its length, shorter or stretched."""
    yield values[..., None]
    yield values.astype(np.complex64)
    if values.ndim and len(values) > 1 and name not in VARY:
        yield values[:-1]
        yield values[:1]


@pytest.mark.parametrize("backend", ["emulator", "crossbar", LAVA])
def test_a_session_with_another_array_is_damaged_not_stretched_or_rounded(tmp_path, backend):
    chip = "xbar_pcm_hermes" if backend == "crossbar" else "loihi2"
    program = nh.compile(toys.model((5,)), nh.load_target(chip), mode="learn")
    network = plastic() if backend == "lava" else program.network
    path = tmp_path / "x.npz"
    with nh.session(network if backend == "lava" else program, backend=backend) as chip:
        loop(chip, 3, Room(network.sources))
        chip.save(path)
        body, arrays = artifacts.load_arrays(path, "session")
        damaged = [({**body, "steps": steps}, arrays) for steps in (-1, 2, "3", None)]
        damaged += [(body, {**arrays, name: x}) for name, values in arrays.items() for x in changes(name, values)]
        for other, held in damaged:
            artifacts.save_arrays(path, "session", other, held)
            with pytest.raises(NeurohwError, match="is damaged"):
                chip.restore(path)


LEFT_OPEN = """
import sys
sys.path.insert(0, "tests")
from runtime.test_session import chain
import neurohw as nh
chip = nh.session(chain(), backend="lava")
chip.step()
raise SystemExit(7)
"""


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_python_exits_though_nobody_closed_a_session_on_lava():
    assert subprocess.run([sys.executable, "-c", LEFT_OPEN], cwd=toys.ROOT, timeout=60).returncode == 7


@pytest.mark.lava
@pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
def test_a_session_whose_process_died_is_refused_and_can_be_saved(tmp_path):
    from neurohw.backends.lava.guard import _actors

    path = tmp_path / "x.npz"
    with nh.session(plastic(), backend="lava") as chip:
        chip.step()
        dead = _actors(chip._stepper._built.recorder.runtime)[2]
        dead.kill()
        while dead.is_alive():
            time.sleep(0.01)
        for ask in (chip.learned, chip.step, chip.run):
            with pytest.raises(NeurohwError, match="ended with exit code -9"):
                ask()
        chip.save(path)
    with nh.session(plastic(), backend="lava", resume=path) as chip:
        assert chip.steps == chip._stepper.steps == 1
