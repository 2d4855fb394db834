"""Where a network sits on a chip: blocks on sites, routes between them, and the Program that a backend runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from neurohw.errors import Problem
from neurohw.ir.checks import make_plain
from neurohw.ir.cost import ActionCount, Band, PriceTable
from neurohw.ir.crossbar import Crossbar
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.run import Activity
from neurohw.ir.tiling import Rectangle

LEARNING_PORTS = ("prediction", "gate", "score", "sameness", "action", "label")


def serves_learning(projection: Projection) -> bool:
    """Whether a projection exists for learning only: it feeds predictions, scores, sameness, gates or a critic."""
    return projection.post_port in LEARNING_PORTS


@dataclass(frozen=True)
class Slice:
    """Neurons start..stop-1 of one population."""

    population: str
    start: int
    stop: int

    @property
    def size(self) -> int:
        """Number of neurons."""
        return self.stop - self.start

    def __str__(self) -> str:
        return f"{self.population}[{self.start}:{self.stop}]"


@dataclass(frozen=True)
class Block:
    """What one site holds: a core slices of populations, and with them the weights of their incoming projections; a
    crossbar array `weights` alone."""

    slices: tuple[Slice, ...]
    weights: tuple[Rectangle, ...] = ()

    @property
    def neurons(self) -> int:
        """Number of neurons."""
        return sum(s.size for s in self.slices)


@dataclass(frozen=True)
class Site:
    """A place: core `index`, on the tile in column x and row y of the mesh, which goes on over the chips of a board."""

    index: int
    x: int
    y: int
    chip: int = 0


@dataclass(frozen=True)
class Route:
    """Messages of one slice of `projection.pre` that leave block `source` for block `target`.

    `axons`: presynaptic neurons with a non-zero weight there; `hops_x`, `hops_y`: tiles crossed a message within chips;
    `links`: borders between chips crossed a message.
    """

    projection: str
    source: int
    target: int
    axons: int
    hops_x: int
    hops_y: int
    links: int = 0


@dataclass(frozen=True)
class Usage:
    """What a block needs of one site, name -> (used, available); `filled_by`: what tells how full it is."""

    amounts: tuple[tuple[str, int, int], ...]
    filled_by: str = ""

    @property
    def fill(self) -> float:
        """Used / available of `filled_by`, or the largest of all resources."""
        shares = {name: used / limit for name, used, limit in self.amounts if limit}
        return shares.get(self.filled_by, max(shares.values(), default=0.0))

    def over(self) -> tuple[tuple[str, int, int], ...]:
        """Resources that are used beyond their limit."""
        return tuple(a for a in self.amounts if a[1] > a[2])


@runtime_checkable
class Target(Protocol):
    """A chip: capacities and a price table. A new kind is one class with these members and one YAML."""

    @property
    def name(self) -> str:
        """Name of the chip."""
        ...

    @property
    def kind(self) -> str:
        """What sort of hardware it is, and the module of `neurohw.targets` that knows it."""
        ...

    @property
    def prices(self) -> PriceTable:
        """What its actions cost."""
        ...

    @property
    def sites(self) -> tuple[Site, ...]:
        """All sites in order."""
        ...

    @property
    def design(self) -> Crossbar | None:
        """The arrays, where sites hold weights; None where they are cores that hold neurons with their synapses."""
        ...

    @property
    def accumulator_bits(self) -> int:
        """Width of a sum of inputs, with its sign; wider sums are computed exactly and counted as overflows."""
        ...

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What every report about this chip takes for granted."""
        ...

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """What costs something on this chip and is never counted."""
        ...

    def check(self, network: Network) -> tuple[list[Problem], list[str]]:
        """Limits that no partition can mend (errors), and departures: what the chip lacks but the emulation assumes."""
        ...

    def usage(self, network: Network, block: Block) -> Usage:
        """Resources that `block` needs on one site."""
        ...

    def hops(self, a: Site, b: Site) -> tuple[int, int]:
        """Tiles crossed from a to b within chips: (east-west, north-south)."""
        ...

    def links(self, a: Site, b: Site) -> int:
        """Borders between chips crossed from a to b."""
        ...

    def actions(self, program: Program, activity: Activity) -> tuple[ActionCount, ...]:
        """What the chip did in the run, counted."""
        ...

    def latency(self, program: Program, activity: Activity) -> Band | None:
        """Mean seconds a step of the busiest site; None without the prices or the rasters for it."""
        ...

    def static_power(self, program: Program) -> Band | None:
        """Power [W] that the chip draws whatever it does; None when nobody measured it."""
        ...

    def area(self, program: Program) -> Band | None:
        """Area [m2] of the sites in use; None when nobody published it."""
        ...


class CoreTarget(Target, Protocol):
    """A chip whose sites are cores."""

    def max_block(
        self, population: Population, into: tuple[Projection, ...], outgoing: int = 0, at_most: int | None = None
    ) -> int:
        """Most neurons of `population` that one site can hold with all their incoming weights; 0: not even one.

        `outgoing`: projections that leave the population. All near-equal contiguous runs of at most that many neurons,
        as few as possible, fit.
        """
        ...


@dataclass(frozen=True)
class Program:
    """A quantised network placed on a target. `departures`: what this chip cannot do but the emulation assumes.

    `mode`: 'learn' (plastic) or 'infer' (frozen). `model`, `seed`, `recipe`: where it came from, and with it the data
    it runs on, see `spec.recipe`; `placement`: how sites were chosen.
    """

    network: Network
    target: Target
    blocks: tuple[Block, ...]
    sites: tuple[Site, ...]
    routes: tuple[Route, ...]
    model: str = ""
    mode: str = "infer"
    seed: int = 0
    departures: tuple[str, ...] = field(default=())
    recipe: str = ""
    placement: str = "greedy"

    def __post_init__(self) -> None:
        make_plain(self)

    def __repr__(self) -> str:
        lines = [f"Program({self.model or 'network'}, {self.mode}) on {self.target.name}", repr(self.network)]
        for block, site in zip(self.blocks, self.sites):
            held = ", ".join([*map(str, block.slices), *map(str, block.weights)])
            fill = self.target.usage(self.network, block).fill
            unit = "array" if block.weights else "core"
            lines.append(f"  {unit} {site.index} at ({site.x},{site.y}) {fill:6.1%}  {held}")
        for r in self.routes:
            links = f", {r.links} links" if r.links else ""
            lines.append(
                f"  {r.projection}: block {r.source} -> {r.target}, {r.axons} axons, {r.hops_x}+{r.hops_y} hops{links}"
            )
        return "\n".join(lines)
