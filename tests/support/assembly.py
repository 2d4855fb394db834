"""The machine code of kernels, without what differs between two compilations of the same source.

Symbols lose all but the name of their function (modules, argument types and counters are in numba's mangled names),
labels the number of their function, and numbers of the size of addresses their value.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

Code = dict[str, list[str]]  # function -> the normalised text of each of its forms
_SYMBOL = re.compile(r"_ZN[A-Za-z0-9_.$]+")
_PART = re.compile(r"(\d+)")
_TAG = re.compile(r"B(?=\d)")
_LABEL = re.compile(r"\.(LBB|LCPI|LJTI|Ltmp|Lfunc_end|Lfunc_begin)\d+")
_NUMBER = re.compile(r"\$(-?\d+)")
_CONSTANT = re.compile(r"\.const\.[\w.$@\"]+")
_ADDRESSES = range(1 << 40, 1 << 47)  # of what a process on x86-64 Linux maps; masks and magic factors lie outside


def functions(assembly: str, versions: Sequence[int] = ()) -> Code:
    """The functions of one module with their constants and jump tables, without numba's own and its wrappers.

    `versions`: numbers that say nothing.
    """
    for version in versions:
        for number in (version, version - (1 << 32)):  # as it is, and as 32 bits with a sign
            assembly = re.sub(rf"\${number}\b", "$version", assembly)
    names: dict[str, str] = {}  # number of a function in its module -> symbol
    bodies: dict[str, list[str]] = defaultdict(list)
    symbol, table, body = "", "", list[str]()
    for line in assembly.splitlines():
        text = line.split("#")[0].strip()
        if end := re.match(r"\.Lfunc_end(\d+):", text):
            names[end[1]] = symbol
            bodies[end[1]] += body
            symbol, body = "", []
        elif label := re.match(r"\.(?:LCPI|LJTI)(\d+)_\d+:", text):
            table = label[1]
            bodies[table].append(normal(text))
        elif text.endswith(":") and not text.startswith("."):
            symbol, table, body = text[:-1], "", []
        elif symbol and text and (text.startswith(".LBB") or not text.startswith(".")):
            body.append(normal(text))
        elif table and text.startswith((".section", ".text")):
            table = ""
        elif table and re.match(r"\.(quad|long|short|byte|zero|asciz?|ascii)\b", text):
            bodies[table].append(normal(text))
    found: Code = defaultdict(list)
    for number, symbol in names.items():
        if symbol.startswith("_ZN"):
            found[function_name(symbol)].append("\n".join(bodies[number]))
    return dict(found)


def function_name(symbol: str) -> str:
    """The last name in a mangled symbol: of numba's code the function, with the functions around it."""
    if not symbol.startswith("_ZN"):
        return symbol
    parts, rest = [], symbol[3:]
    while (size := _PART.match(rest)) and len(rest) > size.end():
        start = size.end()
        parts.append(rest[start : start + int(size[1])])
        rest = rest[start + int(size[1]) :]
        while _TAG.match(rest):  # 'B2v1': a counter and the flags of the compilation
            size = _PART.match(rest[1:])
            assert size
            rest = rest[1 + size.end() + int(size[1]) :]
    return parts[-1] if parts else symbol


def normal(line: str) -> str:
    """A line of assembly as it is in every compilation of the same source."""
    line = _SYMBOL.sub(lambda found: function_name(found[0]), line)
    line = _LABEL.sub(lambda found: "." + found[1], _CONSTANT.sub(".const", line))
    line = _NUMBER.sub(lambda found: "$address" if abs(int(found[1])) in _ADDRESSES else found[0], line)
    return re.sub(r"\s+", " ", line)


def verdicts(a: Mapping[str, Sequence[str]], b: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Function -> 'equal', 'different' (with how many of its forms are equal), 'only in the first' or '... second'."""
    found = {}
    for name in sorted({*a, *b}):
        left, right = Counter(a.get(name, ())), Counter(b.get(name, ()))
        if not (left and right):
            found[name] = f"only in the {'first' if left else 'second'}"
            continue
        same, most = (left & right).total(), max(left.total(), right.total())
        found[name] = "equal" if same == most else f"different ({same} of {most} forms equal)"
    return found
