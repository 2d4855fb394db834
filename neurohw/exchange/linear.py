"""Linear maps between neurons, composed from the nodes on the way: matrices, convolutions, scales, delays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from neurohw.errors import NeurohwError, Problem
from neurohw.ir.convolution import Convolution

Steps = NDArray[np.int64]


@dataclass(frozen=True)
class LinearMap:
    """out = M in, where each input is late by `before` [n_in] steps and each output by `after` [n_out].

    `matrix` is None for the identity, else an array, a csr_array or a Convolution. `path`: nodes on the way, in order;
    `exact`: what our own export wrote about the only one.
    """

    size_in: int
    matrix: Any = None
    before: Steps = field(default_factory=lambda: np.zeros(1, np.int64))
    after: Steps = field(default_factory=lambda: np.zeros(1, np.int64))
    path: tuple[str, ...] = ()
    exact: Mapping[str, Any] | None = None

    @property
    def size_out(self) -> int:
        """Number of outputs."""
        return self.size_in if self.matrix is None else int(self.matrix.shape[0])

    def then(self, name: str, matrix: Any, exact: Mapping[str, Any] | None = None) -> LinearMap:
        """This map, and then a matrix; a NeurohwError when delays that differ meet in one sum."""
        path = (*self.path, name)
        if self.matrix is None:
            late = np.broadcast_to(self.before + self.after, (self.size_in,))
            return LinearMap(self.size_in, matrix, late, path=path, exact=exact)
        if np.ptp(self.after):
            what = "sums up signals with different delays"
            raise NeurohwError(Problem(f"node '{name}'", what, "delays go before the first weights or after the last"))
        late = self.before + self.after[0]
        return LinearMap(self.size_in, product(matrix, self.matrix), late, path=path)

    def delayed(self, name: str, steps: Steps) -> LinearMap:
        """This map, and then a delay of each output."""
        return replace(self, after=np.broadcast_to(self.after + steps, (self.size_out,)))

    @property
    def weight(self) -> Any:
        """The matrix, written out if it is the identity."""
        return sparse.csr_array(sparse.eye(self.size_in)) if self.matrix is None else self.matrix

    @property
    def delay(self) -> Any:
        """Steps of delay: one number, or [n_out, n_in] where they differ."""
        if not (np.ptp(self.before) or np.ptp(self.after)):
            return int(self.before[0] + self.after[0])
        before = np.broadcast_to(self.before, (self.size_in,))
        return np.broadcast_to(self.after, (self.size_out,))[:, None] + before[None, :]


def product(after: Any, before: Any) -> Any:
    """after @ before; a scale of one number a channel keeps a convolution a convolution."""
    if isinstance(before, Convolution) and sparse.issparse(after) and is_diagonal(after):
        factors = after.diagonal().reshape(before.output_shape[0], -1)
        if not np.any(np.ptp(factors, axis=1)):
            return replace(before, kernel=before.kernel * factors[:, :1, None, None])
    if isinstance(after, Convolution) and sparse.issparse(before) and is_diagonal(before):
        factors = before.diagonal()
        if not np.ptp(factors):
            return replace(after, kernel=after.kernel * factors[0])
    result = plain(after) @ plain(before)
    return sparse.csr_array(result) if sparse.issparse(result) else np.asarray(result)


def plain(matrix: Any) -> Any:
    """An array or csr_array, whatever the matrix."""
    return matrix.unrolled if isinstance(matrix, Convolution) else matrix


def is_diagonal(matrix: Any) -> bool:
    """Whether a csr_array has entries on its diagonal only."""
    coordinates = matrix.tocoo()
    return bool(matrix.shape[0] == matrix.shape[1] and np.array_equal(coordinates.row, coordinates.col))


def diagonal(values: NDArray[Any]) -> Any:
    """The csr_array that scales."""
    return sparse.csr_array(sparse.diags(np.asarray(values, np.float64).ravel()))


def pooling(image: tuple[int, int, int], size: Any, stride: Any, padding: Any, mean: bool) -> Convolution:
    """Sum or average pooling of an image (channels, rows, columns): a convolution of each channel with itself."""
    (rows, columns), channels = pair(size), image[0]
    kernel = np.full((channels, 1, rows, columns), 1 / (rows * columns) if mean else 1.0)
    return Convolution(kernel, image, pair(stride), pair(padding), (1, 1), channels)


def pair(value: Any) -> tuple[int, int]:
    """(rows, columns) from one number or two."""
    a, b = (int(n) for n in np.broadcast_to(np.asarray(value), (2,)))
    return a, b
