"""Brian2 itself: imported without leaving files behind, run in Python or as a C++ program of its own."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from neurohw.cores import available_cores
from neurohw.ir.engine import Runtime

Target = Literal["numpy", "cython", "cpp"]
COMPILE_WORTHWHILE = 1000  # samples from which on compiling pays: about 27 s, in which numpy does as many
COMPILER_MISSING = "found no working C++ compiler, so Brian2 runs in numpy, about 50 times slower; install g++ and make"


class CompilerError(Exception):
    """The C++ program was not compiled."""


def choose(runtime: Runtime, samples: int) -> Target:
    """The runtime target; without a compiler a warning, and numpy."""
    if runtime == "auto":
        runtime = "numpy" if samples < COMPILE_WORTHWHILE else "cpp"
    if runtime != "numpy" and not has_compiler():
        warnings.warn(COMPILER_MISSING, stacklevel=2)
        return "numpy"
    return runtime


def has_compiler() -> bool:
    """Whether there is something to compile C++ with."""
    compiler = os.environ.get("CXX", "").split()[:1] or ["g++"]
    return shutil.which(compiler[0]) is not None and shutil.which("make") is not None


def _import_quietly() -> Any:
    """Import Brian2; the log and the copy of the script that it would leave in the temporary folder are not kept.

    Nor is its hook for uncaught exceptions, which asks to report every one to Brian2's developers, nor its handler of
    Ctrl-C: that would end a run early as if it were complete, and only the main thread may set one.
    """
    hook, set_handler = sys.excepthook, signal.signal
    signal.signal = lambda *_: None
    try:
        with warnings.catch_warnings():  # about what its own dependencies will drop
            warnings.simplefilter("ignore")
            module = importlib.import_module("brian2")
    finally:
        sys.excepthook, signal.signal = hook, set_handler
    logger = importlib.import_module("brian2.utils.logger").BrianLogger
    if logger.file_handler is not None:
        logger.file_handler.close()
        logging.getLogger("brian2").removeHandler(logger.file_handler)
        logger.file_handler = None
    for name in ("tmp_log", "tmp_script"):
        if path := getattr(logger, name):
            Path(path).unlink(missing_ok=True)
            setattr(logger, name, None)
    logging.getLogger("brian2").setLevel(logging.ERROR)
    logger.suppress_name("synapses_dt_mismatch")  # plasticity runs on the clock of its epochs, on purpose
    return module


brian2 = _import_quietly()


@contextlib.contextmanager
def running_on(runtime: Target) -> Iterator[Path]:
    """Make Brian2 use a runtime; yields a folder that is gone afterwards, with the program that was compiled there.

    Cython's modules are kept in the user's cache: they take minutes to compile and fit the next run of the network.
    """
    with tempfile.TemporaryDirectory(prefix="neurohw-brian2-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # about what its own dependencies will drop
        target = brian2.prefs.codegen.target
        cache = brian2.prefs.codegen.runtime.cython.cache_dir
        try:
            if runtime == "cpp":
                brian2.prefs.devices.cpp_standalone.extra_make_args_unix = [f"-j{available_cores()}"]
                brian2.set_device("cpp_standalone", directory=folder, build_on_run=False)
            else:
                brian2.prefs.codegen.target = runtime
                brian2.prefs.codegen.runtime.cython.cache_dir = str(_cache())
            yield Path(folder)
        finally:
            if runtime == "cpp":
                brian2.device.reinit()
                brian2.set_device("runtime")
            brian2.prefs.codegen.target = target
            brian2.prefs.codegen.runtime.cython.cache_dir = cache


def _cache() -> Path:
    """Where compiled modules are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "neurohw" / "cython"


def compile_modules(network: Any) -> float:
    """Compile what a Brian2 network runs on, in Cython; returns the seconds it took."""
    return simulate(network, 0)


def simulate(network: Any, steps: int) -> float:
    """Run a Brian2 network, or on the C++ device note that it will be run; returns the seconds it took."""
    start = time.perf_counter()
    network.run(steps * brian2.ms, namespace={})
    return time.perf_counter() - start


def compile_standalone(folder: Path) -> float:
    """Compile what was built on the C++ device; returns the seconds it took."""
    start = time.perf_counter()
    try:
        brian2.device.build(directory=str(folder), compile=True, run=False, with_output=False)
    except RuntimeError as error:
        raise CompilerError(str(error).splitlines()[0]) from None
    return time.perf_counter() - start


def run_standalone(arguments: dict[Any, Any]) -> float:
    """Run the compiled program with other values of variables and arrays; returns the seconds it took."""
    start = time.perf_counter()
    brian2.device.run(with_output=False, run_args=arguments)
    return time.perf_counter() - start
