"""Arrays of a checkpoint, held against those that they are to replace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def like(own: Any, saved: Mapping[str, NDArray[Any]], name: str, *, grows: bool = False) -> NDArray[Any]:
    """The saved array of that name, with type and shape of `own`, but for the length of one that `grows`.

    A KeyError if it is missing and a ValueError if it is another, which numpy would stretch or round.
    """
    values, own = saved[name], np.asarray(own)
    first = 1 if grows else 0
    if values.dtype != own.dtype or values.ndim != own.ndim or values.shape[first:] != own.shape[first:]:
        raise ValueError(f"{name} is {values.dtype} {values.shape}, not {own.dtype} {own.shape}")
    return values
