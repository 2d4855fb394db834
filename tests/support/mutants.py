"""Small faults in the equations of the emulator, which the oracles alone must find.

A mutant replaces one expression, found by its line wherever it is in the package. Those of kernels are built into one
copy, each beside the expression that it replaces (`support.mutant_switch`), so that the kernels are compiled only once;
texts of neurons are read and compiled again for each of theirs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

import neurohw
from neurohw import neurons
from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Graded, Lif, Source, TernaryLif
from neurohw.machine.layout import programs
from neurohw.microcode import read
from support import mutant_switch
from support.generate import Case, random_network
from support.generate_conv import random_conv_network
from support.generate_learning import random_learning_network
from support.generate_readout import random_readout
from support.generate_spiking import random_spiking_network

IMPORT = "from neurohw.mutant_switch import chosen, pick"
FUTURE = "from __future__ import annotations\n"


class Mutant(NamedTuple):
    """What is wrong; a piece of source with {} where the expression `right` becomes `wrong`; whether the equation is
    that of one of Lava's own models (else ours, which only the reference has); and the file, if others say the same."""

    fault: str
    source: str
    right: str
    wrong: str
    lava: bool = True
    file: str = "*.py"

    @property
    def original(self) -> str:
        return self.source.replace("{}", self.right)

    def built_in(self, number: int) -> str:
        """The source with both expressions, in a kernel or in code that writes instructions."""
        if "builder" in self.original:
            return self.source.replace("{}", f"pick(builder, {number}, {self.wrong}, {self.right})")
        return self.source.replace("{}", f"({self.wrong} if chosen({number}) else {self.right})")


