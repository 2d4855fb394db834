"""A network as flat tables and arrays, so that one compiled call can run it: the program memory of the emulator.

Populations, projections, plastic projections, products and factors are rows of structured arrays; weights, tags,
delays and traces live in one long array each, with the offset in the row. Weights are stored pre-major: the fan-out
of one presynaptic neuron is contiguous, because an event reads exactly that. Those that cannot change are int8.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

POPULATION_OVERFLOWS = ("current wrapped", "voltage saturated", "payload clipped", "prediction clipped")
PROJECTION_OVERFLOWS = ("accumulator beyond its bits", "weight at its rail", "tag at its rail", "product saturated")


def _record(**fields: Any) -> np.dtype[Any]:
    return np.dtype(list(fields.items()))


PORTS = 16  # that a population may have for input, and for output
POPULATION = _record(
    kind="i4", size="i4", cell="i4", ins="i4", outs="i4", source="i4",
    inputs=("i4", PORTS), outputs=("i4", PORTS), ports=("i4", PORTS), du="i4", dv="i4",
    reset_interval="i4", reset_offset="i4", layer="i4", period="i4", steps="i4",
    code="i8", words="i8", key="i8", draws="i4", back="i4", membrane="i4",
)  # fmt: skip
PROJECTION = _record(
    pre="i4", post="i4", port="i4", message="i4", input="i4", n_pre="i4", n_post="i4", sparse="i4", graded="i4",
    exponent="i4", slots="i4", ring="i8", flags="i4", delays="i8", delay="i4", weight="i8", shift="i4", offset="i4",
    rows="i8", plastic="i4", fan="i8", column="i8", blocked="i4", shared="i4",
    image=("i4", 3), made=("i4", 3), kernel=("i4", 3), stride=("i4", 2), padding=("i4", 2), dilation=("i4", 2),
)  # fmt: skip
PLASTIC = _record(
    projection="i4", hears_post="i4", epoch="i4", decimate="i4", third_factor="i4", graded="i4", sign="i4",
    per_synapse="i4",
    dw=("i4", 2), dd=("i4", 2), dt=("i4", 2), x_depends="i4", y_depends="i4", u_depends="i4",
    uses=("i4", 5), decay=("f8", 5), impulse=("i4", 5), fraction=("i4", 5), x="i8", y="i8", synapse="i8", row="i8",
)  # fmt: skip
PRODUCT = _record(mantissa="i4", shift="i4", left="i4", dependency="i4", factors=("i4", 2))
FACTOR = _record(var="i4", const="i4", sign="i4", low="i4", high="i4")
TAP = _record(
    population="i4", source="i4", group="i4", row="i4", place="i8", size="i8", into="i8", width="i8",
    start="i8", stop="i8", every="i8",
)  # fmt: skip


HISTORY = 1 << 22  # messages that a block of steps holds at most, but for one step
LONGEST = 1 << 12  # steps of a block where all populations run ahead
GENERATED, SOURCE, LIF = range(3)  # what steps a population
LINE = 64  # bytes of a line of the cache
CELLS, MESSAGES, WEIGHTS, TAGS, TAGS2, X, Y = range(7)  # what a tap reads
U, V, Y1, Y2, Y3, BAP, Z, P, COUNT, NEAR = range(10)  # rows of `State.cells`
UNKNOWN = -1  # a fan-out that is counted when the neuron speaks next
STEPS = 128  # row scales whose rounded products are kept: a trace has as many values
BLOCK = 1024  # synapses that learning works on at once: what fits the first-level cache


def aligned(values: NDArray[Any]) -> NDArray[Any]:
    """A copy that begins with a line of the cache: a row of 64 weights that lies across two of them takes both."""
    room = np.empty(values.nbytes + LINE, np.uint8)
    start = -room.ctypes.data % LINE
    copy = room[start : start + values.nbytes].view(values.dtype).reshape(values.shape)
    copy[...] = values
    return copy


class Tables(NamedTuple):
    """What never changes during a run."""

    populations: NDArray[Any]
    projections: NDArray[Any]
    plastics: NDArray[Any]
    products: NDArray[Any]
    factors: NDArray[Any]
    mantissas: NDArray[np.int8]  # of the static weights: w = (mantissa << shift) + offset
    params: NDArray[np.int32]  # [2, neurons]: threshold << 6 and bias of those whose kernel is written by hand
    sample: NDArray[np.int64]  # [1]: number in the run of the first sample of a call
    words: NDArray[np.int64]  # what generated code is given, see `programs`
    constants: NDArray[np.int32]  # of its neurons
    rows: NDArray[np.int64]  # sparse row starts, relative to `weight`
    columns: NDArray[np.int32]  # postsynaptic index of each stored weight (sparse only, else unused)
    delays: NDArray[np.uint8]
    dither: NDArray[np.uint8]
    order: NDArray[np.int64]  # populations, each before those it speaks to; empty if they go step by step
    into: NDArray[np.int64]  # [populations + 1]: where those into each population begin in `incoming`
    incoming: NDArray[np.int64]  # projections by postsynaptic population
    ahead: NDArray[np.uint8]  # populations that do not depend on what is said in the same block of steps
    early: NDArray[np.uint8]  # [ports] 1: of a population that runs ahead; 2: and all its messages are 1; else 0
    starts: NDArray[np.int32]  # what `State.cells` are at first; no rows if they are all 0


class State(NamedTuple):
    """What a step changes; a checkpoint is exactly these arrays."""

    time: NDArray[np.int64]  # [1] steps done since the last reset
    messages: NDArray[np.int32]
    inputs: NDArray[np.int32]  # what arrives in the next step
    ring: NDArray[np.int32]  # what arrives later, for projections with delays
    dirty: NDArray[np.uint8]  # slots of the ring that hold something
    fed: NDArray[np.uint8]  # populations with something in `inputs`, but for those that run ahead
    cells: NDArray[np.int32]  # [10 or more, neurons]: see `programs.rows_of`
    weights: NDArray[np.int16]  # of the plastic projections
    fan_out: NDArray[np.int32]  # non-zero weights of each presynaptic neuron, all projections, or UNKNOWN
    tags: NDArray[np.int16]
    tags2: NDArray[np.int16]
    low: NDArray[np.uint8]  # rows that hold a tag of -257
    x: NDArray[np.int32]  # [x1 | x2 | tx] of each plastic projection
    y: NDArray[np.int32]  # [y1 | y2 | y3 | ty] of each plastic projection


class Counters(NamedTuple):
    """What a run counts."""

    synaptic_ops: NDArray[np.int64]  # of each plastic projection; those of static ones follow from the messages
    messages: NDArray[np.int64]  # of each message slot
    active: NDArray[np.int64]  # [population, 2]: updates with an input or output, with an output
    learning: NDArray[np.int64]  # [plastic, 3]: epochs, visited, written
    population_overflows: NDArray[np.int64]
    projection_overflows: NDArray[np.int64]


class Scratch(NamedTuple):
    """Room to work in during a call; blocks have one row a step."""

    history: NDArray[np.int32]  # [block, messages]: of each step, unless all are 1; step by step, the state's own
    events: NDArray[np.int32]  # [block, messages]: who sent something through a port, from its offset on
    sent: NDArray[np.int64]  # [block, port]: how many
    listed: NDArray[np.int32]  # [messages * block]: events of the ports of populations that run ahead, without gaps
    begins: NDArray[np.int64]  # [block, port]: where those of a step begin
    bits: NDArray[np.uint64]  # [block, words]: who of one population that runs ahead speaks in each step
    near: NDArray[np.int32]  # [8, 64]: what 64 neurons need, see `lif`
    busy: NDArray[np.int32]
    sums: NDArray[np.int32]
    payloads: NDArray[np.int16]  # those of one port, where they are not wider
    histories: NDArray[np.int32]  # of the traces of one plastic projection
    along: NDArray[np.int32]  # factors of each product by postsynaptic neuron
    along_at: NDArray[np.int64]  # [products]: at which step, or -1
    narrow: NDArray[np.int16]  # those of one product in 16 bits
    scales: NDArray[np.int32]  # its factor for each presynaptic neuron
    candidates: NDArray[np.int32]  # presynaptic neurons whose synapses may change
    steps: NDArray[np.int16]  # [STEPS * postsynaptic neurons]: the product, rounded, for some scales
    held: NDArray[np.int32]  # [STEPS]: which these are
    moves: NDArray[np.int64]  # [STEPS]: whether the product is not all zero
    live: NDArray[np.int64]  # [2, products]: those that can be non-zero, and what they change
    blocks: NDArray[np.int32]  # sums and results of some synapses
    pending: NDArray[np.int16]  # of each plastic weight: steps that pulses have yet to make; empty without pulses
    taps: NDArray[Any]  # TAP: what probes record, by population, and then of the projections
    tapped: NDArray[np.int64]  # [populations + 1]: where the taps of each population begin
    places: NDArray[np.int64]  # of all taps: indices into the array that each reads
    recorded: NDArray[np.int32]  # rows of all probes


class Call(NamedTuple):
    """What one compiled call is given, and what it fills."""

    spikes: NDArray[np.int8]  # [samples, frames, neurons of all sources], or no frames, and in that case
    payloads: NDArray[np.int32]  # the same
    sources: NDArray[np.int64]  # where the neurons of each source begin
    numbers: NDArray[np.float64]  # [plastic, epochs, 5]: random numbers of each epoch that ends
    impulses: NDArray[np.int64]  # [plastic, steps], of two-factor rules
    selected: NDArray[np.int64]  # [ports, 4]: port, first message slot, size, place in `totals`
    totals: NDArray[np.int32]  # [samples, neurons of the selected ports]: summed messages
    raster: NDArray[np.int32]  # [window, message slots]
    membrane: NDArray[np.int32]  # [window, 2, neurons]: u and v


class Layout(NamedTuple):
    """Where the pieces of each population and projection lie: name -> slice.

    `broken`: how many messages of each promised port have been beyond what it declares, [1] each, see `ir.promises`.
    """

    outputs: dict[str, slice]
    cells: dict[str, slice]
    fan_in: dict[str, slice]
    broken: dict[str, NDArray[np.int64]]
