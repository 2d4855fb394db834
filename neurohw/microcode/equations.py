"""A program as equations, plain or in LaTeX: what it declares, then its statements, one a line, in their order.

Constants that were found once are put back. x is what it was before a line sets it. Integers of 32 bits wrap; what a
program counts for its user is left out. A local that is called as something else of the program gets a prime.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from neurohw.microcode.language import Declared
from neurohw.microcode.program import Program
from neurohw.microcode.tree import Body, Count, E, If, Set, const, statements

Chain = list[tuple["E | None", Body]]  # the branches of if, else if, ..., else (None)
SELECT, OR, AND, NOT, COMPARED, BITS, SUM, PRODUCT, ATOM = range(9)  # how tightly an operation binds
BINDS = {
    "select": SELECT, "lor": OR, "land": AND, "due": AND, "lnot": NOT, "lt": COMPARED, "le": COMPARED, "gt": COMPARED,
    "ge": COMPARED, "eq": COMPARED, "ne": COMPARED, "and": BITS, "or": BITS, "xor": BITS, "add": SUM, "sub": SUM,
    "neg": SUM, "phase": SUM, "mod": PRODUCT, "mul": PRODUCT, "shl": PRODUCT,
}  # fmt: skip
PLAIN = {
    "lor": "{} or {}", "land": "{} and {}", "lnot": "not {}", "lt": "{} < {}", "le": "{} <= {}", "gt": "{} > {}",
    "ge": "{} >= {}", "eq": "{} = {}", "ne": "{} != {}", "and": "{} & {}", "or": "{} | {}", "xor": "{} xor {}",
    "invert": "~{}", "add": "{} + {}", "sub": "{} - {}", "neg": "-{}", "mul": "{} {}", "shl": "{1} {0}",
    "mod": "{} mod {}", "abs": "|{}|", "min": "min({}, {})", "max": "max({}, {})", "clip": "clip({}, {}, {})",
    "sar": "floor({} / {})", "shift": "floor({1} {0})", "power": "2^{}", "scale": "trunc({} {} / {})",
    "mul_shift": "floor({} {} / {})", "select": "{1} if {0} else {2}", "bit_length": "bit_length({})",
    "phase": "({} - 1) mod {} + 1", "due": "{1} > 0 and {0} mod {1} = {2} mod {1}", "truth": "[{}]", "(": "({})",
    "random": "random(0..{})",
}  # fmt: skip
LATEX = {
    "lor": r"{} \vee {}", "land": r"{} \wedge {}", "lnot": r"\neg {}", "lt": "{} < {}", "le": r"{} \le {}",
    "gt": "{} > {}", "ge": r"{} \ge {}", "eq": "{} = {}", "ne": r"{} \ne {}", "and": r"{} \mathbin{{\&}} {}",
    "or": r"{} \mathbin{{|}} {}", "xor": r"{} \oplus {}", "invert": r"\mathord{{\sim}}{}", "add": "{} + {}",
    "sub": "{} - {}", "neg": "-{}", "mul": r"{}\,{}", "shl": r"{1}\,{0}", "mod": r"{} \bmod {}",
    "abs": r"\left|{}\right|", "min": r"\min({}, {})", "max": r"\max({}, {})",
    "clip": r"\operatorname{{clip}}({}, {}, {})", "sar": r"\left\lfloor {}\,/\,{} \right\rfloor",
    "shift": r"\left\lfloor {1}\,{0} \right\rfloor", "power": "2^{{{}}}",
    "scale": r"\operatorname{{trunc}}\left({}\,{}\,/\,{}\right)",
    "mul_shift": r"\left\lfloor {}\,{}\,/\,{} \right\rfloor",
    "select": r"\begin{{cases}} {1} & \text{{if }} {0} \\ {2} & \text{{otherwise}} \end{{cases}}",
    "bit_length": r"\operatorname{{bits}}({})", "phase": r"({} - 1) \bmod {} + 1",
    "due": r"{1} > 0 \wedge {0} \bmod {1} = {2} \bmod {1}", "truth": "[{}]", "(": r"\left({}\right)",
    "random": r"\operatorname{{random}}(0 \ldots {})",
}  # fmt: skip
NEEDS = {"mul": PRODUCT, "mod": ATOM, "neg": PRODUCT, "invert": ATOM, "lnot": COMPARED, "due": ATOM, "phase": ATOM}
FUNCTIONS = ("max", "min", "clip", "abs", "bit_length")  # their arguments need no brackets
POWERS = {"shl": 1, "shift": 1, "sar": 1, "scale": 2, "mul_shift": 2}  # which operand is an exponent of two


def equations(program: Program) -> str:
    """What a program declares and does, as plain text."""
    lines = [program.name]
    for title, rows in _sections(program).items():
        width = max(map(len, rows))
        lines += [title, *(f"    {name.ljust(width)}  {text}" for name, text in rows.items())]
    return "\n".join(
        [*lines, "in each step, from messages of 0", *_plain(program.body, _Writer(program, PLAIN, str), "    ")]
    )


def latex(program: Program) -> str:
    """The same as one `aligned` block of LaTeX's amsmath."""
    writer = _Writer(program, LATEX, _letters)
    rows = [f"{_letters(d.name)} &\\in \\{{{d.low}, \\ldots, {d.high}\\}}" for d in program.declared if _has_range(d)]
    return _aligned([*rows, *_latex(program.body, writer)])