ROUNDED = "I32(I32(I32(acc[j] << left) + I32(I32(I32(1) << right) >> I32(1))) >> right)"
SCORED = '            self.count("prediction clipped", self.p != p)\n            self.out = self.z'  # of Clapp alone
AT_THRESHOLD = 'builder.icmp_signed("{}", voltage, _load(builder, place["high"]))'
MUTANTS = (
    Mutant("decay rounds down", "return scale({}, 4096 - d, 12)", "x", "(x - 1 if x < 0 else x)"),
    Mutant("LIF decay rounds down", "up = {}", "builder.lshr(builder.ashr(x, _all(31)), _all(20))", "_all(0)"),
    Mutant("current decays by du", "overflow = {}, I32(4096 - p.dv)", "I32(4095 - p.du)", "I32(4096 - p.du)"),
    Mutant("LIF spikes at its threshold", "spikes = {}", AT_THRESHOLD.format(">"), AT_THRESHOLD.format(">=")),
    Mutant("LIF keeps its voltage", "builder.select(spikes, {}, voltage)", "_all(0)", "voltage"),
    Mutant(
        "ternary LIF spikes at its lower threshold", "({})", "self.v < self.vth_lo << 6", "self.v <= self.vth_lo << 6"
    ),
    Mutant("voltage stays after a spike", "if self.out:\n            self.v = {}", "0", "self.v"),
    Mutant("reset a step late", "interval > 0 and {} == offset % interval", "(time + 1) % interval", "time % interval"),
    Mutant("current wraps by 23 bits", "n.u = u - {} if", "2 * HALF_RANGE", "HALF_RANGE"),
    Mutant("voltage does not saturate", "n.v = {}", "clip(v, -V_MAX, V_MAX)", "v"),
    Mutant("graded passes on its threshold", "if {} or (", "self.a > self.vth", "self.a >= self.vth"),
    Mutant("delays are a step short", "slot = {} % q.slots", "(time + 1 + delay)", "(time + delay)"),
    Mutant("sums are rounded, not cut", "value = {}", "I32(I32(acc[j] << left) >> right)", ROUNDED),
    Mutant("traces round the wrong way", "add(I32(down), I32({}))", "number < value - down", "number > value - down"),
    Mutant("traces end at 126", "risen = lower({}, upper(I32(0)", "I32(127)", "I32(126)"),
    Mutant("halves of payloads are cut", "half = {} & 255", "(floor + (s & floor & 1))", "floor"),
    Mutant("carries come an epoch early", "r.decimate >= 0 and {} %", "epoch_index", "(epoch_index + 1)"),
    Mutant("rules have the other sign", "scale = {}", "I32(product.mantissa)", "I32(-product.mantissa)"),
    Mutant("single products have the other sign", "fill(scales, {})", "product.mantissa", "-product.mantissa"),
    Mutant("weights end at -255", "rounding, per_synapse, {}, 255, changed)[0]", "-256", "-255"),
    Mutant("predictions end at -128", "p = clip(p, {}, 127)\n" + SCORED, "-127", "-128", lava=False),
    Mutant("post factors round ties down", "(abs(halves) + {}) >>", "8", "7", lava=False),
    Mutant("the hinge forgets its sign", "self.theta > {} *", "self.y", "abs(self.y)", lava=False),
    Mutant("ReLU payloads end at 253", "self.out = min({}, z)", "PAYLOAD_MAX", "253", lava=False),
)
LIF, CLAPP = "neurons/lif.py", "neurons/clapp.py"
OF_LIF = (
    ("the current does not leak its least part", "decay(n.u, {})", "n.du + 1", "n.du"),
    ("inputs count half", "n.du + 1) + (a << {})", "6", "5"),
    ("the current wraps to the wrong place", "else {} if u <= -HALF", "u + 2 * HALF_RANGE", "u + HALF_RANGE"),
    ("the voltage leaks like the current", "decay(n.v, {})", "n.dv", "n.du"),
    ("the current does not charge", "decay(n.v, n.dv) + {} + bias", "n.u", "0"),
    ("biases are lost", "n.u + {})", "bias", "0"),
    ("LIF is reset a step early", "if due(t, self.reset_interval, {})", "self.reset_offset", "self.reset_offset - 1"),
    ("LIF spikes at its threshold", "self.out = self.v {} self.vth << 6\n", ">", ">="),
    ("biases of ternary LIF are not shifted", "shift(self.bias_mant, {}))\n        self.out = (", "self.bias_exp", "0"),
    ("ternary LIF spikes at its threshold", "(self.v {} self.vth_hi << 6)", ">", ">="),
    ("ternary LIF keeps negative voltages", "if self.out {} 0:", "!=", ">"),
)
OF_CLAPP = (
    ("activity is that of negative sums too", "z = {} >> self.shift", "max(0, self.a)", "abs(self.a)"),
    ("activity ends at 253", "self.z = min({}, z)", "PAYLOAD_MAX", "253"),
    ("context comes a step late", "if now == {}:\n            self.context = self.z", "self.layer", "self.layer + 1"),
    ("scores are not shifted", ">> {}\n        if now == self.layer + 3", "self.score_shift", "0"),
    ("gates are read a step early", "if now == self.layer + {}:\n            post_factors", "3", "2"),
    ("weights grow where the gate opens one way", "(n.growth if g {} 0 else 0)", "!=", ">"),
    ("post factors end at 112", "-size, -120, {})", "120", "112"),
    ("negative factors are the positive ones", "n.y2 = max(0, mul_shift({}, n.p, s))", "-gate", "gate"),
    ("unsigned factors are twice as large", "s = {} - bit_length", "8", "7"),
    ("spikes go back whatever the gate", "n.bap = gate {} 0", ">", "!="),
    ("neurons are near at their threshold alone", "self.vth << 6 >> {}:", "1", "0"),
    ("counts end at 126", "if self.n <= most else {}", "127", "126"),
    ("delayed predictions are halved", "<< self.count_shift << {} >>", "1", "0"),
    ("the hinge latches a step early", "if now == {}:\n            self.y = self.sameness", "2", "1"),
)
MUTANTS += tuple(Mutant(*row, True, LIF) for row in OF_LIF) + tuple(Mutant(*row, False, CLAPP) for row in OF_CLAPP)
PROGRAMS = "neurons"  # where the texts are that are programs, which have no switch
LAVA_CASES = ("edges", "static 0", "learning 0", "learning 1")  # enough to find all that Lava knows of


