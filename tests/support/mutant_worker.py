"""Runs in a process of its own with a mutated copy of the package: who finds which mutant.

`python -m support.mutant_worker EXPECTED` reads what the oracles say (oracle -> case -> signals) and prints as JSON,
for no mutant and then for each: oracle -> the cases in which the emulator differs from it.
"""

import json
import pickle
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from neurohw.mutant_switch import SWITCH

from support.compare import signals
from support.emulate import emulate
from support.mutants import MUTANTS, cases, in_programs


def main(path: str) -> None:
    expected = pickle.loads(Path(path).read_bytes())
    networks, found = cases(), []
    for number, mutant in enumerate((None, *MUTANTS)):
        SWITCH[0] = number
        with in_programs(mutant) if mutant else nullcontext():
            ours = {name: signals(emulate(case)) for name, case in networks.items()}
        found.append({oracle: [n for n in said if not _same(ours[n], said[n])] for oracle, said in expected.items()})
    print(json.dumps(found))


def _same(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> bool:
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


if __name__ == "__main__":
    main(sys.argv[1])