def _sections(program: Program) -> dict[str, dict[str, str]]:
    """Parameters, states, inputs and messages, each in words, by name."""
    kinds = {
        "parameters": program.of_role("one", "each", "choice"), "states": program.of_role("state", "trace"),
        "inputs": program.of_role("receives"), "messages": program.of_role("sends", "given", "spikes_back"),
    }  # fmt: skip
    chosen = dict(program.choices)
    return {
        title: {d.name: _described(d, program, chosen) for d in declared}
        for title, declared in kinds.items()
        if declared
    }


def _described(d: Declared, program: Program, chosen: dict[str, str | bool]) -> str:
    """What is declared, in words."""
    limits, checked = f"{d.low}..{d.high}", "checked while running" if d.name in program.unproven else "proven"
    if d.role in ("one", "each"):
        unit = f" times {d.unit:g}" if d.unit != 1 else ""
        default = "" if d.default in (..., None) else f", {d.default} by default"
        return limits + unit + (", of each neuron" if d.role == "each" else "") + default
    if d.role == "choice":
        return " or ".join(map(str, d.choices)) + f", here {chosen[d.name]}"
    if d.role == "state":
        return f"{d.bits} bit{'s' * (d.bits > 1)}, {limits} ({checked})" + (
            f", {d.start} at the start" if d.start else ""
        )
    if d.role == "receives":
        return f"sum of what arrives at port '{d.port}'"
    if d.role == "given":
        return f"{d.limits[0]}..{d.limits[1]}, given by the input of a run"
    return {"trace": f"trace, {d.bits} bits", "spikes_back": "spike to its own plastic synapses"}.get(
        d.role, f"{limits} ({checked})"
    )


def _has_range(d: Declared) -> bool:
    return d.role in ("one", "each", "state", "sends")


# ---- statements ----------------------------------------------------------------------------------------------------


def _plain(body: Body, writer: _Writer, indent: str) -> Iterator[str]:
    for s in _shown(body):
        if isinstance(s, Set):
            yield f"{indent}{writer.name(s)} = {writer.of(s.value)}"
            continue
        word = "if"
        for condition, branch in chain(s):
            yield f"{indent}{word} {writer.of(condition, truth=True)}:" if condition else f"{indent}else:"
            yield from _plain(branch, writer, indent + "    ")
            word = "else if"


def _latex(body: Body, writer: _Writer) -> Iterator[str]:
    """Rows of an `aligned` block; branches that set one and the same name are its cases."""
    for s in _shown(body):
        if isinstance(s, Set):
            yield f"{writer.name(s)} &\\leftarrow {writer.of(s.value)}"
            continue
        branches = chain(s)
        sets = [branch[0] for _, branch in branches if len(branch) == 1 and isinstance(branch[0], Set)]
        one = len(sets) == len(branches) and len({(s.kind, s.name) for s in sets}) == 1
        values = [writer.of(s.value) for s in sets] if one else [_aligned(_latex(b, writer)) for _, b in branches]
        if one and branches[-1][0] is not None:
            branches, values = [*branches, (None, ())], [*values, writer.name(sets[0])]
        rows = [
            f"{value} & " + (rf"\text{{if }} {writer.of(c, truth=True)}" if c else r"\text{otherwise}")
            for value, (c, _) in zip(values, branches)
        ]
        left = f"{writer.name(sets[0])} &\\leftarrow " if one else "&"
        yield left + r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"


