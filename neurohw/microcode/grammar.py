"""The grammar of neuron programs: which of Python's syntax a step and its parts may use, and what to write instead.

It is asked of whole functions, of branches that no choice leads to as well, before anything is made of them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from neurohw.errors import Problem
from neurohw.microcode.text import Text

BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.LShift: "shl", ast.RShift: "sar", ast.BitAnd: "and",
    ast.BitOr: "or", ast.BitXor: "xor", ast.Mod: "mod",
}  # fmt: skip
COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}
UNARY = {ast.USub: "neg", ast.Invert: "invert"}
ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Assign, ast.AugAssign, ast.AnnAssign, ast.If, ast.Expr, ast.Pass, ast.Return, ast.BoolOp, ast.BinOp,
    ast.UnaryOp, ast.IfExp, ast.Compare, ast.Call, ast.Constant, ast.Attribute, ast.Name, ast.And, ast.Or, ast.Not,
    ast.Load, ast.Store, *BINARY, *COMPARE, *UNARY,
)  # fmt: skip
WORD = "use numbers; words name choices only"
LOOP = "a neuron has no loops: write the statements out"
COUNT = "write self.count('what', condition), which a run reports"
ONE, BRANCH, PART = "use numbers, one name each", "use if / elif / else", "write a function marked @part outside"
REFUSED = {  # the class of what is refused: what it is called, and what to write instead
    "Div": ("/", "use scale(x, factor, bits) or a shift"), "FloorDiv": ("//", "use a shift, scale or mul_shift"),
    "Pow": ("**", "multiply, or shift"), "MatMult": ("@", "multiply one number by another"),
    "UAdd": ("+x", "write the value alone"), "In": ("in", "compare with == and `or`"),
    "NotIn": ("not in", "compare with != and `and`"), "Is": ("is", "compare with =="),
    "IsNot": ("is not", "compare with !="), "For": ("for", LOOP), "AsyncFor": ("async for", LOOP),
    "While": ("while", LOOP), "Break": ("break", LOOP), "Continue": ("continue", LOOP),
    "ListComp": ("a list with a loop", LOOP), "SetComp": ("a set with a loop", LOOP),
    "DictComp": ("a dict with a loop", LOOP), "GeneratorExp": ("a loop", LOOP),
    "Match": ("match", BRANCH), "Try": ("try", BRANCH), "TryStar": ("try", BRANCH), "With": ("with", BRANCH),
    "AsyncWith": ("async with", BRANCH), "Assert": ("assert", COUNT), "Raise": ("raise", COUNT),
    "Delete": ("del", "assign 0"), "NamedExpr": (":=", "assign in a statement of its own"),
    "Global": ("global", "declare a state: `x: int = state(24)`"),
    "Nonlocal": ("nonlocal", "declare a state: `x: int = state(24)`"),
    "FunctionDef": ("a function inside of a function", PART), "AsyncFunctionDef": ("async", PART),
    "Lambda": ("lambda", PART), "ClassDef": ("a class inside of a function", "write it outside"),
    "TypeAlias": ("type", "leave out types"), "Import": ("import", "import at the top of the text"),
    "ImportFrom": ("import", "import at the top of the text"), "Await": ("await", "write the value alone"),
    "Yield": ("yield", "set a message: self.out = ..."), "YieldFrom": ("yield", "set a message: self.out = ..."),
    "Subscript": ("[...]", "a neuron sees its own values only: use self.<name>"), "Slice": (":", ONE),
    "Starred": ("*", "write the arguments one by one"), "Tuple": ("a tuple", ONE), "List": ("a list", ONE),
    "Set": ("a set", ONE), "Dict": ("a dict", ONE), "JoinedStr": ("an f-string", WORD),
    "TemplateStr": ("a t-string", WORD),
}  # fmt: skip


def function_problems(node: ast.FunctionDef, text: Text, taken: Collection[str]) -> Iterator[Problem]:
    """What a step or a part says that the language does not have; `taken`: names that are those of functions."""
    yield from _argument_problems(node, text, taken)
    yield from type_parameter_problems(node, text)
    for statement in node.body:
        yield from _problems(statement, text, taken)
    last = node.body[-1] if node.name != "step" else None
    for inner in ast.walk(node):
        if isinstance(inner, ast.Return) and inner is not last:
            fix = "a part returns in its last line" if last else "a step returns nothing: set a message"
            yield text.place(inner).problem("returns here", fix=f"{fix}; use if / else")


def _argument_problems(node: ast.FunctionDef, text: Text, taken: Collection[str]) -> Iterator[Problem]:
    a = node.args
    if a.posonlyargs or a.vararg or a.kwarg or a.kwonlyargs or a.defaults or a.kw_defaults:
        fix = f"write `def {node.name}({', '.join(x.arg for x in a.args)}):` with plain names"
        yield text.place(node).problem("has arguments with defaults, stars or slashes", fix=fix)
    for argument in a.args:
        if argument.arg in taken:
            yield text.place(argument).problem(f"'{argument.arg}' is a function", fix="use another name")


def type_parameter_problems(node: ast.FunctionDef | ast.ClassDef, text: Text) -> Iterator[Problem]:
    """The parameters of types that a function or class of Python 3.12 can have."""
    for inner in getattr(node, "type_params", ()):
        what = f"`[{ast.unparse(inner)}]` is not in the language"
        yield text.place(inner).problem(what, fix=f"write {node.name} without it")


def _problems(node: ast.AST, text: Text, taken: Collection[str]) -> Iterator[Problem]:
    """What is refused of a node and below; nothing below what is refused itself."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in taken:
        yield text.place(node).problem(f"'{node.id}' is a function", fix="use another name")
    if isinstance(node, ast.AnnAssign) and (node.value is None or not isinstance(node.target, ast.Name)):
        yield text.place(node).problem("says a type only", fix=f"write `{ast.unparse(node.target)} = ...`")
    for inner in [node, *ast.iter_child_nodes(node)]:  # operators have no place of their own
        if not isinstance(inner, (*ALLOWED, ast.keyword)) and (inner is node or not hasattr(inner, "lineno")):
            yield refused(text, node, inner)
            return
    for inner in ast.iter_child_nodes(node):
        if not (isinstance(node, ast.AnnAssign) and inner is node.annotation):
            yield from _problems(inner.value if isinstance(inner, ast.keyword) else inner, text, taken)


def refused(text: Text, node: ast.AST, inner: ast.AST | None = None) -> Problem:
    """Refuse what the language does not have; `inner`: the operator of a node that it fails for."""
    name = type(inner or node).__name__
    said, fix = REFUSED.get(name, (name, "see help(neurohw.microcode.language)"))
    return text.place(node).problem(
        f"`{said}` is not in the language" if " " not in said else f"{said} is not in the language", fix=fix
    )
