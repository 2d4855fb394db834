"""Digital many-core chips such as Loihi: cores with compartments, axons and synapse memory on a mesh of tiles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from neurohw.errors import Problem, did_you_mean, raise_if_any
from neurohw.ir.cost import ActionCount, Band, PriceTable
from neurohw.ir.mapping import Block, Program, Site, Usage
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.run import Activity
from neurohw.parsing import parse
from neurohw.targets.digital_actions import ACTIONS, count_actions
from neurohw.targets.digital_blocks import largest_block
from neurohw.targets.digital_check import problems
from neurohw.targets.digital_departures import departures
from neurohw.targets.digital_latency import BARRIER, step_time
from neurohw.targets.digital_memory import slices_usage
from neurohw.targets.digital_spec import DigitalSpec

SPEC = DigitalSpec  # the type of its files; descriptions of the fields become comments of new ones
PRICES = (
    *(f"{action}_{kind}" for action in ACTIONS for kind in ("energy", "time")),
    *("barrier_1_time", "static_chip_power", "static_core_power"),
)
ASSUMPTIONS = (
    "a synaptic operation is a non-zero weight of a message's fan-out; high counts the zeros of dense storage too",
    "active neuron updates: nominal as emulated (input or output), low only neurons that send, high all neurons; "
    "the rest is inactive",
    "a learning update is a synapse whose weight or tag changed; high counts every synapse whose input was active",
    "static power: {static}",
    "latency: the busiest core's synaptic operations and neuron updates, plus the barrier; messages overlap "
    "with them, learning updates are not in it",
)
CHIP_POWER = "the whole chip; low only the cores in use, where a core's share is known"
BOARD_POWER = "all chips of the board; low only those in use, or the cores in use, where a core's share is known"
ONE_CHIP = "one chip; multi-chip links and barriers are not modelled"
BOARD = "a board of {} chips; the bandwidth of the links between them is not modelled"
UNMODELLED = (
    "I/O and host",
    "weight loading",
    "chip reset",
    "embedded processors",
    "barrier energy",
    "learning traces",
)


@dataclass(frozen=True)
class DigitalTarget:
    """A digital chip (`ir.mapping.Target`): a block is slices of populations with their incoming synapses on one core.

    Sources are fed from outside and take no core; their messages take input axons where they arrive.
    """

    name: str
    spec: DigitalSpec = field(repr=False)
    prices: PriceTable = field(repr=False)
    sites: tuple[Site, ...] = field(repr=False)
    kind: str = "digital"
    design: None = None

    @property
    def accumulator_bits(self) -> int:
        """Width of a core's synaptic accumulator, with its sign."""
        return self.spec.limits.accumulator_bits.value

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The chip's notes, those of its price table, and how actions are counted."""
        chips = self.sites[-1].chip + 1
        here, static = (BOARD.format(chips), BOARD_POWER) if chips > 1 else (ONE_CHIP, CHIP_POWER)
        tables = (f"{self.prices.name}: {note}" for note in self.prices.notes)
        return (*self.spec.notes, here, *tables, *(text.format(static=static) for text in ASSUMPTIONS))

    @property
    def unmodelled(self) -> tuple[str, ...]:
        """What costs something on such a chip and has no published price."""
        return UNMODELLED

    def check(self, network: Network) -> tuple[list[Problem], list[str]]:
        """Limits that no partition can mend, and what the chip lacks but the emulation assumes."""
        return problems(network, self.spec, len(self.sites)), departures(network, self.spec)

    def max_block(
        self, population: Population, into: tuple[Projection, ...], outgoing: int = 0, at_most: int | None = None
    ) -> int:
        """Most neurons of any contiguous run of `population` that fit one core; 0: one neuron's fan-in does not.

        `at_most`: no more than that fit, as is known from fewer `outgoing` axons.
        """
        most = population.size if at_most is None else at_most
        return largest_block(population, into, outgoing, self.spec.core, self.spec.memory, most)

    def usage(self, network: Network, block: Block) -> Usage:
        """Resources of one core that `block` takes; output axons are a lower bound, one a neuron and projection."""
        return slices_usage(network, block.slices, self.spec.core, self.spec.memory)

    def hops(self, a: Site, b: Site) -> tuple[int, int]:
        """Tiles crossed from a to b within chips: (east-west, north-south); a border is crossed by a link instead."""
        x, y = self._borders(a, b)
        return abs(a.x - b.x) - x, abs(a.y - b.y) - y

    def links(self, a: Site, b: Site) -> int:
        """Borders between chips crossed from a to b."""
        return sum(self._borders(a, b))

    def _borders(self, a: Site, b: Site) -> tuple[int, int]:
        columns, rows = self.spec.mesh.columns.value, self.spec.mesh.rows.value
        return abs(a.x // columns - b.x // columns), abs(a.y // rows - b.y // rows)

    def actions(self, program: Program, activity: Activity) -> tuple[ActionCount, ...]:
        """What the cores and the mesh did in the run, counted."""
        return count_actions(program, activity)

    def latency(self, program: Program, activity: Activity) -> Band | None:
        """Mean seconds a step; learning updates are not part of it."""
        return step_time(program, activity, self.prices)

    def static_power(self, program: Program) -> Band | None:
        """Of all chips [W]; low: of the chips or cores in use only, as if the others were switched off."""
        price = self.prices.prices.get("static_chip_power")
        chip = self.spec.static_power.band if self.spec.static_power else price.value if price else None
        if chip is None:
            return None
        chips, used = self.sites[-1].chip + 1, len({site.chip for site in program.sites})
        core = None if self.spec.static_power else self.prices.prices.get("static_core_power")
        low = min(used * chip.low, len(program.blocks) * core.value.low) if core else used * chip.low
        return Band(low, chips * chip.nominal, chips * chip.high)

    def area(self, program: Program) -> Band | None:
        """Not published by core."""
        return None


def build(data: dict[str, Any], prices: PriceTable, where: str) -> DigitalTarget:
    """The chip that `data` describes, with `prices`; a NeurohwError lists what is wrong in either."""
    spec = parse(DigitalSpec, data, where)
    raise_if_any([_unknown_price(name, prices.name) for name in prices.prices if not _known_price(name)])
    columns, rows, cores = (n.value for n in (spec.mesh.columns, spec.mesh.rows, spec.mesh.cores_per_tile))
    wide, high = (spec.board.columns.value, spec.board.rows.value) if spec.board else (1, 1)
    sites = [
        (chip % wide * columns + i // cores % columns, chip // wide * rows + i // cores // columns, chip)
        for chip in range(wide * high)
        for i in range(columns * rows * cores)
    ]
    return DigitalTarget(spec.name, spec, prices, tuple(Site(k, *place) for k, place in enumerate(sites)))


def _known_price(name: str) -> bool:
    return name in PRICES or BARRIER.fullmatch(name) is not None


def _unknown_price(name: str, table: str) -> Problem:
    return Problem(f"{table}: prices.{name}", "is not an action of a digital chip", fix=did_you_mean(name, PRICES))
