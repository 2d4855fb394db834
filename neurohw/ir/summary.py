"""A sweep by its settings: mean and sample standard deviation over the seeds of what a study compares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from neurohw.ir.sweep import ENERGY, SEED, Plain, Sweep, SweepPoint

RAW, RANDOM, LEARNED = NETWORKS = ("raw", "random", "learned")
LABELS = ("all", "few")


@dataclass(frozen=True)
class Spread:
    """Mean over the seeds, and the sample standard deviation; None for one seed."""

    mean: float
    deviation: float | None


@dataclass(frozen=True)
class Summarised:
    """Points that differ in the seed alone: values on the other axes, how many have a result, and the error of each of
    the others; what the results are, by the column of the row."""

    values: tuple[Plain, ...]
    seeds: int
    errors: tuple[str, ...]
    spreads: Mapping[str, Spread]

    @property
    def failed(self) -> int:
        """Points that ended with an error."""
        return len(self.errors)

    @property
    def layers(self) -> int:
        """Layers that there are results of."""
        return _layers(self.spreads)

    def last_layer(self, network: str, labels: str) -> Spread | None:
        """Accuracy of the deepest layer that the setting has."""
        return self.spreads.get(accuracy(network, labels, self.layers))

    def reference(self, network: str, labels: str) -> Spread | None:
        """Accuracy of the raw input, or of the deepest layer of the random network."""
        return self.spreads.get(accuracy(RAW, labels)) if network == RAW else self.last_layer(network, labels)


@dataclass(frozen=True)
class Summary:
    """The settings of a sweep, in its order. `columns`: of rows, accuracies as fractions and the energy of a sample
    [J]; `shared`: columns of the raw input or the random network, where all settings have the same of them."""

    columns: tuple[str, ...]
    settings: tuple[Summarised, ...]
    shared: Mapping[str, Spread]

    @property
    def layers(self) -> int:
        """Layers of the deepest network."""
        return _layers(self.columns)

    @property
    def labels(self) -> tuple[str, ...]:
        """Which of `LABELS` there are results for."""
        return tuple(which for which in LABELS if any(f"_{which}" in name for name in self.columns))


def accuracy(network: str, labels: str, layer: int | None = None) -> str:
    """Name of the column with the accuracy of a network's layer, or of the raw input."""
    return f"{network}_{labels}" if layer is None else f"{network}_{labels}_{layer}"


def accuracies(names: Mapping[str, object] | Sequence[str]) -> list[str]:
    """Those of `names` that are accuracies: raw, random, learned; all labels, then few; from the first layer on."""
    found = []
    for network in NETWORKS:
        for labels in LABELS:
            start = accuracy(network, labels)
            layers = (name.removeprefix(f"{start}_") for name in names if name.startswith(f"{start}_"))
            found += [start] if start in names else []
            found += [f"{start}_{layer}" for layer in sorted(int(layer) for layer in layers if layer.isdigit())]
    return found


def _layers(names: Iterable[str]) -> int:
    """Layers of the deepest learned network among columns."""
    return max((int(name.rpartition("_")[2]) for name in names if name.startswith(f"{LEARNED}_")), default=0)


def summarise(sweep: Sweep) -> Summary:
    """Means over the seeds; failed points are counted and left out of them."""
    rows = [point.outcome.row for point in sweep.points if point.outcome.row]
    columns = (*accuracies(list(dict.fromkeys(name for row in rows for name in row))), ENERGY)
    settings = tuple(_summarised(values, points, columns) for values, points in sweep.groups)
    shared = {name: spread for network in (RAW, RANDOM) for name, spread in _shared(sweep, network, columns)}
    return Summary(columns, settings, shared)


def _summarised(values: tuple[Plain, ...], points: Sequence[SweepPoint], columns: Sequence[str]) -> Summarised:
    rows = [point.outcome.row for point in points if point.outcome.row is not None]
    errors = tuple(point.outcome.error for point in points if point.outcome.error is not None)
    found = {name: [float(x) for row in rows if (x := row.get(name)) is not None] for name in columns}
    return Summarised(values, len(rows), errors, {name: _spread(numbers) for name, numbers in found.items() if numbers})


def _shared(sweep: Sweep, network: str, columns: Sequence[str]) -> Iterator[tuple[str, Spread]]:
    """All columns of a network, if no setting has other numbers with the same seed; else none."""
    seed = sweep.axes.index(SEED) if SEED in sweep.axes else None
    spreads = []
    for name in (name for name in columns if name.startswith(f"{network}_")):
        by_seed: dict[Plain, set[float]] = {}
        for point in sweep.points:
            if (value := (point.outcome.row or {}).get(name)) is not None:
                by_seed.setdefault(None if seed is None else point.values[seed], set()).add(float(value))
        if any(len(numbers) > 1 for numbers in by_seed.values()):
            return
        spreads.append((name, _spread([number for numbers in by_seed.values() for number in numbers])))
    yield from spreads


def _spread(numbers: Sequence[float]) -> Spread:
    return Spread(fmean(numbers), stdev(numbers) if len(numbers) > 1 else None)
