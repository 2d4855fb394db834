"""Hold two checkouts of this repository against each other: is the machine code of the kernels equal, is one slower?

    git worktree add ../before 469657a
    cd tests
    python -m support.checkouts assembly ../../before ..
    python -m support.checkouts speed ../../before ..

`assembly` compiles the kernels of both anew (minutes) and says of every function whether it is equal but for symbols
and addresses; it ends with 1 if any is not. `speed` runs both in turn, A B B A A B ..., in one warm process each, and
gives the median over the pairs of the second's processor time over the first's, with the two-sided p of a sign test;
it ends with 1 if a median is above --limit. Other processes may run: what comes and goes slows both of a pair.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import ceil, comb
from pathlib import Path
from statistics import median
from typing import Any

from support.assembly import verdicts

TESTS = Path(__file__).parents[1]
LONG = 0.3  # seconds that one timing takes at least
WORKLOADS = ("tiny inference", "medium inference", "CLAPP learning", "crossbar inference", "crossbar learning")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@contextmanager
def worker(checkout: Path, module: str = "checkout_worker", **environment: str) -> Iterator[Callable[[str], Any]]:
    """A process of one checkout, which runs a module of `support`: a function that gives its answer to a line.

    If the process has ended the program ends too; what was wrong is on standard error.
    """
    home = checkout.resolve()
    paths = {"PYTHONPATH": os.pathsep.join([str(home), str(TESTS)])}
    command = [sys.executable, "-m", f"support.{module}", str(home)]
    environment = {**os.environ, **ONE_THREAD, **paths, **environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=home, env=environment, text=True, stdin=pipe, stdout=pipe) as process:

        def ask(line: str) -> Any:
            assert process.stdin
            assert process.stdout
            with suppress(BrokenPipeError):
                print(line, file=process.stdin, flush=True)
            if answer := process.stdout.readline():
                return json.loads(answer)
            sys.exit(f"the worker of {checkout} has ended with {process.wait()}")

        yield ask


def interleaved(first: Callable[[], float], second: Callable[[], float], pairs: int) -> list[float]:
    """Seconds of the second over those of the first, pair by pair, in the order A B B A A B ..."""
    ratios = []
    for k in range(pairs):
        if k % 2:
            slow = second()
            ratios.append(slow / first())
        else:
            fast = first()
            ratios.append(second() / fast)
    return ratios


def sign_test(ratios: Sequence[float]) -> float:
    """Two-sided probability of as many ratios on one side of 1, or more, if both sides were as likely."""
    above, below = sum(r > 1 for r in ratios), sum(r < 1 for r in ratios)
    n, few = above + below, min(above, below)
    return min(1.0, 2 * sum(comb(n, k) for k in range(few + 1)) / 2**n)


def speed(checkouts: Sequence[Path], workloads: Sequence[str], pairs: int, limit: float) -> int:
    """Print a line a workload; 1 if a median is above the limit."""
    first, second = checkouts
    print(f"{'workload':20} {'median':>7} {'least':>7} {'most':>7} {'slower':>8} {'p':>7}")
    medians = []
    with worker(first) as one, worker(second) as two:
        for name in workloads:
            ratios = _ratios(one, two, name, pairs)
            medians.append(median(ratios))
            slower, p = f"{sum(r > 1 for r in ratios)} of {pairs}", sign_test(ratios)
            line = f"{name:20} {medians[-1]:7.3f} {min(ratios):7.3f} {max(ratios):7.3f} {slower:>8} {p:7.3f}"
            print(line, flush=True)
    return int(max(medians) > limit)


def _ratios(one: Callable[[str], float], two: Callable[[str], float], name: str, pairs: int) -> list[float]:
    """Of one workload, as often in one timing as is long enough; the first calls compile."""
    once = [min(ask(f"1 {name}") for _ in range(2)) for ask in (one, two)]
    line = f"{max(1, ceil(LONG / min(once)))} {name}"
    return interleaved(lambda: one(line), lambda: two(line), pairs)


def assembly(checkouts: Sequence[Path]) -> int:
    """Print a line a function that is not equal, and how many are; 1 if any is not."""
    codes = []
    for path in checkouts:  # with a fresh cache: code that comes from one cannot be looked at
        with tempfile.TemporaryDirectory() as cache, worker(path, NUMBA_CACHE_DIR=cache) as ask:
            codes.append(ask("assembly"))
    found = verdicts(*codes)
    for name, verdict in found.items():
        if verdict != "equal":
            print(f"{verdict}: {name}")
    counts = Counter(verdict.partition(" (")[0] for verdict in found.values())
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return int(set(found.values()) != {"equal"})


def main(arguments: Sequence[str]) -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="support.checkouts", description=__doc__.split("\n\n")[0])
    parser.add_argument("what", choices=("speed", "assembly"))
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--limit", type=float, default=1.03)
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="more than once for several")
    chosen = parser.parse_args(arguments)
    checkouts = (chosen.first, chosen.second)
    if chosen.what == "assembly":
        return assembly(checkouts)
    return speed(checkouts, chosen.workload or WORKLOADS, chosen.pairs, chosen.limit)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
