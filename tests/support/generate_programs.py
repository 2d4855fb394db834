"""Random neuron programs as text that passes the checks, with random parameters and inputs for them.

For every backend's tests: `random_program` writes a text, `random_neuron` makes a neuron of it, `random_inputs` makes
what arrives. Names are those that generated code might use for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.microcode.kind import kind_of, kinds_in
from neurohw.microcode.text import Text

HIGH = (1 << 31) - 1
LOCALS = ("x", "where", "value", "k0", "n_1", "x_1", "tmp", "shared_", "mask", "at")
STATES = ("v", "u", "k0", "shape", "seed", "key", "n", "samples", "program", "put", "where1")
MESSAGES = ("out", "score")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
AUGMENTED = ("+=", "-=", "*=", "&=", "|=", "^=")


@dataclass
class Names:
    """What an expression may read at one place of the text."""

    me: str  # the neuron: "self", or a part's argument; "" in a part that is not given one
    ready: set[str] = field(default_factory=set)  # locals and messages that are set on every path to here
    arguments: tuple[str, ...] = ()
    in_step: bool = True

    def branch(self) -> Names:
        """The same names for a branch, which adds its own."""
        return Names(self.me, set(self.ready), self.arguments, self.in_step)


class Writer:
    """Writes one program; each draw is from `rng`."""

    def __init__(self, rng: np.random.Generator, statements: int) -> None:
        self.rng, self.left = rng, statements
        self.declared: list[str] = []
        self.one: list[str] = []
        self.each: list[str] = []
        self.states: list[str] = []
        self.inputs: list[str] = []
        self.messages: list[str] = []
        self.choices: list[str] = []
        self.numbers: list[str] = []
        self.parts: list[
            tuple[str, bool, bool, bool, int]
        ] = []  # name, takes the neuron, has effects, returns, numbers
        self.lines: list[str] = []

    # ---- declarations ----

    def declare(self) -> None:
        """One of each kind of declaration, or more; parameters without a default first."""
        rng = self.rng
        self.name("amount", "one", "one(0, 31)")
        self.name("period", "one", f"one(1, {rng.choice([3, 7, 1000, HIGH])})")
        self.name("far", "each", "each(-31, 31)")
        self.name("p0", "one", f"one({rng.integers(-300, 1)}, {rng.integers(0, 5000)}, default=0)")
        self.name("p1", "each", f"each({rng.choice([-HIGH - 1, -100])}, {rng.choice([100, HIGH])}, default=1)")
        self.name("rate", "one", "one(0, 32, default=0.5, unit=0.5)")
        if rng.random() < 0.5:
            self.name("flag", "choices", f"choice({', '.join(rng.permutation(['True', 'False']))})")
        if rng.random() < 0.2:
            self.name("mode", "choices", "choice('a', 'b', 'c')")
        for state in rng.choice(STATES, int(rng.integers(1, 5)), replace=False):
            bits = int(rng.integers(1, 33))
            low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
            limits = "" if rng.random() < 0.7 else f", {low // 2}, {high // 2}"
            start = "" if rng.random() < 0.6 else f", start={rng.integers(low // 2, high // 2 + 1)}"
            self.name(str(state), "states", f"state({bits}{limits}{start})")
        for trace in ("y1", "y2", "y3")[: rng.integers(0, 4)]:
            self.name(trace, "states", "trace()")
        for port in ("a", "gate")[: rng.integers(1, 3)]:
            self.name(port, "inputs", f"receives('{port}_in')")
        for message in MESSAGES[: rng.integers(1, 3)]:
            low, high = rng.choice([-HIGH - 1, -128, -1, 0]), rng.choice([0, 1, 127, HIGH])
            self.name(message, "messages", f"sends({low}, {high})")
        if rng.random() < 0.4:
            self.name("bap", "messages", "spikes_back()")
        for number in range(rng.integers(0, 3)):
            self.numbers.append(f"LIMIT_{number}")

    def name(self, name: str, table: str, says: str) -> None:
        """Declare one attribute."""
        getattr(self, table).append(name)
        self.declared.append(f"    {name}: int = {says}")

    # ---- expressions ----

    def number(self) -> str:
        """A literal, or a number of the text."""
        if self.numbers and self.rng.random() < 0.2:
            return str(self.rng.choice(self.numbers))
        magnitude = self.rng.choice([2, 10, 300, 1 << 16, HIGH])
        n = int(self.rng.integers(-magnitude, magnitude + 1))
        return f"({n})" if n < 0 else str(n)

    def leaf(self, names: Names) -> str:
        """Something that is not a constant: so that folding never leaves 32 bits."""
        found = [n for n in names.ready if "." not in n] + list(names.arguments)
        if names.me:
            mine = [*self.one, *self.each, *self.states, *self.inputs, "index"]
            found += [f"{names.me}.{n}" for n in (*mine, *self.states, *self.inputs)]
            found += [n for n in names.ready if "." in n]
        if names.in_step:
            found += ["phase(t, 5)", "phase(t, self.period)", "due(t, self.period, self.p0)", "(t % 7)"]
            found += [f"random({self.rng.integers(1, 32)})"]
        return str(self.rng.choice(sorted(found)))

    def shared(self, depth: int) -> str:
        """A value that all neurons share, in a step."""
        if depth <= 0 or self.rng.random() < 0.3:
            leaves = ["phase(t, 5)", "phase(t, self.period)", "(t % self.period)", *(f"self.{n}" for n in self.one)]
            return str(self.rng.choice(leaves))
        op = self.rng.choice(["+", "-", "*", "&", "|", "^", "% 9 +", "% self.period -"])
        return f"({self.shared(depth - 1)} {op} {self.shared(depth - 1)})"

    def value(self, names: Names, depth: int) -> str:
        """An expression that is not a constant."""
        rng = self.rng
        if depth <= 0 or rng.random() < 0.15:
            return self.leaf(names)
        a, b = self.value(names, depth - 1), self.value(names, depth - 1)
        b_or_number = b if rng.random() < 0.6 else self.number()
        form = int(rng.integers(0, 20))
        if form < 6:
            pair = [a, b_or_number]
            rng.shuffle(pair)
            op = rng.choice(["+", "-", "*", "&", "|", "^"])
            return f"{a} {op} {b}" if rng.random() < 0.2 else f"({pair[0]} {op} {pair[1]})"
        if form < 9:
            op = rng.choice(["<<", ">>"])
            return f"({a} {op} {self.amount(names, b, 0)})"
        if form == 9:
            return f"{rng.choice(['-', '~'])}{a}" if rng.random() < 0.5 else f"-~({a})"
        if form == 10:
            return f"{rng.choice(['abs', 'sign'])}({a})"
        if form == 11:
            return f"{rng.choice(['scale', 'mul_shift'])}({a}, {b_or_number}, {self.amount(names, b, 0)})"
        if form == 12:
            return f"shift({a}, {self.amount(names, b, -31)})"
        if form == 13:
            return f"{rng.choice(['min', 'max'])}({a}, {b_or_number}, {self.value(names, 0)})"
        if form == 14:
            low = int(rng.integers(-1000, 1000))
            return f"clip({a}, {low}, {low + int(rng.integers(0, 5000))})"
        if form == 15:
            return f"({a} if {self.condition(names, depth - 1)} else {b})"
        if form == 16:
            return f"({a} {rng.choice(COMPARISONS)} {b_or_number})"
        if form == 17 and names.me and "flag" in self.choices and rng.random() < 0.5:
            return f"({a} + {names.me}.flag)"
        if form == 17 and names.in_step and rng.random() < 0.5:
            return f"bit_length(self.{rng.choice([*self.one, *self.each])})"
        return self.call(names, depth - 1, effects=False) or f"({a} - {b})"

    def amount(self, names: Names, of: str, low: int) -> str:
        """An amount of a shift that is proven to be within its limits."""
        options = [str(self.rng.integers(max(low, 0), 32)), f"clip({of}, {low}, 31)", f"(({of}) & 31)"]
        if names.me:
            options.append(f"{names.me}.amount")
            if low < 0:
                options += [f"{names.me}.far", f"-{names.me}.amount", f"-{self.rng.integers(0, 32)}"]
        return str(self.rng.choice(options))

    def condition(self, names: Names, depth: int) -> str:
        """Something of which only whether it is 0 matters."""
        rng = self.rng
        form = rng.integers(0, 10)
        if form < 3 or depth <= 0:
            other = self.leaf(names) if rng.random() < 0.5 else self.number()
            return f"{self.value(names, depth - 1)} {rng.choice(COMPARISONS)} {other}"
        if form == 3:
            a, b, c = (self.value(names, depth - 2) for _ in range(3))
            return f"{a} {rng.choice(COMPARISONS)} {b} {rng.choice(COMPARISONS)} {c}"
        if form == 4:
            return self.value(names, depth - 1)
        if form == 5:
            return f"not ({self.condition(names, depth - 1)})"
        if form == 6 and names.me and "mode" in self.choices and rng.random() < 0.5:
            return f"{names.me}.mode {rng.choice(['==', '!='])} '{rng.choice(['a', 'b', 'c'])}'"
        if form == 6 and names.me and "flag" in self.choices:
            return f"{names.me}.flag"
        if form == 7 and names.in_step:
            return f"{self.shared(1)} {rng.choice(COMPARISONS)} {self.shared(1)}"
        if form == 8 and names.in_step:
            return f"t {rng.choice(COMPARISONS)} {self.value(names, depth - 1)}"
        word = rng.choice(["and", "or"])
        return f"({self.condition(names, depth - 1)} {word} {self.condition(names, depth - 1)})"

    def call(self, names: Names, depth: int, effects: bool) -> str:
        """A call of a part that returns something, or nothing if there is none."""
        fit = [p for p in self.parts if p[2] <= effects and p[3] and (names.me or not p[1])]
        return self.called(fit[self.rng.integers(len(fit))], names, depth) if fit else ""

    def called(self, part: tuple[str, bool, bool, bool, int], names: Names, depth: int) -> str:
        name, of_neuron, _, _, numbers = part
        values = [self.value(names, depth) for _ in range(numbers)]
        return f"{name}({', '.join([names.me] * of_neuron + values)})"

    # ---- statements ----

    def block(self, names: Names, indent: str, nested: int, effects: bool = True) -> None:
        """Some statements: one, or as many as there may be."""
        for _ in range(self.rng.integers(1, 4) if nested else self.left):
            if self.left <= 0 and not self.lines[-1].endswith(":"):
                return
            self.left -= 1
            self.statement(names, indent, nested, effects)

    def statement(self, names: Names, indent: str, nested: int, effects: bool) -> None:
        """One statement, whose parts may be statements."""
        rng, form = self.rng, self.rng.integers(0, 12)
        if form < 3 and nested < 4 and self.left > 0:
            self.if_statement(names, indent, nested, effects)
        elif form < 6 or not effects:
            self.local(names, indent)
        elif form == 6:
            condition = self.condition(names, 2) if rng.random() < 0.7 else self.value(names, 2)
            self.lines.append(f"{indent}{names.me}.count('{rng.choice(['beyond', 'it is', 'x'])}', {condition})")
        elif form == 7 and (calls := [p for p in self.parts if p[2] and not p[3]]):
            self.lines.append(indent + self.called(calls[rng.integers(len(calls))], names, 1))
        else:
            self.attribute(names, indent)

    def local(self, names: Names, indent: str) -> None:
        rng = self.rng
        again = [n for n in names.ready if "." not in n]
        name = str(rng.choice(LOCALS))
        if again and rng.random() < 0.3:
            self.augmented(str(rng.choice(sorted(again))), names, indent)
        elif rng.random() < 0.2 and names.in_step:
            self.lines.append(f"{indent}{name} = {self.shared(2)}")
        elif rng.random() < 0.1:
            other = str(rng.choice(LOCALS))
            self.lines.append(f"{indent}{name} = {other} = {self.value(names, 2)}")
            names.ready.add(other)
        else:
            effects = self.call(names, 1, effects=names.in_step) if rng.random() < 0.3 else ""
            self.lines.append(f"{indent}{name} = {effects or self.value(names, 3)}")
        if self.lines[-1].lstrip().startswith(f"{name} ="):
            names.ready.add(name)

    def augmented(self, name: str, names: Names, indent: str) -> None:
        if self.rng.random() < 0.3:
            op = self.rng.choice(["<<=", ">>="])
            self.lines.append(f"{indent}{name} {op} {self.amount(names, self.value(names, 1), 0)}")
        else:
            self.lines.append(f"{indent}{name} {self.rng.choice(AUGMENTED)} {self.value(names, 2)}")

    def attribute(self, names: Names, indent: str) -> None:
        """Set states and messages, some of them within what they declare."""
        rng, me = self.rng, names.me
        targets = [*self.states, *self.states, *self.messages]
        target = f"{me}.{rng.choice(targets)}"
        if rng.random() < 0.2 and (target in names.ready or target.split(".")[1] in self.states):
            self.augmented(target, names, indent)
            return
        value = self.value(names, 3)
        if target.endswith(".bap"):
            value = f"1 if {self.condition(names, 2)} else 0"
        elif rng.random() < 0.4:
            value = f"clip({value}, {-rng.integers(0, 200)}, {rng.integers(0, 200)})"
        also = f"{me}.{rng.choice(self.states)} = " if rng.random() < 0.15 else ""
        self.lines.append(f"{indent}{also}{target} = {value}")
        names.ready.add(target)
        if target.split(".")[1] in self.states:
            names.ready.discard(target)

    def if_statement(self, names: Names, indent: str, nested: int, effects: bool) -> None:
        """if, elif and else, of the population or of each neuron; what all of them set is set."""
        rng = self.rng
        ends = []
        for word in ["if"] + ["elif"] * int(rng.integers(0, 3)):
            shared = names.in_step and rng.random() < 0.4
            test = (
                f"{self.shared(1)} {rng.choice(COMPARISONS)} {self.shared(1)}" if shared else self.condition(names, 2)
            )
            self.lines.append(f"{indent}{word} {test}:")
            ends.append(names.branch())
            self.block(ends[-1], indent + "    ", nested + 1, effects)
        if rng.random() < 0.6:
            self.lines.append(f"{indent}else:")
            ends.append(names.branch())
            self.block(ends[-1], indent + "    ", nested + 1, effects)
            names.ready = set.intersection(*(end.ready for end in ends))

    # ---- parts and the whole ----

    def part(self, number: int) -> None:
        """A function: of numbers alone, that reads the neuron, or that changes it; it may call those before it."""
        rng, name = self.rng, f"part{number}"
        of_neuron, numbers = bool(rng.random() < 0.6), int(rng.integers(1, 3))
        effects = of_neuron and bool(rng.random() < 0.5)
        returns = not effects or bool(rng.random() < 0.5)
        arguments = tuple(str(n) for n in rng.choice(["x", "b", "t", "amount_"], numbers, replace=False))
        names = Names("n" if of_neuron else "", arguments=arguments, in_step=False)
        before, self.left = self.left, int(rng.integers(1, 5))
        self.lines += ["@part", f"def {name}({', '.join([*['n'] * of_neuron, *arguments])}):"]
        self.block(names, "    ", 0, effects)
        if rng.random() < 0.3:
            changed = str(rng.choice(arguments))
            self.lines.append(f"    {changed} += {self.value(names, 1)}")
        if returns:
            self.lines.append(f"    return {self.value(names, 2)}")
        self.lines += ["", ""]
        self.parts.append((name, of_neuron, effects, returns, numbers))
        self.left = before

    def text(self) -> str:
        """The whole text."""
        self.declare()
        for number in range(self.rng.integers(0, 4)):
            self.part(number)
        numbers = [f"{name} = {self.rng.integers(-1000, 1000)}\n" for name in self.numbers]
        head = "".join([*numbers, "\n" if numbers else "", *(f"{line}\n" for line in self.lines)])
        self.lines = ["    def step(self, t):"]
        self.block(Names("self"), "        ", 0)
        return "\n".join([f"{head}@neuron", "class Random:", *self.declared, "", *self.lines, ""])


def random_program(rng: np.random.Generator, statements: int | None = None) -> str:
    """The text of a kind called Random, with 2 to 30 statements in its step, that passes all checks."""
    return Writer(rng, round(2 + 28 * rng.random() ** 2) if statements is None else statements).text()


def random_neuron(rng: np.random.Generator, text: str, size: int) -> Any:
    """A neuron of the kind in a text with random parameters and choices; `each` are numbers or arrays."""
    (kind,) = kinds_in(Text("random program", text)).values()
    values: dict[str, Any] = {}
    for d in kind.declared.values():
        if d.role == "choice":
            values[d.name] = d.choices[rng.integers(len(d.choices))]
        elif d.role == "one":
            values[d.name] = int(_within(rng, d.low, d.high, ())) * d.unit
        elif d.role == "each":
            values[d.name] = (
                _within(rng, d.low, d.high, (size,)) if rng.random() < 0.6 else int(rng.integers(d.low, d.high))
            )
    return kind.neuron(**values)


def random_inputs(rng: np.random.Generator, neuron: Any, shape: tuple[int, ...]) -> dict[str, NDArray[np.int64]]:
    """What arrives at each port in one step: numbers of one magnitude, up to all of 32 bits; int64 of this shape."""
    found = {}
    for port in kind_of(neuron).neuron.inputs:  # type: ignore[attr-defined]
        magnitude = int(rng.choice([1, 3, 300, 1 << 20, 1 << 31]))
        found[port] = rng.integers(-magnitude, min(magnitude, HIGH) + 1, shape) * (rng.random(shape) < 0.8)
    return found


def mutated(rng: np.random.Generator, text: str, alike: bool = False) -> str:
    """A text with a few words deleted, doubled, swapped or put in; `alike`: with one exchanged for one of its sort."""
    words = re.findall(r"\s+|[A-Za-z_]\w*|\d+|[^\w\s]+|.", text)
    strange = ["\0", "\t", "99999999999", "-", "self", ".", "(", ")", "lambda", "yield ", "é", "0.5", "\\", "'", "t"]
    for _ in range(1 if alike else rng.integers(1, 4)):
        i, j = (int(k) for k in rng.integers(0, len(words), 2))
        while alike and words[i].isspace():
            i = int(rng.integers(0, len(words)))
        form = 6 if alike else int(rng.integers(0, 6))
        if form == 0:
            del words[i]
        elif form == 1:
            words[i], words[j] = words[j], words[i]
        elif form == 2:
            words[i] = words[j]
        elif form == 3:
            words.insert(i, words[j])
        elif form == 4:
            words.insert(i, str(rng.choice(strange)))
        elif form == 5:
            words[i:i] = words[j : j + int(rng.integers(1, 40))]
        else:
            sort = next(sort for sort in (r"[A-Za-z_]\w*", r"\d+", r".+") if re.fullmatch(sort, words[i]))
            words[i] = str(rng.choice([w for w in words if re.fullmatch(sort, w)]))
    return "".join(words)


def _within(rng: np.random.Generator, low: int, high: int, shape: tuple[int, ...]) -> NDArray[np.int64]:
    """Numbers of a range: its ends, those around 0, and all others."""
    near = rng.integers(max(low, min(-9, high)), min(high, max(9, low)) + 1, shape)
    ends = np.where(rng.random(shape) < 0.5, low, high)
    pick = rng.random(shape)
    return np.where(pick < 0.5, near, np.where(pick < 0.7, ends, rng.integers(low, high + 1, shape)))
