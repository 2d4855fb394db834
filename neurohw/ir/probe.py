"""Probes: recorders of any state, message, trace or synaptic variable, for chosen neurons or synapses.

A value is read at the end of a step, after neurons, messages and learning: a state is what the neuron keeps for the
next step, a message what it sent in this one. A trace of a plastic projection moves at the end of an epoch, as the
learning engine moves it, and with repeated or graded spikes at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from reprlib import repr as shortened
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.checks import MOST, Kind, Ranges, field_problems, is_integer, shown
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import states_of
from neurohw.ir.plasticity import POST_TRACES, PRE_TRACES
from neurohw.ir.run import ProbeRecord

LIMIT = 1 << 30  # bytes that the probes of a run may fill
_TEXTS: Ranges = {
    "of": Kind((str,), "the name of a population or projection"), "what": Kind((str,), "the name of what to record"),
    "name": Kind((str,), "a text", none=True),
}  # fmt: skip
SYNAPTIC = {
    "weight": ("weight", "weight w"),
    "tag": ("weight / 128", "tag t, the low-order part of the weight"),
    "tag2": ("tag", "second tag d"),
}


@dataclass(frozen=True)
class Probe:
    """Record `what` of a population or projection in every `every`-th step from `start` until before `stop`.

    Probe("layer1", "v", neurons=range(8), every=2)   # a state; a port, such as "out", is recorded in the same way
    Probe("layer1.W", "weight", neurons=[(0, 3)])     # synapses as (post, pre); a trace, such as "x1", by its neuron

    Steps count from 0 through all samples of the run; `stop` is its end by default. `neurons`: all by default, of a
    sparse projection all synapses that it has. `name` of the record: '<of>.<what>' by default. A NeurohwError says what
    is wrong with the numbers; `probed` what does not fit a network.
    """

    of: str
    what: str
    neurons: Sequence[Any] | None = field(default=None, kw_only=True)
    every: int = field(default=1, kw_only=True)
    start: int = field(default=0, kw_only=True)
    stop: int | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        found = list(field_problems("probe", self, _TEXTS))
        for name, least in (("every", 1), ("start", 0), ("stop", 0)):
            value = getattr(self, name)
            if name == "stop" and value is None:
                continue
            if is_integer(value) and least <= value <= MOST:
                object.__setattr__(self, name, int(value))
                continue
            most = ", at most 2^62 - 1" if is_integer(value) and value > MOST else ""
            limit = f"it is an integer of {least} or more{most}"
            found.append(Problem(f"probe {self.key}", f"{name} is {shown(value)}", limit))
        raise_if_any(found)
        if isinstance(self.neurons, Iterator):
            object.__setattr__(self, "neurons", tuple(self.neurons))
        elif isinstance(self.neurons, np.ndarray) and self.neurons.dtype.kind in "iu":
            object.__setattr__(self, "neurons", self.neurons.tolist())

    @property
    def key(self) -> str:
        """Name of its record."""
        return self.name or f"{self.of}.{self.what}"

    def times(self, steps: int) -> range:
        """The steps that are recorded in a run of so many."""
        return range(self.start, steps if self.stop is None else min(steps, self.stop), self.every)


@dataclass(frozen=True)
class Probed:
    """A probe of a network: `items` [n] neurons or [n, 2] synapses (post, pre), and what is recorded of them."""

    probe: Probe
    part: Population | Projection
    items: NDArray[np.int64]
    unit: str
    meaning: str

    @property
    def is_message(self) -> bool:
        """Whether it records a port."""
        return isinstance(self.part, Population) and self.probe.what in self.part.neuron.outputs

    def record(self, values: NDArray[Any], steps: int) -> ProbeRecord:
        """The record of a run of so many steps, in which the values were these, [times, n]."""
        times = np.array(self.probe.times(steps), np.int64)
        shaped = np.asarray(values, np.int32).reshape(len(times), len(self.items))
        return ProbeRecord(shaped, times, self.items, self.unit, self.meaning)


def probed(network: Network, probes: Sequence[Probe]) -> list[Probed]:
    """Every probe with what it records; one NeurohwError for all that do not fit the network."""
    found: list[Probed] = []
    problems: list[Problem] = []
    for probe in probes:
        try:
            found.append(_probed(network, probe))
        except NeurohwError as error:
            problems += error.problems
    keys = [probe.key for probe in probes]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        problems.append(Problem("probes", f"{keys.count(key)} are called '{key}'", fix="give each a `name`"))
    raise_if_any(problems)
    return found


def quantities(part: Population | Projection) -> dict[str, tuple[str, str]]:
    """All that can be recorded of a population or projection: name -> (unit, meaning)."""
    if isinstance(part, Population):
        states = {state.name: (state.unit, state.meaning) for state in states_of(part.neuron)}
        return states | {port: ("message", f"messages of port '{port}'") for port in part.neuron.outputs}
    rule = part.plasticity.chip if part.plasticity else None
    if rule is None:
        return {}
    sides = {"presynaptic": PRE_TRACES, "postsynaptic": () if rule.third_factor else POST_TRACES}
    traces = {name: ("trace", f"{side} trace {name}") for side, names in sides.items() for name in names}
    return SYNAPTIC | {name: about for name, about in traces.items() if rule.uses(name)}


def probe_bytes(network: Network, probes: Sequence[Probe], steps: int) -> int:
    """Memory [bytes] that the records of a run of `steps` steps take."""
    return _bytes(probed(network, probes), steps)


def require_room(probes: Sequence[Probed], steps: int) -> None:
    """A NeurohwError if the records of a run of `steps` steps are more than a run may fill."""
    if (needed := _bytes(probes, steps)) > LIMIT:
        what, limit = f"need {needed / 2**20:,.0f} MiB", f"a run has {LIMIT / 2**20:,.0f} MiB for them"
        raise NeurohwError(Problem("probes", what, limit, "record fewer neurons, a larger `every`, or fewer steps"))


def _bytes(probes: Sequence[Probed], steps: int) -> int:
    return sum(len(p.probe.times(steps)) * (4 * len(p.items) + 8) for p in probes)


def _probed(network: Network, probe: Probe) -> Probed:
    where = f"probe {probe.key}"
    parts: dict[str, Population | Projection] = {p.name: p for p in network.populations}
    parts |= {p.name: p for p in network.projections}
    if probe.of not in parts:
        raise NeurohwError(
            Problem(where, f"no population or projection '{probe.of}'", fix=did_you_mean(probe.of, parts))
        )
    part = parts[probe.of]
    known = quantities(part)
    if probe.what not in known:
        if not known:
            what = "is not plastic: its weights stay what the network says"
            raise NeurohwError(Problem(where, f"{probe.of} {what}", fix="probe a population or a plastic projection"))
        what, limit = f"{probe.of} has no '{probe.what}'", f"it has {', '.join(known)}"
        raise NeurohwError(Problem(where, what, limit, _instead(part, probe.what, known)))
    if isinstance(part, Projection) and probe.what in SYNAPTIC:
        items = _synapses(where, part, probe.neurons)
    else:
        size = part.size if isinstance(part, Population) else part.weight.shape[probe.what in PRE_TRACES]
        items = _neurons(where, size, probe.neurons)
    return Probed(probe, part, items, *known[probe.what])


def _instead(part: Population | Projection, what: str, known: Mapping[str, Any]) -> str:
    """What to probe in place of something that a part does not have."""
    if isinstance(part, Projection) and what in POST_TRACES:
        return f"its rule takes '{what}' from the neurons: probe {part.post}"
    fix = did_you_mean(what, known)
    return fix if fix.startswith("did") else ""


def _neurons(where: str, size: int, chosen: Sequence[Any] | None) -> NDArray[np.int64]:
    if chosen is None:
        return np.arange(size, dtype=np.int64)
    if isinstance(chosen, range):
        chosen = chosen[: size + 6]  # of so many, some are outside: no more are needed to say so
    items = _integers(where, chosen, 1)
    if outside := sorted({int(i) for i in items if not 0 <= i < size}):
        raise NeurohwError(Problem(where, f"neurons {_some(outside)}", f"there are neurons 0 to {size - 1}"))
    return items.astype(np.int64)


def _synapses(where: str, p: Projection, chosen: Sequence[Any] | None) -> NDArray[np.int64]:
    n_post, n_pre = p.weight.shape
    if chosen is None and not p.sparse:
        return np.asarray(np.indices((n_post, n_pre), np.int64).reshape(2, -1).T)
    stored = set()
    if p.sparse:
        coo = p.weight.tocoo()
        coordinates = np.stack([coo.row, coo.col], axis=1).astype(np.int64)
        if chosen is None:
            return np.asarray(coordinates[np.lexsort(coordinates.T[::-1])])
        stored = {(int(j), int(i)) for j, i in coordinates}
    items = _integers(where, () if chosen is None else chosen, 2)
    if outside := [(int(j), int(i)) for j, i in items if not (0 <= j < n_post and 0 <= i < n_pre)]:
        raise NeurohwError(
            Problem(where, f"synapses {_some(outside)}", f"post is 0 to {n_post - 1}, pre 0 to {n_pre - 1}")
        )
    if p.sparse and (absent := [(int(j), int(i)) for j, i in items if (int(j), int(i)) not in stored]):
        raise NeurohwError(Problem(where, f"no synapses {_some(absent)}", "the projection is sparse"))
    return items.astype(np.int64)


def _integers(where: str, chosen: Sequence[Any], ndim: int) -> NDArray[Any]:
    """Indices of neurons [n], or (post, pre) of synapses [n, 2]: integers of any size."""
    shape = "neurons are a sequence of integers" if ndim == 1 else "synapses are pairs of integers, (post, pre)"
    wrong = Problem(where, f"neurons={shortened(chosen)}", shape, _listed(chosen))
    try:
        items = np.asarray([] if ndim == 2 and isinstance(chosen, range) else list(chosen))  # no pairs, but many
    except (TypeError, ValueError):
        raise NeurohwError(wrong) from None
    fits = items.ndim == ndim and (ndim == 1 or items.shape[1] == 2) and not isinstance(chosen, (Mapping, bytes))
    whole = items.dtype.kind in "iu" or (items.dtype.kind == "O" and all(map(is_integer, items.flat)))
    if not fits or not whole or len(items) == 0 or _any_truth(chosen):
        raise NeurohwError(replace(wrong, fix=wrong.fix or "give at least one"))
    return items


def _any_truth(chosen: Sequence[Any]) -> bool:
    """Whether a truth value stands among integers, where numpy takes it for one."""
    if isinstance(chosen, (range, np.ndarray)):
        return False
    return any(isinstance(i, (bool, np.bool_)) for item in chosen for i in (item if np.iterable(item) else (item,)))


def _listed(chosen: Any) -> str:
    """How to write neurons that were given in another way."""
    if isinstance(chosen, slice):
        return "give a range"
    if is_integer(chosen):
        return f"give [{shown(int(chosen))}]"
    return "give np.flatnonzero(mask)" if getattr(chosen, "dtype", None) == np.bool_ else ""


def _some(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values[:5])) + (", ..." if len(values) > 5 else "")
