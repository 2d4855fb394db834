"""Lay a quantised network out in the tables and arrays of `tables`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import raise_if_any
from neurohw.ir.convolution import Convolution
from neurohw.ir.network import Network, Population, Projection
from neurohw.ir.neurons import Lif, counts_spikes, is_source, states_of
from neurohw.ir.plasticity import FACTOR_BITS, Factor, LearningRule, Product
from neurohw.ir.promises import promised
from neurohw.ir.randoms import dither
from neurohw.machine.layout.programs import (
    counted_by,
    generated,
    population_problems,
    starts_of,
    stepped_by,
)
from neurohw.machine.layout.schedule import ahead, early, incoming, order, says_one
from neurohw.machine.layout.stored import blocked, fan_out_of, scale, synapses
from neurohw.machine.layout.tables import (
    FACTOR,
    PLASTIC,
    POPULATION,
    PRODUCT,
    PROJECTION,
    Counters,
    Layout,
    State,
    Tables,
    aligned,
)
from neurohw.machine.simd.lanes import COLUMNS
from neurohw.microcode.kind import program_of
from neurohw.microcode.tree import Set, statements

GRADED = {"impulse": 0, "overwrite": 1, "add": 2, "add_wrap": 3}
SIGNS = {"mixed": 0, "excitatory": 1, "inhibitory": 2}
DEPENDENCIES = {"x0": 0, "y0": 1, "u": 2}
VARIABLES = {name: code for code, name in enumerate(FACTOR_BITS)}
TRACES = ("x1", "x2", "y1", "y2", "y3")


def build(network: Network, step_by_step: bool = False, seed: int = 0) -> tuple[Tables, State, Counters, Layout]:
    """Lay out a quantised network; weights lose their truncated bits here, as on the chip. `seed`: of what is drawn."""
    raise_if_any([problem for p in network.populations for problem in population_problems(p)])
    populations, layout_out, cells, params = _populations(network)
    projections, arrays = _projections(network, populations, layout_out)
    plastic = _plastics(network, populations, projections)
    n_in = int(sum(p.size * len(p.neuron.inputs) for p in network.populations))
    n_out = sum(p.size * len(p.neuron.outputs) for p in network.populations)
    starts, counted = starts_of(network), max([4, *(len(counted_by(p.neuron)) for p in network.populations)])
    broken = {port: np.zeros(1, np.int64) for port in promised(network)}
    turns = np.zeros(0, np.int64) if step_by_step else order(network)
    first = ahead(populations, projections) * np.uint8(len(turns) > 0)
    state = State(
        np.zeros(1, np.int64), np.zeros(n_out, np.int32), np.zeros(n_in, np.int32), np.zeros(arrays["ring"], np.int32),
        np.zeros(arrays["flags"], np.uint8), np.zeros(len(populations), np.uint8),
        starts.copy(), aligned(arrays["weights"]), arrays["fan_out"],
        np.zeros(plastic["synapses"], np.int16), np.zeros(plastic["synapses"], np.int16),
        np.zeros(plastic["pre"], np.uint8), np.zeros(3 * plastic["pre"], np.int32),
        np.zeros(4 * plastic["post"], np.int32),
    )  # fmt: skip
    counters = Counters(
        np.zeros(len(plastic["plastics"]), np.int64), np.zeros(n_out, np.int64),
        np.zeros((len(populations), 2), np.int64), np.zeros((len(plastic["plastics"]), 3), np.int64),
        np.zeros((len(populations), counted), np.int64), np.zeros((len(projections), 4), np.int64),
    )  # fmt: skip
    tables = Tables(
        populations, projections, plastic["plastics"], plastic["products"], plastic["factors"],
        aligned(arrays["mantissas"]), params, np.zeros(1, np.int64),
        *generated(network, populations, state, counters, broken, seed), arrays["rows"],
        arrays["columns"], arrays["delays"], plastic["dither"], turns,
        *incoming(projections, len(populations)), first, early(network, populations, first),
        starts if starts.any() else starts[:0],
    )  # fmt: skip
    fans = np.cumsum([0, *(p.weight.shape[1] for p in network.projections)])
    fan_in = {p.name: slice(a, b) for p, a, b in zip(network.projections, fans, fans[1:])}
    return tables, state, counters, Layout(layout_out, cells, fan_in, broken)


def _populations(network: Network) -> tuple[NDArray[Any], dict[str, slice], dict[str, slice], NDArray[np.int32]]:
    table = np.zeros(len(network.populations), POPULATION)
    outputs, cells = {}, {}
    params = np.zeros((2, sum(p.size for p in network.populations)), np.int64)
    n_in = n_out = n_port = n_cell = n_source = 0
    for row, p in zip(table, network.populations):
        row["size"], row["cell"], row["source"] = p.size, n_cell, -1
        row["inputs"] = row["outputs"] = row["ports"] = -1
        row["ins"], row["outs"] = len(p.neuron.inputs), len(p.neuron.outputs)
        for k in range(len(p.neuron.inputs)):
            row["inputs"][k] = n_in
            n_in += p.size
        for k, port in enumerate(p.neuron.outputs):
            row["outputs"][k], row["ports"][k] = n_out, n_port
            outputs[f"{p.name}.{port}"] = slice(n_out, n_out + p.size)
            n_out, n_port = n_out + p.size, n_port + 1
        cells[p.name] = slice(n_cell, n_cell + p.size)
        n_cell += p.size
        _neuron(row, p, params[:, cells[p.name]])
        if is_source(p.neuron):
            row["source"], n_source = n_source, n_source + 1
    return table, outputs, cells, params.astype(np.int32)  # a bias wraps as Lava's int32 arrays do


def _neuron(row: Any, population: Population, params: NDArray[np.int64]) -> None:
    """Copy what kernels ask of one population into its row and its columns of `params`."""
    n, program = population.neuron, program_of(population.neuron)
    row["kind"] = stepped_by(n)
    back = {d.name for d in program.of_role("spikes_back")}
    row["back"] = any(isinstance(s, Set) and s.name in back for s in statements(program.body))
    row["membrane"] = {"u", "v"} <= {state.name for state in states_of(n)}
    if counts_spikes(n):  # arrays are not read while it does not listen
        row["layer"], row["period"], row["steps"] = n.layer, n.period, n.steps
    if isinstance(n, Lif):
        row["du"], row["dv"], row["reset_interval"], row["reset_offset"] = n.du, n.dv, n.reset_interval, n.reset_offset
        mantissa, exponent = np.asarray(n.bias_mant, np.int64), np.asarray(n.bias_exp, np.int64)
        params[0] = np.asarray(n.vth, np.int64) << 6
        params[1] = np.where(exponent >= 0, mantissa << np.maximum(exponent, 0), mantissa >> np.maximum(-exponent, 0))


def _projections(
    network: Network, populations: NDArray[Any], outputs: dict[str, slice]
) -> tuple[NDArray[Any], dict[str, Any]]:
    index = {p.name: k for k, p in enumerate(network.populations)}
    table = np.zeros(len(network.projections), PROJECTION)
    weights, mantissas, columns, rows, delays, fan_out = (
        [np.zeros(0, t)] for t in (np.int16, np.int8, np.int32, np.int64, np.uint8, np.int32)
    )
    n_weight = n_mantissa = n_row = n_delay = n_ring = n_flag = n_plastic = n_fan = n_column = 0
    for row, p in zip(table, network.projections):
        pre, post = populations[index[p.pre]], populations[index[p.post]]
        out, into = network.populations[index[p.pre]].neuron.outputs, network.populations[index[p.post]].neuron.inputs
        stored, starts, cols, delay = synapses(p)
        row["pre"], row["post"] = index[p.pre], index[p.post]
        row["port"], row["message"] = pre["ports"][out.index(p.pre_port)], pre["outputs"][out.index(p.pre_port)]
        row["input"] = post["inputs"][into.index(p.post_port)]
        row["n_pre"], row["n_post"], row["sparse"] = pre["size"], post["size"], p.sparse
        row["graded"] = p.graded and not says_one(network.populations[index[p.pre]])
        if p.shared:
            _geometry(row, p.weight)
        row["exponent"] = p.format.exponent if p.format else 0
        row["slots"], row["ring"], row["flags"] = p.max_delay + 1, n_ring, n_flag
        row["delay"], row["delays"] = p.max_delay, n_delay if len(delay) else -1
        if p.plasticity:
            row["weight"], row["plastic"], n_weight, n_plastic = (
                n_weight,
                n_plastic,
                n_weight + len(stored),
                n_plastic + 1,
            )
            weights.append(stored)
        else:
            row["weight"], row["plastic"] = n_mantissa, -1
            row["shift"], row["offset"] = scale(p)
            mantissa = ((stored - row["offset"]) >> row["shift"]).astype(np.int8)
            row["blocked"] = not (row["graded"] or p.sparse or p.shared or len(delay))
            if row["blocked"]:
                mantissas.append(np.zeros(-n_mantissa % COLUMNS, np.int8))  # rows of 64 begin with a line of the cache
                n_mantissa += len(mantissas[-1])
                row["weight"] = n_mantissa
                mantissa = blocked(mantissa.reshape(p.weight.shape[::-1]), -row["offset"] >> row["shift"])
            mantissas.append(mantissa)
            n_mantissa += len(mantissa)
        row["rows"] = n_row
        if p.max_delay:
            n_ring, n_flag = n_ring + (p.max_delay + 1) * int(post["size"]), n_flag + p.max_delay + 1
        n_row, n_delay = n_row + len(starts), n_delay + len(delay)
        row["fan"], n_fan = n_fan, n_fan + int(pre["size"])
        row["column"], n_column = n_column, n_column + len(cols)
        columns.append(cols)
        rows.append(starts)
        delays.append(delay)
        fan_out.append(fan_out_of(p, stored, starts))
    joined = {
        k: np.concatenate(v)
        for k, v in (
            ("weights", weights),
            ("mantissas", mantissas),
            ("columns", columns),
            ("rows", rows),
            ("delays", delays),
            ("fan_out", fan_out),
        )
    }
    return table, {**joined, "ring": n_ring, "flags": n_flag}


def _geometry(row: Any, c: Convolution) -> None:
    """What the kernel that scatters events through a convolution needs to know."""
    row["shared"], row["image"], row["made"], row["kernel"] = 1, c.input_shape, c.output_shape, c.kernel.shape[1:]
    row["stride"], row["padding"], row["dilation"] = c.stride, c.padding, c.dilation


def _plastics(network: Network, populations: NDArray[Any], projections: NDArray[Any]) -> dict[str, Any]:
    plastic = [(k, p) for k, p in enumerate(network.projections) if p.plasticity is not None]
    table = np.zeros(len(plastic), PLASTIC)
    products: list[tuple[Any, ...]] = []
    factors: list[tuple[int, ...]] = []
    dithers = [np.zeros(0, np.uint8)]
    x = y = synapse = 0
    for row, (k, p) in zip(table, plastic):
        rule = p.plasticity.chip if p.plasticity else None
        if rule is None:
            raise ValueError(f"{p.name} has a rule without its integer form: quantise the network first")
        n_post, n_pre = p.weight.shape
        row["projection"], row["x"], row["y"], row["row"], row["synapse"] = k, 3 * x, 4 * y, x, synapse
        row["sign"] = SIGNS[p.format.sign if p.format else "mixed"]
        row["hears_post"] = not rule.third_factor or populations[projections[k]["post"]]["back"]
        _rule(row, rule, products, factors)
        x, y = x + n_pre, y + n_post
        synapse += p.weight.nnz if p.sparse else n_pre * n_post
        grid = (
            dither(rule.seed, (n_post, n_pre)).T
            if rule.rounding == "per_synapse"
            else np.zeros((n_pre, n_post), np.uint8)
        )
        dithers.append(_like_stored(grid, p))
    return {
        "plastics": table, "products": np.array(products, PRODUCT), "factors": np.array(factors, FACTOR),
        "dither": np.concatenate(dithers), "pre": x, "post": y, "synapses": synapse,
    }  # fmt: skip


def _like_stored(grid: NDArray[Any], p: Projection) -> NDArray[Any]:
    """Values of a pre-major grid in the order in which the projection's weights are stored."""
    if not p.sparse:
        return np.ascontiguousarray(grid).ravel()
    by_pre = sparse.csr_array(p.weight.T)
    by_pre.sort_indices()
    pre = np.repeat(np.arange(by_pre.shape[0]), np.diff(by_pre.indptr))
    return np.asarray(grid[pre, by_pre.indices])


