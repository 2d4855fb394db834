"""k_winners against sorting: exactly k neurons win, those with the largest scores, the lower number in a tie."""

from __future__ import annotations

import numpy as np
import pytest
from support.alone import run_alone
from support.emulate import emulate
from support.generate import Case

import neurohw as nh
from neurohw.backends.brian2.available import why_not as no_brian2
from neurohw.backends.lava.available import why_not as no_lava
from neurohw.neurons.winners import Contender


def largest(scores, k):
    """Numbers of the k largest scores."""
    return set(np.lexsort((np.arange(len(scores)), -scores))[:k].tolist())


def competition(rng, size, k, samples=4, **options):
    """A network in which a source gives scores at steps 1 and 2 of a period, and the sums of these."""
    w = nh.k_winners("w", size, k, **options)
    top = 1 << options.get("bits", 8)
    frames = rng.integers(0, max(2, top // 2), (samples, options.get("window", 2) - 1, size))
    source = nh.Population("scores", size, nh.Source(0, top))
    one = nh.Projection("give", "scores", w.name, np.eye(size, dtype=int), nh.Format(8, 0, "excitatory"))
    network = nh.Network((source, *w.populations), (one, *w.projections))
    return Case(network, {"scores": frames}, w.period), w, np.minimum(frames.sum(axis=1), top - 1)


def assert_won(spikes, w, scores, k):
    """Spikes [steps, size] of a run of samples."""
    for sample, of_sample in enumerate(np.split(np.asarray(spikes), len(scores))):
        assert not of_sample[: w.settled - 1].any()
        for step in range(w.settled - 1, w.period):
            assert set(np.flatnonzero(of_sample[step]).tolist()) == largest(scores[sample], k), (sample, step)


@pytest.mark.parametrize(("size", "k"), [(2, 1), (3, 1), (3, 2), (10, 4), (65, 1), (65, 13), (65, 64), (200, 17)])
@pytest.mark.parametrize("options", [{}, {"bits": 1}, {"bits": 12}, {"window": 3, "bits": 3}])
def test_exactly_the_k_largest_win(size, k, options):
    rng = np.random.default_rng([size, k, len(options)])
    case, w, scores = competition(rng, size, k, **options)
    run = emulate(case)
    assert_won(run.traces["w.out"].values, w, scores, k)
    assert_won(emulate(case, reset=True).traces["w.out"].values, w, scores, k)


def test_ties_go_to_the_lower_numbers_and_winners_keep_spiking_to_the_end_of_a_period():
    w = nh.k_winners("w", 6, 2, bits=4, period=30)
    case, *_ = competition(np.random.default_rng(0), 6, 2, bits=4, period=30, samples=3)
    frames = np.array([[[3, 3, 3, 3, 3, 3]], [[0, 0, 0, 0, 0, 0]], [[1, 5, 9, 5, 0, 5]]])
    run = emulate(case._replace(inputs={"scores": frames}))
    assert_won(run.traces["w.out"].values, w, frames[:, 0], 2)
    winners = [np.flatnonzero(row).tolist() for row in run.traces["w.out"].values[29::30]]
    assert winners == [[0, 1], [0, 1], [1, 2]]
    assert run.traces["w.out"].values.sum() == 3 * 2 * (30 - w.settled + 1)


def test_scores_beyond_their_bits_end_there_and_negative_ones_at_zero():
    w = nh.k_winners("w", 4, 1, bits=4)
    source = nh.Population("scores", 4, nh.Source(-100, 100))
    one = nh.Projection("give", "scores", "w", np.eye(4, dtype=int), nh.Format(8, 0, "excitatory"))
    network = nh.Network((source, *w.populations), (one, *w.projections))
    frames = np.array([[[14, 15, 90, 100]], [[-50, -3, 0, 1]], [[-50, -3, -1, -9]]])
    run = emulate(Case(network, {"scores": frames}, w.period))
    winners = [np.flatnonzero(row).tolist() for row in run.traces["w.out"].values[w.settled - 1 :: w.period]]
    assert winners == [[1], [3], [0]]


def test_the_largest_and_smallest_numbers_of_32_bits_are_the_largest_and_smallest_scores():
    top = (1 << 31) - 1
    arrives = np.array([[0, 0, 0], [7, top, -top - 1], [7, top, 3]])
    inputs = {"in": arrives, "verdict": np.zeros_like(arrives)}
    _, states = run_alone(Contender(period=20, window=3, bits=24, index_bits=2), inputs, port="ask")
    assert states["score"][-1].tolist() == [14, (1 << 24) - 1, 3]


@pytest.mark.parametrize(
    "backend",
    [
        "crossbar",
        pytest.param("lava", marks=[pytest.mark.lava, pytest.mark.skipif(bool(no_lava()), reason="no Lava")]),
        pytest.param("brian2", marks=pytest.mark.skipif(bool(no_brian2()), reason="no Brian2")),
    ],
)
def test_they_win_on_every_backend(backend):
    from support.crossbars import ideal_crossbar
    from support.runs import run_on

    from neurohw.ir.engine import OnArrays

    case, w, scores = competition(np.random.default_rng(3), 12, 5, bits=5)
    how = {"arrays": OnArrays(ideal_crossbar(0, 24)), "reset": True} if backend == "crossbar" else {}
    run = run_on(backend, case.network, [case.inputs], steps=case.steps, traces=case.steps * case.samples, **how)
    assert_won(run.traces["w.out"].values, w, scores, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 1}, r"k_winners: size: is 1; needs an integer 2\.\.16777216"),
        ({"k": 10}, r"k_winners: k: is 10; needs an integer 1\.\.9"),
        ({"k": 0, "period": 3}, r"k_winners: k: is 0; .*\n.*k_winners: period: is 3; needs an integer 26\.\."),
        (
            {"bits": 0, "window": 1.5},
            r"k_winners: bits: is 0; .*\n.*k_winners: window: is 1\.5; needs an integer 2\.\.",
        ),
        ({"size": 200, "bits": 24}, r"k_winners: bits: has 8 bits for 200 neurons; .* 30 together; give 22 or less"),
    ],
)
def test_numbers_that_do_not_fit_are_refused(options, message):
    with pytest.raises(nh.NeurohwError, match=message):
        nh.k_winners("w", **({"size": 10, "k": 3} | options))
