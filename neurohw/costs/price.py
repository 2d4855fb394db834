"""From counts to costs: actions x prices, what has no price, and what the total takes for granted.

energy = sum over actions of count x price; low, nominal and high multiply low, nominal and high. A price table is never
completed from another one, and a total never hides that something has no price.
"""

from __future__ import annotations

from neurohw.costs.counts import message_rates, run_counts
from neurohw.costs.metrics import algorithm_metrics
from neurohw.errors import Problem, raise_if_any
from neurohw.ir.cost import COVERED, ZERO, ActionCount, Band, CostLine, CostReport, PriceTable
from neurohw.ir.mapping import Program
from neurohw.ir.run import Activity


def estimate(program: Program, activity: Activity) -> CostReport:
    """What the run of `program` that left `activity` costs on the program's target [J, s, W]."""
    target = program.target
    actions = target.actions(program, activity)
    step = target.latency(program, activity)
    static = target.static_power(program)
    usages = [target.usage(program.network, block) for block in program.blocks]
    missing = [name for name, found in (("latency", step), ("static power", static)) if found is None]
    lines = tuple(_line(action, target.prices) for action in actions)
    return CostReport(
        model=program.model,
        target=target.name,
        mode=program.mode,
        price_table=target.prices.name,
        samples=activity.samples,
        steps=activity.steps,
        lines=lines,
        latency_per_sample=step.scaled(activity.steps / activity.samples) if step else None,
        static_power=static,
        sites_used=len(program.blocks),
        fill=tuple(usage.fill for usage in usages),
        usage=_total_usage([usage.amounts for usage in usages], len(target.sites)),
        counts=run_counts(program.network, activity, actions),
        unpriced=(*_unpriced(lines, target.prices.included), *missing, *target.unmodelled),
        assumptions=(*program.departures, *target.assumptions),
        rates=message_rates(program.network, activity),
        area=target.area(program),
        scope=target.prices.scope,
        metrics=algorithm_metrics(program.network, activity),
        places=tuple((site.x, site.y) for site in program.sites),
        mesh=(1 + max(site.x for site in target.sites), 1 + max(site.y for site in target.sites)),
    )


def require_prices(report: CostReport) -> None:
    """A NeurohwError that names every action of the run without a price, if there is one."""
    fix = f"add it to the table {report.price_table}, use another table, or omit strict prices"
    raise_if_any(
        [
            Problem(f"{report.target}: {name}", "has no price, and so there is no total", fix=fix)
            for name in report.without
        ]
    )


def _line(action: ActionCount, table: PriceTable) -> CostLine:
    """Count x price; without a price the energy is None, never 0."""
    price = table.prices.get(f"{action.action}_energy")
    if price is None and action.action in table.included:
        return CostLine(action.component, action.unit, action.action, action.count, ZERO, "", COVERED, action.learning)
    energy, grade, source = (
        action.energy,
        "D" if action.energy else "",
        "the currents of this run" * bool(action.energy),
    )
    if price is not None:
        grade, source = price.grade, price.source
        value = price.value
        energy = Band(action.low * value.low, action.count * value.nominal, action.high * value.high)
    return CostLine(
        action.component,
        action.unit,
        action.action,
        action.count,
        energy,
        grade,
        source,
        action.learning,
    )


def _unpriced(lines: tuple[CostLine, ...], included: tuple[str, ...]) -> tuple[str, ...]:
    """Actions that happened and have no price, once each, in order of appearance; not those that a price covers."""
    return tuple(dict.fromkeys(line.action for line in lines if line.energy is None and line.action not in included))


def _total_usage(amounts: list[tuple[tuple[str, int, int], ...]], sites: int) -> dict[str, tuple[int, int]]:
    """Resources used on all sites together and what the whole chip has."""
    used: dict[str, tuple[int, int]] = {}
    for name, amount, limit in (entry for site in amounts for entry in site):
        used[name] = (used.get(name, (0, 0))[0] + amount, limit * sites)
    return used
