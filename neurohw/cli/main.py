"""The entry point: one message for a user's mistake, a traceback for none; runs that are kept get their record."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import typer

from neurohw.cli import (  # noqa: F401  (they register their verbs)
    cite,
    compare,
    diagnose,
    files,
    neuron,
    new_target,
    readout,
    reproduce,
    run,
    sweep,
)
from neurohw.cli.options import app
from neurohw.errors import NeurohwError
from neurohw.terminal import command_line, fail, say, spread, warn
from neurohw.touched import Touched, watched

INTERRUPTED = 130  # what typer exits with after Ctrl-C
NOT_AGAIN = ("--debug", "--resume")  # a run that went on ends with the bytes of one that was not interrupted


def main() -> None:
    """Entry point: a user's mistake is one message and exit code 1, never a traceback (unless --debug)."""
    debug = "--debug" in sys.argv
    arguments = [a for a in sys.argv[1:] if a != "--debug"]
    try:
        with warnings.catch_warnings(), watched() as touched:
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = warn
            try:
                app(args=spread(arguments), prog_name="neurohw", standalone_mode=True)
            except SystemExit as end:
                if not end.code:
                    _record(touched, arguments)
                raise
    except (NeurohwError, MemoryError) as error:
        if debug:
            raise
        fail(f"memory: {error}; use smaller layers or fewer views" if isinstance(error, MemoryError) else str(error))
    except SystemExit as end:
        if end.code != INTERRUPTED:
            raise
        fail("interrupted; what was written is whole")


def _record(touched: Touched, arguments: list[str]) -> None:
    """Write the record of a run that is kept."""
    if touched.folder is None:
        return
    from neurohw.reproduction.record import write_record

    asked = arguments[0] == "--keep"
    verb = arguments[2:] if asked else arguments
    again = [a for a in verb if a not in NOT_AGAIN]
    write_record(touched, command_line(), again, _options(spread(again)))
    if asked:
        say(f"kept in {arguments[1]}")


def _options(arguments: list[str]) -> dict[str, Any]:
    """All options of a verb by name, with their defaults."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands[arguments[0]].make_context(arguments[0], arguments[1:]).params)
