"""The record of a run: `reproduce.json` in its folder, with copies of all that the command read.

reproduce.json      command, options, versions, and the hash (SHA-256) of each file below
inputs/work/        models, chips, programs and inputs of the user's own, at their places relative to each other
inputs/library/     models, hw_configs: of the files that ship with neurohw those that were read
outputs/            results that the command wrote elsewhere; those in the folder itself stay where they are
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from neurohw import library
from neurohw.artifacts.run_folder import CHECKPOINT
from neurohw.errors import NeurohwError, Problem
from neurohw.parsing import Strict, parse
from neurohw.reproduction.versions import versions
from neurohw.touched import Touched
from neurohw.writing import write_text

FILE = "reproduce.json"
UNKEPT = (CHECKPOINT,)  # holds a run under way, at a moment that depends on interruptions


def _inside(path: str) -> str:
    """Refuse a path that leads out of the run folder."""
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"'{path}' lies outside the run folder; restore the file")
    return path


Inside = Annotated[str, AfterValidator(_inside)]
Hashes = dict[Inside, str]  # path in the run folder -> SHA-256


class Record(Strict):
    """What `reproduce.json` holds.

    `command`: as typed. `arguments`: those of the verb. `root`: the folder that all files of the user's own lay in;
    `work`, `folder`: where the command ran, and what it kept its run in, below it. `inputs`, `outputs`: files by their
    path in the run folder; `data`: files of data sets by absolute path, which are not copied.
    """

    schema_: Literal["neurohw.reproduce/1"] = Field("neurohw.reproduce/1", alias="schema")
    command: str
    arguments: tuple[str, ...]
    options: dict[str, Any]
    about: dict[str, Any]
    versions: dict[str, str | None]
    root: str
    work: str
    folder: str
    inputs: Hashes
    outputs: Hashes
    data: dict[str, str]

    def place(self, output: str) -> str:
        """Where the command wrote an output, below the root."""
        return output.removeprefix("outputs/") if output.startswith("outputs/") else f"{self.folder}/{output}"


def write_record(touched: Touched, command: str, arguments: list[str], options: Mapping[str, Any]) -> Path | None:
    """Write what makes a run repeatable to its folder, with copies; None if the command kept no run.

    `arguments`: of the verb, as they are given again; `options`: the same by name, with defaults.
    """
    if (folder := touched.folder) is None:
        return None
    written = [path for path in touched.written if path.is_file() and path.name not in UNKEPT]
    if not written:
        raise NeurohwError(Problem("--keep", "the command wrote no file to compare", fix="keep one that does"))
    shipped = {path: place for path in touched.read if (place := _shipped(path))}
    own = [p for p in touched.read if p.is_file() and not (p in shipped or p in touched.written or p.name in UNKEPT)]
    root = Path(os.path.commonpath([Path.cwd(), folder, *own, *written, *touched.data]))
    inputs = {path: f"inputs/library/{place}" for path, place in shipped.items()}
    inputs |= {path: f"inputs/work/{path.relative_to(root).as_posix()}" for path in own}
    elsewhere = {path: f"outputs/{path.relative_to(root).as_posix()}" for path in written if folder not in path.parents}
    for old in ("inputs", "outputs"):
        shutil.rmtree(folder / old, ignore_errors=True)
    for path, kept in (*inputs.items(), *elsewhere.items()):
        (folder / kept).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, folder / kept)
    outputs = [elsewhere.get(path) or path.relative_to(folder).as_posix() for path in written]
    record = Record(
        command=command, arguments=tuple(arguments), options=json.loads(json.dumps(options, default=str)),
        about=touched.about, versions=versions(), root=str(root), work=os.path.relpath(Path.cwd(), root),
        folder=os.path.relpath(folder, root), inputs={kept: sha256(folder / kept) for kept in inputs.values()},
        outputs={kept: sha256(folder / kept) for kept in outputs},
        data={str(path): sha256(path) for path in touched.data},
    )  # fmt: skip
    write_text(folder / FILE, json.dumps(record.model_dump(mode="json", by_alias=True), indent=2) + "\n")
    return folder


def read_record(folder: Path) -> Record:
    """The record of a run folder; a NeurohwError for a folder without one, or with one that is damaged."""
    path = folder / FILE
    if not path.is_file():
        what = "is not a run folder that can be reproduced" if folder.is_dir() else "no such folder"
        fix = f"give one with a {FILE}: that of simulate, study or demo, or of any verb after --keep"
        raise NeurohwError(Problem(str(folder), what, fix=fix))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise NeurohwError(Problem(str(path), f"cannot be read: {error}", fix="restore it")) from None
    return parse(Record, content, str(path))


def sha256(path: Path) -> str:
    """The hash of a file, which may be large."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _shipped(path: Path) -> str | None:
    """Where a file lies in the library that ships with neurohw, if it does."""
    for folder, name in ((library.models_dir(), "models"), (library.targets_dir(), "hw_configs")):
        if path.is_relative_to(folder):
            return f"{name}/{path.relative_to(folder).as_posix()}"
    return None
