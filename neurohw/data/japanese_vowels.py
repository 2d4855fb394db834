"""Japanese vowels: nine men say two vowels; frames of 12 cepstra, with the speaker as label of each.

270 training and 370 test utterances of 7 to 29 frames (Kudo, Toyama & Shimbo 1999; UCI "Japanese Vowels", CC BY 4.0),
from the folder `data.path` with JapaneseVowels_{TRAIN,TEST}.ts, as sktime (BSD-3) has it in
sktime/datasets/data/JapaneseVowels. A frame comes with two on either side: 60 values, in 0..1 by their range in
training. An utterance is a sequence: what follows in it is the same.

In .ts, after a line @data, a line is an utterance: the values of each dimension with commas, dimensions and at last the
class with colons between them.
"""

from __future__ import annotations

import numpy as np

from neurohw.data.dataset import Dataset, Split
from neurohw.data.folders import file_in, folder_of
from neurohw.data.sequences import Frames, of_sequences, to_unit, with_context, without_held_out
from neurohw.errors import NeurohwError, Problem
from neurohw.spec import DataSpec

SPEAKERS = 9
SOURCES = ("Kudo, Toyama & Shimbo 1999",)
USES = ("path", "dt")
_CEPSTRA, _BESIDE = 12, 2
_FIX = "get sktime (pip download --no-deps sktime), unzip it and give sktime/datasets/data/JapaneseVowels as data.path"


def load(spec: DataSpec, seed: int, split: Split = "test") -> Dataset:
    """Return the data set of the folder `data.path`. validation: a quarter of the training utterances held out.

    Nothing is random: there is no use for `seed`. A NeurohwError names the file and line that cannot be read.
    """
    learned = _utterances(spec, "TRAIN")
    learned, tested = without_held_out(learned) if split == "validation" else (learned, _utterances(spec, "TEST"))
    return of_sequences(spec.name, *to_unit(learned, tested), SPEAKERS)


def _utterances(spec: DataSpec, part: str) -> list[Frames]:
    """The utterances of one file."""
    path = file_in(folder_of(spec, "JapaneseVowels_{TRAIN,TEST}.ts", _FIX), f"JapaneseVowels_{part}.ts", _FIX)
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    begin = lines.index("@data") + 1 if "@data" in lines else len(lines)
    found = [_utterance(line, f"{path} line {k}") for k, line in enumerate(lines[begin:], begin + 1) if line.strip()]
    if not found:
        raise NeurohwError(Problem(str(path), "holds no utterances", "they follow a line @data", "fetch it again"))
    return found


def _utterance(line: str, where: str) -> Frames:
    """The frames of one line."""
    *dimensions, speaker = line.strip().split(":")
    try:
        cepstra, label = np.array([d.split(",") for d in dimensions], np.float64), int(speaker) - 1
        if len(cepstra) != _CEPSTRA or not 0 <= label < SPEAKERS or not np.isfinite(cepstra).all():
            raise ValueError(f"{len(cepstra)} dimensions, class {speaker}")
    except ValueError as error:
        limit = f"{_CEPSTRA} dimensions of equally many numbers and a class 1..{SPEAKERS}"
        raise NeurohwError(Problem(where, f"is not an utterance: {error}", limit)) from None
    return Frames(with_context(cepstra.T, _BESIDE), np.full(cepstra.shape[1], label))
