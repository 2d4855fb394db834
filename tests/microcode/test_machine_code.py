"""Machine code of programs: equal to the reference and to numpy, kept on disk, and made anew when anything changes."""

from __future__ import annotations

import numpy as np
import pytest
from support import scalar
from support.generated import Generated
from support.some import KINDS, inputs_of, some

from neurohw.machine.programs import code
from neurohw.microcode.kind import kind_of, kinds_in
from neurohw.microcode.reference import Reference
from neurohw.microcode.text import Text
from neurohw.microcode.vector import Neurons

SIZES = (0, 1, 2, 15, 16, 17, 63, 64, 65, 1000)


@pytest.fixture(autouse=True)
def folder(tmp_path_factory, monkeypatch):
    """One folder of machine code for all tests of this file."""
    path = tmp_path_factory.getbasetemp() / "machine code"
    monkeypatch.setenv("XDG_CACHE_HOME", str(path))
    return path / "neurohw" / "programs"


def compare(neuron, size, inputs, steps, generate=code.code_of, exact=True):
    """All values of generated code with those of numpy, and of the first neurons with the reference's.

    `exact`: no message is taken back in the step in which it was set.
    """
    made = generate(kind_of(neuron).program(neuron))
    fast, arrays = (
        f(neuron, size) for f in (lambda n, s: Generated(n, s, made.address), lambda n, s: Neurons(n, (s,)))
    )
    slow = Reference(neuron, min(size, 2))
    for t in range(1, steps + 1):
        given = inputs()
        expected, found = arrays.step(t, given), fast.step(t, given)
        one_by_one = slow.step(t, {port: values[:2] for port, values in given.items()})
        for port, values in expected.items():
            np.testing.assert_array_equal(found[port], values, err_msg=f"{neuron} {port} at {t}")
            np.testing.assert_array_equal(found[port][:2], one_by_one[port], err_msg=f"{neuron} {port} at {t}")
        for name, values in arrays.states().items():
            np.testing.assert_array_equal(fast.states()[name], values, err_msg=f"{neuron} {name} at {t}")
            np.testing.assert_array_equal(fast.states()[name][:2], slow.states()[name], err_msg=f"{neuron} {name}")
        nonzero = [bool(fast.rows[name][1:-1].any()) for name in fast.layout.messages]
        sent = sum(bit << k for k, bit in enumerate(nonzero))
        assert fast.sent == sent if exact else fast.sent & sent == sent
    assert fast.counted == arrays.counted
    assert fast.beyond == arrays.beyond
    return fast


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_shipped_kinds_are_those_of_numpy_and_of_the_reference(kind, size):
    rng = np.random.default_rng([size, KINDS.index(kind)])
    magnitude = int(rng.choice([40, 3000, 1 << 20]))
    compare(some(rng, size, kind), size, lambda: inputs_of(rng, kind, size, magnitude), 22)


def neuron_of(declared, step, **parameters):
    """A neuron with an input `a`, an output `out` and a state `s`, from the lines of its declaration and step."""
    lines = "".join(f"    {line}\n" for line in declared)
    body = "".join(f"        {line}\n" for line in step)
    text = (
        "from neurohw.microcode import *\n\n@neuron\nclass Own:\n" + lines + "    s: int = state(32)\n"
        '    a: int = receives("in")\n    out: int = sends(-2147483648, 2147483647)\n\n    def step(self, t):\n' + body
    )
    return kinds_in(Text("own.py", text))["Own"].neuron(**parameters)


