"""Probes of everything that a network has, and what the reference says that they record."""

from typing import Any

import numpy as np

from neurohw.ir.network import Network
from neurohw.ir.probe import Probe, quantities
from neurohw.ir.run import Run
from support.generate import Case
from support.reference.integers import Ints
from support.reference.machine import Machine
from support.reference.synapses import stored

ATTRIBUTES = {"n": "count", "y0": "bap"}  # of the reference's cells, where they are not called as the states are
OF_READOUTS = {"n": "noise"}
SYNAPTIC = {"weight": "w", "tag": "t", "tag2": "d"}


def probes_of(network: Network, **options: Any) -> list[Probe]:
    """A probe of every quantity of every part."""
    parts = (*network.populations, *network.projections)
    return [Probe(part.name, what, **options) for part in parts for what in quantities(part)]


def reference_records(case: Case, reset: bool = False) -> dict[str, Ints]:
    """Values of all `probes_of` a network in every step, [steps, n], by the names of the probes."""
    if reset:
        samples = [{name: np.asarray(x)[s : s + 1] for name, x in case.inputs.items()} for s in range(case.samples)]
        runs = [reference_records(case._replace(inputs=inputs)) for inputs in samples]
        return {name: np.concatenate([run[name] for run in runs]) for name in runs[0]}
    machine, probes = Logged(case.network, case.inputs, case.steps), probes_of(case.network)
    log: dict[str, list[Ints]] = {probe.key: [] for probe in probes}
    for t in range(1, case.samples * case.steps + 1):
        machine.step(t)
        for probe in probes:
            log[probe.key].append(np.array(machine.value(probe), np.int64).ravel())
    return {name: np.stack(values) for name, values in log.items()}


class Logged(Machine):
    """The reference, with what was sent last, and which synapses exist."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.synaptic = {p.name: stored(p) for p in self.network.projections}

    def _keep(self, sent: Any) -> None:
        self.sent = sent

    def value(self, probe: Probe) -> Any:
        """What a probe reads at the end of a step."""
        if probe.of in self.learning:
            learning = self.learning[probe.of]
            if probe.what in SYNAPTIC:
                return getattr(learning, SYNAPTIC[probe.what])[self.synaptic[probe.of]]
            return (learning.x if probe.what[0] == "x" else learning.y)[int(probe.what[1]) - 1]
        if probe.what in self.sent[probe.of]:
            return self.sent[probe.of][probe.what]
        cells = self.cells[probe.of]
        if probe.what == "z" and hasattr(cells, "kept"):
            return cells.kept  # `z` is twice that, for the equations of its parent
        names = OF_READOUTS if hasattr(cells, "noise") else ATTRIBUTES
        return getattr(cells, names.get(probe.what, probe.what))


def assert_recorded(run: Run, expected: dict[str, Ints]) -> None:
    """Fail unless a run has all these records, at the right steps."""
    assert run.probes.keys() == expected.keys()
    for name, record in run.probes.items():
        values = expected[name][record.steps]
        assert record.values.shape == (len(record.steps), len(record.items)), name
        assert np.array_equal(record.values, values), f"{name} from step {first_difference(record.values, values)} on"


def first_difference(a: Ints, b: Ints) -> int:
    """The first row in which two arrays differ."""
    return int(np.flatnonzero((a != b).any(axis=1))[0])
