"""The summary of a comparison for papers and README files: LaTeX (booktabs) and Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from neurohw.ir.comparison import Comparison
from neurohw.reports.context import HEADINGS, context_tables
from neurohw.reports.facts import Fact, algorithm_facts, row_names, summary
from neurohw.reports.footnotes import READING, said
from neurohw.reports.markdown import grid, made_with, one_line, plain, versions_text
from neurohw.reports.marks import heading, marks

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", ">=": r"$\geq$\,", "<=": r"$\leq$\,",
}  # fmt: skip


def markdown(comparison: Comparison, command: str = "") -> str:
    """Summary, algorithm metrics, marks, what has no price and what is assumed."""
    names = row_names(comparison.rows)
    parts = [f"# {plain(heading(comparison))}", _table(comparison, names, summary(comparison))]
    if found := marks(comparison):
        parts.append("\n".join(f"- {plain(text)}" for text in found))
    parts += [READING, "## Algorithm metrics (NeuroBench)", _table(comparison, names, algorithm_facts())]
    for title, lines in context_tables(comparison.context):
        cells = [list(HEADINGS), ["---", "---", "---:", "---:", "---"], *(list(line.cells) for line in lines)]
        parts += [f"## {title}", grid(cells)]
    reports = [(name, report) for name, row in zip(names, comparison.rows) for report in row.reports]
    for title, texts in said(reports):
        parts += [f"**{title}**", "\n".join(f"- {plain(text)}" for text in texts)]
    parts.append(made_with(comparison.provenance, command))
    return "\n\n".join(parts) + "\n"


def latex(comparison: Comparison, command: str = "") -> str:
    """The same two tables with booktabs; marks in the caption."""
    names = row_names(comparison.rows)
    lines = [
        rf"% \usepackage{{booktabs}}; made with {versions_text(comparison.provenance)}",
        *([f"% {one_line(command)}"] if command else []),
    ]
    caption = " ".join([f"{heading(comparison)}.", *marks(comparison)])
    for title, facts in ((caption, summary(comparison)), ("NeuroBench algorithm metrics.", algorithm_facts())):
        cells = [[name, *(f.cell(row).text for f in facts)] for name, row in zip(names, comparison.rows)]
        lines += _tabular(title, "l" + "r" * len(facts), ["", *map(_heading, facts)], cells)
    for title, found in context_tables(comparison.context):
        lines += _tabular(f"{title}.", "llrrl", HEADINGS, [line.cells for line in found])
    return "\n".join(lines)


def _tabular(title: str, columns: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """One table in the lines of its source."""
    return [
        *(r"\begin{table}", r"\centering\small", rf"\caption{{{_escaped(title)}}}", rf"\begin{{tabular}}{{{columns}}}"),
        *(r"\toprule", _row(head), r"\midrule", *map(_row, rows), r"\bottomrule"),
        *(r"\end{tabular}", r"\end{table}", ""),
    ]


def _table(comparison: Comparison, names: Sequence[str], facts: Sequence[Fact]) -> str:
    rows = [["", *map(_heading, facts)], ["---", *["---:"] * len(facts)]]
    rows += [[name, *(fact.cell(row).text for fact in facts)] for name, row in zip(names, comparison.rows)]
    return grid(rows)


def _heading(fact: Fact) -> str:
    return fact.summary or fact.name.strip()


def _row(cells: Sequence[str]) -> str:
    return " & ".join(map(_escaped, cells)) + r" \\"


def _escaped(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    out, at = "", 0
    while at < len(text):
        step = 2 if text[at : at + 2] in _LATEX else 1
        piece = text[at : at + step]
        out += _LATEX.get(piece, piece)
        at += step
    return out
