"""Diphones: real speech of two speakers, frame by frame, with the phone of each frame; learned on one, tested on both.

The voices kal (1619 diphones, 239 s; Black & Lenzo 1998) and ked (1682, 206 s; CSTR 1997) of festvox, with permissive
licences, from the Debian packages festvox-kallpc16k and festvox-kdlpc16k, or from a folder `data.path` that holds
{kal,ked}_diphone/group/{kal,ked}lpc16k.group. A diphone is a sequence: what follows within it is the same (`data.dt`
frames of 10 ms further on; frames that are 5 or more apart share no sound but for the edges of their windows).

A frame is 24 log-mel energies of 25 ms, with those of two frames on either side: 120 values, in 0..1 by their range in
training. Each speaker is first brought to mean square 1, as a listener would set the volume. Its label is one of the
40 phones that both speakers have; pauses and other phones are cut off. A logistic readout of the frames is right
31 % on the other speaker and 54 % on held-out diphones of the same one (a linear one by least squares: 28 and 45 %).

What networks of 128-128 units find, `dt: 5`, least squares, layer 1 / 2, mean over seeds 0 to 2 (a slow test has the
first column again):
                            the other speaker    held out       kal or ked? (seed 0, balanced)
    raw frames                 28.2                44.7            86
    random                     31.4 / 30.9         47.3 / 46.9     88 / 86
    CLAPP, one pair a step     30.2 / 30.3         46.1 / 45.8     85 / 81
    CLAPP-s, both pairs        32.2 / 31.3         49.0 / 48.1     88 / 83
    CLAPP on the chip          28.6 / 28.5         43.4 / 45.5
So CLAPP-s beats the raw frames by 3 to 4 points, and random units by less than one on the other speaker: only kal is
heard in training, so the voice is the same in every pair, before and now, positive and negative, and nothing tells the
rule to forget it. What the pairs do tell, which sound follows, shows on kal's own held-out diphones. A logistic readout
takes all of it from the raw frames itself (every fourth frame, two seeds: raw 30.4 and 53.0 %, CLAPP-s 30.9 / 30.3 and
51.9 / 49.9).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neurohw.data.dataset import Dataset, Split
from neurohw.data.festvox import RATE, Diphone, read_voice
from neurohw.data.folders import file_in
from neurohw.data.sequences import Frames, of_sequences, to_unit, with_context, without_held_out
from neurohw.data.sound import HOP, log_mel
from neurohw.spec import DataSpec

FOLDER = "/usr/share/festival/voices/english"
PHONES = (
    "aa", "ae", "ah", "ao", "aw", "ax", "ay", "b", "ch", "d", "dh", "eh", "er", "ey",
    "f", "g", "hh", "ih", "iy", "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p",
    "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z", "zh",
)  # fmt: skip
SOURCES = ("Black & Lenzo 1998", "CSTR 1997")
USES = ("path", "dt")
_BANDS, _BESIDE = 24, 2
_LABELS = {phone: label for label, phone in enumerate(PHONES)}


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return kal's frames to learn from and ked's to test on. validation: a quarter of kal's diphones held out.

    Nothing is random: there is no use for `seed`. A NeurohwError says how to get voices that are not there.
    """
    folder = Path(spec.path or FOLDER).expanduser()
    learned = _sequences(folder, "kal")
    if split == "validation":
        learned, tested = without_held_out(learned)
    else:
        tested = _sequences(folder, "ked")
    return of_sequences(spec.name, *to_unit(learned, tested), len(PHONES))


def _sequences(folder: Path, speaker: str) -> list[Frames]:
    """The diphones of a speaker that have frames of the shared phones."""
    fix = "apt-get install festvox-kallpc16k festvox-kdlpc16k, or give the folder of both voices as data.path"
    voice = read_voice(file_in(folder, f"{speaker}_diphone/group/{speaker}lpc16k.group", fix))
    loudness = np.sqrt(np.mean(np.concatenate([diphone.speech for diphone in voice]) ** 2))
    found = [_frames(diphone, loudness) for diphone in voice]
    return [frames for frames in found if len(frames.y)]


def _frames(diphone: Diphone, loudness: float) -> Frames:
    """What belongs to shared phones, which is in one piece."""
    frames = with_context(log_mel(diphone.speech / loudness, RATE, _BANDS), _BESIDE)
    middle = HOP * (np.arange(len(frames)) + 0.5) / RATE
    first, second = (_LABELS.get(phone, -1) for phone in (diphone.first, diphone.second))
    labels = np.where(middle < diphone.boundary, first, second)
    return Frames(frames[labels >= 0], labels[labels >= 0])