def _rule(row: Any, rule: LearningRule, products: list[tuple[Any, ...]], factors: list[tuple[int, ...]]) -> None:
    row["epoch"], row["decimate"] = rule.epoch, -1 if rule.decimate is None else rule.decimate
    row["third_factor"], row["graded"] = rule.third_factor, GRADED[rule.graded]
    row["per_synapse"] = rule.rounding == "per_synapse"
    for name in ("dw", "dd", "dt"):
        start = len(products)
        products += [_product(p, factors) for p in getattr(rule, name)]
        row[name] = (start, len(products))
    for k, dependency in enumerate(("x_depends", "y_depends", "u_depends")):
        row[dependency] = any(DEPENDENCIES[p.dependency] == k for p in rule.products())
    decays = decay_factors([getattr(rule, name).tau for name in TRACES[:2]])
    decays += decay_factors([65535.0] * 3 if rule.third_factor else [getattr(rule, name).tau for name in TRACES[2:]])
    for k, name in enumerate(TRACES):
        impulse = 0.0 if name == "x1" and rule.graded != "impulse" else getattr(rule, name).impulse
        counts_spikes = name == "x1" and rule.graded == "add_wrap"  # its overflow decides what is a spike
        row["uses"][k], row["decay"][k] = rule.uses(name) or counts_spikes, decays[k]
        row["impulse"][k], row["fraction"][k] = (
            int(np.floor(impulse)),
            int(np.round((impulse - np.floor(impulse)) * 256)),
        )


def decay_factors(taus: Sequence[float]) -> list[float]:
    """exp(-1/tau) of each, computed as numpy does for an array (Lava's way, to the last bit); 0 for tau = 0."""
    tau = np.asarray(taus, np.float64)
    return [float(v) for v in np.where(tau > 0, np.exp(-1 / np.where(tau > 0, tau, 1.0)), 0.0)]


def _product(p: Product, factors: list[tuple[int, ...]]) -> tuple[Any, ...]:
    start = len(factors)
    factors += [_factor(f) for f in p.factors]
    return p.mantissa, p.shift, p.exponent + 7, DEPENDENCIES[p.dependency], (start, len(factors))


def _factor(f: Factor) -> tuple[int, ...]:
    bits = FACTOR_BITS[f.var]
    return VARIABLES[f.var], f.const, f.sign, -(1 << bits), (1 << bits) - 1
