"""The backends there are: every package in `neurohw.backends` with a module `backend`, found by its folder.

That module has `CAPABILITIES` and `engine(setting)`, which raises a NeurohwError for what the backend cannot run.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import neurohw.backends
from neurohw.errors import NeurohwError, Problem, did_you_mean, raise_if_any
from neurohw.ir.engine import Capabilities, Engine, Resumable, Setting, Stepper, record_problems
from neurohw.ir.mapping import Target


def backend_names() -> tuple[str, ...]:
    """Names of all backends; the emulator, which the others are measured against, comes first."""
    names = {path.parent.name for place in neurohw.backends.__path__ for path in Path(place).glob("*/backend.py")}
    return tuple(sorted(names, key=lambda name: (name != "emulator", name)))


def backend_problems(where: str, name: str) -> list[Problem]:
    """A backend that does not exist."""
    names = backend_names()
    return [] if name in names else [Problem(where, f"no backend '{name}'", fix=did_you_mean(name, names))]


def require_backend(name: str) -> None:
    """A NeurohwError unless there is a backend of that name."""
    raise_if_any(backend_problems("backend", name))


def capabilities(name: str) -> Capabilities:
    """What a backend can do."""
    found: Capabilities = _module(name).CAPABILITIES
    return found


def make_engine(name: str, setting: Setting) -> Engine:
    """An engine of a backend; a NeurohwError says what it cannot run, or which recorded ports do not exist."""
    module = _module(name)
    raise_if_any(record_problems(setting.network, setting.record))
    engine: Engine = module.engine(setting)
    return engine


def make_resumable(name: str, setting: Setting) -> Resumable:
    """An engine that can be looked into and left; a NeurohwError for backends that have none."""
    engine = make_engine(name, setting)
    if not (capabilities(name).resumes and isinstance(engine, Resumable)):
        others = ", ".join(other for other in backend_names() if capabilities(other).resumes)
        raise NeurohwError(Problem("backend", f"{name} runs all samples at once", fix=f"choose {others}"))
    return engine


def make_stepper(name: str, setting: Setting) -> Stepper:
    """A stepper of a backend; a NeurohwError says what it cannot run, or that it does not run step by step."""
    module = _module(name)
    if not capabilities(name).steps:
        others = ", ".join(other for other in backend_names() if capabilities(other).steps)
        raise NeurohwError(Problem("backend", f"{name} does not run step by step", fix=f"choose {others}"))
    raise_if_any(record_problems(setting.network, setting.record))
    stepper: Stepper = module.stepper(setting)
    return stepper


def default_backend(target: Target) -> str:
    """The backend that runs what is compiled for a chip."""
    return "emulator" if target.design is None else "crossbar"


def _module(name: str) -> Any:
    path = f"neurohw.backends.{name}.backend"
    if path not in sys.modules:  # folders are looked through for names that are new
        require_backend(name)
    return import_module(path)
