"""Small data files in the layouts that the data sets come in."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import h5py
import numpy as np


def write_idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as IDX, packed if the name ends in .gz."""
    raw = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)


def write_idx_folder(folder: Path, train: int = 60, test: int = 30, side: int = 28, classes: int = 3) -> None:
    """Write a folder laid out as MNIST: bright squares whose size is their class, on a dark ground."""
    rng = np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        labels = np.arange(count) % classes
        images = rng.integers(0, 40, (count, side, side))
        for image, label in zip(images, labels):
            image[8 : 12 + 4 * label, 8 : 12 + 4 * label] += 200
        write_idx(folder / f"{part}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{part}-labels-idx1-ubyte", labels)


def mu_law(speech: np.ndarray) -> np.ndarray:
    """Bytes of G.711 for speech in -32124..32124: sign, position of the leading bit, four bits after it, inverted."""
    codes = []
    for value in np.rint(speech).astype(int).tolist():
        size = min(abs(value), 32635) + 0x84
        exponent = size.bit_length() - 8
        codes.append(~((value < 0) << 7 | exponent << 4 | (size >> (exponent + 3)) & 15) & 0xFF)
    return np.array(codes, np.uint8)


def write_voice(path: Path, diphones: dict[str, tuple[np.ndarray, np.ndarray, int]], ends: np.ndarray) -> None:
    """Write a group of diphones: name -> (residual, coefficients [periods, 16], period of the second phone)."""
    index, body = [], b""
    for name, (residual, coefficients, middle) in diphones.items():
        periods = len(coefficients)
        header = (
            f"EST_File Track\nDataType binary\nNumFrames {periods}\nByteOrder 01\nNumChannels 17\n\nEST_Header_End\n"
        )
        rows = np.column_stack([ends[:periods], np.ones(periods), np.full(periods, 9.0), coefficients])
        begin = len(body)
        body += header.encode() + rows.astype("<f4").tobytes()
        index.append(f"{name} {begin} {len(body)} {middle}\n")
        body += b".snd" + struct.pack(">5I", 24, len(residual), 1, 16000, 1) + mu_law(residual).tobytes()
    top = f"EST_File index\nDataType ascii\nNumEntries {len(index)}\nDataFormat grouped\nEST_Header_End\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((top + "".join(index)).encode() + body)


def write_vowels(path: Path, utterances: list[tuple[np.ndarray, int]]) -> None:
    """Write utterances [T, 12] with their class as .ts."""
    lines = ["#a comment", "@problemName JapaneseVowels", "@dimensions 12", "@data"]
    for cepstra, speaker in utterances:
        lines.append(":".join([*(",".join(map(str, d)) for d in cepstra.T), str(speaker)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_stl10(folder: Path, counts: dict[str, int]) -> dict[str, np.ndarray]:
    """Write parts of STL-10, colours by columns and labels from 1; returns the images [N, 96, 96, 3] of each."""
    rng = np.random.default_rng(0)
    written = {}
    for part, count in counts.items():
        written[part] = rng.integers(0, 256, (count, 96, 96, 3), np.uint8)
        written[part].transpose(0, 3, 2, 1).tofile(folder / f"{part}_X.bin")
        (np.arange(count) % 10 + 1).astype(np.uint8).tofile(folder / f"{part}_y.bin")
    return written


def write_cifar10(folder: Path, count: int = 8) -> dict[str, np.ndarray]:
    """Write all files of CIFAR-10 with `count` records each; returns the images [count, 32, 32, 3] of each."""
    rng = np.random.default_rng(0)
    written = {}
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"):
        written[name] = rng.integers(0, 256, (count, 32, 32, 3), np.uint8)
        planes = written[name].transpose(0, 3, 1, 2).reshape(count, -1)
        labels = (np.arange(count) % 10).astype(np.uint8)
        np.column_stack([labels, planes]).tofile(folder / f"{name}.bin")
    return written


def write_nmnist(folder: Path, part: str, number: int, digit: int, events: np.ndarray) -> Path:
    """Write one recording of N-MNIST: events as rows of column, row, sign, time [us]."""
    column, row, sign, time = np.asarray(events, np.int64).reshape(-1, 4).T
    raw = np.column_stack([column, row, sign << 7 | time >> 16, time >> 8 & 255, time & 255]).astype(np.uint8)
    path = folder / part / str(digit) / f"{number:05d}.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    raw.tofile(path)
    return path


def write_shd(path: Path, recordings: list[tuple[np.ndarray, np.ndarray, int]]) -> None:
    """Write recordings of times [s], units and label as SHD has them."""
    with h5py.File(path, "w") as file:
        for name, kind, part in (("times", np.float16, 0), ("units", np.uint16, 1)):
            data = file.create_dataset(f"spikes/{name}", (len(recordings),), h5py.vlen_dtype(kind))
            for k, recording in enumerate(recordings):
                data[k] = recording[part].astype(kind)
        file["labels"] = np.array([label for _, _, label in recordings], np.uint16)
