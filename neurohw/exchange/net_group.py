"""One group of a Lava-DL file: a layer, or the neurons of a layer. Reads values, and says where one is wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem


@dataclass(frozen=True)
class Group:
    """An HDF5 group and its place in the file, for messages."""

    where: str
    content: Any

    def __contains__(self, name: str) -> bool:
        return name in self.content

    def wrong(self, what: str, limit: str = "", fix: str = "") -> NeurohwError:
        """An error about this group."""
        return NeurohwError(Problem(self.where, what, limit, fix))

    def array(self, name: str) -> NDArray[Any]:
        """A dataset that must be there."""
        if name not in self.content:
            raise self.wrong(f"has no dataset '{name}'", f"it has {', '.join(sorted(self.content)) or 'none'}")
        if not hasattr(self.content[name], "shape"):
            parts = ", ".join(sorted(self.content[name]))
            raise self.wrong(f"'{name}' is a group of {parts}", "complex weights are not supported yet")
        values: NDArray[Any] = np.asarray(self.content[name][()])
        if not values.size:
            raise self.wrong(f"'{name}' is empty")
        return values

    def text(self, name: str) -> str:
        """A dataset of one word."""
        item = self.array(name).ravel()[0]
        return item.decode() if isinstance(item, bytes) else str(item)

    def whole(self, name: str) -> NDArray[np.int64]:
        """A dataset of whole numbers, flat."""
        values = self.array(name).ravel()
        if values.dtype.kind not in "biuf" or not np.array_equal(values, np.rint(values)):
            raise self.wrong(f"{name} holds values that are not whole numbers")
        return values.astype(np.int64)

    def one(self, name: str) -> int:
        """A whole number that all neurons share."""
        values = self.whole(name)
        if np.ptp(values):
            what = f"has several values of {name} ({values.min()}..{values.max()})"
            raise self.wrong(what, "one a layer is supported so far", "train with shared parameters")
        return int(values[0])

    def pair(self, name: str) -> tuple[int, int]:
        """(rows, columns) from one number or two."""
        values = self.whole(name)
        if values.size > 2:
            raise self.wrong(f"{name} has {values.size} values", "one, or one for rows and one for columns")
        return int(values[0]), int(values[-1])

    def spread(self, name: str, shape: tuple[int, ...]) -> int | NDArray[np.int64]:
        """A whole number, or one a neuron of `shape` from one a neuron or one a channel."""
        values = self.whole(name)
        if values.size not in (1, shape[0], int(np.prod(shape))):
            raise self.wrong(f"{values.size} values of {name}", f"one, one a channel or one a neuron of {shape}")
        if values.size == 1:
            return int(values[0])
        return np.repeat(values, int(np.prod(shape)) // values.size)

    def unread(self, read: Collection[str], harmless: Mapping[str, tuple[int, ...]]) -> Iterator[Problem]:
        """What the file says and nobody reads, unless its values are `harmless` (an empty tuple: any value is)."""
        for name in sorted(set(self.content) - set(read)):
            values = np.ravel(self.content[name][()]) if hasattr(self.content[name], "shape") else np.array([name])
            if name in harmless and (not harmless[name] or np.isin(values, harmless[name]).all()):
                continue
            said = f"{name} is {values[0]}" if values.size else f"{name} is empty"
            allowed = f"only {' or '.join(map(str, harmless[name]))} is" if name in harmless else "it is"
            supported = "supported so far" if name in harmless else "not supported yet"
            yield Problem(self.where, said, f"{allowed} {supported}", "train the network without it")
