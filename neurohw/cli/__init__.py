"""The command line: the verbs of `neurohw.api`; exit codes 0 done, 1 the user's mistake, 2 usage."""

from neurohw.cli.main import main

__all__ = ["main"]
