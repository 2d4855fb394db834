"""Kernels that take a shorter way when numbers are small give what the long way gives."""

from dataclasses import replace

import numpy as np
import pytest
from numba import njit
from scipy import sparse
from support.workload import STEPS, learning_workload

from neurohw.ir.network import Format, Network, Population, Projection
from neurohw.ir.neurons import Lif, Source
from neurohw.ir.plasticity import Factor, Product
from neurohw.machine.machine import Machine
from neurohw.machine.simd import rows

I32 = np.int32


@njit
def narrow_and_wide(values, factors, scale, right, left, numbers, number, per_synapse, low):
    """Both ways to add one product; None if the short one refuses."""
    mac, wide = np.empty(len(factors), np.int16), values.copy()
    largest = rows.narrow_to(mac, factors)
    if not rows.fits_int16(largest, I32(scale), right, left, len(values)):
        return None
    if per_synapse:
        a = rows.add_narrow_product_each(values, mac, scale, right, left, numbers, number, low)
    else:
        a = rows.add_narrow_product(values, mac, scale, right, left, number, low)
    b = rows.add_product(wide, factors, scale, right, left, numbers, number, per_synapse, low, 255)
    return wide, (a[0], a[1], a[2]), (b[0], b[2], b[3]), b[1]


@pytest.mark.parametrize("per_synapse", [False, True])
@pytest.mark.parametrize("low", [-257, -256])
def test_products_in_int16_equal_those_in_int32(per_synapse, low):
    rng = np.random.default_rng(0)
    refused = taken = rails = 0
    for _ in range(3000):
        top = int(rng.integers(1, 256))
        factors = rng.integers(-top, top + 1, 70).astype(np.int32)
        scale, right, left = int(rng.integers(-127, 128)), int(rng.integers(0, 8)), int(rng.integers(0, 8))
        spread = int(rng.choice([3, 257]))  # near the rails, or anywhere
        values = np.clip(rng.choice([-257, 255]) + rng.integers(-spread, spread + 1, 70), low, 255).astype(np.int16)
        numbers, number = rng.integers(0, 128, 70).astype(np.uint8), int(rng.integers(0, 128))
        found = narrow_and_wide(values, factors, scale, right, left, numbers, number, per_synapse, low)
        if found is None:
            refused += 1
            continue
        wide, a, b, saturated = found
        assert np.array_equal(values, wide)
        assert a[:2] == b[:2]
        assert low == -256 or a[2] == b[2]  # only a tag can be low
        assert saturated == 0
        taken, rails = taken + 1, rails + a[1]
    assert taken > 500
    assert refused > 500
    assert rails > 1000


@njit
def three_ways_to_change_weights(values, factors, scale, right, left, numbers, number, per_synapse):
    """What each leaves, changes and finds at the rails; None if the short ways refuse."""
    mac, steps, wide = np.empty(len(factors), np.int16), np.empty(len(factors), np.int16), values.copy()
    largest = rows.narrow_to(mac, factors)
    if not rows.fits_int16(largest, I32(scale), right, left, len(values)):
        return None
    b = rows.add_product(wide, factors, scale, right, left, numbers, number, per_synapse, -256, 255)
    if per_synapse:
        a = rows.add_to_weights_each(values, mac, scale, right, left, numbers, number)
        return values, wide, (a[0], a[1]), (b[0], b[2]), True
    moves = rows.round_product(steps, mac, scale, right, left, number)
    a = rows.add_to_weights(values, steps, number)
    return values, wide, (a[0], a[1]), (b[0], b[2]), moves


@pytest.mark.parametrize("per_synapse", [False, True])
def test_weights_change_alike_with_products_that_are_rounded_first(per_synapse):
    rng = np.random.default_rng(1)
    taken = rails = still = 0
    for _ in range(3000):
        top = int(rng.integers(1, 256))
        factors = rng.integers(-top, top + 1, 70).astype(np.int32)
        scale, right, left = int(rng.integers(-127, 128)), int(rng.integers(0, 8)), int(rng.integers(0, 8))
        spread = int(rng.choice([3, 257]))
        values = np.clip(rng.choice([-256, 255]) + rng.integers(-spread, spread + 1, 70), -256, 255).astype(np.int16)
        numbers, number = rng.integers(0, 128, 70).astype(np.uint8), int(rng.choice([0, 1, 127, rng.integers(0, 128)]))
        before = values.copy()
        found = three_ways_to_change_weights(values, factors, scale, right, left, numbers, number, per_synapse)
        if found is None:
            continue
        short, wide, a, b, moves = found
        assert np.array_equal(short, wide)
        assert a == b
        assert moves or np.array_equal(before, short)
        taken, rails, still = taken + 1, rails + a[1], still + (not moves)
    assert taken > 500
    assert rails > 1000
    assert per_synapse or still > 10


