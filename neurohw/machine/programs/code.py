"""Machine code of a program: made once for a processor, and kept in a folder of the user's for later processes.

A file is named by the hash of all that its content depends on, and begins with the hash of its content.
"""

from __future__ import annotations

import hashlib
import os
import platform
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target

from neurohw.machine.programs import llvm
from neurohw.machine.simd.jit import Library
from neurohw.microcode.program import Program

SOURCES = ("machine/programs", "machine/simd/jit.py", "microcode")  # what generated code depends on
DIGEST = hashlib.sha256().digest_size


class Code:
    """Machine code in memory; `address`: of the function (address of a table, t) -> which messages are not 0."""

    def __init__(self, name: str, machine_code: bytes) -> None:
        codegen = cpu_target.target_context.codegen()
        triple, processor, features = codegen.magic_tuple()
        target = binding.Target.from_triple(triple).create_target_machine(processor, features, jit=True)
        self.engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target)
        self.engine.add_object_file(binding.ObjectFileRef.from_data(machine_code))
        self.engine.finalize_object()
        self.address: int = self.engine.get_function_address(name)


_MADE: dict[str, Code] = {}


@global_compiler_lock  # type: ignore[untyped-decorator]
def code_of(program: Program) -> Code:
    """The machine code of a program: from memory, from the user's folder, or made now."""
    name = "neuron_" + key_of(program)
    if name not in _MADE:
        path = folder() / name
        machine_code = _read(path)
        if machine_code is None:
            machine_code = compiled(program, name)
            _keep(path, machine_code)
        _MADE[name] = Code(name, machine_code)
    return _MADE[name]


class _Object(Library):
    """Optimised code that no engine runs: it is kept as a file has it."""

    machine_code = b""

    def _finalize_final_module(self) -> None:
        self.machine_code = self._codegen._tm.emit_object(self._final_module)
        self._finalized = True


def compiled(program: Program, name: str) -> bytes:
    """Machine code for this processor, as an object file."""
    codegen = cpu_target.target_context.codegen()
    library = _Object(codegen, name)
    module = library.create_ir_module(name)
    llvm.write(program, module, name)
    library.add_ir_module(module)
    library.finalize()
    return library.machine_code


# ---- kept code -----------------------------------------------------------------------------------------------------


def key_of(program: Program) -> str:
    """The hash of all that machine code depends on: the tree, what is declared, the generators, the processor."""
    return hashlib.sha256(f"{_tree_of(program)} {_surroundings()}".encode()).hexdigest()


@cache
def _tree_of(program: Program) -> str:
    """All of a program as text, which takes longer than anything else that is asked when a network is laid out."""
    declared = [(d.role, d.name, d.low, d.high) for d in program.declared]
    return str((program.body, program.constants, program.unproven, declared))


@cache
def _surroundings() -> str:
    root, sources = Path(__file__).parents[2], hashlib.sha256()
    for source in SOURCES:
        files = sorted((root / source).glob("*.py")) if (root / source).is_dir() else [root / source]
        for file in files:
            sources.update(file.read_bytes())
    versions = (numba.__version__, llvmlite.__version__, np.__version__, platform.python_version_tuple()[:2])
    return f"{sources.hexdigest()} {versions} {cpu_target.target_context.codegen().magic_tuple()}"


def folder() -> Path:
    """Where the user's machine code is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neurohw" / "programs"


def _read(path: Path) -> bytes | None:
    """Kept code that is whole, in a folder that nobody else can write to."""
    try:
        about = path.parent.stat()
        if about.st_uid != os.getuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    return content[DIGEST:] if hashlib.sha256(content[DIGEST:]).digest() == content[:DIGEST] else None


def _keep(path: Path, machine_code: bytes) -> None:
    """Write a file that others see only when it is whole; where nothing can be written, memory has to do."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(machine_code).digest() + machine_code)
        os.replace(file.name, path)
