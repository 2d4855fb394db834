"""What a result was made with: versions, the commit of neurohw where it lies in a checkout, and the machine."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

from neurohw.experiments.comparison import versions as libraries


def versions() -> dict[str, str | None]:
    """Name -> version; `commit` ends with + where files differ from it, and is None outside a checkout."""
    return {**libraries(), "commit": _commit(), "platform": platform.platform(), "processor": platform.machine()}


def _commit() -> str | None:
    def git(*arguments: str) -> str:
        command = ["git", "-C", str(Path(__file__).parents[2]), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        if not git("ls-files", "neurohw/__init__.py"):  # an installed neurohw in a checkout of something else
            return None
        return git("rev-parse", "HEAD") + "+" * bool(git("status", "--porcelain", "-uno"))
    except (OSError, subprocess.SubprocessError):
        return None
