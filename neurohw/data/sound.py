"""From sound to frames: log-mel energies every 10 ms.

    m_b = log(floor + sum_f w_bf |X_f|^2)        X: spectrum of 25 ms under a Hann window, w: triangles on the mel scale
The mel scale is 2595 log10(1 + f / 700 Hz) (O'Shaughnessy 1987).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

HOP = 160  # samples at 16 kHz
WINDOW = 400
_SPECTRUM = 512
_LOWEST, _HIGHEST = 100.0, 7600.0  # Hz
_FLOOR = 1e-2  # of sound with mean square 1; about 40 dB below it


def log_mel(sound: NDArray[np.float64], rate: int, bands: int) -> NDArray[np.float64]:
    """Return log-mel energies [frames, bands] of sound [n] with mean square about 1; frame k is about HOP (k + 1/2)."""
    count = len(sound) // HOP
    if not count:
        return np.zeros((0, bands))
    padded = np.pad(sound, (WINDOW - HOP) // 2)
    cut = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: HOP * count : HOP]
    power = np.abs(np.fft.rfft(cut * np.hanning(WINDOW), _SPECTRUM)) ** 2
    energies: NDArray[np.float64] = np.log(power @ _triangles(rate, bands).T + _FLOOR)
    return energies


@cache
def _triangles(rate: int, bands: int) -> NDArray[np.float64]:
    """Weights [bands, frequencies] of triangles whose corners are evenly spaced in mel."""
    low, high = (2595 * np.log10(1 + f / 700) for f in (_LOWEST, _HIGHEST))
    corners = 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)
    frequency = np.fft.rfftfreq(_SPECTRUM, 1 / rate)
    left, middle, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    rising, falling = (frequency - left) / (middle - left), (right - frequency) / (right - middle)
    triangles: NDArray[np.float64] = np.minimum(rising, falling).clip(0)
    return triangles
