"""Crossbars: reads against the bare matrix product, IR drop against a sparse solver, pulses against aihwkit's figure.

Ratios measured in one run on one thread; medians, alternating, so that a busy machine slows both alike.
"""

import time

import numpy as np
import pytest
from scipy.sparse.linalg import splu, spsolve
from support.circuit import nodal_system
from support.toys import model
from threadpoolctl import threadpool_limits

from neurohw import api
from neurohw.backends.crossbar.arrays import make_array
from neurohw.backends.crossbar.irdrop import effective_conductance
from neurohw.backends.crossbar.learning import LearningMachine
from neurohw.backends.crossbar.reads import Digits
from neurohw.compiler.pipeline import compile_model
from neurohw.ir.crossbar import Cells, Converters, Crossbar, Encoding
from neurohw.learning.encoder import init_weights

pytestmark = pytest.mark.bench
SIZE, REPEATS = 256, 9
AIHWKIT = 41  # samples/s: forward, backward and pulsed update of one 256 x 256 ReRamES layer, aihwkit 1.2.0, one thread


def timed(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(ours, theirs, repeats=REPEATS):
    """Median time of theirs over that of ours."""
    with threadpool_limits(1, user_api="blas"):
        ours(), theirs()
        times = np.array([(timed(ours), timed(theirs)) for _ in range(repeats)])
    mine, other = np.median(times, axis=0)
    return other / mine, mine, other


def array(slices, digits):
    rng = np.random.default_rng(0)
    cells = Cells(0.0, 1e-4, 4 if slices > 1 else None, 0.2, 1e-7)
    design = Crossbar(SIZE, 4096, cells, Encoding(slices=slices), Converters(8, digits.bits, 8, "max"))
    return make_array(rng.integers(-255, 256, (SIZE, SIZE)), design, 255, digits, np.random.SeedSequence(0))


@pytest.mark.parametrize("batch", [64, 1024])
def test_one_pass_with_8_bit_converters_is_nearly_a_matrix_product(batch, capsys):
    made = array(1, Digits(1, 8))
    x = np.random.default_rng(1).integers(0, 256, (batch, SIZE)).astype(np.int32)
    out, floats, matrix = np.zeros((batch, SIZE)), x.astype(np.float32), made.matrix[:, :SIZE].copy()
    found, mine, other = ratio(lambda: made.read(x, out), lambda: floats @ matrix, 51)
    with capsys.disabled():
        print(f"\none pass, 8 bits, batch {batch}: {mine * 1e6:.0f} us, sgemm {other * 1e6:.0f} us, ratio {found:.2f}")
    assert found >= 0.7


@pytest.mark.parametrize("batch", [64, 1024])
def test_bit_serial_slices_are_nearly_their_matrix_product(batch, capsys):
    digits = Digits(8, 1)
    made = array(4, digits)
    x = np.random.default_rng(1).integers(0, 256, (batch, SIZE)).astype(np.int32)
    bits = ((x[:, None, :] >> np.arange(8)[:, None]) & 1).reshape(-1, SIZE).astype(np.float32)
    out = np.zeros((batch, SIZE))
    found, mine, _ = ratio(lambda: made.read(x, out), lambda: bits @ made.matrix, 21)
    rate = batch / mine
    with capsys.disabled():
        print(f"\n8 planes x 4 slices, batch {batch}: {rate:.0f} products/s, of its own GEMM {found:.2f}")
    assert found >= 0.85


def test_ir_drop_is_prepared_100_times_faster_than_1000_sparse_solutions(capsys):
    rng = np.random.default_rng(0)
    g, volts = rng.uniform(1e-6, 1e-4, (128, 128)), rng.uniform(0, 0.2, (1000, 128))
    matrix, right = nodal_system(g, volts[:4], 1.0, 1.0)

    def ours():
        return volts @ effective_conductance(g, 1.0, 1.0)

    def theirs():
        return [spsolve(matrix, column) for column in right]

    found, mine, other = ratio(ours, theirs, 3)
    factor, solved = timed(lambda: splu(matrix)), splu(matrix)
    reused = factor + 250 * timed(lambda: [solved.solve(column) for column in right])
    with capsys.disabled():
        print(
            f"\nIR drop of 128 x 128 and 1000 products: {mine * 1e3:.0f} ms; sparse, one by one {other * 250:.1f} s, "
            f"ratio {found * 250:.0f}; with one factor {reused:.2f} s, ratio {reused / mine:.0f}"
        )
    assert found * 250 >= 100


def test_pulses_train_a_256_x_256_layer_20_times_faster_than_aihwkit(capsys):
    spec = model((SIZE,), chip={"rule": "tag_carry"})
    program = compile_model(spec, init_weights(spec, SIZE, 0), api.load_target("xbar_template"), mode="learn")
    machine = LearningMachine(program.network, design=program.target.design, seed=0, steps=program.network.period)
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(6):
        objects = rng.integers(0, 2, (2000, 1, 1))
        x = (rng.integers(0, 255, (2, SIZE))[objects[:, 0, 0]] * rng.random((2000, SIZE)))[:, None].astype(np.int64)
        y = np.where(np.diff(objects, axis=0, prepend=0) == 0, 1, -1)
        rates.append(2000 / timed(lambda x=x, y=y: machine.advance({"input": x, "sameness": y})))
    rate = float(np.median(rates[1:]))
    pulses = sum(a.pulses for a in machine.activity().arrays.values())
    with capsys.disabled():
        print(f"\npulses, 256 x 256 and its predictions: {rate:.0f} samples/s, {rate / AIHWKIT:.0f} x aihwkit's 41")
    assert pulses > 1000
    assert rate >= 20 * AIHWKIT
