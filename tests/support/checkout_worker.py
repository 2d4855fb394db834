"""What `support.checkouts` runs in a process of each checkout: workloads on request, and the assembly of kernels.

Only the public interface is used, since modules move from one checkout to the next. A line on standard input is
"<times> <workload>", the answer its seconds; or "assembly", the answer JSON (see `support.assembly`).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import neurohw as nh
from support.assembly import Code, functions

STEPS, ACTIVITY = 128, 0.075
SPIKING = {  # sizes, thresholds that give this activity (`support.workload`), samples of a chunk
    "tiny": ((64, 64, 32), (132, 229), 100),
    "medium": ((1024, 2048, 2048, 1024), (426, 1006, 1298), 4),
}
FIXATIONS, IMAGES = 1000, 32
Workload = Callable[[int], float]  # how often -> seconds of the processor


def seconds(work: Callable[[], Any]) -> float:
    """Processor time: others may use the machine as well."""
    start = time.process_time()
    work()
    return time.process_time() - start


def spiking(name: str) -> Workload:
    """Dense LIF layers, frozen, on Bernoulli spikes: what `make bench` measures as inference.

    The run is set up, and warm, before the clock starts.
    """
    from neurohw.ir.neurons import Lif, Source

    rng = np.random.default_rng(0)
    sizes, thresholds, samples = SPIKING[name]
    inputs = {"input": (rng.random((samples, STEPS, sizes[0])) < ACTIVITY).astype(np.int8)}
    populations, projections = [nh.Population("input", sizes[0], Source(0, 1))], []
    for k, ((m, n), vth) in enumerate(zip(pairwise(sizes), thresholds), 1):
        populations.append(nh.Population(f"layer{k}", n, Lif(vth, du=4095, dv=128)))
        weight = 2 * rng.integers(-64, 64, (n, m))
        projections.append(nh.Projection(f"w{k}", populations[-2].name, f"layer{k}", weight, nh.Format(), False))
    network = nh.Network(tuple(populations), tuple(projections), period=STEPS)

    def run(times: int) -> float:
        clock: list[float] = []

        def chunks() -> Iterator[dict[str, Any]]:
            for _ in range(times + 1):
                yield inputs
                clock.append(time.process_time())

        nh.run_network(network, chunks(), reset=True)
        return clock[-1] - clock[0]

    return run


def clapp(mode: Any, chip: str) -> Workload:
    """CLAPP 144-128-128 with all that a run of it takes: learning from its data, or frozen on random images."""
    program = nh.compile(nh.load_model("clapp_moved_digits"), nh.load_target(chip), mode=mode)
    if mode == "learn":
        return lambda times: seconds(lambda: nh.simulate(program, fixations=FIXATIONS * times))
    images = np.random.default_rng(0).integers(0, 255, (IMAGES, 1, 144))
    return lambda times: seconds(lambda: nh.simulate(program, inputs={"input": np.tile(images, (times, 1, 1))}))


WORKLOADS: dict[str, Callable[[], Workload]] = {
    "tiny inference": lambda: spiking("tiny"),
    "medium inference": lambda: spiking("medium"),
    "CLAPP learning": lambda: clapp("learn", "loihi2"),
    "crossbar inference": lambda: clapp("infer", "xbar_rram_isaac"),
    "crossbar learning": lambda: clapp("learn", "xbar_template"),
}


def kernels() -> Code:
    """The functions in all entry points that have been compiled; inner ones have no machine code of their own."""
    from numba.core.dispatcher import Dispatcher

    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "neurohw"]
    entries = {id(x): x for module in modules for x in vars(module).values() if isinstance(x, Dispatcher)}
    code: Code = {}
    for entry in entries.values():
        if entry.targetoptions.get("no_cpython_wrapper"):
            continue
        for text in entry.inspect_asm().values():
            for name, forms in functions(text, _versions(entry)).items():
                code.setdefault(name, []).extend(forms)
    return code


def _versions(entry: Any) -> list[int]:
    """Numbers that an entry point closes over: hashes of its source, which say nothing about the code."""
    cells = [cell.cell_contents for cell in entry.py_func.__closure__ or ()]
    return [value for value in cells if isinstance(value, int)]


def _home(entry: Any) -> str:
    """The package that uses an entry point, whatever the modules between: several are called the same."""
    return f"{'crossbar' if 'crossbar' in entry.py_func.__module__ else 'emulator'} {entry.py_func.__name__}"


def main(checkout: str) -> None:
    """Answer requests until there are no more."""
    home = Path(nh.__file__).resolve()
    if Path(checkout).resolve() not in home.parents:
        sys.exit(f"neurohw comes from {home}, not from {checkout}")
    ready: dict[str, Workload] = {}
    for line in sys.stdin:
        times, _, name = line.strip().partition(" ")
        for needed in [name] if name else WORKLOADS:
            if needed not in ready:
                ready[needed] = WORKLOADS[needed]()
                ready[needed](1)  # compiles
        print(ready[name](int(times)) if name else json.dumps(kernels()), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
