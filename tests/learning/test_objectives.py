"""Objectives: each gradient is that of its loss, and each loss has the symmetries its paper claims."""

from __future__ import annotations

import numpy as np
import pytest
from support.gradients import central

from neurohw.errors import NeurohwError
from neurohw.learning.objectives.cpc_hinge import CpcHinge
from neurohw.learning.objectives.infomax import InfoMax
from neurohw.learning.objectives.simclr import SimClr
from neurohw.learning.objectives.vicreg import VicReg

BATCH, UNITS = 6, 5
STEP = 1e-5
OBJECTIVES = (CpcHinge(), InfoMax(), SimClr(0.2), SimClr(0.5), VicReg(), VicReg(3.0, 2.0, 5.0))


def batch(seed: int):
    """Representations before and now, sameness and Wpred in float64, clear of the kinks of hinge and deviation."""
    rng = np.random.default_rng(seed)
    c, z = rng.random((2, BATCH, UNITS)) * np.array([0.5, 1, 1.5, 2, 3])
    return c, z, np.array([1.0, -1, 1, -1, 1, -1]), rng.normal(0, 0.3, (UNITS, UNITS))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=repr)
@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_is_that_of_the_loss(objective, seed):
    c, z, y, prediction = batch(seed)
    loss = objective.loss(c, z, y, prediction)
    found = {
        "first": (loss.first, central(lambda moved: objective.loss(moved, z, y, prediction).value, c, STEP)),
        "second": (loss.second, central(lambda moved: objective.loss(c, moved, y, prediction).value, z, STEP)),
    }
    if objective.predicts:
        by_matrix = central(lambda moved: objective.loss(c, z, y, moved).value, prediction, STEP)
        found["prediction"] = (loss.prediction, by_matrix)
    else:
        assert loss.prediction is None
    for name, (gradient, expected) in found.items():
        assert np.abs(expected).max() > 1e-3, name
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=1e-7, err_msg=name)


def test_cpc_is_the_hinge_written_out():
    c, z, y, prediction = batch(0)
    losses = [max(0.0, 1 - s * (now @ prediction @ before)) for before, now, s in zip(c, z, y)]
    loss = CpcHinge().loss(c, z, y, prediction)
    assert loss.value == pytest.approx(np.mean(losses))
    assert loss.parts["gate"] == np.mean(np.array(losses) > 0)


def test_infomax_is_the_cross_entropy_written_out():
    c, z, y, prediction = batch(1)
    scores = np.array([[now @ prediction @ before for now in z] for before in c])
    right = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert InfoMax().loss(c, z, y, prediction).value == pytest.approx(-np.mean(np.log(np.diag(right))))


def test_simclr_is_nt_xent_written_out():
    c, z, y, _ = batch(2)
    h = [v / np.linalg.norm(v) for v in (*c, *z)]
    losses = []
    for i in range(2 * BATCH):
        others = [np.exp(h[i] @ h[k] / 0.3) for k in range(2 * BATCH) if k != i]
        losses.append(-np.log(np.exp(h[i] @ h[(i + BATCH) % (2 * BATCH)] / 0.3) / sum(others)))
    assert SimClr(0.3).loss(c, z, y, None).value == pytest.approx(np.mean(losses), rel=1e-5)


def test_simclr_is_symmetric_in_its_views():
    c, z, y, _ = batch(3)
    one, other = SimClr().loss(c, z, y, None), SimClr().loss(z, c, y, None)
    assert one.value == pytest.approx(other.value, rel=1e-12)
    np.testing.assert_allclose(one.first, other.second, atol=1e-12)


def test_simclr_does_not_see_the_length_of_a_representation():
    c, z, y, _ = batch(4)
    assert SimClr().loss(c, 7 * z, y, None).value == pytest.approx(SimClr().loss(c, z, y, None).value, rel=1e-4)


def test_simclr_stays_finite_for_a_silent_representation():
    c, z, y, _ = batch(5)
    z[2] = 0
    loss = SimClr().loss(c, z, y, None)
    assert np.isfinite(loss.value)
    assert np.isfinite(loss.first).all()
    assert np.isfinite(loss.second).all()


def test_vicreg_is_its_three_terms_written_out():
    c, z, y, _ = batch(6)
    loss = VicReg(2.0, 3.0, 5.0).loss(c, z, y, None)
    invariance = np.mean((c - z) ** 2)
    variance = np.mean([np.maximum(0, 1 - np.sqrt(x.var(axis=0, ddof=1) + 1e-4)).mean() for x in (c, z)])
    off = [np.cov(x.T) - np.diag(np.diag(np.cov(x.T))) for x in (c, z)]
    covariance = sum((m**2).sum() / UNITS for m in off)
    assert loss.parts == pytest.approx({"invariance": invariance, "variance": variance, "covariance": covariance})
    assert loss.value == pytest.approx(2 * invariance + 3 * variance + 5 * covariance)
    assert variance > 0


def test_vicreg_is_unchanged_by_permuting_units():
    c, z, y, _ = batch(7)
    order = np.array([3, 1, 4, 0, 2])
    assert VicReg().loss(c[:, order], z[:, order], y, None).value == pytest.approx(VicReg().loss(c, z, y, None).value)


def test_objectives_that_predict_need_a_matrix():
    c, z, y, _ = batch(0)
    with pytest.raises(NeurohwError, match="layer: has no Wpred to learn with"):
        CpcHinge().loss(c, z, y, None)
