"""Integer weights as digits on the cells of one array, and how its converted columns make sums of weights again.

With x the digits of an input and z_a = sum_i x_i M[i, a] the current that converter a sees, in units of one step of
weight and input, an output is  y_j = sum over its columns of coefficient x q(z)  +  sum over shared columns of
coefficient x q(z),  where q is the converter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.ir.crossbar import Crossbar

NOWHERE = -1  # no column


@dataclass(frozen=True)
class Levels:
    """Digits [rows, columns] of one array, in units of `step` of the cells' range.

    `plus`, `minus` [converters]: the column whose current is converted, and the one that is taken off before (NOWHERE:
    none); first `blocks` x outputs of them, block-major, then the shared ones. `base`: of the digits; `offset`: what
    was added to the weights. `coefficients` [blocks, outputs]; `shared` [shared converters, outputs]. `signed`:
    whether currents can be negative; `largest` [converters]: current of full inputs, in units of the largest input
    digit. `flipped` [slices, outputs]: columns that hold complements.
    """

    digits: NDArray[np.float64]
    step: float
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    coefficients: NDArray[np.float32]
    shared: NDArray[np.float32]
    signed: bool
    largest: NDArray[np.float64]
    pairs_rows: bool
    base: int
    offset: int
    flipped: NDArray[np.bool_]


def write_levels(weights: NDArray[Any], design: Crossbar, top: int, before: Levels | None = None) -> Levels:
    """Lay out `weights` [inputs, outputs], in steps of their format, none larger than `top`.

    `before`: what other weights of the same array gave; all but the digits are taken from there where they can be.
    """
    e = design.encoding
    base, step, offset = _scale(design, top)
    inputs, outputs = weights.shape
    pairs_rows = e.signs == "pair" and e.pair_on == "rows"
    if e.signs == "pair":
        parts = [_digits(part, base, e.slices) for part in (np.maximum(weights, 0), np.maximum(-weights, 0))]
    else:
        high = base**e.slices - 1 if e.slices > 1 else 2 * top  # only weights around a symmetric point reach it
        parts = [_digits(np.clip(weights + offset, 0, high), base, e.slices)]
    places = np.float64(base) ** np.arange(e.slices)
    full = float(base - 1 if e.slices > 1 else (top if e.signs == "pair" else 2 * top))  # the largest digit
    flipped = np.zeros((e.slices, outputs), np.bool_)
    if e.flip:
        flipped = parts[0].sum(axis=1) > full * inputs / 2
        parts[0] = np.where(flipped[:, None, :], full - parts[0], parts[0])
    body = _interleave(parts, pairs_rows)
    if before is not None and np.array_equal(flipped, before.flipped):
        digits = before.digits.copy()
        digits[:, : body.shape[1]] = body
        return replace(before, digits=digits)
    references, shared, shared_full = _references(design, offset, base, full, places, flipped)
    dummy = [np.zeros(1)] if design.dummy else []
    extra = np.array([*references, *dummy], np.float64).reshape(-1)
    digits = np.concatenate([body, np.broadcast_to(extra, (len(body), len(extra)))], axis=1)
    plus, minus, coefficients = _converters(design, outputs, places, flipped, body.shape[1], len(references))
    largest = inputs * (full / 2 if e.flip else full)
    bounds = np.r_[np.full(coefficients.size, largest), inputs * shared_full]
    return Levels(
        digits, step, plus, minus, coefficients.astype(np.float32), shared.astype(np.float32), design.signed, bounds,
        pairs_rows, base, offset, flipped,
    )  # fmt: skip


def _scale(design: Crossbar, top: int) -> tuple[int, float, int]:
    """Base of the digits, one step as a share of the cells' range, and what is added to weights to make them positive.

    A single digit is stretched over the levels there are, by a whole factor so that it stays exact.
    """
    levels, e = design.cells.levels, design.encoding
    if e.slices > 1:
        assert levels is not None
        return levels, 1 / (levels - 1), levels**e.slices // 2
    span = top if e.signs == "pair" else 2 * top
    step = 1 / span if levels is None else ((levels - 1) // span) / (levels - 1)
    if design.writing.zero == "symmetric":
        return 2, step, round(2 * top * design.writing.symmetric_point)
    return 2, step, top


def _digits(values: NDArray[Any], base: int, slices: int) -> NDArray[np.float64]:
    """Non-negative integers [inputs, outputs] as digits [slices, inputs, outputs], least significant first."""
    if slices == 1:
        return values[None].astype(np.float64)
    found, rest = [], np.asarray(values, np.int64)
    for _ in range(slices):
        found.append(rest % base)
        rest = rest // base
    return np.array(found, np.float64)


def _interleave(parts: list[NDArray[np.float64]], pairs_rows: bool) -> NDArray[np.float64]:
    """Digits on rows and columns: what belongs to one output side by side, pairs next to each other."""
    slices, inputs, outputs = parts[0].shape
    stacked = np.stack(parts)  # [signs, slices, inputs, outputs]
    if pairs_rows:
        return stacked.transpose(2, 0, 3, 1).reshape(inputs * 2, outputs * slices)
    return stacked.transpose(2, 3, 1, 0).reshape(inputs, outputs * slices * len(parts))


def _references(
    design: Crossbar, offset: int, base: int, full: float, places: NDArray[np.float64], flipped: NDArray[np.bool_]
) -> tuple[list[Any], NDArray[np.float64], NDArray[np.float64]]:
    """Digits of the reference columns; coefficients and full value of those that are converted on their own."""
    e, outputs = design.encoding, flipped.shape[1]
    if e.signs == "pair":
        return [], np.zeros((0, outputs)), np.zeros(0)
    if e.signs == "offset":
        digits = _digits(np.array([[offset]]), base, e.slices)[:, 0]
        if e.subtract == "analog":
            return list(digits), np.zeros((0, outputs)), np.zeros(0)
        return list(digits), np.repeat(-places[:, None], outputs, axis=1), digits[:, 0]
    one = full if e.slices == 1 else 1.0
    turned = (places[:, None] * flipped).sum(axis=0) * full
    return [np.array([one])], ((turned - offset) / one)[None], np.array([one])


def _converters(
    design: Crossbar, outputs: int, places: NDArray[np.float64], flipped: NDArray[np.bool_], body: int, references: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Columns that are converted and taken off, and the coefficients of the outputs' own columns."""
    e = design.encoding
    dummy = body + references if design.dummy else NOWHERE
    split = e.signs == "pair" and e.pair_on == "columns"
    at = np.arange(outputs)[None, :] * e.slices + np.arange(e.slices)[:, None]  # [slices, outputs]
    if split and e.subtract == "analog":
        return (2 * at).ravel(), (2 * at + 1).ravel(), np.repeat(places[:, None], outputs, axis=1)
    if split:
        plus = np.concatenate([2 * at, 2 * at + 1]).ravel()
        coefficients = np.concatenate([places, -places])
        return plus, np.full(plus.size, dummy), np.repeat(coefficients[:, None], outputs, axis=1)
    coefficients = places[:, None] * np.where(flipped, -1, 1)
    plus = at.ravel()
    if e.signs == "pair":
        return plus, np.full(plus.size, NOWHERE), coefficients
    shared = body + np.arange(references)
    if e.signs == "offset" and e.subtract == "analog":
        return plus, np.repeat(shared, outputs), coefficients
    return np.r_[plus, shared], np.full(plus.size + references, dummy), coefficients