def cases() -> dict[str, Case]:
    """Networks that the oracles run as well."""
    kinds: dict[str, tuple[Callable[[int], Case], int]] = {
        "static": (random_network, 24), "learning": (random_learning_network, 16), "conv": (random_conv_network, 4),
        "spiking": (random_spiking_network, 6), "readout": (random_readout, 6),
        "delayed": (partial(random_spiking_network, delayed=True), 3),
    }  # fmt: skip
    made = {f"{kind} {seed}": make(seed) for kind, (make, count) in kinds.items() for seed in range(count)}
    return {"edges": edges(), **made}


def edges() -> Case:
    """Spikes through weights that come to just below, at and just above the thresholds of each kind of neuron; and
    neurons that forget slowly."""
    kinds = {
        "lif": Lif(10, 4095, 0), "ternary": TernaryLif(10, -10, 4095, 0), "graded": Graded(10),
        "rectified": Graded(10, rectify=True), "reset": Lif(30, 4095, 0, reset_interval=4, reset_offset=1),
        "slow": Lif(200, 300, 100), "biased": Lif(200, 300, 100, 3, np.arange(6)),
        "biased_ternary": TernaryLif(200, -200, 300, 100, -3, np.arange(6)),
    }  # fmt: skip
    weight = np.diag([8, 10, 12, -8, -10, -12])
    populations = [Population("source", 6, Source(0, 1))]
    populations += [Population(name, 6, neuron) for name, neuron in kinds.items()]
    projections = [Projection(f"to_{name}", "source", name, weight, Format(8, 0), False) for name in kinds]
    frames = (np.random.default_rng(0).random((3, 30, 6)) < 0.4).astype(np.int64)
    return Case(Network(tuple(populations), tuple(projections)), {"source": frames}, 32)


def mutated_copy(folder: Path) -> Path:
    """A copy of the package, in `folder`, with all mutants of kernels built in; AssertionError if one, or one of the
    texts of neurons, has no place of its own."""
    package = folder / "neurohw"
    shutil.copytree(Path(neurohw.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    for number, mutant in enumerate(MUTANTS, 1):
        files = [path for path in texts if path.match(mutant.file)]
        places = [path for path in files for _ in range(texts[path].count(mutant.original))]
        where = [str(path.relative_to(folder)) for path in places]
        assert len(places) == 1, f"'{mutant.fault}': {mutant.original!r} must be in the package once, is in {where}"
        if places[0].parent == package / PROGRAMS:
            continue
        text = texts[places[0]].replace(mutant.original, mutant.built_in(number))
        texts[places[0]] = text if IMPORT in text else text.replace(FUTURE, f"{FUTURE}\n{IMPORT}\n", 1)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    shutil.copy(mutant_switch.__file__, package / "mutant_switch.py")
    return package


@contextmanager
def in_programs(mutant: Mutant) -> Iterator[None]:
    """The kinds of neurons with a mutant in their text, if it has its place there: all run generated code."""
    folder = Path(neurohw.__file__).parent / PROGRAMS
    files = [path for path in folder.glob("*.py") if path.match(mutant.file)]
    places = [path for path in files if mutant.original in path.read_text(encoding="utf-8")]
    if not places:
        yield
        return
    text, by_hand, programs.BY_HAND = places[0].read_text(encoding="utf-8"), programs.BY_HAND, frozenset()
    try:
        places[0].write_text(text.replace(mutant.original, mutant.source.replace("{}", mutant.wrong)), encoding="utf-8")
        _forget_kinds()
        yield
    finally:
        places[0].write_text(text, encoding="utf-8")
        programs.BY_HAND = by_hand
        _forget_kinds()


def _forget_kinds() -> None:
    read._shipped.cache_clear()
    for cls in neurons.kinds():
        if "kind" in vars(cls):
            del cls.kind