def chain(s: If) -> Chain:
    """The branches of a statement whose `else` is again one."""
    branches: Chain = [(s.condition, s.then)]
    rest = s.otherwise
    while len(rest) == 1 and isinstance(rest[0], If):
        branches.append((rest[0].condition, rest[0].then))
        rest = rest[0].otherwise
    return [*branches, (None, rest)] if _shown(rest) else branches


def _shown(body: Body) -> list[Set | If]:
    """The statements that set something."""
    return [s for s in body if not isinstance(s, Count) and any(isinstance(i, Set) for i in statements((s,)))]


def _aligned(rows: list[str] | Iterator[str]) -> str:
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


# ---- expressions ---------------------------------------------------------------------------------------------------


@dataclass
class _Writer:
    """Writes expressions with the forms of a notation; `letters`: how it writes a name."""

    program: Program
    forms: dict[str, str]
    letters: Callable[[str], str]

    def __post_init__(self) -> None:
        self.constants = {name: e for name, e, _ in self.program.constants}
        self.locals: dict[str, str] = {}
        taken = {d.name for d in self.program.declared} | {"t", "index"}
        for s in statements(self.program.body):
            if isinstance(s, Set) and s.kind == "local" and s.name not in self.locals:
                shown = s.name.rpartition("_")[0]
                while shown in taken:
                    shown += "'"
                taken.add(shown)
                self.locals[s.name] = shown

    def name(self, s: Set) -> str:
        """What a statement sets."""
        return self.letters(self.locals.get(s.name, s.name) if s.kind == "local" else s.name)

    def of(self, e: E, needs: int = SELECT, truth: bool = False) -> str:
        """An expression, in brackets where it binds less tightly than is needed; `truth`: as a condition."""
        if e.op == "constant":
            return self.of(self.constants[e.args[0]], needs, truth)
        if e.op == "const":
            shown = str(e.args[0])
            return self.forms["("].format(shown) if e.args[0] < 0 and needs > SUM else shown
        if e.op == "random":
            return self.forms["random"].format((1 << e.args[0]) - 1)
        if not e.inner:
            name = e.args[0] if e.args else e.op
            return self.letters(self.locals.get(name, name) if e.op == "local" else name)
        if e.is_condition and not truth:
            return self.forms["truth"].format(self.of(e, truth=True))
        op, args, binds = e.op, e.inner, BINDS.get(e.op, ATOM)
        if op == "max" and args[1].op == "min":
            op, args = "clip", (args[1].args[1], args[0], args[1].args[0])
        elif op == "shl" and args[0] == const(1):
            return self._power(args[1])
        shown = self.forms[op].format(*(self._argument(op, k, a) for k, a in enumerate(args)))
        return self.forms["("].format(shown) if binds < needs else shown

    def _argument(self, op: str, k: int, a: E) -> str:
        """An operand; that on the right of a difference needs brackets if it is a sum itself."""
        truth = op in ("land", "lor", "lnot") or (op == "select" and k == 0)
        if op in POWERS:
            return self._power(a) if k == POWERS[op] else self.of(a, PRODUCT)
        if op in FUNCTIONS:
            return self.of(a)
        tighter = op in ("and", "or", "xor", "select") or (op == "sub" and k == 1)
        return self.of(a, NEEDS.get(op, BINDS.get(op, OR) + tighter), truth)

    def _power(self, exponent: E) -> str:
        """Two to the power of an amount of a shift."""
        if exponent.op == "const":
            return str(1 << exponent.args[0])
        return self.forms["power"].format(self.of(exponent, ATOM if self.forms is PLAIN else SELECT))


def _letters(name: str) -> str:
    """A name in LaTeX: one letter in italics, with its number as an index; words upright."""
    name, primes = name.rstrip("'"), "'" * (len(name) - len(name.rstrip("'")))
    if match := re.fullmatch(r"([a-zA-Z])(\d*)", name):
        return match[1] + (f"_{{{match[2]}}}" if match[2] else "") + primes
    return rf"\mathrm{{{name}}}".replace("_", r"\_") + primes
