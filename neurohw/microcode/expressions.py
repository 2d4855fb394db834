"""From the syntax trees of expressions to expressions of a program."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from neurohw.errors import NeurohwError, did_you_mean
from neurohw.microcode.grammar import BINARY, COMPARE, UNARY, refused
from neurohw.microcode.language import FUNCTION_NAMES, Declared
from neurohw.microcode.read import Scope
from neurohw.microcode.text import Place, Text
from neurohw.microcode.tree import Count, E, Set, Statement, const, fold, statements, truth

ARGUMENTS = {  # of the functions of the language
    "abs": 1, "sign": 1, "bit_length": 1, "random": 1, "phase": 2, "shift": 2, "clip": 3, "scale": 3, "mul_shift": 3,
    "due": 3,
}  # fmt: skip
SELF = "self"
LONGEST, DEEPEST = 2000, 60  # operations of one expression, and how many are inside of each other


class Expressions:
    """The expressions of one step; the statements that parts add go to `out`."""

    text: Text  # in which we are now
    declared: Mapping[str, Declared]
    choices: Mapping[str, str | bool]
    ready: set[str]  # locals and messages that are set by now
    partly: dict[str, Place]  # set on some paths: where these end
    inside: list[ast.FunctionDef]  # the parts that we are in

    def part(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E | None:
        """Put the statements of a part in; what it returns."""
        raise NotImplementedError

    def refused(self, node: ast.AST, what: str, fix: str = "") -> NeurohwError:
        """What is wrong with a node."""
        return NeurohwError(self.text.place(node).problem(what, fix=fix))

    def made(self, op: str, *args: E, node: ast.AST) -> E:
        """An operation, as short as it can be written."""
        found = fold(E(op, args, self.text.place(node)))
        if found.size > LONGEST or found.depth > DEEPEST:
            what = f"has {found.size} operations, {found.depth} inside of each other"
            limit = f"an expression has at most {LONGEST}, {DEEPEST} inside of each other"
            raise NeurohwError(self.text.place(node).problem(what, limit, "assign a part of it to a local first"))
        return found

    def condition(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        """An expression of which only whether it is 0 matters."""
        if isinstance(node, ast.BoolOp):
            op = "land" if isinstance(node.op, ast.And) else "lor"
            found = self.condition(node.values[0], names, scope, out)
            for n in node.values[1:]:
                if found.op == "const" and bool(found.args[0]) != (op == "land"):
                    return found  # a choice that decides: what follows does not exist
                found = self.made(op, found, self.condition(n, names, scope, out), node=node)
            return found
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self.made("lnot", self.condition(node.operand, names, scope, out), node=node)
        return truth(self.value(node, names, scope, out))

    def value(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        """An expression as a number."""

        def of(n: ast.expr) -> E:
            return self.value(n, names, scope, out)

        if isinstance(node, ast.Constant):
            if not isinstance(node.value, int):
                fix = "write a whole number; scale(x, factor, bits) gives x factor / 2^bits"
                raise self.refused(node, f"{node.value!r} is not an integer", fix)
            return self._number(node.value, node)
        if isinstance(node, ast.Name):
            return self._name(node, names, scope)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, names)
        if isinstance(node, ast.BinOp):
            return self.made(BINARY[type(node.op)], of(node.left), of(node.right), node=node)
        if isinstance(node, ast.UnaryOp) and type(node.op) in UNARY:
            if isinstance(node.op, ast.USub) and _is_whole(node.operand):
                return self._number(-node.operand.value, node)  # type: ignore[attr-defined]  # -2147483648 is one
            return self.made(UNARY[type(node.op)], of(node.operand), node=node)
        if isinstance(node, (ast.BoolOp, ast.UnaryOp)):
            fix = f"write `1 if {ast.unparse(node)} else 0`"
            raise self.refused(node, "and, or, not stand in conditions only: as a value they are not 0 or 1", fix)
        if isinstance(node, ast.Compare):
            return self._compare(node, names, scope, out)
        if isinstance(node, ast.IfExp):
            condition = self.condition(node.test, names, scope, out)
            if condition.op == "const":
                return of(node.body if condition.args[0] else node.orelse)
            return self.made("select", condition, of(node.body), of(node.orelse), node=node)
        if isinstance(node, ast.Call):
            return self._call(node, names, scope, out)
        raise NeurohwError(refused(self.text, node))

    def _number(self, value: int, node: ast.AST) -> E:
        if not -(1 << 31) <= value < 1 << 31:
            raise self.refused(node, f"{value} is beyond 32 bits", "write -2147483648..2147483647")
        return const(value, self.text.place(node))

    def _name(self, node: ast.Name, names: dict[str, Any], scope: Scope) -> E:
        known = names.get(node.id)
        if isinstance(known, E) and known.op == "t":
            return E("t", (), self.text.place(node))
        if isinstance(known, E):
            if known.op == "local" and known.args[0] not in self.ready:
                where = self.partly.get(known.args[0])
                fix = "set it on every path before it is read"
                fix += f": the `if` in line {where.line} may leave it out" if where else ""
                raise self.refused(node, f"'{node.id}' may not be set here", fix)
            return known
        if known == SELF:
            raise self.refused(node, "the neuron itself is not a number", "write self.<name>")
        if node.id in scope.numbers:
            value = scope.numbers[node.id]
            if not isinstance(value, int):
                raise self.refused(node, f"{node.id} = {value!r} is not an integer", "use a whole number")
            return self._number(value, node)
        if node.id in scope.parts or node.id in FUNCTION_NAMES:
            raise self.refused(node, f"'{node.id}' is a function", f"call it: {node.id}(...)")
        candidates = [*(n for n, e in names.items() if isinstance(e, E)), *scope.numbers]
        fix = did_you_mean(node.id, candidates) or "give it to the part as an argument"
        fix = f"did you mean self.{node.id}?" if node.id in self.declared else fix
        raise self.refused(node, f"'{node.id}' is not known here", fix)

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
        if d.role == "given":
            raise self.refused(node, f"self.{d.name} is given by the run's input", "read what it is sent to instead")
        if d.role in ("sends", "spikes_back"):
            if f"self.{d.name}" not in self.ready:
                raise self.refused(
                    node, f"self.{d.name} may not be set here", f"write self.{d.name} = 0 before: it has no value yet"
                )
            return E("message", (d.name,), at)
        return E({"one": "param", "each": "param", "receives": "input"}.get(d.role, "state"), (d.name,), at)

    def _compare(self, node: ast.Compare, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        found: E | None = None
        left: Any = self._word_or_value(node.left, names, scope, out)
        for op, right_node in zip(node.ops, node.comparators):
            right = self._word_or_value(right_node, names, scope, out)
            if isinstance(left, E) and isinstance(right, E):
                link = self.made(COMPARE[type(op)], left, right, node=node)
            else:
                link = self._same_word(node, left, right, op)
            found = link if found is None else self.made("land", found, link, node=node)
            left = right
        assert found is not None
        return found

    def _word_or_value(
        self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]
    ) -> E | str | Declared:
        """A number, a word, or a choice between words."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        of_neuron = isinstance(node, ast.Attribute) and is_self(node.value, names)
        if of_neuron and isinstance(self.choices.get(node.attr), str):  # type: ignore[attr-defined]
            return self.declared[node.attr]  # type: ignore[attr-defined]
        return self.value(node, names, scope, out)

    def _same_word(self, node: ast.Compare, left: E | str | Declared, right: E | str | Declared, op: ast.cmpop) -> E:
        """A choice compared with one of its words."""
        choice, word = (left, right) if isinstance(left, Declared) else (right, left)
        if not isinstance(choice, Declared) or not isinstance(word, str) or not isinstance(op, (ast.Eq, ast.NotEq)):
            raise self.refused(node, "compares a word with what is not a choice", "write self.<choice> == '<word>'")
        if word not in choice.choices:
            raise self.refused(
                node, f"self.{choice.name} is never '{word}'", did_you_mean(word, map(str, choice.choices))
            )
        return const((self.choices[choice.name] == word) == isinstance(op, ast.Eq), self.text.place(node))

    def _call(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        name = ast.unparse(node.func)
        if name not in FUNCTION_NAMES:
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
        if node.keywords:
            raise self.refused(node, f"{name} takes its arguments in order", "write them without names")
        if (wanted is not None and len(node.args) != wanted) or (wanted is None and len(node.args) < 2):
            raise self.refused(node, f"{name} has {len(node.args)} arguments", f"give it {wanted or 'two or more'}")
        args = [self.value(a, names, scope, out) for a in node.args]
        return self._builtin(name, args, node)

    def _builtin(self, name: str, args: list[E], node: ast.Call) -> E:
        if name in ("min", "max"):
            found = args[0]
            for a in args[1:]:
                found = self.made(name, found, a, node=node)
            return found
        if name == "clip":
            return self.made("max", args[1], self.made("min", args[2], args[0], node=node), node=node)
        if name == "sign":
            above, below = (self.made(op, args[0], const(0), node=node) for op in ("gt", "lt"))
            return self.made("sub", above, below, node=node)
        if name == "random":
            if args[0].op != "const" or not 1 <= args[0].args[0] <= 31:
                raise self.refused(node, "random takes a number of bits", "write 1..31")
            if self.inside:
                raise self.refused(
                    node, "random is called in a part", "call it in the step, and give the part what it draws"
                )
            return E("random", (args[0].args[0], node.place), self.text.place(node))  # type: ignore[attr-defined]
        return self.made(name, *args, node=node)


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def is_self(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether a node is the neuron."""
    return isinstance(node, ast.Name) and names.get(node.id) == SELF
