"""Time of a step: the busiest core and the barrier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from golden import digital_toy as toy

from neurohw.ir.cost import Band
from neurohw.targets.digital_latency import barrier_time

NS = 1e-9


def test_a_step_lasts_as_long_as_its_busiest_core_and_the_barrier():
    chip = toy.target("loihi1")
    program, activity = toy.inference(chip)
    step = chip.latency(program, activity)
    # 6 steps: inputs at steps 0 and 3 into layer1[0:3], layer 1 speaks at 1 and 4; layer1[3:4] is never busiest
    first, third = np.array([8, 0, 0, 7, 0, 0]), np.array([0, 3, 0, 0, 4, 0])
    busiest = np.maximum(first * 3.5 + 3 * 5.3, third * 3.5 + 2 * 5.3)
    assert step is not None
    assert step.low == pytest.approx((busiest.mean() + 113) * NS)
    assert step.low < step.nominal < step.high


def test_all_neurons_active_and_dense_storage_give_the_high_end():
    chip = toy.target("loihi1")
    program, activity = toy.inference(chip, rate=0)
    step = chip.latency(program, activity)
    barrier = 113 + (465 - 113) / 31
    assert step is not None
    assert step.nominal == pytest.approx((3 * (8.4 + 5.3) / 2 + barrier) * NS)
    assert step.high == pytest.approx((3 * 8.4 + 465) * NS)


@pytest.mark.parametrize(
    ("tiles", "band"), [(1, (113, 113, 113)), (32, (465, 465, 465)), (2, (113, 113 + 352 / 31, 465))]
)
def test_the_barrier_is_linear_between_published_points_and_no_surer_than_they_are(tiles, band):
    found = barrier_time(tiles, toy.target("loihi1").prices.prices)
    assert found is not None
    assert (found.low / NS, found.nominal / NS, found.high / NS) == pytest.approx(band)


def test_beyond_the_last_point_the_barrier_stays():
    prices = toy.target("loihi1", "sanafe_nahuku_fit").prices.prices
    assert barrier_time(32, prices) == prices["barrier_29_time"].value == Band(1.35e-6, 1.8e-6, 2.25e-6)


def test_latency_is_not_known_without_times_or_rasters():
    chip = toy.target("loihi1")
    program, activity = toy.inference(chip)
    energies = {name: p for name, p in chip.prices.prices.items() if not name.endswith("_time")}
    assert replace(chip, prices=replace(chip.prices, prices=energies)).latency(program, activity) is None
    assert chip.latency(program, replace(activity, window={})) is None
    empty = {name: raster[:0] for name, raster in activity.window.items()}
    assert chip.latency(program, replace(activity, window=empty)) is None


def test_a_window_shorter_than_the_run_is_enough():
    chip = toy.target("loihi1")
    program, activity = toy.inference(chip)
    short = {name: raster[:3] for name, raster in activity.window.items()}
    assert chip.latency(program, replace(activity, window=short)) is not None


def test_learning_updates_take_no_time_of_inference():
    chip = toy.target("loihi1")
    program, activity = toy.learning(chip)
    frozen = {n: replace(p, learning_visited=0, learning_written=0) for n, p in activity.projections.items()}
    assert chip.latency(program, activity) == chip.latency(program, replace(activity, projections=frozen))


def test_static_power_is_the_whole_chip_or_at_least_the_cores_in_use():
    chip = toy.target("loihi1")
    power = chip.static_power(toy.inference(chip)[0])
    assert power == Band(pytest.approx(3 * 0.82e-3), 0.104, 0.104)
    measured = toy.target("loihi2")
    assert measured.static_power(toy.inference(measured)[0]) == Band(0.232, 0.257, 0.282)
    bare = replace(chip, prices=replace(chip.prices, prices={}))
    assert bare.static_power(toy.inference(chip)[0]) is None