@pytest.mark.parametrize("mantissa", [1, 4])
@pytest.mark.parametrize("rounding", ["lava", "per_synapse"])
def test_a_rule_that_learns_every_step_takes_the_short_way_to_the_same_numbers(rounding, mantissa):
    """A second product of nothing sends the same rule the long way; with a mantissa of 4, rounded products of traces
    that differ by 32 are kept in the same place."""
    network, inputs = learning_workload("tiny", 2, rounding)
    network = steeper(network, mantissa)
    idle = [Product(0, -7, "u", (Factor("x1"), Factor("y1", 1)))]
    found = []
    for further in ([], idle):
        machine = Machine(with_products(network, further), steps=STEPS)
        machine.advance(inputs)
        found.append((machine.learned(), machine.activity(), machine.counters.learning[:, 2]))
    (short, activity, written), (long, expected, also_written) = found
    for name, learned in short.items():
        assert np.array_equal(learned.weight, long[name].weight)
        assert np.any(learned.weight != network.projections[0].weight[0, 0])
    assert activity.projections.keys() == expected.projections.keys()
    for name, done in activity.projections.items():
        assert done.synaptic_ops == expected.projections[name].synaptic_ops < done.dense_ops
    assert activity.overflows == expected.overflows
    assert np.array_equal(written, also_written)
    assert written.min() > 1000


def test_a_tag_below_its_range_is_seen_to_whatever_way_weights_take():
    """Tags rest in a step in which no neuron above fires; those of -257 saturate all the same."""
    network, inputs = learning_workload("tiny", 1)
    tags, found = (Product(1, -7, "y0", (Factor("x1"),)),), []
    for further in ([], [Product(0, -7, "u", (Factor("x1"), Factor("y1", 1)))]):
        machine = Machine(with_products(network, further, tags), steps=1)
        machine.state.tags[:], machine.state.low[:] = -257, 1
        machine.advance({"input": inputs["input"][:, :1]})  # the first step: nothing has fired above the input
        found.append([learned.tag for learned in machine.learned().values()])
    for short, long in zip(*found):
        assert np.array_equal(short, long)
        assert np.any(short == -256)


def steeper(network, mantissa):
    """A rule with another mantissa, and a presynaptic trace that is as many times as high."""
    projections = []
    for p in network.projections:
        rule = p.plasticity.chip
        (product,) = rule.dw
        x1 = replace(rule.x1, impulse=rule.x1.impulse * mantissa)
        rule = replace(rule, dw=(replace(product, mantissa=mantissa * product.mantissa),), x1=x1)
        projections.append(replace(p, plasticity=replace(p.plasticity, chip=rule)))
    return replace(network, projections=tuple(projections))


def with_products(network, further, tags=()):
    """The same with more products of the weights, and some of the tags."""
    projections = []
    for p in network.projections:
        rule = replace(p.plasticity.chip, dw=(*p.plasticity.chip.dw, *further), dt=tags)
        projections.append(replace(p, plasticity=replace(p.plasticity, chip=rule)))
    return replace(network, projections=tuple(projections))


def sums_of(weight, form, messages, graded, as_sparse=False, delay=0):
    """Inputs of a layer after one frame, read off the current of neurons without decay."""
    n_post, n_pre = weight.shape
    stored = sparse.csr_array(weight) if as_sparse else weight
    network = Network(
        (Population("in", n_pre, Source(-255, 255)), Population("out", n_post, Lif(131071, du=0, dv=0))),
        (Projection("w", "in", "out", stored, form, graded=graded, delay=delay),),
    )
    machine = Machine(network, steps=3 + int(np.max(delay)), window=3 + int(np.max(delay)))
    machine.advance({"in": messages[None, None, :]})
    return machine.traces()["out.u"].values[1] >> 6


@pytest.mark.parametrize("as_sparse", [False, True])
@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("bits", [8, 5, 1])
@pytest.mark.parametrize("sign", ["mixed", "excitatory", "inhibitory"])
def test_sums_of_extreme_weights_over_many_events(sign, bits, graded, as_sparse):
    """More events than a 16-bit sum holds, all with the largest weights; and random ones beside them."""
    rng = np.random.default_rng(1)
    form = Format(bits=bits, sign=sign)
    low, high = form.range
    step = 1 << form.truncated
    top = high // step * step if sign != "inhibitory" else 0
    bottom = low if sign == "mixed" else -(-low // step * step)
    weight = rng.integers(bottom // step, top // step + 1, (9, 300)) * step
    weight[0], weight[1] = top, bottom
    messages = np.ones(300, np.int8)
    if graded:
        messages = rng.integers(-3, 4, 300).astype(np.int16)
    expected = weight @ messages.astype(np.int64)
    assert np.array_equal(sums_of(weight, form, messages, graded, as_sparse), expected)


def test_per_synapse_delays_read_the_same_weights():
    weight = np.array([[255, 1, 128, 0]] * 3)
    delay = np.zeros((3, 4), np.int64)
    delay[1] = 2
    sums = sums_of(weight, Format(sign="excitatory"), np.ones(4, np.int8), False, delay=delay)
    assert sums.tolist() == [384, 0, 384]


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int16, np.int64])
def test_inputs_of_any_integer_type_give_the_same_messages(dtype):
    weight = np.full((2, 70), 2)
    messages = (np.arange(70) % 3 == 0).astype(dtype)
    assert sums_of(weight, Format(), messages, False).tolist() == [48, 48]
