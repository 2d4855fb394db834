"""Inputs from files: arrays of spikes or payloads."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.inputs import input_problems
from neurohw.ir.network import Network
from neurohw.touched import note_read

FAR = (-(2.0**31), 2.0**31)  # beyond every payload: numbers as large as that stay out of range as integers


def read_inputs(path: Path, network: Network) -> dict[str, NDArray[Any]]:
    """Source -> payloads [samples, steps, neurons]: a .npy array for the only source, or a .npz with one a source."""
    if not path.is_file():
        raise NeurohwError(Problem(str(path), "no such file", fix="check the path"))
    try:
        note_read(path)
        loaded = np.load(path, allow_pickle=False)
        found = dict(loaded) if hasattr(loaded, "files") else {"": loaded}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise NeurohwError(Problem(str(path), "is not an array of numbers", fix="write it with numpy.save")) from None
    if "" in found:
        names = [p.name for p in network.sources]
        if len(names) != 1:
            what = f"is one array for {len(names)} sources"
            raise NeurohwError(Problem(str(path), what, fix=f"write a .npz with {', '.join(names)}"))
        found = {names[0]: found[""]}
    if not found:
        raise NeurohwError(Problem(str(path), "holds no array", fix="write one a source with numpy.savez"))
    raise_if_any([problem for name, x in found.items() for problem in _not_whole(f"{path}: {name}", x)])
    found = {name: x if x.dtype.kind in "biu" else x.clip(*FAR).astype(np.int64) for name, x in found.items()}
    raise_if_any(input_problems(network, found, max(np.shape(x)[1] if np.ndim(x) == 3 else 0 for x in found.values())))
    return found


def _not_whole(where: str, values: NDArray[Any]) -> Iterator[Problem]:
    if values.dtype.kind not in "biuf":
        yield Problem(where, f"is an array of {values.dtype}", "payloads are whole numbers")
    elif not np.array_equal(values, np.rint(values)):  # NaN is not equal to itself
        yield Problem(where, "holds numbers that are not whole", "spikes are 0 and 1")
