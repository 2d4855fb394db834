"""All pictures that a run has the data for, and why the others are not there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neurohw.ir.mapping import Program
from neurohw.ir.run import Run

NO_TRACES = "nothing was recorded step by step; simulate with --trace STEPS"


@dataclass(frozen=True)
class Picture:
    """A picture that can be drawn, or the reason why not. `shows`: one line for the user."""

    name: str
    shows: str
    draw: Callable[[], Any] | None
    missing: str = ""


def pictures(
    program: Program, run: Run | None, neurons: Sequence[tuple[str, int]] = (), probes: Sequence[str] = ()
) -> tuple[Picture, ...]:
    """The map of a program, and of a run the raster, membranes, learning curves, weight histograms, and what probes
    recorded.

    `neurons`: whose membranes, by default the most active. `probes`: which records, by default all.
    """
    from neurohw.reports.pictures.sites import site_map

    title = f"{program.model or 'network'} on {program.target.name}, seed {program.seed}"
    mapped = Picture("map", "what lies where on the chip, and how full it is", lambda: site_map(program, title))
    return (mapped, *(_of_run(program, run, neurons, probes, f"{title}, {run.backend}") if run else ()))


def _of_run(
    program: Program, run: Run, neurons: Sequence[tuple[str, int]], names: Sequence[str], title: str
) -> tuple[Picture, ...]:
    from neurohw.reports.pictures.curves import curves
    from neurohw.reports.pictures.histograms import histograms
    from neurohw.reports.pictures.membranes import has_membrane, membranes, most_active
    from neurohw.reports.pictures.probes import probe_curves
    from neurohw.reports.pictures.raster import raster

    network, traces = program.network, run.traces
    first = _first(run, traces)
    spoke = any(t.signal not in ("u", "v") and t.values.any() for t in traces.values())
    chosen = [(name, i) for name, i in neurons or most_active(network, traces) if has_membrane(network, traces, name)]
    recorded = {name: run.probes[name] for name in names or run.probes if run.probes[name].values.size}
    hinge = any(name.endswith(".loss") for name in run.totals)

    def picture(name: str, shows: str, there: bool, why: str, draw: Callable[[], Any]) -> Picture:
        return Picture(name, shows, draw if there else None, "" if there else why)

    probes = picture(
        "probes", "what probes recorded", bool(recorded), "the run ended before any probe began",
        lambda: probe_curves(recorded, title),
    )  # fmt: skip
    silent = "no neuron sent anything in the recorded steps" if traces else NO_TRACES
    flat = "no membrane was recorded" if traces else NO_TRACES
    return (
        *((probes,) if run.probes else ()),
        picture(
            "raster", "who sent something when", spoke, silent,
            lambda: raster(traces, title, period=run.activity.steps // run.activity.samples, first=first),
        ),
        picture(
            "membranes", "current, voltage and threshold of chosen neurons", bool(chosen), flat,
            lambda: membranes(network, traces, chosen, title, first=first),
        ),
        picture("learning", "hinge loss and gate over fixations", hinge, "no layer learned",
                lambda: curves(network, run.totals, title)),
        picture("weights", "weights before and after learning", bool(run.learned), "nothing was learned",
                lambda: histograms(network, run.learned, title)),
    )  # fmt: skip


def _first(run: Run, traces: Mapping[str, Any]) -> int:
    """Steps before the recording."""
    recorded = max([len(t.values) for t in traces.values()], default=0)
    return run.activity.steps - recorded
