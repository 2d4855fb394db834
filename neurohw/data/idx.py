"""Read IDX files, the format of MNIST: 00 00 08 ndim, ndim sizes as big-endian uint32, then bytes; plain or gzip."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem

_BYTES = b"\x00\x00\x08"


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of bytes in a file; a NeurohwError if it is not IDX, or does not hold what its header says."""
    try:
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.suffix == ".gz" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error}", fix="fetch it again")) from None
    if raw[:3] != _BYTES or len(raw) < 4 or len(raw) < 4 + 4 * raw[3]:
        limit = "IDX files of bytes begin with 00 00 08 and the number of dimensions"
        raise NeurohwError(Problem(str(path), f"begins with {raw[:4].hex(' ') or 'nothing'}", limit))
    start = 4 + 4 * raw[3]
    shape = tuple(map(int, np.frombuffer(raw[4:start], ">u4")))
    if len(raw) - start != math.prod(shape):
        limit = f"its header says {' x '.join(map(str, shape))}"
        raise NeurohwError(Problem(str(path), f"holds {len(raw) - start} values", limit, "fetch it again"))
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def read_folder(folder: Path, part: str, fix: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return images [N, H, W] and labels [N] of the part train or t10k of a folder that is laid out as MNIST.

    A NeurohwError with the `fix` names the file that is not there, or whose contents do not belong together.
    """
    files = [_file(folder, name) for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")]
    if files[0] is None or files[1] is None:
        name = f"{part}-{'images-idx3' if files[0] is None else 'labels-idx1'}-ubyte"
        what = f"'{folder}' has no {name}[.gz]" if folder.is_dir() else f"no folder '{folder}'"
        raise NeurohwError(Problem("data.path", what, fix=fix))
    images, labels = read_idx(files[0]), read_idx(files[1])
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        what = f"images are {images.shape}, labels {labels.shape}"
        raise NeurohwError(Problem(str(files[0]), what, "they are [N, H, W] and [N]", "take both from one source"))
    if images.size == 0:
        raise NeurohwError(
            Problem(str(files[0]), f"has images of {images.shape}", "none of it may be 0", "fetch it again")
        )
    return images, labels


def _file(folder: Path, name: str) -> Path | None:
    """The plain or the packed file of that name."""
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