WIDE = ["k: Ints = each(default=1)", "n: Ints = each(0, 31, default=0)", "m: Ints = each(-31, 31, default=0)"]
EXPRESSIONS = [
    "self.a * self.k", "self.a + self.k - self.s", "-self.a", "abs(self.a)", "~self.a ^ self.k", "self.a & self.k",
    "self.a | self.s", "self.a << self.n", "self.a >> self.n", "shift(self.a, self.m)", "scale(self.a, self.k, self.n)",
    "mul_shift(self.a, self.k, self.n)", "scale(self.a, 4095, 12)", "scale(self.a, 4097, 12)", "scale(self.a, -7, 3)",
    "mul_shift(self.a, 4095, 12)", "mul_shift(self.a, 65535, 16)", "mul_shift(self.a, -3, 1)", "scale(self.a, 1, 31)",
    "scale(clip(self.a, -99, 99), clip(self.k, -99, 99), self.n)", "mul_shift(clip(self.a, -99, 99), 77, 3)",
    "min(self.a, self.k, self.s)", "max(self.a, self.k)", "sign(self.a)", "self.k if self.a else self.s",
    "1 if self.a < self.k or not self.s >= 0 and self.k != 3 else 0", "(self.a == self.k) + (self.a <= self.s)",
    "phase(t, 3) * self.a", "t % 5 - self.a", "self.a if due(t, 4, -1) else phase(t, 1 << 20)", "self.index * self.a",
    "random(31) ^ self.a", "random(1) + random(5)", "bit_length(self.k) + self.a", "clip(self.a, -5, self.n)",
]  # fmt: skip


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_has_the_same_value_whatever_it_is_computed_with(expression):
    rng, size, top = np.random.default_rng(EXPRESSIONS.index(expression)), 19, 1 << 31
    edges = np.array([-top, top - 1, 0, -1, 1, 4095, -4096, 1 << 16])

    def wide():
        return np.where(
            rng.random(size) < 0.3, rng.choice(edges, size), rng.integers(-top, top, size) >> rng.integers(31)
        )

    given = {"k": wide(), "n": rng.integers(0, 32, size), "m": rng.integers(-31, 32, size)}
    neuron = neuron_of(WIDE, [f"self.out = {expression}", "self.s = self.s * 5 + self.out + 1"], **given)
    compare(neuron, size, lambda: {"in": wide()}, 12)


