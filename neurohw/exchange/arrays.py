"""Inputs from files: arrays of spikes or payloads."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem, raise_if_any
from neurohw.ir.inputs import input_problems
from neurohw.ir.network import Network


def read_inputs(path: Path, network: Network) -> dict[str, NDArray[Any]]:
    """Source -> payloads [samples, steps, neurons]: a .npy array for the only source, or a .npz with one a source."""
    if not path.is_file():
        raise NeurohwError(Problem(str(path), "no such file", fix="check the path"))
    try:
        loaded = np.load(path, allow_pickle=False)
        found = dict(loaded) if hasattr(loaded, "files") else {"": loaded}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        raise NeurohwError(Problem(str(path), "is no array of numbers", fix="write it with numpy.save")) from None
    if "" in found:
        names = [p.name for p in network.sources]
        if len(names) != 1:
            what = f"is one array for {len(names)} sources"
            raise NeurohwError(Problem(str(path), what, fix=f"write a .npz with {', '.join(names)}"))
        found = {names[0]: found[""]}
    for name, values in found.items():
        if values.dtype.kind not in "biu" and not np.array_equal(values, np.rint(values)):
            raise NeurohwError(Problem(f"{path}: {name}", "holds numbers that are not whole", "spikes are 0 and 1"))
    found = {name: x if x.dtype.kind in "biu" else x.astype(np.int32) for name, x in found.items()}
    raise_if_any(input_problems(network, found, max(np.shape(x)[1] if np.ndim(x) == 3 else 0 for x in found.values())))
    return found
