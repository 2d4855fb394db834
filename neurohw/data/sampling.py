"""What the eye sees: a stream of fixations and saccades for one camera, and batches of pairs for training on the host.

Both draw from views [N, V, D] of N images and return the sameness y: +1 the same image as before (fixation), -1 another
one (saccade). Which image is which class never enters here. With `lengths`, the N images are frames of sequences, one
after the other: the same is then the frame dt further on in its sequence, another one is any frame of the others.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from neurohw.data.seeds import generator
from neurohw.errors import NeurohwError, Problem
from neurohw.ir.neurons import PAYLOAD_MAX

Pairs = Literal["one", "both", "same"]
_PURPOSES = ("jump", "target", "view", "noise", "sign")
_BLOCK = 512  # fixations whose noise is drawn at once: small enough for the cache, without effect on the values


class FixationStream:
    """One camera: every fixation is a fresh noisy view of the current image, or of a random other one after a saccade.

    Before a fixation the gaze jumps with probability `saccade`, uniformly to one of the N - 1 other images, and y = -1;
    otherwise y = +1; the first fixation has y = 0. A pixel is clip(view + noise * normal, 0, 1), sent as its nearest
    multiple of 1/254. With `shuffle_sign` y is a fair coin that knows nothing of the image (a control: it must not
    teach anything); what is seen stays the same. Each purpose has its own generator and draws once a fixation, so
    the stream does not depend on how it is cut into `take`s. In sequences of `lengths` a fixation shows the frame dt
    further on; the gaze has to jump where there is none, and jumps uniformly to a frame of the other sequences.
    """

    def __init__(
        self,
        views: NDArray[np.float32],
        seed: int,
        saccade: float = 0.5,
        noise: float = 0.1,
        shuffle_sign: bool = False,
        lengths: NDArray[np.int64] | None = None,
        dt: int = 1,
    ) -> None:
        self._views = np.ascontiguousarray(views, np.float32)
        self._saccade, self._noise, self._shuffle_sign = saccade, np.float32(noise), shuffle_sign
        self._rng = {purpose: generator(seed, f"stream {purpose}") for purpose in _PURPOSES}
        self._dt, self._sequences = dt, None if lengths is None else _bounds(lengths)
        self._position = 0
        self._image = int(self._rng["target"].integers(len(self._views)))

    def take(self, m: int) -> tuple[NDArray[np.int16], NDArray[np.int8], NDArray[np.int64]]:
        """Return the next m fixations: payload [m, D] 0..254, sameness y [m], image index [m]."""
        images, sameness = self._gaze(m)
        return self._look(images), sameness, images

    def state(self) -> dict[str, Any]:
        """Return where the stream stands, as plain values that survive JSON."""
        return {
            "position": self._position,
            "image": self._image,
            "generators": {purpose: rng.bit_generator.state for purpose, rng in self._rng.items()},
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from a `state` of a stream with the same views and settings; a NeurohwError if it is not one."""
        try:
            position, image, generators = int(state["position"]), int(state["image"]), dict(state["generators"])
            if position < 0 or not 0 <= image < len(self._views):
                raise ValueError(f"image {image} of {len(self._views)} at position {position}")
            fresh = {purpose: np.random.default_rng() for purpose in _PURPOSES}
            for purpose, rng in fresh.items():
                rng.bit_generator.state = generators[purpose]
        except (KeyError, TypeError, ValueError) as error:
            raise NeurohwError(
                Problem("fixation stream", f"cannot continue from this state: {error!r}", fix="start the run again")
            ) from None
        self._position, self._image, self._rng = position, image, fresh

    def _gaze(self, m: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Image index and sameness of the next m fixations; moves the gaze."""
        jump = self._rng["jump"].random(m) < self._saccade
        if self._sequences is None:
            images = _follow(jump, self._rng["target"].integers(0, len(self._views) - 1, m), self._image)
        else:
            images = _follow_on(jump, self._rng["target"].random(m), self._image, *self._sequences, self._dt)
        sameness = np.where(jump, -1, 1).astype(np.int8)
        if self._shuffle_sign:
            sameness = np.where(self._rng["sign"].random(m) < 0.5, -1, 1).astype(np.int8)
        if self._position == 0:
            sameness[:1] = 0
        if m:
            self._position, self._image = self._position + m, int(images[-1])
        return images, sameness

    def _look(self, images: NDArray[np.int64]) -> NDArray[np.int16]:
        """Payload of one noisy view of each image in turn."""
        _, views, pixels = self._views.shape
        which = self._rng["view"].integers(0, views, len(images))
        seen = np.empty((len(images), pixels), np.int16)
        normal = np.zeros((min(_BLOCK, len(images)), pixels), np.float32)
        for start in range(0, len(images), _BLOCK):
            block = slice(start, start + _BLOCK)
            part = normal[: len(images[block])]
            if self._noise:
                self._rng["noise"].standard_normal(dtype=np.float32, out=part)
            _expose(self._views, images[block], which[block], self._noise, part, seen[block])
        return seen


def pairs(
    views: NDArray[np.float32],
    rng: np.random.Generator,
    batch: int,
    pairs: Pairs,
    noise: float,
    lengths: NDArray[np.int64] | None = None,
    dt: int = 1,
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return frames at t and at t + dt [B, D] in 0..1 and the sameness y [B] of each pair, all float32.

    one: B = batch, a fair coin makes each pair positive (two views of one image) or negative (views of two images).
    both: B = 2 batch, each frame at t comes with a positive and then with a negative partner.
    same: B = batch, two views of each of `batch` different images (as many as there are, if fewer); y = 1.
    The negative is drawn from all other images, never the image itself; with `lengths`, from all other sequences, and
    the positive is the frame dt further on.
    """
    count = len(views)
    if pairs == "same":
        image = after = rng.choice(count, min(batch, count), replace=False)
        if lengths is not None:
            image, after, _ = _successions(lengths, rng, min(batch, count), dt)
        seen = _noisy(views, rng, np.concatenate([image, after]), noise)
        return seen[: len(image)], seen[len(image) :], np.ones(len(image), np.float32)
    if lengths is None:
        image = after = rng.integers(0, count, batch)
        other = (image + rng.integers(1, count, batch)) % count
    else:
        image, after, other = _successions(lengths, rng, batch, dt)
    if pairs == "both":
        seen = _noisy(views, rng, np.concatenate([image, after, other]), noise)
        earlier, later = np.concatenate([seen[:batch], seen[:batch]]), seen[batch:]
        return earlier, later, np.repeat(np.array([1, -1], np.float32), batch)
    same = rng.random(batch) < 0.5
    seen = _noisy(views, rng, np.concatenate([image, np.where(same, after, other)]), noise)
    return seen[:batch], seen[batch:], np.where(same, np.float32(1), np.float32(-1))


def _successions(
    lengths: NDArray[np.int64], rng: np.random.Generator, batch: int, dt: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Frames that have one dt further on, those, and frames of other sequences; each uniformly, [batch]."""
    ends, followed = np.cumsum(lengths), np.cumsum((lengths - dt).clip(0))
    drawn = rng.integers(0, followed[-1], batch)
    sequence = np.searchsorted(followed, drawn, "right")
    length, begin = lengths[sequence], ends[sequence] - lengths[sequence]
    frame = begin + drawn - (followed[sequence] - (length - dt))
    other = rng.integers(0, ends[-1] - length)
    return frame, frame + dt, np.where(other < begin, other, other + length)


def _bounds(lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each frame, the first of its sequence and the first of the next."""
    ends = np.cumsum(lengths)
    return np.repeat(ends - lengths, lengths), np.repeat(ends, lengths)


def _noisy(
    views: NDArray[np.float32], rng: np.random.Generator, images: NDArray[np.int64], noise: float
) -> NDArray[np.float32]:
    """Return a random view of each of `images` [B] of views [N, V, D], plus noise, in 0..1: [B, D] float32."""
    seen: NDArray[np.float32] = views[images, rng.integers(0, views.shape[1], len(images))]
    if noise:
        normal = rng.standard_normal(seen.shape, dtype=np.float32)
        normal *= np.float32(noise)
        seen += normal
    return seen.clip(0, 1, out=seen)


@njit(cache=True)
def _follow(jump, target, image):  # type: ignore[no-untyped-def]
    """Image index at each fixation: target 0..N-2 counts the images other than the current one."""
    images = np.empty(len(jump), np.int64)
    for f in range(len(jump)):
        if jump[f]:
            image = target[f] + (1 if target[f] >= image else 0)
        images[f] = image
    return images


@njit(cache=True)
def _follow_on(jump, target, frame, first, end, dt):  # type: ignore[no-untyped-def]
    """Frame at each fixation: target 0..1 goes over those of other sequences. Sets `jump` where a sequence ends."""
    frames = np.empty(len(jump), np.int64)
    for f in range(len(jump)):
        begin, length = first[frame], end[frame] - first[frame]
        if frame + dt >= end[frame]:
            jump[f] = True
        if jump[f]:
            frame = np.int64(target[f] * (len(first) - length))
            frame += length if frame >= begin else 0
        else:
            frame += dt
        frames[f] = frame
    return frames


@njit(cache=True)
def _expose(views, images, which, noise, normal, seen):  # type: ignore[no-untyped-def]
    """Fill seen [m, D] with payload(clip(view + noise * normal, 0, 1)); float32 throughout, as numpy would."""
    zero, one, scale = np.float32(0), np.float32(1), np.float32(PAYLOAD_MAX)
    for f in range(len(images)):
        view = views[images[f], which[f]]
        for d in range(len(view)):
            seen[f, d] = np.int16(np.rint(min(one, max(zero, view[d] + noise * normal[f, d])) * scale))
