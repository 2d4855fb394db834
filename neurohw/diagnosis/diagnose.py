"""Diagnose a run: everything that looks at it, and the order of what they find."""

from __future__ import annotations

from dataclasses import replace

from neurohw.diagnosis.facts import Facts
from neurohw.diagnosis.finding import in_order
from neurohw.diagnosis.learning import gates, on_rails, unwritten
from neurohw.diagnosis.saturation import overflows, saturated
from neurohw.diagnosis.silence import silent_neurons, silent_sources
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.checks import require_kind
from neurohw.ir.diagnosis import Diagnosis
from neurohw.ir.mapping import Program
from neurohw.ir.network import Network
from neurohw.ir.run import Origin, Run

CHECKS = (
    silent_sources, on_rails, overflows, silent_neurons, saturated, gates, unwritten,
)  # fmt: skip


def diagnose(program: Program | Network, run: Run) -> Diagnosis:
    """Say what keeps a network from sending, from staying in range and from learning, the cause first.

    It looks at the program or network (weights, thresholds, decays, delays, periods), at the counts of the run, and
    at the inputs of the last steps that the run recorded; nothing is run again. A run with `traces` says more about
    graded inputs.

    Raise a NeurohwError if the run is not one of the program, has no samples, or is of a backend that does not count.
    """
    require_kind("diagnose: program", program, (Program, Network))
    require_kind("diagnose: run", run, Run, "give what simulate or run_network returns, or nh.load_run(folder)")
    network = program if isinstance(program, Network) else program.network
    if not run.activity.populations:
        what = f"a run of backend {run.backend} does not say what was sent"
        raise NeurohwError(Problem("diagnose", what, fix="simulate with backend emulator, or crossbar"))
    for kind, counted, there in (
        ("population", run.activity.populations, network.populations),
        ("projection", run.activity.projections, network.projections),
    ):
        if set(counted) != {item.name for item in there}:
            what = f"counts other {kind}s than the program has"
            raise NeurohwError(Problem("diagnose", f"the run {what}", fix="give the program that it is a run of"))
    for p in network.populations:
        sizes = {port: len(counts) for port, counts in run.activity.populations[p.name].messages.items()}
        if sizes != dict.fromkeys(p.neuron.outputs, p.size):
            what = f"the run counts {p.name} with other neurons or ports than the program has"
            raise NeurohwError(Problem("diagnose", what, fix="give the program that it is a run of"))
    if not run.activity.samples:
        raise NeurohwError(Problem("diagnose", "the run has no samples", fix="give it at least one"))
    facts = Facts(network, run)
    return Diagnosis(in_order([finding for check in CHECKS for finding in check(facts)], facts.depth))


def with_origin(run: Run, program: Program | Network, notes: tuple[str, ...] = ()) -> Run:
    """A run that knows what it is a run of, so that it can be diagnosed by itself."""
    return replace(run, origin=Origin(program, diagnose, notes))
