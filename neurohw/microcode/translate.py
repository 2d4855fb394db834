"""From the syntax tree of a step to statements on expressions: parts put in, choices made, constants folded.

What comes here has passed `grammar`. A name is read only where it is set on every path that leads there, and a name
that a function sets anywhere is its own, as Python has it; and / or / not stand in conditions only, since their values
in Python are not truth values.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from neurohw.errors import NeurohwError, Problem, did_you_mean
from neurohw.microcode.expressions import SELF, Expressions, is_self
from neurohw.microcode.grammar import BINARY
from neurohw.microcode.language import FUNCTION_NAMES
from neurohw.microcode.read import Definition, Scope
from neurohw.microcode.text import Place
from neurohw.microcode.tree import Body, Count, E, If, Set, Statement, walk

FIXED = ("const", "param", "t", "index", "input")  # what stays as it is within a step
MOST = 20_000  # operations of a step with its parts put in
NESTED = 60  # conditions inside of conditions


class _TooLarge(NeurohwError):
    """The step is too large; no more is looked at."""


class Translator(Expressions):
    """Translates the step of one definition with its choices made."""

    def __init__(self, definition: Definition, choices: Mapping[str, str | bool]) -> None:
        self.definition, self.declared, self.choices = definition, definition.declared, choices
        self.problems: list[Problem] = []
        self.ready, self.partly = set[str](), dict[str, Place]()
        self.fresh = self.nested = self.operations = 0
        self.inside: list[ast.FunctionDef] = []  # the parts that we are in
        self.text = definition.scope.text

    def body(self) -> Body:
        """The statements; a NeurohwError with all problems."""
        step, scope = self.definition.step, self.definition.scope
        try:
            found = self._block(step.body, {**self._locals(step), "self": SELF, "t": E("t")}, scope)
        except _TooLarge as error:
            raise NeurohwError(error.problems) from None
        if self.problems:
            raise NeurohwError(dict.fromkeys(self.problems))
        return found

    # ---- statements ----

    def _block(self, body: Sequence[ast.stmt], names: dict[str, Any], scope: Scope) -> Body:
        out: list[Statement] = []
        for node in body:
            self._try(node, names, scope, out)
        return tuple(out)

    def _try(self, node: ast.stmt, names: dict[str, Any], scope: Scope, out: list[Statement]) -> None:
        """A statement, or one more problem; what it would have set counts as set, so that no other problem follows."""
        try:
            self._statement(node, names, scope, out)
        except _TooLarge:
            raise
        except NeurohwError as error:
            self.problems += error.problems
            for target in _targets(node):
                if isinstance(target, ast.Name):
                    known = names[target.id]
                    self.ready |= set(known.args[:1]) if isinstance(known, E) else set()
                elif isinstance(target, ast.Attribute):
                    self.ready.add(f"self.{target.attr}")

    def _statement(self, node: ast.stmt, names: dict[str, Any], scope: Scope, out: list[Statement]) -> None:
        if isinstance(node, ast.Assign):
            value = self._assigned(node.value, names, scope, out)
            if len(node.targets) > 1 and value.op != "const":
                value = self._kept("value", value, out)
            for target in node.targets:
                self._assign(target, value, names, out)
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            self._assign(node.target, self._assigned(node.value, names, scope, out), names, out)
        elif isinstance(node, ast.AugAssign):
            before = self.value(node.target, names, scope, out)
            after = self.value(node.value, names, scope, out)
            value = self.made(BINARY[type(node.op)], before, after, node=node)
            self._assign(node.target, value, names, out)
        elif isinstance(node, ast.If):
            self._if(node, names, scope, out)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            self._call_statement(node.value, names, scope, out)
        elif not (isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))):
            raise self.refused(node, "does nothing", "assign it, or delete it")

    def _if(self, node: ast.If, names: dict[str, Any], scope: Scope, out: list[Statement]) -> None:
        condition = self.condition(node.test, names, scope, out)
        if condition.op == "const":  # a choice: the other branch does not exist
            out += self._block(node.body if condition.args[0] else node.orelse, names, scope)
            return
        if self.nested >= NESTED:
            raise self.refused(node, f"{NESTED} conditions are inside of each other", "put them next to each other")
        self.nested += 1
        before = set(self.ready)
        then = self._block(node.body, names, scope)
        after_then, self.ready = self.ready, set(before)
        otherwise = self._block(node.orelse, names, scope)
        after_else, place = self.ready, self.text.place(node)
        self.nested -= 1
        self.ready = after_then & after_else
        self.partly.update(dict.fromkeys(after_then ^ after_else, place))
        if then or otherwise:
            out.append(If(condition, then, otherwise))

    def _assign(self, target: ast.expr, value: E, names: dict[str, Any], out: list[Statement]) -> None:
        if isinstance(target, ast.Attribute) and is_self(target.value, names):
            d = self.declared.get(target.attr)
            if d is None:
                raise self.refused(
                    target, f"self.{target.attr} is not declared", did_you_mean(target.attr, self.declared)
                )
            if d.role not in ("state", "trace", "sends", "spikes_back"):
                raise self.refused(target, f"self.{d.name} cannot be set", "only states, traces and messages can")
            message = d.role in ("sends", "spikes_back")
            self._set("message" if message else "state", d.name, value, out)
            self.ready.add(f"self.{d.name}")
        elif isinstance(target, ast.Name):
            local = names[target.id]
            if not isinstance(local, E) or local.op != "local":
                raise self.refused(target, f"{target.id} cannot be set", "use another name")
            self._set("local", local.args[0], value, out)
            self.ready.add(local.args[0])
        else:
            raise self.refused(target, f"'{ast.unparse(target)}' cannot be set", "set one name at a time")

    def _set(self, kind: Literal["state", "message", "local"], name: str, value: E, out: list[Statement]) -> None:
        if value.op == "t" and value.at:
            fix = "take phase(t, period), or count steps in a state"
            raise NeurohwError(value.at.problem("t has more than 32 bits", fix=fix))
        self.operations += value.size
        if self.operations > MOST:
            where = Place(self.text, 1, 0, 1) if value.at is None else value.at
            raise _TooLarge(where.problem("the step is too large", f"at most {MOST} operations", "make it shorter"))
        out.append(Set(kind, name, value))

    def _locals(self, function: ast.FunctionDef) -> dict[str, Any]:
        """The names that a function sets, none of which has a value yet."""
        found = {t.id for n in ast.walk(function) for t in _targets(n) if isinstance(t, ast.Name)}
        return {name: self._local(name) for name in sorted(found)}

    def _local(self, name: str) -> E:
        """A local of its own: those of parts that are put in twice are different."""
        self.fresh += 1
        return E("local", (f"{name}_{self.fresh}",))

    def _kept(self, name: str, value: E, out: list[Statement]) -> E:
        local = self._local(name)
        self._set("local", local.args[0], value, out)
        self.ready.add(local.args[0])
        return local

    def _assigned(self, node: ast.expr, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E:
        """The value of an assignment, which may be a part that changes the neuron."""
        if isinstance(node, ast.Call) and ast.unparse(node.func) in scope.parts:
            found = self.part(node, names, scope, out)
            if found is None:
                raise self.refused(
                    node, f"'{ast.unparse(node.func)}' returns nothing", "call it in a statement of its own"
                )
            return found
        return self.value(node, names, scope, out)

    # ---- parts ----

    def _call_statement(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> None:
        if isinstance(node.func, ast.Attribute) and is_self(node.func.value, names) and node.func.attr == "count":
            what = node.args[0] if node.args else None
            named = isinstance(what, ast.Constant) and isinstance(what.value, str) and 0 < len(what.value) <= 40
            if len(node.args) != 2 or node.keywords or not named:
                raise self.refused(node, "counts nothing", "write self.count('what it counts', condition)")
            assert isinstance(what, ast.Constant)
            out.append(Count(str(what.value), self.condition(node.args[1], names, scope, out)))
        elif self.part(node, names, scope, out) is not None:
            raise self.refused(node, f"what '{ast.unparse(node.func)}' returns is not used", "assign it")

    def part(self, node: ast.Call, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E | None:
        """The statements of a part, put in with what it is called with; what it returns."""
        name = ast.unparse(node.func)
        if name not in scope.parts:
            known = did_you_mean(name, [*scope.parts, *FUNCTION_NAMES])
            raise self.refused(node, f"'{name}' is not a function that is known here", known)
        function, inside = scope.parts[name]
        wanted = [a.arg for a in function.args.args]
        if len(wanted) != len(node.args) or node.keywords:
            said = "names for its arguments" if node.keywords else f"{len(node.args)} arguments"
            raise self.refused(node, f"{name} is called with {said}", f"write {name}({', '.join(wanted)})")
        if function in self.inside:
            raise self.refused(node, f"'{name}' calls itself", "write the statements out")
        names_of_part = self._locals(function)
        for argument, n in zip(wanted, node.args):
            if is_self(n, names):
                names_of_part[argument] = SELF
                continue
            value = self.value(n, names, scope, out)
            shared = all(e.inner or e.op in FIXED for e in walk(value)) and argument not in names_of_part
            names_of_part[argument] = value if shared else self._kept(argument, value, out)
        outside, self.text = self.text, inside.text
        self.inside.append(function)
        try:
            return self._put_in(function, names_of_part, inside, out)
        finally:
            self.text = outside
            self.inside.pop()

    def _put_in(self, function: ast.FunctionDef, names: dict[str, Any], scope: Scope, out: list[Statement]) -> E | None:
        """The statements of a part; what it returns."""
        self.operations += 1
        if self.operations > MOST:
            raise _TooLarge(
                self.text.place(function).problem("is called too often", f"at most {MOST} operations", "call it less")
            )
        *body, last = function.body
        for statement in body:
            self._statement(statement, names, scope, out)
        if isinstance(last, ast.Return):
            return None if last.value is None else self.value(last.value, names, scope, out)
        self._statement(last, names, scope, out)
        return None


def _targets(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return list(node.targets)
    return [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else []
