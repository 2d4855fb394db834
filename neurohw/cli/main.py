"""The entry point: one message for a user's mistake, a traceback for none."""

from __future__ import annotations

import sys
import warnings

from neurohw.cli import compare, diagnose, files, new_target, readout, run, sweep  # noqa: F401  (they register their verbs)
from neurohw.cli.options import app
from neurohw.errors import NeurohwError
from neurohw.terminal import fail, spread, warn

INTERRUPTED = 130  # what typer exits with after Ctrl-C


def main() -> None:
    """Entry point: a user's mistake is one message and exit code 1, never a traceback (unless --debug)."""
    debug = "--debug" in sys.argv
    arguments = spread([a for a in sys.argv[1:] if a != "--debug"])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = warn
            app(args=arguments, prog_name="neurohw", standalone_mode=True)
    except (NeurohwError, MemoryError) as error:
        if debug:
            raise
        fail(f"memory: {error}; use smaller layers or fewer views" if isinstance(error, MemoryError) else str(error))
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        fail("interrupted; what was written is whole")
