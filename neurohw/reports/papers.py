"""The summary of a comparison for papers and README files: LaTeX (booktabs) and Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from neurohw.ir.comparison import Comparison
from neurohw.reports.facts import Fact, algorithm_facts, row_names, summary
from neurohw.reports.footnotes import READING, said
from neurohw.reports.marks import heading, marks

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", ">=": r"$\geq$\,", "<=": r"$\leq$\,",
}  # fmt: skip


def markdown(comparison: Comparison, command: str = "") -> str:
    """Summary, algorithm metrics, marks, what has no price and what is assumed."""
    names = row_names(comparison.rows)
    parts = [f"# {heading(comparison)}", _table(comparison, names, summary(comparison))]
    parts += [f"- {text}" for text in marks(comparison)] and ["\n".join(f"- {text}" for text in marks(comparison))]
    parts += [READING, "## Algorithm metrics (NeuroBench)", _table(comparison, names, algorithm_facts())]
    reports = [(name, report) for name, row in zip(names, comparison.rows) for report in row.reports]
    for title, texts in said(reports):
        parts += [f"**{title}**", "\n".join(f"- {text}" for text in texts)]
    parts.append(f"Made with {_versions(comparison)}" + (f" by `{command}`" if command else ""))
    return "\n\n".join(parts) + "\n"


def latex(comparison: Comparison, command: str = "") -> str:
    """The same two tables with booktabs; marks in the caption."""
    names = row_names(comparison.rows)
    lines = [f"% made with {_versions(comparison)}", *([f"% {command}"] if command else [])]
    tables = ((heading(comparison), summary(comparison)), ("NeuroBench algorithm metrics", algorithm_facts()))
    for title, facts in tables:
        caption = " ".join([f"{title}.", *(marks(comparison) if facts is tables[0][1] else [])])
        lines += [r"\begin{table}", r"\centering", rf"\caption{{{_escaped(caption)}}}"]
        lines += [rf"\begin{{tabular}}{{l{'r' * len(facts)}}}", r"\toprule"]
        lines += [_row(["", *(_heading(fact) for fact in facts)]), r"\midrule"]
        for name, row in zip(names, comparison.rows):
            lines.append(_row([name, *(fact.cell(row).text for fact in facts)]))
        lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}", ""]
    return "\n".join(lines)


def _table(comparison: Comparison, names: Sequence[str], facts: Sequence[Fact]) -> str:
    rows = [["", *map(_heading, facts)], ["---", *["---:"] * len(facts)]]
    rows += [[name, *(fact.cell(row).text for fact in facts)] for name, row in zip(names, comparison.rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |" for cells in rows)


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


def _versions(comparison: Comparison) -> str:
    return ", ".join(f"{name} {number}" for name, number in comparison.provenance.items() if number)
