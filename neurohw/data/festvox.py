"""Read diphone voices of Festival: groups of LPC tracks and residuals, from which speech is put together again.

A group is a text header, an index with a line a diphone (name `first-second`, offsets of track and residual, number of
the pitch period in which the second phone begins) and a body. A track has, for each pitch period, its end [s], a break
flag, an energy and the coefficients a_1..a_16; a residual r is mu-law (ITU-T G.711) at 16 kHz in Sun's .snd. With the
coefficients of the period that holds sample n, speech is
    x[n] = r[n] + sum_k a_k x[n - k]
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurohw.errors import NeurohwError, Problem

RATE = 16_000  # samples a second
_END = b"EST_Header_End\n"
_HEADER_MAX = 4096
_MU_LAW, _BIAS = 1, 0x84


@dataclass(frozen=True)
class Diphone:
    """Speech [n] at 16 kHz from the middle of phone `first` to that of `second`, which begins at `boundary` [s]."""

    first: str
    second: str
    boundary: float
    speech: NDArray[np.float64]


def read_voice(path: Path) -> list[Diphone]:
    """Return all diphones of a group file; a NeurohwError if it is not one. Marks of clusters (_, $) are left out."""
    try:
        raw = path.read_bytes()
        header, start = _header(raw)
        found, position = [], start
        for _ in range(int(header["NumEntries"])):
            end = raw.index(b"\n", position)
            found.append(raw[position:end].decode("ascii").split())
            position = end + 1
        body = raw[position:]
        return [_diphone(body, *entry) for entry in found]
    except OSError as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error.strerror}")) from None
    except (ValueError, KeyError, IndexError, TypeError) as error:
        limit = "groups of festvox hold an index, binary LPC tracks and mu-law residuals"
        raise NeurohwError(
            Problem(str(path), f"is not a diphone group: {error!r}", limit, "install it again")
        ) from None


def _diphone(body: bytes, name: str, track: str, residual: str, middle: str) -> Diphone:
    """One entry of the index."""
    header, start = _header(body[int(track) : int(track) + _HEADER_MAX])
    periods, columns = int(header["NumFrames"]), int(header["NumChannels"]) + 2
    values = np.frombuffer(body, "<f4", periods * columns, int(track) + start).reshape(periods, columns)
    ends = np.rint(values[:, 0] * RATE).astype(np.int64)
    first, second = (phone.strip("_$") for phone in name.split("-"))
    speech = _speak(_residual(body, int(residual)), values[:, 3:].astype(np.float64), ends)
    return Diphone(first, second, float(values[min(int(middle), periods - 1), 0]), speech)


def _header(raw: bytes) -> tuple[dict[str, str], int]:
    """Keys and values of a text header, and where it ends."""
    end = raw.index(_END)
    lines = (line.partition(" ") for line in raw[:end].decode("ascii").splitlines())
    return {key: value for key, _, value in lines}, end + len(_END)


def _residual(body: bytes, start: int) -> NDArray[np.float64]:
    """Samples of a .snd file: magic, then begin, bytes, encoding, rate and channels as big-endian numbers."""
    begin, length, encoding, rate, channels = map(int, np.frombuffer(body, ">u4", 5, start + 4))
    if body[start : start + 4] != b".snd" or (encoding, rate, channels) != (_MU_LAW, RATE, 1):
        raise ValueError(f"a residual in encoding {encoding} at {rate} Hz")
    inverse = ~np.frombuffer(body, np.uint8, length, start + begin)
    exponent, mantissa = (inverse >> 4) & 7, (inverse & 15).astype(np.int64)
    size = (((mantissa << 3) + _BIAS) << exponent) - _BIAS
    return np.where(inverse & 0x80, -size, size).astype(np.float64)


@njit(cache=True)
def _speak(residual, coefficients, ends):  # type: ignore[no-untyped-def]
    speech = np.zeros(len(residual))
    period = 0
    for n in range(len(residual)):
        while period < len(ends) - 1 and n >= ends[period]:
            period += 1
        speech[n] = residual[n]
        for k in range(min(n, coefficients.shape[1])):
            speech[n] += coefficients[period, k] * speech[n - k - 1]
    return speech