STEPS = {
    "a local value of a neuron lasts beyond what all neurons share": [
        "x = self.a + 1", "if phase(t, 3) == 2:", "    x = x * 2", "    self.s = x", "self.out = x - self.s",
    ],
    "a shared local value changes between loops": [
        "k = phase(t, 4)", "self.s += k", "k = k * k - 3", "self.out = self.s * k", "k += 1", "self.s ^= k",
    ],
    "a shared local value changes within one loop": [
        "k = 1", "x = self.a", "k = k + 1", "x = x * k", "if t % 2 == 0:", "    k = k + 5", "self.s += x + k",
    ],
    "a shared condition stands inside of one of neurons": [
        "if self.a > 0:", "    if t % 3 == 0:", "        self.s += 1", "    elif t % 3 == 1:",
        "        self.out = self.a", "    else:", "        self.s = self.s >> 1", "else:", "    self.out = self.s",
    ],
    "a local value is set under conditions of neurons": [
        "if self.a > 5:", "    x = 1", "elif self.a < -5:", "    x = self.s", "else:", "    x = 3 + self.k",
        "self.out = x", "self.s = self.s + x",
    ],
    "a local value of parameters": [
        "x = self.k + 3", "n = bit_length(x)", "self.s = self.s + n", "if self.k > 2 and t % 2 == 1:",
        "    self.s = self.s - x", "    self.count('odd', self.s < 0)",
    ],
    "counts of conditions within conditions": [
        "self.count('all', t > 3)", "if self.a > 0:", "    self.count('positive', self.a > 2)",
        "    self.s += 1", "    if self.s > 3:", "        self.count('many', 1 if self.a > 0 else 0)",
        "        self.s = 0",
    ],
    "a message is read and taken back": [
        "self.out = self.a", "if self.out > 3:", "    self.out = 0", "self.s = self.out",
    ],
    "a shared choice of values of neurons": ["self.out = self.a if t % 2 == 0 else self.s", "self.s = self.a"],
    "random numbers in branches": [
        "if t % 2 == 0:", "    self.s = random(8)", "elif self.a > random(3):", "    self.out = random(31) - self.s",
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", STEPS)
def test_statements_do_the_same_whatever_they_are_computed_with(case):
    rng, size = np.random.default_rng(len(case)), 37
    neuron = neuron_of(WIDE, STEPS[case], k=rng.integers(-9, 9, size))
    fast = compare(neuron, size, lambda: {"in": rng.integers(-9, 10, size)}, 15)
    assert any(row.any() for row in fast.states().values())


def test_the_form_of_numba_computes_every_expression_too():
    rng, size = np.random.default_rng(5), 19
    step = [f"self.s = self.s * 5 + ({expression})" for expression in EXPRESSIONS]
    given = {"k": rng.integers(-9, 9, size), "n": rng.integers(0, 32, size), "m": rng.integers(-31, 32, size)}
    neuron = neuron_of(WIDE, [*step, "self.out = self.s"], **given)
    compare(neuron, size, lambda: {"in": rng.integers(-(1 << 31), 1 << 31, size)}, 8, scalar.Taped)


@pytest.mark.parametrize("kind", KINDS)
def test_the_form_of_numba_is_right_for_the_shipped_kinds(kind):
    rng = np.random.default_rng(KINDS.index(kind))
    compare(some(rng, 65, kind), 65, lambda: inputs_of(rng, kind, 65, 3000), 22, scalar.Taped)


def test_what_leaves_its_range_is_counted_in_every_step_in_which_it_is_beyond():
    step = ["self.w += self.a", "self.far = self.w"]
    neuron = neuron_of(["w: int = state(4)", "far: int = sends(-6, 6)"], step)
    fast = compare(neuron, 18, lambda: {"in": np.ones(18, int)}, 12)
    assert fast.beyond == {"w": 18 * 5, "far": 18 * 6}


def test_random_numbers_belong_to_seed_population_and_sample():
    neuron = neuron_of([], ["self.s = random(31)"])
    made, drawn = code.code_of(kind_of(neuron).program(neuron)), set()
    for seed, population, sample in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (-5, 3, 2)):
        fast = Generated(neuron, 20, made.address, seed=seed, population=population, sample=sample)
        arrays = Neurons(neuron, (20,), seed=seed, population=population)
        arrays.samples = [sample]
        for population_of_neurons in (fast, arrays):
            population_of_neurons.step(7, {"in": np.zeros(20)})
        np.testing.assert_array_equal(fast.states()["s"], arrays.states()["s"])
        drawn |= set(fast.states()["s"].tolist())
    assert len(drawn) > 95


# ---- kept code -----------------------------------------------------------------------------------------------------


@pytest.fixture
def compilations(monkeypatch):
    """Programs are compiled as in a new process; the names of those that are."""
    made, compiled = [], code.compiled
    monkeypatch.setattr(code, "_MADE", {})
    monkeypatch.setattr(code, "compiled", lambda program, name: made.append(name) or compiled(program, name))
    return made


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """An empty folder of machine code."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "neurohw" / "programs"


def again(neuron):
    """The code of a neuron in what might be a new process, shown to work."""
    code._MADE.clear()
    made = code.code_of(kind_of(neuron).program(neuron))
    assert Generated(neuron, 3, made.address).step(1, {"in": np.array([3, 4, 5])})["out"].tolist() == [4, 5, 6]


PLAIN = ["self.out = self.a + 1"]


def test_code_is_made_once_and_read_by_later_processes(kept, compilations):
    neuron = neuron_of([], PLAIN)
    again(neuron)
    assert [path.name for path in kept.iterdir()] == compilations
    assert kept.stat().st_mode & 0o777 == 0o700
    again(neuron)
    assert len(compilations) == 1


def test_code_of_a_damaged_file_is_made_anew(kept, compilations):
    neuron = neuron_of([], PLAIN)
    again(neuron)
    (path,) = kept.iterdir()
    whole = path.read_bytes()
    for damaged in (b"", whole[:20], whole[:-1], whole[:100] + b"x" + whole[101:]):
        path.write_bytes(damaged)
        again(neuron)
        assert path.read_bytes() == whole
    assert len(compilations) == 5


def test_code_in_a_folder_that_others_can_write_to_is_not_read(kept, compilations):
    neuron = neuron_of([], PLAIN)
    again(neuron)
    kept.chmod(0o777)
    again(neuron)
    assert len(compilations) == 2


def test_where_nothing_can_be_written_code_stays_in_memory(tmp_path, monkeypatch, compilations):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    neuron = neuron_of([], PLAIN)
    again(neuron)
    code.code_of(kind_of(neuron).program(neuron))
    assert len(compilations) == 1


def test_code_is_found_by_all_that_it_depends_on(monkeypatch):
    neurons = [
        neuron_of([], PLAIN),
        neuron_of([], ["self.out = self.a + 2"]),
        neuron_of(["k: int = one(0, 5, default=1)"], ["self.out = self.a + self.k"]),
        neuron_of(["k: int = one(0, 6, default=1)"], ["self.out = self.a + self.k"]),
        neuron_of(["w: int = state(4)"], ["self.w = self.a", *PLAIN]),
        neuron_of(["w: int = state(5)"], ["self.w = self.a", *PLAIN]),
    ]
    keys = {code.key_of(kind_of(neuron).program(neuron)) for neuron in neurons}
    assert len(keys) == len(neurons)
    assert code.key_of(kind_of(neurons[0]).program(neurons[0])) in keys
    other = code.cpu_target.target_context.codegen().magic_tuple()[:2]
    code._surroundings.cache_clear()
    monkeypatch.setattr(type(code.cpu_target.target_context.codegen()), "magic_tuple", lambda self: (*other, "+older"))
    assert code.key_of(kind_of(neurons[0]).program(neurons[0])) not in keys
    code._surroundings.cache_clear()
