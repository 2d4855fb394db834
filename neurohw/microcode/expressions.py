"""From the syntax trees of expressions to expressions of a program; what they may say stands in `translate`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from neurohw.errors import NeurohwError, did_you_mean
from neurohw.microcode.language import Declared
from neurohw.microcode.read import BINARY, Scope
from neurohw.microcode.text import Place, Text
from neurohw.microcode.tree import Count, E, Set, Statement, const, fold, statements, truth

COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
UNARY = {ast.USub: "neg", ast.Invert: "invert"}
ARGUMENTS = {  # of the functions of the language
    "abs": 1, "sign": 1, "bit_length": 1, "random": 1, "phase": 2, "shift": 2, "clip": 3, "scale": 3, "mul_shift": 3,
    "due": 3,
}  # fmt: skip
LOOP, SELF = "a neuron has no loops: write the statements out", "self"
ADVICE = {
    "Div": "use scale(x, factor, bits) or a shift", "FloorDiv": "use a shift, scale or mul_shift",
    "Pow": "multiply, or shift", "MatMult": "multiply one number by another", "For": LOOP, "While": LOOP,
    "AsyncFor": LOOP, "ListComp": LOOP, "SetComp": LOOP, "DictComp": LOOP, "GeneratorExp": LOOP,
    "Return": "a step returns nothing; use if / else", "NamedExpr": "assign in a statement of its own",
    "Subscript": "a neuron sees its own values only", "Lambda": "write a function marked @part",
    "FunctionDef": "write a function marked @part outside of the class", "Assert": "use self.count(what, condition)",
    "Raise": "use self.count(what, condition)", "In": "compare with == and or", "NotIn": "compare with != and and",
    "Is": "compare with ==", "IsNot": "compare with !=", "UAdd": "write the value alone",
    "Import": "import at the top of the text", "ImportFrom": "import at the top of the text",
    "Match": "use if / elif / else", "Delete": "assign 0",
}  # fmt: skip


class Expressions:
    """The expressions of one step; the statements that parts add go to `out`."""

    text: Text  # in which we are now
    declared: Mapping[str, Declared]
    choices: Mapping[str, str | bool]
    ready: set[str]  # locals and messages that are set by now
    partly: dict[str, Place]  # set on some paths: where these end
    depth: int  # of parts inside of parts

    def part(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E | None:
        """Put the statements of a part in; what it returns."""
        raise NotImplementedError

    def refused(self, node: ast.AST, what: str, fix: str = "") -> NeurohwError:
        """What is wrong with a node."""
        return NeurohwError(self.text.place(node).problem(what, fix=fix))

    def unknown(self, node: ast.AST, inner: ast.AST | None = None) -> NeurohwError:
        """Refuse what the language does not have; `inner`: the operator that it fails for."""
        name = type(inner or node).__name__
        return self.refused(
            node, f"{name} is not in the language", ADVICE.get(name, "see help(neurohw.microcode.language)")
        )

    def condition(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        """An expression of which only whether it is 0 matters."""
        at = self.text.place(node)
        if isinstance(node, ast.BoolOp):
            op = "land" if isinstance(node.op, ast.And) else "lor"
            found = self.condition(node.values[0], names, scope, out)
            for n in node.values[1:]:
                if found.op == "const" and bool(found.args[0]) != (op == "land"):
                    return found  # a choice that decides: what follows does not exist
                found = fold(E(op, (found, self.condition(n, names, scope, out)), at))
            return found
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return fold(E("lnot", (self.condition(node.operand, names, scope, out),), at))
        return truth(self.value(node, names, scope, out))

    def value(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        """An expression as a number."""
        at = self.text.place(node)

        def of(n: ast.expr) -> E:
            return self.value(n, names, scope, out)

        if isinstance(node, ast.Constant):
            if not isinstance(node.value, int):
                raise self.refused(node, f"{node.value!r} is not an integer", "every value is an integer of 32 bits")
            return self._number(node.value, node)
        if isinstance(node, ast.Name):
            return self._name(node, names, scope)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, names)
        if isinstance(node, ast.BinOp):
            if type(node.op) not in BINARY:
                raise self.unknown(node, node.op)
            return fold(E(BINARY[type(node.op)], (of(node.left), of(node.right)), at))
        if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
            return fold(E(UNARY[type(node.op)], (of(node.operand),), at))
        if isinstance(node, (ast.BoolOp, ast.UnaryOp)):
            if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
                raise self.unknown(node, node.op)
            fix = f"write `1 if {ast.unparse(node)} else 0`"
            raise self.refused(node, "and, or, not stand in conditions only: as a value they are not 0 or 1", fix)
        if isinstance(node, ast.Compare):
            return self._compare(node, names, scope, out)
        if isinstance(node, ast.IfExp):
            condition = self.condition(node.test, names, scope, out)
            if condition.op == "const":
                return of(node.body if condition.args[0] else node.orelse)
            return fold(E("select", (condition, of(node.body), of(node.orelse)), at))
        if isinstance(node, ast.Call):
            return self._call(node, names, scope, out)
        raise self.unknown(node)

    def _number(self, value: int, node: ast.AST) -> E:
        if not -(1 << 31) <= value < 1 << 31:
            raise self.refused(node, f"{value} is beyond 32 bits", "numbers are -2147483648..2147483647")
        return const(value, self.text.place(node))

    def _name(self, node: ast.Name, names: dict[str, Any], scope: Scope) -> E:
        known = names.get(node.id)
        if isinstance(known, E) and known.op == "t":
            return E("t", (), self.text.place(node))
        if isinstance(known, E):
            if known.op == "local" and known.args[0] not in self.ready:
                where = self.partly.get(known.args[0])
                fix = f"set it on every path: the `if` in line {where.line} may leave it out" if where else ""
                raise self.refused(node, f"'{node.id}' may not be set here", fix)
            return known
        if known == SELF:
            raise self.refused(node, "the neuron itself is not a number", "write self.<name>")
        if node.id in scope.numbers:
            value = scope.numbers[node.id]
            if not isinstance(value, int):
                raise self.refused(node, f"{node.id} = {value!r} is not an integer")
            return self._number(value, node)
        candidates = [*(n for n, e in names.items() if isinstance(e, E)), *scope.numbers]
        attribute = f"did you mean self.{node.id}?" if node.id in self.declared else ""
        raise self.refused(node, f"'{node.id}' is not known here", attribute or did_you_mean(node.id, candidates))

    def _attribute(self, node: ast.Attribute, names: dict[str, Any]) -> E:
        at = self.text.place(node)
        if not is_self(node.value, names):
            raise self.refused(
                node, f"'{ast.unparse(node)}' is not in the language", "write self.<name>, or a name alone"
            )
        if node.attr == "index":
            return E("index", (), at)
        d: Declared | None = self.declared.get(node.attr)
        if d is None:
            raise self.refused(node, f"self.{node.attr} is not declared", did_you_mean(node.attr, self.declared))
        if d.role == "choice":
            value = self.choices[d.name]
            if not isinstance(value, bool):
                raise self.refused(
                    node, f"self.{d.name} is a word, not a number", f"compare it: self.{d.name} == '{value}'"
                )
            return const(value, at)
        if d.role in ("sends", "spikes_back"):
            if f"self.{d.name}" not in self.ready:
                raise self.refused(
                    node, f"self.{d.name} may not be set here", "a message is 0 until it is set in this step"
                )
            return E("message", (d.name,), at)
        return E({"one": "param", "each": "param", "receives": "input"}.get(d.role, "state"), (d.name,), at)

    def _compare(self, node: ast.Compare, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        found: E | None = None
        left: Any = self._word_or_value(node.left, names, scope, out)
        for op, right_node in zip(node.ops, node.comparators):
            if type(op) not in COMPARE:
                raise self.unknown(node, op)
            right = self._word_or_value(right_node, names, scope, out)
            at = self.text.place(node)
            if isinstance(left, str) or isinstance(right, str):
                link = self._same_word(node, left, right, op)
            else:
                link = fold(E(COMPARE[type(op)], (left, right), at))
            found = link if found is None else fold(E("land", (found, link), at))
            left = right
        assert found is not None
        return found

    def _word_or_value(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E | str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Attribute) and is_self(node.value, names):
            chosen = self.choices.get(node.attr)
            if isinstance(chosen, str):
                return f"={node.attr}"
        return self.value(node, names, scope, out)

    def _same_word(self, node: ast.Compare, left: E | str, right: E | str, op: ast.cmpop) -> E:
        """A choice compared with one of its words."""
        pair = [x for x in (left, right) if isinstance(x, str)]
        named, words = [x[1:] for x in pair if x.startswith("=")], [x for x in pair if not x.startswith("=")]
        if len(named) != 1 or len(words) != 1 or not isinstance(op, (ast.Eq, ast.NotEq)):
            raise self.refused(node, "compares a word with what is not a choice", "write self.<choice> == '<word>'")
        choices = [c for c in self.declared[named[0]].choices if isinstance(c, str)]
        if words[0] not in choices:
            raise self.refused(node, f"self.{named[0]} is never '{words[0]}'", did_you_mean(words[0], choices))
        return const((self.choices[named[0]] == words[0]) == isinstance(op, ast.Eq), self.text.place(node))

    def _call(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        name, at = ast.unparse(node.func), self.text.place(node)
        if name in scope.parts or name not in (*ARGUMENTS, "min", "max"):
            before = len(out)
            found = self.part(node, names, scope, out)
            if found is None:
                raise self.refused(node, f"'{name}' returns nothing", "call it in a statement of its own")
            if any(
                isinstance(s, Count) or (isinstance(s, Set) and s.kind != "local")
                for s in statements(tuple(out[before:]))
            ):
                what = f"'{name}' changes the neuron inside of an expression"
                raise self.refused(node, what, "assign what it returns first, in a statement of its own")
            return found
        wanted = ARGUMENTS.get(name)
        if node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise self.refused(node, f"{name} takes its arguments in order", "write them without names or stars")
        if (wanted is not None and len(node.args) != wanted) or (wanted is None and len(node.args) < 2):
            raise self.refused(node, f"{name} has {len(node.args)} arguments", f"it takes {wanted or 'two or more'}")
        args = [self.value(a, names, scope, out) for a in node.args]
        return self._builtin(name, args, node, at)

    def _builtin(self, name: str, args: list[E], node: ast.Call, at: Place) -> E:
        if name in ("min", "max"):
            found = args[0]
            for a in args[1:]:
                found = fold(E(name, (found, a), at))
            return found
        if name == "clip":
            return fold(E("max", (args[1], fold(E("min", (args[2], args[0]), at))), at))
        if name == "sign":
            return fold(E("sub", (fold(E("gt", (args[0], const(0)))), fold(E("lt", (args[0], const(0)))))))
        if name == "random":
            if args[0].op != "const" or not 1 <= args[0].args[0] <= 31:
                raise self.refused(node, "random takes a number of bits", "write 1..31")
            if self.depth:
                raise self.refused(
                    node, "random is called in a part", "call it in the step, and give the part what it draws"
                )
            return E("random", (args[0].args[0], node.place), at)  # type: ignore[attr-defined]
        return fold(E(name, tuple(args), at))


def is_self(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether a node is the neuron."""
    return isinstance(node, ast.Name) and names.get(node.id) == SELF
